"""Which key and which shelf a request's tokens belong to: its conversation, or its tenant for a month."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from guardrail.tokens import CONVERSATION, TENANT
from guardrail.vault.conversations import Conversations
from guardrail.vault.memory import TokenMap
from guardrail.vault.store import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.vault.keys import Keys
    from guardrail.vault.store import Store

__all__ = ["Scopes", "epoch"]


class Scopes:
    """Keys and the store, shared by all exchanges of a guard."""

    def __init__(
        self,
        keys: Keys,
        *,
        keep: int,
        store: Store | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the keys, the seconds that tokens can be turned back (0: within their exchange only).

        `now` is the time in seconds since 1970, for the key of the month.
        """
        self._keys = keys
        self._keep = keep
        self._now = now
        self.store: Store = Conversations() if store is None else store

    def tokens(
        self, tenant: str, conversation: str, *, subject: str = "", remembered: bool = True
    ) -> TokenMap:
        """Return the map of one exchange: the same value gets the same token in its scope.

        In a conversation it also restores what earlier exchanges of it issued, and
        what it issues is `remembered`, and goes when `subject` is erased. Without one,
        nothing outlives the exchange, and the key is the tenant's for this month.
        """
        if conversation:
            key = self._keys.derive("token", "conversation", tenant, conversation)
            kept = remembered and self._keep > 0
            scope = Scope(tenant, conversation)
            shelf = self.store.shelf(scope, keep=self._keep, subject=subject) if kept else None
            return TokenMap(key, length=CONVERSATION, shelf=shelf, reserving=False)
        key = self._keys.derive("token", "tenant", tenant, epoch(self._now()))
        return TokenMap(key, length=TENANT)


def epoch(seconds: float) -> str:
    """Return the month of a time in UTC ("2026-11"): tokens of a tenant can be joined within it only."""
    return time.strftime("%Y-%m", time.gmtime(seconds))
