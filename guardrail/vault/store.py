"""What a conversation remembers of its tokens: the interface of every store.

A *shelf* holds the tokens of one scope (tenant, conversation). A store hands out
shelves, and takes what is on them away when its time is over. Stores that
several processes share keep the same two promises: `put` is atomic, and nothing
is found after its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

__all__ = ["Row", "Scope", "Shelf", "Store"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose tokens they are. A conversation id may name a person: it has no repr."""

    tenant: str
    conversation: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """What one token stands for.

    `mark` is a keyed digest of entity and value: it tells two values apart where
    the value itself is not kept. `value` is None for one that the model brought:
    nobody gave it to us, and it is never restored. `restore` names the
    destinations that may see the value again ("completion", "tool:crm_*").
    """

    mark: bytes = field(repr=False)
    value: str | None = field(default=None, repr=False)
    restore: frozenset[str] = frozenset()

    def with_another(self, row: Row) -> Row:
        """Return what is known of one value from two rules: only the destinations of both remain."""
        if self.value is None:
            return row
        return self if row.value is None else replace(self, restore=self.restore & row.restore)


class Shelf(Protocol):
    """The tokens of one scope, by canonical name. Thread-safe."""

    def put(self, inner: str, row: Row) -> Row:
        """Keep `row` under this name; return the row that holds the name from now on.

        Where the name is free, that is `row`. Where the same value has it, the
        rows become one (`Row.with_another`), and its time begins anew. Where
        another value has it, nothing changes: its mark tells.
        """
        ...

    def get(self, inner: str) -> Row | None:
        """Return the row of this name, None if there is none or its time is over."""
        ...

    def bodied(self, body: str) -> str:
        """Return the only name with this payload and check; "" for none or several."""
        ...


class Store(Protocol):
    """The shelves of all conversations."""

    def shelf(self, scope: Scope, *, keep: int) -> Shelf:
        """Return the shelf of a scope; what is put on it is found for `keep` seconds."""
        ...

    def forget(self, scope: Scope) -> int:
        """Take everything of a scope away; return how many tokens can no longer be turned back."""
        ...
