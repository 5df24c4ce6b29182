"""What one turn does: give drafts their places, write them, and sign a checkpoint where one is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

from guardrail.canonical import b64u
from guardrail.crypto import random_bytes
from guardrail.errors import LedgerError
from guardrail.ledger.checkpoint import Checkpoint, sign_checkpoint
from guardrail.ledger.committer import Done
from guardrail.ledger.entry import draft, new_id
from guardrail.ledger.merkle import fold, leaf_hash, subtree_root
from guardrail.ledger.note import vkey_of_seed
from guardrail.ledger.publish import beside, published, replace_file, write_vkey
from guardrail.ledger.reader import Reader
from guardrail.ledger.sqlite import Head, Rows, Store
from guardrail.ledger.tiles import Edge, node_reader
from guardrail.types import Entry, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from guardrail.ledger.committer import Request
    from guardrail.ledger.entry import Draft

__all__ = ["Turns"]

PUBLISH_EVERY: Final = 1.0  # seconds
KEEP_EVERY: Final = 60.0  # seconds between checkpoints of the timer that stay
_STEP: Final = 1_000_000  # µs that the clock may go back without an entry saying so


@dataclass(frozen=True, slots=True)
class Identity:
    """Who writes: where, signing with which seed, by which clock (ns), under which random name."""

    path: Path | None
    seed: bytes = field(repr=False)
    clock: Callable[[], int]
    writer: str

    def now(self) -> int:
        """Return the time in µs."""
        return self.clock() // 1000

    def vkey(self, origin: str) -> str:
        """Return the public key under the origin's name."""
        return vkey_of_seed(origin, self.seed)


class Turns:
    """One writer between its turns; for the committer's thread only."""

    def __init__(self, store: Store, who: Identity, origin: str) -> None:
        self._store = store
        self._who = who
        self._origin = origin
        self._sequence = 0
        # Set while it is unknown whether a failed commit has reached the file.
        self._unsure: tuple[bytes, int] | None = None
        self._behind = False
        self._size = self._published = 0
        self._published_at = monotonic()
        self._passing: tuple[int, float] | None = None
        self.trouble: LedgerError | None = None

    @classmethod
    def open(cls, who: Identity, *, origin: str, patience: float) -> Turns:
        """Open or make the ledger; refuse one that contradicts what it has published.

        Raises:
            LedgerError: see `Ledger.open`.
        """
        store = Store.open(who.path, patience=patience)
        try:
            with store.turn():
                own = store.prepare(who.vkey, origin=origin, created=who.now())
                if who.path:
                    _check_published(store, published(who.path, who.vkey(own)))
                    write_vkey(who.path, who.vkey(own))
        except BaseException:
            store.close()
            raise
        return cls(store, who, own)

    def turn(self) -> AbstractContextManager[None]:
        """Hold this process's turn."""
        return self._store.turn()

    def publish_at(self) -> float | None:
        """Return the monotonic time at which a checkpoint is due, None while nothing is new."""
        return None if self._size == self._published else self._published_at + PUBLISH_EVERY

    def commit(self, batch: Sequence[Request]) -> list[Done | LedgerError]:
        """Write a batch in one transaction, sign and publish if asked or due; return each request's result.

        Raises:
            LedgerError: nothing of the batch is acknowledged.
        """
        asked = any(request.sign for request in batch)
        at = self.publish_at()
        due = at is not None and at <= monotonic()
        if not (asked or due or any(request.draft for request in batch)):
            return [Done(None, b"") for _ in batch]
        note = b""
        with self._store.transaction():
            self._settle()
            rows, entries = self._place(batch)
            if rows.entries:
                self._unsure = (rows.entries[0][1], len(rows.entries))
                self._store.write(rows)
            if asked or due:
                note = self._sign(rows.head, passing=not asked)
        self._sequence += len(rows.entries)
        self._unsure = None
        self._size = rows.head.size
        fault = self._publish(note) if note else None
        return [
            fault if fault and request.sign else Done(entry, note)
            for request, entry in zip(batch, entries, strict=True)
        ]

    def reader(self) -> Reader:
        """Return read access: a connection of its own, or in memory the only one there is."""
        path, store = self._who.path, self._store
        return Reader.open(path) if path else Reader(store.connection, store.mutex, shared=True)

    def close(self) -> None:
        """Close the files."""
        self._store.close()

    def _settle(self) -> None:
        """Find out whether the last batch whose commit failed is in the file after all."""
        if self._unsure:
            rid, count = self._unsure
            if self._store.has(rid):
                self._sequence += count
            self._unsure = None

    def _place(self, batch: Sequence[Request]) -> tuple[Rows, list[Entry | None]]:
        """Give each draft its index, time and sequence number."""
        head = self._store.head()
        line = _Line(head, Edge(head.size, head.peaks, self._store.tile), self._who, self._sequence)
        entries: list[Entry | None] = []
        documents: list[tuple[bytes, bytes, int]] = []
        try:
            for request in batch:
                if request.draft is None:
                    entries.append(None)
                    continue
                documents += [(sha, source, line.edge.size) for sha, source in request.documents]
                entries.append(line.add(request.draft))
                self._note_clock(line)
        except ValueError:
            raise LedgerError(
                "the ledger cannot be continued: its head and tiles differ, or the clock is out of range",
                advice="set the clock, and run: guardrail ledger verify",
            ) from None
        return line.rows(tuple(documents)), entries

    def _note_clock(self, line: _Line) -> None:
        """Write an entry when the clock has gone back: times in the ledger then no longer tell it."""
        back = line.last_ts - line.now
        if back <= _STEP:
            self._behind = False
        elif not self._behind:
            self._behind = True
            line.add(draft(Event("clock.step", facts={"step_us": min(back, 2**42)})))

    def _sign(self, head: Head, *, passing: bool) -> bytes:
        """Sign and store the head; a passing checkpoint (of the timer) replaces a recent other one."""
        note = sign_checkpoint(Checkpoint(self._origin, head.size, fold(head.peaks)), self._who.seed)
        replaced, now = None, monotonic()
        if passing and self._passing and now - self._passing[1] < KEEP_EVERY:
            replaced, since = self._passing
        else:
            since = now
        self._passing = (head.size, since) if passing else None
        self._store.keep_checkpoint(head.size, note, instead_of=replaced)
        return note

    def _publish(self, note: bytes) -> LedgerError | None:
        """Replace the published file; a failure is tried again by the timer, and told to who asked."""
        self._published_at = monotonic()
        if self._who.path:
            try:
                replace_file(beside(self._who.path, ".checkpoint"), note)
            except LedgerError as error:
                self.trouble = error
                return error
        self.trouble = None
        self._published = self._size
        return None


class _Line:
    """The entries of one turn, one after another."""

    def __init__(self, head: Head, edge: Edge, who: Identity, sequence: int) -> None:
        self.edge = edge
        self.now = who.now()
        self.last_ts = head.last_ts
        self._writer = who.writer
        self._sequence = sequence
        self._entries: list[tuple[int, bytes, bytes]] = []
        self._pool = b""

    def _random(self) -> bytes:
        """Return 10 random bytes; the system is asked for many at a time, since each call costs µs."""
        if not self._pool:
            self._pool = random_bytes(640)
        taken, self._pool = self._pool[:10], self._pool[10:]
        return taken

    def add(self, item: Draft) -> Entry:
        """Place a draft at the end."""
        self.last_ts = max(self.last_ts + 1, self.now)
        rid = new_id(self.last_ts, self._random())
        name = b64u(rid)
        header = item.header(name, ts=self.last_ts, writer=self._writer, sequence=self._sequence)
        leaf = leaf_hash(header)
        index = self.edge.size
        self.edge.append(leaf)
        self._entries.append((index, rid, header))
        self._sequence += 1
        return Entry(index, name, str(item.fields["t"]), self.last_ts, header, leaf)

    def rows(self, documents: tuple[tuple[bytes, bytes, int], ...]) -> Rows:
        """Return what is to be written."""
        head = Head(self.edge.size, tuple(self.edge.peaks.hashes), self.last_ts)
        return Rows(tuple(self._entries), self.edge.changed, head, documents)


def _check_published(store: Store, checkpoint: Checkpoint | None) -> None:
    """Refuse to go on from a state that the published checkpoint contradicts."""
    if checkpoint is None or not checkpoint.size:
        return
    size = store.head().size
    try:
        agrees = size >= checkpoint.size and (
            subtree_root(0, checkpoint.size, node_reader(store.tile)) == checkpoint.root
        )
    except ValueError:
        agrees = False
    if not agrees:
        # Going on would sign a second history under the same key.
        raise LedgerError(
            "the ledger contradicts its published checkpoint: it is an older copy, or was altered",
            advice="run: guardrail ledger verify; put the newest copy back before writing again",
        )
