"""Check a ledger with nothing but its public key, from the headers up (docs/spec/ledger.md §7)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from guardrail.errors import LedgerError
from guardrail.ledger.audit import Audit, Signed
from guardrail.ledger.checkpoint import open_checkpoint
from guardrail.ledger.note import NoteError, VerifierKey, parse_note
from guardrail.ledger.problem import Problem
from guardrail.ledger.publish import beside
from guardrail.ledger.reader import Reader
from guardrail.ledger.timestamp import last_timestamp, timestamp_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.ledger.remote import Place

__all__ = ["Problem", "Report", "Status", "verify"]

Status = Literal["ok", "overdue", "diverged", "early", "missing", "altered", "unusable"]
# In order of gravity: of several the last one counts.
_EXIT: Final[Mapping[Status, int]] = {
    "ok": 0,
    "overdue": 20,
    "diverged": 30,
    "early": 40,
    "missing": 40,
    "altered": 40,
    "unusable": 50,
}
_GRAVITY: Final = tuple(_EXIT)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `checkpoint` is the latest that the key has signed and the entries bear out, or empty.

    `unsigned` counts the entries after it: checked, but signed by nobody yet. `bodies`
    counts the sealed bodies: present, held, unreadable (a key of theirs is destroyed),
    expired, erased, missing. `time` is the last timestamp in s, 0 if there is none.
    """

    status: Status
    size: int
    problems: tuple[Problem, ...] = ()
    checkpoint: bytes = b""
    unsigned: int = 0
    bodies: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    time: int = 0

    @property
    def exit_code(self) -> int:
        """Return the command's exit code: 0, 20, 30, 40 or 50."""
        return _EXIT[self.status]


def verify(path: Place, *, vkey: str, known: Sequence[bytes] = (), now: int | None = None) -> Report:
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
            problems = [Problem("altered", None, message) for message in reader.foreign()]
            if any(not problem.message.startswith("the trigger") for problem in problems):
                return _report(reader.size, problems)
            kept += _stored(reader, vkey, problems) + _published(path, vkey, problems)
            return _verify(reader, kept, problems, int(time.time()) if now is None else now)
    except LedgerError as error:
        return _unusable(error.message)


def _verify(reader: Reader, kept: list[Signed], problems: list[Problem], now: int) -> Report:
    if not kept:
        return _unusable(
            "no checkpoint of this ledger is signed by the key given, so there is nothing to trust"
        )
    audit = Audit(reader, kept, now=now)
    problems += audit.run()
    latest = max(audit.good, key=lambda signed: signed.checkpoint.size, default=None)
    signed = latest.checkpoint.size if latest else 0
    report = _report(audit.size, problems, latest.note if latest else b"", audit.size - signed)
    cosigner = reader.meta("cosigner")
    notes = (one.note for one in sorted(audit.good, key=lambda one: one.checkpoint.size, reverse=True))
    stamped = (last_timestamp(notes, cosigner) or 0) if cosigner else 0
    return replace(report, bodies=audit.bodies, time=stamped)


def _stored(reader: Reader, vkey: str, problems: list[Problem]) -> list[Signed]:
    found, cosigner = [], reader.meta("cosigner")
    for size, note in reader.checkpoints().items():
        try:
            found.append(Signed(open_checkpoint(note, vkey), note, known=False))
            if cosigner:
                timestamp_of(note, cosigner)
            _own_lines_only(note, [VerifierKey.parse(key) for key in (vkey, cosigner) if key])
        except NoteError as error:
            problems.append(Problem("altered", None, f"the stored checkpoint of size {size}: {error}"))
    return found


def _own_lines_only(note: bytes, keys: Sequence[VerifierKey]) -> None:
    """Refuse a line that names another key: what is stored has the ledger's own, so it was changed."""
    own = {(key.name, key.key_id) for key in keys}
    if any((line.name, line.key_id) not in own for line in parse_note(note).signatures):
        raise NoteError("a line is of another key than the ledger's")


def _published(path: Place, vkey: str, problems: list[Problem]) -> list[Signed]:
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


def _report(size: int, problems: Sequence[Problem], checkpoint: bytes = b"", unsigned: int = 0) -> Report:
    kinds: set[Status] = {problem.kind for problem in problems}
    status: Status = max(kinds, key=_GRAVITY.index, default="ok")
    return Report(status, size, tuple(problems), checkpoint, unsigned)


def _unusable(message: str) -> Report:
    return Report("unusable", 0, (Problem("unusable", None, message),))
