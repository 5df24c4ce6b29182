"""Verify a ledger as an outsider would: with the public key, and a checkpoint that was kept.

Then put an older copy of the file back, and see it found.
"""

import shutil
import tempfile
from pathlib import Path

from guardrail import Guard
from guardrail.ledger import verify

folder = Path(tempfile.mkdtemp(prefix="guardrail-example-"))
ledger = folder / "ledger.db"

with Guard.load("gdpr-chat", ledger=ledger) as guard:
    guard.scrub("Johanna Brandt asked for a refund.")
shutil.copy(ledger, folder / "older.db")

with Guard.load("gdpr-chat", ledger=ledger) as guard:
    guard.scrub("Amelie Fontaine asked for a refund.")

vkey = (folder / "ledger.db.vkey").read_text().strip()
kept = (folder / "ledger.db.checkpoint").read_bytes()  # send this to somebody outside, often

for path in (ledger, folder / "older.db"):
    report = verify(path, vkey=vkey, known=[kept])
    print(path.name, f"exit {report.exit_code}, {report.status}, {report.size} entries")
    for problem in report.problems:
        print("  ", problem.message)

shutil.rmtree(folder)
