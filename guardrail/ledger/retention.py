"""Retention: what goes when, and letting it go (docs/spec/ledger.md §10).

`plan` reads. `run` destroys the keys of epochs whose day is over, says so, and
removes rows in batches; killed anywhere, the next run goes on. Nothing is
destroyed by a clock that runs ahead of the last timestamp.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.errors import LedgerError
from guardrail.ledger.acts import Act, ranges_of
from guardrail.ledger.entry import draft
from guardrail.ledger.erasure import destroy, unfinished
from guardrail.ledger.holds import unreleased
from guardrail.ledger.sealed import due_at, epoch_day
from guardrail.ledger.shelf import Shelf
from guardrail.ledger.timestamp import STEP, last_timestamp
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.ledger.desk import Desk
    from guardrail.ledger.entry import Draft
    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.reader import Reader
    from guardrail.ledger.writer import Ledger
    from guardrail.types import Entry

__all__ = ["Due", "Run", "finish", "leftover", "plan", "run", "sweep"]

BATCH: Final = 1_000  # bodies removed in one transaction: at most so many ranges in its entry
_EPOCHS: Final = 500  # epochs named by one entry


@dataclass(frozen=True, slots=True)
class Due:
    """An epoch: `records` bodies of a tenant and class that go at `at` (s); a hold keeps `held` of them."""

    kid: bytes
    tenant: str
    retention: str
    at: int
    records: int
    held: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did: epochs' keys destroyed, bodies removed; `entries` are the indexes that say so."""

    epochs: int
    records: int
    entries: tuple[int, ...]


def plan(reader: Reader, keys: KeyStore) -> tuple[Due, ...]:
    """Return what goes when, soonest first."""
    found = []
    for epoch in keys.epochs():
        records, held = reader.epoch_counts(epoch.kid)
        found.append(Due(epoch.kid, epoch.tenant, epoch.retention, due_at(epoch.day), records, held))
    return tuple(found)


def leftover(reader: Reader) -> int:
    """Return how many bodies wait to be removed: a key of theirs is destroyed already."""
    return reader.leftovers()


def run(ledger: Ledger, progress: Callable[[str, float], None] = lambda _step, _part: None) -> Run:
    """Destroy what is due, and remove what nobody can read any more; again does nothing.

    Raises:
        LedgerError: the clock runs ahead of the last timestamp; nothing is destroyed by it.
    """
    said = list(ledger.perform(_check_clock))
    ledger.perform(finish)
    said += ledger.perform(_tell_destroyed)
    epochs = 0
    while True:
        counts = [0]
        entries = ledger.perform(lambda desk, counts=counts: _expire(desk, counts))  # type: ignore[misc]
        if not entries:
            break
        said += entries
        epochs += counts[0]
        progress("keys", 0.1)
    removed = _sweep_all(ledger, said, progress)
    return Run(epochs, removed, tuple(entry.index for entry in said))


def sweep(ledger: Ledger) -> int:
    """Remove the bodies that nobody can read any more; return how many."""
    return _sweep_all(ledger, [], lambda _step, _part: None)


def _sweep_all(ledger: Ledger, said: list[Entry], progress: Callable[[str, float], None]) -> int:
    waiting, removed = ledger.reader.leftovers(), 0
    for erased in (False, True):
        while True:
            counts = [0]
            entries = ledger.perform(
                lambda desk, erased=erased, counts=counts: _sweep(desk, erased, counts),  # type: ignore[misc]
                purge=True,
            )
            if not entries:
                break
            said += entries
            removed += counts[0]
            progress("rows", 0.1 + 0.9 * min(1.0, removed / max(1, waiting)))
    return removed


def finish(desk: Desk) -> Sequence[Draft]:
    """Finish what a crash has left, and destroy again what an older copy of the keys has brought back."""
    shelf, keys = Shelf(desk), desk.held()
    gone = shelf.acted("retention.purge") | shelf.acted("erasure.keys_deleted")
    left = [*unreleased(desk), *(kid for kid in sorted(gone) if keys.live(kid))]
    if left:
        keys.destroy(left, desk.now)
    return destroy(desk, list(unfinished(shelf)))


def _check_clock(desk: Desk) -> Sequence[Draft]:
    """Refuse a clock that is more than 26 hours past the last timestamp, or an hour before it."""
    last = last_timestamp(desk.store.newest_checkpoints(), Shelf(desk).cosigner())
    if last is None or not last - 3600 <= desk.now <= last + STEP:
        raise LedgerError(
            "the clock is not believed: it is too far from the ledger's last timestamp",
            advice="set the clock; if it is right, and the ledger only rested, add --clock-is-right",
        )
    return []


def _tell_destroyed(desk: Desk) -> Sequence[Draft]:
    """Say what a crash kept from being said: keys of epochs that are destroyed, and no entry names."""
    untold = sorted(set(desk.held().destroyed("epoch")) - Shelf(desk).acted("retention.purge"))
    return _purged(desk, untold) if untold else []


def _expire(desk: Desk, counts: list[int]) -> Sequence[Draft]:
    _check_clock(desk)
    keys = desk.held()
    due = [epoch.kid for epoch in keys.epochs(before=epoch_day(desk.now))][:_EPOCHS]
    if not due:
        return []
    counts[0] = len(due)
    keys.destroy(due, desk.now)
    return _purged(desk, due)


def _purged(desk: Desk, kids: Sequence[bytes]) -> Sequence[Draft]:
    shelf, drafts = Shelf(desk), []
    for start in range(0, len(kids), _EPOCHS):
        part = kids[start : start + _EPOCHS]
        event = Event("retention.purge", facts={"records": shelf.count(part, column="kid_e")})
        drafts.append(draft(event, act=Act(tuple(part), why="expired")))
    return drafts


def _sweep(desk: Desk, erased: bool, counts: list[int]) -> Sequence[Draft]:  # noqa: FBT001 - which of two
    shelf = Shelf(desk)
    rows = shelf.leftovers(erased=erased, limit=BATCH)
    if not rows:
        return []
    shelf.remove(rows)
    counts[0] = len(rows)
    kids = tuple(sorted({row.kid for row in rows}))
    act = Act(kids, ranges_of(row.index for row in rows), "erased" if erased else "expired")
    return [draft(Event("retention.purge", facts={"records": len(rows)}), act=act)]
