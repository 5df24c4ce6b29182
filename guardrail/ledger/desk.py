"""What a piece of work finds in its turn: the store inside its transaction, the keys, and the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from guardrail.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.ledger.entry import Draft
    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.rows import Store

__all__ = ["Desk", "Work"]


class Desk(NamedTuple):
    """The store, the keys (None where the ledger was opened without), the time in s, the ledger's name."""

    store: Store
    keys: KeyStore | None
    now: int
    origin: str

    def held(self) -> KeyStore:
        """Return the keys; raise `LedgerError` where the ledger was opened without."""
        if self.keys is None:
            raise LedgerError(
                "the ledger was opened without the keys of its bodies",
                advice="open it with keys, as Guard.load does",
            )
        return self.keys


Work: TypeAlias = "Callable[[Desk], Sequence[Draft]]"
