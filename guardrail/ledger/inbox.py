"""What a turn in PostgreSQL takes off the queue, and whom it tells (docs/spec/ledger.md §12)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.ledger.line import Line
    from guardrail.ledger.postgres_store import PostgresStore
    from guardrail.types import Entry

__all__ = ["Inbox", "Post"]

LIMIT: Final = 1024  # rows of other writers that one turn takes


class Post:
    """What a process's turns and its appends share: one writer's sequence, and who waits for a place.

    `gate` is held while a sequence number is given and not yet written for good.
    """

    def __init__(
        self,
        begun: Callable[[], None] = lambda: None,
        told: Callable[[Sequence[tuple[bytes, Entry]], bool], None] = lambda _entries, _more: None,
        settle: Callable[[], object] = lambda: None,
    ) -> None:
        """Call `begun` before the queue is read, `told` after a commit, `settle` before numbers are given."""
        self.gate = threading.Lock()
        self.next = 0
        self.begun = begun
        self.told = told
        self.settle = settle


class Inbox:
    """The queue as one process's turns see it; for the committer's thread only."""

    def __init__(self, store: PostgresStore, writer: str, post: Post) -> None:
        self._store = store
        self._writer = writer
        self._post = post
        self._places: list[int] = []
        self._sequences: dict[str, int] = {}
        self._own: list[tuple[bytes, Entry]] = []
        self._more = False

    def collect(self, line: Line) -> bool:
        """Give what is queued its place, this writer's first; tell whether there was something."""
        self._post.begun()
        rows = self._store.waiting(self._writer, LIMIT)
        self._places = [row.place for row in rows]
        self._sequences, self._own = {}, []
        self._more = len(rows) >= LIMIT
        if not rows:
            return False
        written = self._store.written([row.rid for row in rows])
        following = self._store.sequences({row.writer for row in rows})
        for row in rows:
            expected = self._sequences.get(row.writer, following[row.writer])
            # Written before, not next in its writer's order, or not of the form of an entry: who made
            # such a row may only append, and must not be able to make the ledger contradict itself.
            if row.sequence != expected or row.rid in written:
                continue
            try:
                entry = line.place(row)
            except ValueError:
                continue
            self._sequences[row.writer] = expected + 1
            if row.writer == self._writer:
                self._own.append((row.rid, entry))
        return True

    def settle(self, line: Line) -> None:
        """Take the rows off the queue, inside the turn's transaction."""
        if line.added:
            self._sequences[self._writer] = line.sequence
        if self._places or self._sequences:
            others = len(self._sequences) > (self._writer in self._sequences)
            self._store.settle(self._places, self._sequences, told=others)

    @property
    def spoke(self) -> bool:
        """Tell whether entries of this writer were among what was taken."""
        return bool(self._own)

    def done(self) -> None:
        """Tell who waits, once the turn is on the server's disk."""
        self._post.told(self._own, self._more)
        self._own = []
