"""A new key-encryption key: what was destroyed before is then final (docs/spec/ledger.md §9, §10).

Keys are wrapped anew, bodies are not touched. With the old key-encryption key
gone, no copy of the key store that was made before can give a destroyed key back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from guardrail.ledger.acts import Act
from guardrail.ledger.desk import Desk
from guardrail.ledger.entry import draft
from guardrail.ledger.shelf import Shelf
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.ledger.entry import Draft
    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.reader import Reader
    from guardrail.ledger.rows import Store
    from guardrail.ledger.writer import Ledger

__all__ = ["Rotated", "rotate"]

_NAMED: Final = 1_000  # keys in one entry


@dataclass(frozen=True, slots=True)
class Rotated:
    """The version of the new key, how many keys it wraps, and the entries that call erasures final."""

    number: int
    keys: int
    entries: tuple[int, ...]


def rotate(ledger: Ledger, told: Callable[[int, int], None] | None = None) -> Rotated:
    """Wrap every key anew, destroy the old key-encryption key, and say what is final by it.

    `told` is called with how many keys of how many are done. Killed at any point,
    the next call finishes it.

    Raises:
        LedgerError: a key does not open; nothing is lost, the old key stays.
    """
    result: list[int] = []

    def work(desk: Desk) -> Sequence[Draft]:
        keys = desk.held()
        result[:] = [keys.rotate(told), keys.kek_number]
        return _final(desk)

    entries = ledger.perform(work)
    return Rotated(result[1], result[0], tuple(entry.index for entry in entries))


def waiting(reader: Reader, keys: KeyStore) -> int:
    """Return how many destroyed keys a rotation would call final."""
    desk = Desk(cast("Store", reader), keys, 0, reader.origin)  # it is only read from
    return sum(map(len, _ended(Shelf(desk), keys)))


def _ended(shelf: Shelf, keys: KeyStore) -> tuple[set[bytes], set[bytes]]:
    """Return the keys of subjects and of epochs that are destroyed and not final."""
    erased = shelf.acted("erasure.keys_deleted") - shelf.acted("erasure.final")
    expired = (shelf.acted("retention.purge") - shelf.acted("retention.final")) & set(keys.destroyed("epoch"))
    # What a hold keeps is not gone: it becomes final with the rotation after the release.
    return {kid for kid in erased if not shelf.held(kid)}, expired


def _final(desk: Desk) -> list[Draft]:
    erased, expired = _ended(Shelf(desk), desk.held())
    drafts = []
    for kind, kids in (("erasure.final", sorted(erased)), ("retention.final", sorted(expired))):
        for start in range(0, len(kids), _NAMED):
            part = tuple(kids[start : start + _NAMED])
            drafts.append(draft(Event(kind, facts={"records": len(part)}), act=Act(part)))
    return drafts
