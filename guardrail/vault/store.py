"""What a conversation remembers of its stand-ins: the interface of every store.

A *shelf* holds the rows of one scope (tenant, conversation). A store hands out
shelves, and takes what is on them away when its time is over. Stores that
several processes share keep the same promises: no name comes to mean two values,
nothing is found after its time, and what was committed is on the disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Protocol

__all__ = ["TOKEN", "Ending", "Erased", "Row", "Scope", "Shelf", "Store"]

TOKEN: Final = "token"  # noqa: S105 - a word, no secret
"""The kind of a row whose name is a token; others are "surrogate" and "date" (`Row.kind`)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose tokens they are. A conversation id may name a person: it has no repr."""

    tenant: str
    conversation: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """What one stand-in stands for.

    `mark` is a keyed digest of entity and value: it tells two values apart where
    the value itself is not kept. `value` is None for one that the model brought:
    nobody gave it to us, and it is never restored. `restore` names the
    destinations that may see the value again ("completion", "tool:crm_*").

    `kind` is a word for what the row's name is. A token proves itself by its
    spelling; of other kinds the name is ordinary text (a surrogate, a shifted date),
    and whoever looks for them asks for all (`Shelf.listed`). Names of two kinds
    never meet. `entity` is what the value was found to be, where the name does not say.
    """

    mark: bytes = field(repr=False)
    value: str | None = field(default=None, repr=False)
    restore: frozenset[str] = frozenset()
    kind: str = TOKEN
    entity: str = ""

    def with_another(self, row: Row) -> Row:
        """Return what is known of one value from two rules: only the destinations of both remain."""
        if self.value is None:
            return row
        return self if row.value is None else replace(self, restore=self.restore & row.restore)


class Ending(NamedTuple):
    """Rows that end on one UTC day: `rows` of them go at `at` (s), when the day is over."""

    kid: bytes
    at: int
    rows: int


class Erased(NamedTuple):
    """What there is of a subject: the id of its key in this vault, and how many rows lie under it."""

    kid: bytes
    rows: int


class Shelf(Protocol):
    """The rows of one scope, by kind and name. Thread-safe."""

    @property
    def far(self) -> bool:
        """Tell whether it lives behind a network."""
        ...

    def put(self, name: str, row: Row) -> Row:
        """Keep `row` under this name; return the row that holds the name from now on.

        Where the name is free, that is `row`. Where the same value has it, the
        rows become one (`Row.with_another`), and its time begins anew. Where
        another value has it, nothing changes: its mark tells. This shelf finds
        the row at once, all others after `commit`.
        """
        ...

    def get(self, name: str, kind: str = TOKEN) -> Row | None:
        """Return the row of this name, None if there is none or its time is over."""
        ...

    def bodied(self, body: str) -> str:
        """Return the only token with this payload and check; "" for none or several."""
        ...

    def listed(self, kind: str) -> list[tuple[str, Row]]:
        """Return the names and rows of a kind whose names do not prove themselves, in no order."""
        ...

    def commit(self) -> None:
        """Make durable what was put; only then may a stand-in leave.

        Raises:
            VaultError: it cannot be, or another process gave one of the names to another
                value meanwhile. Then nothing of it is kept, and nothing may leave.
        """
        ...


class Store(Protocol):
    """The shelves of all conversations."""

    def shelf(self, scope: Scope, *, keep: int, subject: str = "") -> Shelf:
        """Return the shelf of a scope; what is put on it is found for `keep` seconds.

        What is put belongs to `subject` of the scope's tenant, and goes when it is erased.
        """
        ...

    def forget(self, scope: Scope) -> int:
        """Take everything of a scope away; return how many stand-ins can no longer be turned back."""
        ...

    def expire(self) -> int:
        """Take away everything whose time is over; return how many stand-ins that were."""
        ...

    def plan(self) -> list[Ending]:
        """Return how many rows end on which UTC day, soonest first."""
        ...

    def find_subject(self, tenant: str, subject: str) -> Erased | None:
        """Return the key of a subject and how many rows lie under it, None where there is none."""
        ...

    def destroy(self, kid: bytes) -> None:
        """Destroy a subject's key: nothing under it is found any more. Again does nothing.

        Raises:
            VaultError: it could not be; call it again.
        """
        ...

    def is_destroyed(self, kid: bytes) -> bool:
        """Tell whether a subject's key was here and is destroyed."""
        ...

    def close(self) -> None:
        """Close the store."""
        ...
