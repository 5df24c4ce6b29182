"""Check a ledger with nothing but its public key, from the headers up (docs/spec/ledger.md §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from guardrail.errors import LedgerError
from guardrail.ledger.audit import Audit, Signed
from guardrail.ledger.checkpoint import open_checkpoint
from guardrail.ledger.note import NoteError, VerifierKey
from guardrail.ledger.problem import Problem
from guardrail.ledger.publish import beside
from guardrail.ledger.reader import Reader
from guardrail.ledger.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Problem", "Report", "Status", "verify"]

Status = Literal["ok", "overdue", "diverged", "altered", "unusable"]
_EXIT: Final[Mapping[Status, int]] = {"ok": 0, "overdue": 20, "diverged": 30, "altered": 40, "unusable": 50}


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `checkpoint` is the latest that the key has signed and the entries bear out, or empty.

    `unsigned` counts the entries after it: checked, but signed by nobody yet.
    """

    status: Status
    size: int
    problems: tuple[Problem, ...] = ()
    checkpoint: bytes = b""
    unsigned: int = 0

    @property
    def exit_code(self) -> int:
        """Return the command's exit code: 0, 20, 30, 40 or 50."""
        return _EXIT[self.status]


def verify(path: Path, *, vkey: str, known: Sequence[bytes] = ()) -> Report:
    """Recompute everything from the entries and compare; write nothing, and need no secret.

    `known` are checkpoints that somebody kept. Without one a cleanly cut tail
    cannot be told from a ledger that never had it. The published file beside the
    ledger counts as one.
    """
    try:
        VerifierKey.parse(vkey)
        kept = [Signed(open_checkpoint(note, vkey), note, known=True) for note in known]
    except NoteError as error:
        return _unusable(f"the key or a known checkpoint cannot be used: {error}")
    try:
        with Reader.open(path) as reader, reader.snapshot():
            problems = _schema_problems(reader)
            if any(not problem.message.startswith("the trigger") for problem in problems):
                return _report(reader.size, problems)
            return _verify(reader, path, vkey, kept, problems)
    except LedgerError as error:
        return _unusable(error.message)


def _verify(reader: Reader, path: Path, vkey: str, kept: list[Signed], problems: list[Problem]) -> Report:
    for size, note in reader.checkpoints().items():
        try:
            checkpoint = open_checkpoint(note, vkey)
        except NoteError as error:
            problems.append(Problem("altered", None, f"the stored checkpoint of size {size}: {error}"))
            continue
        kept.append(Signed(checkpoint, note, known=False))
    kept += _published(path, vkey, problems)
    if not kept:
        return _unusable(
            "no checkpoint of this ledger is signed by the key given, so there is nothing to trust"
        )
    audit = Audit(reader, kept)
    problems += audit.run()
    latest = max(audit.good, key=lambda signed: signed.checkpoint.size, default=None)
    signed = latest.checkpoint.size if latest else 0
    return _report(audit.size, problems, latest.note if latest else b"", audit.size - signed)


def _published(path: Path, vkey: str, problems: list[Problem]) -> list[Signed]:
    file = beside(path, ".checkpoint")
    try:
        note = file.read_bytes()
    except OSError:
        return []  # a ledger that was copied alone: the auditor's own checkpoints stand in
    try:
        return [Signed(open_checkpoint(note, vkey), note, known=True)]
    except NoteError as error:
        problems.append(Problem("altered", None, f"the published checkpoint beside the ledger: {error}"))
        return []


def _schema_problems(reader: Reader) -> list[Problem]:
    found = dict(reader.rows("SELECT name, sql FROM sqlite_schema"))
    triggers = {name for (name,) in reader.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")}
    # A trigger of somebody else's could undo in the transaction what the writer writes. Its name is not told.
    foreign = ["the trigger of another program stands in the ledger"] if triggers - SCHEMA.keys() else []
    return [Problem("altered", None, message) for message in foreign] + [
        Problem("altered", None, f"the {_noun(name)} '{name}' is not that of format 1")
        for name, sql in SCHEMA.items()
        if found.get(name) != sql
    ]


def _noun(name: str) -> str:
    return "trigger" if SCHEMA[name].startswith("CREATE TRIGGER") else "table"


def _report(size: int, problems: Sequence[Problem], checkpoint: bytes = b"", unsigned: int = 0) -> Report:
    kinds: set[Status] = {problem.kind for problem in problems}
    status: Status = max(kinds, key=lambda kind: _EXIT[kind], default="ok")
    return Report(status, size, tuple(problems), checkpoint, unsigned)


def _unusable(message: str) -> Report:
    return Report("unusable", 0, (Problem("unusable", None, message),))
