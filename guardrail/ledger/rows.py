"""What a turn reads and writes, whatever the store, and what every store offers for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from guardrail.ledger.inbox import Inbox, Post

__all__ = ["Body", "Head", "KeyTables", "Rows", "Source", "Store", "Tables"]


@dataclass(frozen=True, slots=True)
class Head:
    """The tree's size, its peaks (highest first), and the last entry's time in µs."""

    size: int
    peaks: tuple[bytes, ...]
    last_ts: int


class Body(NamedTuple):
    """A sealed body: whose entry, the envelope, the ids of its two keys; for writers when it expires (s)."""

    index: int  # type: ignore[assignment] # a tuple's own is not wanted
    envelope: bytes
    kid_s: bytes
    kid_e: bytes
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """What one turn writes: entries as (index, id, header), tiles, the new head, documents, bodies.

    `acts` are the entries that say something of keys: (index, type, ids of the keys).
    """

    entries: tuple[tuple[int, bytes, bytes], ...]
    tiles: Mapping[tuple[int, int], bytes | bytearray]
    head: Head
    documents: tuple[tuple[bytes, bytes, int], ...] = ()
    bodies: tuple[Body, ...] = ()
    acts: tuple[tuple[int, str, tuple[bytes, ...]], ...] = ()


class Tables(Protocol):
    """Tables of one store. In statements `@name` is a table and `?` a value, whatever the store."""

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds."""

    def run(self, statement: str, *values: object) -> None:
        """Run a statement."""

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values."""


class Source(Protocol):
    """A ledger as its readers reach it: no secret, no writing."""

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds."""

    def snapshot(self) -> AbstractContextManager[None]:
        """See one state of the ledger inside the block, whatever is written meanwhile."""

    def last(self, part: bytes) -> int | None:
        """Return the index of the last entry whose header has these bytes, None if there is none."""

    def foreign(self, number: int) -> list[str]:
        """Return what is not as the format says; what begins with "the trigger" ends no judging."""

    def close(self) -> None:
        """Let go of the connection, unless it is the writer's."""


class Store(Tables, Protocol):
    """A ledger as its writer reaches it: turns, transactions, and the rows of one turn."""

    @property
    def format(self) -> int:
        """Return the format that it writes: how bodies are laid out (`layout.LAYOUTS`)."""

    def turn(self) -> AbstractContextManager[None]:
        """Hold this process's turn: no other writer comes in between."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what the block writes, durably, or roll all of it back and raise `LedgerError`."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Take back what the block has written if it raises, inside a transaction."""

    def prepare(
        self, vkey_of: Callable[[str], str], cosigner_of: Callable[[str], str], *, origin: str, created: int
    ) -> str:
        """Make the tables where there are none, or check that they are this key's; return the origin."""

    def head(self) -> Head:
        """Return the head, inside a transaction."""

    def tile(self, level: int, n: int) -> bytes:
        """Return a tile's hashes, empty if there is none yet."""

    def has(self, rid: bytes) -> bool:
        """Tell whether an entry of this id is written, of those that this store has tried to write."""

    def write(self, rows: Rows) -> None:
        """Write the rows of one turn, inside a transaction."""

    def keep_checkpoint(self, size: int, note: bytes, *, instead_of: int | None = None) -> None:
        """Store a checkpoint, inside a transaction; `instead_of` is the size of one that it replaces."""

    def has_bodies(self) -> bool:
        """Tell whether there is a sealed body."""

    def newest_checkpoints(self) -> Iterator[bytes]:
        """Yield the stored checkpoints, newest first."""

    def truncate(self) -> bool:
        """Empty the logs where removed rows still stand, as far as the store can; tell whether it could."""

    def inbox(self, writer: str, post: Post) -> Inbox | None:
        """Return the queue as this writer's turns see it, None where nobody queues."""

    def source(self) -> Source:
        """Return read access: a connection of its own, or the only one there is."""

    def close(self) -> None:
        """Close; entries are durable before and after."""


class KeyTables(Tables, Protocol):
    """The tables `key` and `subject` of a key store, for one thread. Outside of `begin` it only reads."""

    def version(self) -> int:
        """Return a number that is another one after other processes have destroyed or rewrapped keys."""

    def begin(self) -> None:
        """Begin to write: no other process does until `commit` or `rollback`."""

    def commit(self, *, changed: bool = False) -> None:
        """Make what was written durable; `changed` tells that keys were destroyed or rewrapped."""

    def rollback(self) -> None:
        """Take back what was written since `begin`, if anything."""

    def close(self) -> None:
        """Let go of the tables."""
