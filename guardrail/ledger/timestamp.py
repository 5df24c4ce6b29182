"""Timestamps of checkpoints, and when the clock that gives them is believed (docs/spec/ledger.md §4, §10).

A timestamp never follows the last one by more than 26 hours unless somebody
confirms the clock. So a clock that was set forward signs nothing, and as
destroying asks for a recent timestamp, it destroys nothing either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.ledger.note import NoteError, VerifierKey, cosign, parse_note, verify_note

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["STEP", "is_believed", "last_timestamp", "timestamp_of", "timestamped"]

STEP: Final = 26 * 3600  # s: a day, and two hours for whoever rests at night


def is_believed(now: int, last: int | None) -> bool:
    """Tell whether a clock that says `now` may go on from the `last` timestamp, in s; None: the first one."""
    return last is None or last <= now <= last + STEP


def timestamped(data: bytes, cosigner: str, *, seed: bytes, time: int) -> bytes:
    """Return a checkpoint with the timestamp's line added; `time` is in s."""
    return cosign(parse_note(data), name=VerifierKey.parse(cosigner).name, seed=seed, time=time).format()


def timestamp_of(data: bytes, cosigner: str) -> int | None:
    """Return the time in s that a checkpoint was signed at, None if it has no such line.

    Raises:
        NoteError: it has one that does not hold.
    """
    key, note = VerifierKey.parse(cosigner), parse_note(data)
    if not any(line.name == key.name and line.key_id == key.key_id for line in note.signatures):
        return None
    return verify_note(note, key)


def last_timestamp(notes: Iterable[bytes], cosigner: str) -> int | None:
    """Return the time of the first of these checkpoints that has one; they come newest first."""
    for data in notes:
        try:
            time = timestamp_of(data, cosigner)
        except NoteError:
            continue
        if time is not None:
            return time
    return None
