"""What the ledger says of the vault: keys asked to be destroyed, destroyed, final; rows that went (§9).

The ids are those of the vault's own keys. The ledger has none of these keys: whoever
calls this destroys them, between `request` and `deleted`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.ledger.acts import Act
from guardrail.ledger.entry import draft
from guardrail.ledger.shelf import Shelf
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.ledger.desk import Desk
    from guardrail.ledger.entry import Draft
    from guardrail.ledger.writer import Ledger

__all__ = ["deleted", "final", "purged", "request", "said_of", "unfinished"]

_NAMED: Final = 1_000  # keys in one entry
_STAGES: Final = ("requested", "keys_deleted", "final")


def request(ledger: Ledger, kid: bytes, *, rows: int, reason: str) -> None:
    """Put on record that a subject's key of the vault is to go; what is on record is not said again."""
    facts: dict[str, str | int] = {"records": rows, "reason": reason}
    ledger.perform(lambda desk: _once(desk, kid, "vault.requested", facts))


def deleted(ledger: Ledger, kid: bytes, *, rows: int = 0) -> None:
    """Say that a subject's key of the vault is destroyed."""
    ledger.perform(lambda desk: _once(desk, kid, "vault.keys_deleted", {"records": rows}))


def purged(ledger: Ledger, rows: int) -> None:
    """Say how many rows of the vault went because their time was over."""
    ledger.append(Event("vault.purge", facts={"records": rows, "reason": "expired"}))


def unfinished(ledger: Ledger) -> tuple[bytes, ...]:
    """Return the ids of keys whose end is on record as asked for, and not as done."""
    return _ask(ledger, lambda shelf: shelf.acted("vault.requested") - shelf.acted("vault.keys_deleted"))


def final(ledger: Ledger) -> int:
    """Say of each destroyed key that no copy opens any more: the key over it is gone; return how many."""
    kids = _ask(ledger, lambda shelf: shelf.acted("vault.keys_deleted") - shelf.acted("vault.final"))

    def say(desk: Desk) -> Sequence[Draft]:
        del desk
        parts = [kids[start : start + _NAMED] for start in range(0, len(kids), _NAMED)]
        return [draft(Event("vault.final", facts={"records": len(part)}), act=Act(part)) for part in parts]

    ledger.perform(say)
    return len(kids)


def said_of(ledger: Ledger, kid: bytes) -> dict[str, int]:
    """Return what is on record of a key: the index of each stage's entry."""
    found: dict[str, int] = {}

    def look(desk: Desk) -> Sequence[Draft]:
        for stage in _STAGES:
            index = Shelf(desk).acted_on(kid, f"vault.{stage}")
            if index is not None:
                found[stage] = index
        return []

    ledger.perform(look)
    return found


def _once(desk: Desk, kid: bytes, kind: str, facts: dict[str, str | int]) -> Sequence[Draft]:
    if Shelf(desk).acted_on(kid, kind) is not None:
        return []
    return [draft(Event(kind, facts={**facts}), act=Act((kid,)))]


def _ask(ledger: Ledger, question: Callable[[Shelf], set[bytes]]) -> tuple[bytes, ...]:
    found: list[bytes] = []

    def look(desk: Desk) -> Sequence[Draft]:
        found[:] = sorted(question(Shelf(desk)))
        return []

    ledger.perform(look)
    return tuple(found)
