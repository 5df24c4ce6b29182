"""What the tests of evidence share: a ledger of three quiet days with a known clock, packs, forged packs."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from guardrail.canonical import canonical
from guardrail.evidence.container import write_container
from guardrail.ledger.writer import Ledger
from guardrail.types import Event

if TYPE_CHECKING:
    from pathlib import Path

SEED = bytes(range(32))
ORIGIN = "guardrail.test/evidence"
POLICY = b"""\
schema = 1
name = "chat"
version = "2026.1"
title = "Customer chat"
owner = "The privacy office"

[[rules]]
id = "contact-details"
why = "The model does not need to know who is writing."
find = ["PERSON", "EMAIL_ADDRESS"]
where = ["prompt", "completion"]
action = "tokenize"
controls = ["GDPR Art. 5(1)(c)", "GDPR Art. 25(1)"]

[[rules]]
id = "bank-accounts"
why = "The last four digits let a customer recognise the account."
find = ["IBAN_CODE"]
action = { type = "mask", keep_last = 4 }
controls = ["GDPR Art. 5(1)(c)"]

[[rules]]
id = "odd-ones"
find = ["MAC_ADDRESS"]
action = "redact"
"""
CARDS = b"""\
schema = 1
name = "cards"
version = "4"

[[rules]]
id = "numbers"
why = "A card number is not sent on."
find = ["CREDIT_CARD"]
action = "block"
controls = ["PCI DSS 3.4.1", "SOC 2 CC6.1"]
"""
DOCUMENT = ("chat", "2026.1", sha256(POLICY).digest(), POLICY)
CARD_DOCUMENT = ("cards", "4", sha256(CARDS).digest(), CARDS)


class Clock:
    """Nanoseconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.at("2026-07-01T08:00:00+00:00")

    def at(self, text: str) -> None:
        self.now = int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 10**9

    def __call__(self) -> int:
        self.now += 1_000_000
        return self.now


def guard_events(policy: bytes):
    """Yield what a guarded exchange records: its opening and its closing."""
    yield Event(
        "exchange.request",
        policy=policy,
        findings={"PERSON": {"tokenize": 2}, "IBAN_CODE": {"mask": 1}},
        rules={"chat/contact-details": 2, "chat/bank-accounts": 1},
    )
    yield Event("exchange.response", policy=policy, facts={"outcome": "ok"})


def build_ledger(path: Path, clock: Clock) -> Path:
    with Ledger.open(path, seed=SEED, origin=ORIGIN, clock=clock) as ledger:
        ledger.append_policy([DOCUMENT])
        for day in ("2026-07-01", "2026-07-02", "2026-07-03"):
            clock.at(f"{day}T09:00:00+00:00")
            for _ in range(3):
                for event in guard_events(DOCUMENT[2]):
                    ledger.append(event)
    return path


def unpacked(path: Path) -> dict[str, bytes]:
    """Return the files of a pack."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(path: Path, files: dict[str, bytes], *, listed: bool = True) -> Path:
    """Write files as a pack, as a forger would: in the right container, with a manifest that lists them."""
    if listed:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: {"n": len(data), "sha256": sha256(data).hexdigest()}
            for name, data in files.items()
            if name != "manifest.json"
        }
        files = {**files, "manifest.json": canonical(manifest)}
    with path.open("wb") as stream:
        write_container(stream, files, {})
    return path


def messages(report):
    return " | ".join(problem.message for problem in report.problems)


def change_manifest(content, **said):
    content["manifest.json"] = canonical(json.loads(content["manifest.json"]) | said)
