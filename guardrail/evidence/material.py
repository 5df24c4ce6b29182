"""What a pack is made of, and the files that follow from it: for whoever exports and whoever checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from guardrail.canonical import canonical
from guardrail.evidence.container import ENTRIES
from guardrail.evidence.page import PAGE, gaps, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.canonical import Canonical
    from guardrail.evidence.documents import PolicySets
    from guardrail.evidence.page import Proved
    from guardrail.evidence.span import Span

__all__ = ["FIRST_PROOF", "LAST_PROOF", "PROOFS", "VERSION", "Material", "policy_name", "size_and_hash"]

VERSION: Final = 1
FIRST_PROOF: Final = "proofs/first.tlog-proof"
LAST_PROOF: Final = "proofs/last.tlog-proof"
PROOFS: Final[tuple[str, ...]] = (FIRST_PROOF, LAST_PROOF)
README: Final = b"""\
This is evidence from a guardrail ledger: what a guard did with personal data in a span of time.
Open report.html to read it. It holds counts and rules, no text and no personal data.

To check it, with the public key that the operator gave you by another way
(ledger.vkey in this pack is a copy for comparison; a forger would put his own there):

    pip install guardrail-pii
    guardrail evidence verify pack.zip --vkey operator.vkey

Exit code 0: everything holds. 30: the ledger contradicts a checkpoint that you kept
(--known-checkpoint FILE). 40: something was altered. 50: this is not a pack of that key.

Without guardrail: each line of entries.jsonl, without its newline, is a leaf of the
RFC 6962 tree that the signed note `checkpoint` commits to (C2SP tlog-checkpoint,
signed-note). The two files in proofs/ are C2SP tlog-proofs of its first and last line.
"""


@dataclass(frozen=True, slots=True)
class Material:
    """What is not rebuilt (checkpoint, proofs, policies, size and hash of the entries), and the counts.

    `start` is the index of the first line of the entries; `proved` has the selection.
    """

    span: Span
    proved: Proved
    start: int
    checkpoint: bytes = field(repr=False)
    proofs: Mapping[str, bytes] = field(repr=False)
    policies: PolicySets = field(repr=False)
    sources: Mapping[str, bytes] = field(repr=False)
    entries: tuple[int, str]
    counts: Mapping[str, Canonical] = field(repr=False)

    def files(self) -> dict[str, bytes]:
        """Return every file of the pack but the entries, the manifest included.

        Raises:
            ValueError: a sum leaves the range of canonical JSON.
        """
        files = {
            "README.txt": README,
            "checkpoint": self.checkpoint,
            "counts.json": canonical(dict(self.counts)),
            "ledger.vkey": self.proved.vkey.encode("ascii") + b"\n",
            "report.html": page(self.span, self.proved, self.counts, self.policies),
            **self.proofs,
            **{policy_name(digest): source for digest, source in self.sources.items()},
        }
        files["manifest.json"] = canonical(self._manifest(files))
        return files

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return what the page calls gaps, each in a few words with its number."""
        return tuple(f"{what.lower()}: {n}" for what, n, _ in gaps(self.counts, self.proved))

    def _manifest(self, files: Mapping[str, bytes]) -> Canonical:
        listed = {name: size_and_hash(data) for name, data in files.items()} | {ENTRIES: self.entries}
        return {
            "v": VERSION,
            "page": PAGE,
            "origin": self.proved.origin,
            "size": self.proved.size,
            "since": self.span.since,
            "until": self.span.until,
            "first": self.proved.first,
            "stop": self.proved.stop,
            "from": self.start,
            "files": {name: {"n": n, "sha256": hash_} for name, (n, hash_) in listed.items()},
            "policies": {key: list(members) for key, members in self.policies.sets.items()},
        }


def policy_name(digest: str) -> str:
    """Return the name in the pack of the policy document with this digest (hex)."""
    return f"policies/{digest}.toml"


def size_and_hash(data: bytes) -> tuple[int, str]:
    """Return the length in bytes and SHA-256 in hex."""
    return len(data), sha256(data).hexdigest()
