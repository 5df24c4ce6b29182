"""Holds: named entries stay readable for a matter, whatever expires or goes (docs/spec/ledger.md §10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from guardrail.crypto import digest, random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.acts import Act, ranges_of
from guardrail.ledger.entry import draft
from guardrail.ledger.shelf import Shelf
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.ledger.desk import Desk
    from guardrail.ledger.entry import Draft
    from guardrail.ledger.writer import Ledger
    from guardrail.types import Entry

__all__ = ["MOST", "Hold", "matter_of", "place", "release", "unreleased"]

MOST: Final = 1_000  # entries of one hold; a matter may have several


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that was placed: its id, the entry that says so, what it keeps, the salt of the matter."""

    id: bytes
    entry: Entry
    indexes: tuple[int, ...]
    salt: bytes = field(repr=False)


def matter_of(salt: bytes, name: str) -> bytes:
    """Return what stands in the ledger for a matter: who has salt and name can show that it is theirs."""
    return digest(b"pgl/v1/matter\0" + salt + name.encode("utf-8", "surrogatepass"))


def place(
    ledger: Ledger, indexes: Sequence[int] = (), *, matter: str, subject: str = "", tenant: str = ""
) -> Hold:
    """Keep the bodies of these entries, and of those on the subject that are there now; and only these.

    Raises:
        LedgerError: one has no body that can be read, or there are too many for one hold.
    """
    salt = random_bytes(32)
    chosen: list[int] = []
    ids: list[bytes] = []

    def keep(desk: Desk) -> Sequence[Draft]:
        shelf, keys = Shelf(desk), desk.held()
        kid = keys.find_subject(tenant, subject) if subject else None
        chosen[:] = sorted({*indexes, *(shelf.of_subject(kid) if kid else ())})
        if not chosen or len(chosen) > MOST:
            raise LedgerError(
                f"a hold keeps 1 to {MOST} entries, and {len(chosen)} are named",
                advice="name entries that have a sealed body, by index or subject; for more, place several",
            )
        ids[:] = [keys.new_hold()]
        shelf.keep(ids[0], chosen)
        act = Act((ids[0],), ranges_of(chosen), matter=matter_of(salt, matter))
        return [draft(Event("hold.placed", facts={"records": len(chosen)}), act=act)]

    (entry,) = ledger.perform(keep)
    return Hold(ids[0], entry, tuple(chosen), salt)


def release(ledger: Ledger, hold: bytes) -> Entry | None:
    """End a hold; return the entry that says so, None if it had ended before. The next run takes what is due.

    Raises:
        LedgerError: there is no such hold.
    """

    def let_go(desk: Desk) -> Sequence[Draft]:
        shelf = Shelf(desk)
        if not shelf.is_held(hold):
            return []
        shelf.let_go(hold)
        return [draft(Event("hold.released"), act=Act((hold,)))]

    said = ledger.perform(let_go, purge=True)
    ledger.perform(_forget)
    return said[0] if said else None


def unreleased(desk: Desk) -> list[bytes]:
    """Return the ids of holds that were released, and whose keys a crash has left."""
    keys = desk.held()
    return [kid for kid in Shelf(desk).released() if keys.live(kid)]


def _forget(desk: Desk) -> Sequence[Draft]:
    left = unreleased(desk)
    if left:
        desk.held().destroy(left, desk.now)
    return []
