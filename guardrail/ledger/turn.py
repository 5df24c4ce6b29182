"""What one turn does: give drafts their places, write them, and sign a checkpoint where one is due."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

from guardrail.crypto import derive, verify_key
from guardrail.errors import LedgerError
from guardrail.ledger.checkpoint import Checkpoint, sign_checkpoint
from guardrail.ledger.committer import Done
from guardrail.ledger.desk import Desk
from guardrail.ledger.entry import draft
from guardrail.ledger.inbox import Post
from guardrail.ledger.keystore import KeyStore
from guardrail.ledger.line import Line, Pen
from guardrail.ledger.merkle import fold, subtree_root
from guardrail.ledger.note import COSIGNATURE, VerifierKey, vkey_of_seed
from guardrail.ledger.publish import publish, published, write_vkey
from guardrail.ledger.reader import Reader
from guardrail.ledger.stores import open_keys, open_store
from guardrail.ledger.tiles import Edge, node_reader
from guardrail.ledger.timestamp import is_believed, last_timestamp, timestamped
from guardrail.types import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from guardrail.custody import Wrapper
    from guardrail.ledger.committer import Request
    from guardrail.ledger.remote import Place
    from guardrail.ledger.rows import Head, Store
    from guardrail.types import Entry

__all__ = ["Turns"]

PUBLISH_EVERY: Final = 1.0  # seconds
KEEP_EVERY: Final = 60.0  # seconds between checkpoints of the timer that stay
HEARTBEAT: Final = 3600.0  # seconds of silence after which a writer says that it is there
_STEP: Final = 1_000_000  # µs that the clock may go back without an entry saying so


@dataclass(frozen=True, slots=True)
class Identity:
    """Who writes: where, signing with which seed, by which clock (ns), under which random name."""

    path: Place | None
    seed: bytes = field(repr=False)
    clock: Callable[[], int]
    writer: str

    def now(self) -> int:
        """Return the time in µs."""
        return self.clock() // 1000

    def vkey(self, origin: str) -> str:
        """Return the public key under the origin's name."""
        return vkey_of_seed(origin, self.seed)

    @property
    def clock_seed(self) -> bytes:
        """Return the seed of the key that signs timestamps."""
        return derive(self.seed, "cosigner")

    def cosigner(self, origin: str) -> str:
        """Return the public key of timestamps."""
        return str(VerifierKey(f"{origin}/clock", COSIGNATURE, verify_key(self.clock_seed)))


class Turns:
    """One writer between its turns; for the committer's thread only."""

    def __init__(
        self, store: Store, who: Identity, origin: str, keys: KeyStore | None, post: Post | None = None
    ) -> None:
        self._store = store
        self._who = who
        self._origin = origin
        self._keys = keys
        self._spoke_at = monotonic()
        self._last_ts = 0
        self._inbox = store.inbox(who.writer, post) if post else None
        self._post = post or Post()
        # Set while it is unknown whether a failed commit has reached the file.
        self._unsure: tuple[bytes, int] | None = None
        self._behind = False
        self._size = self._published = 0
        self._published_at = monotonic()
        self._passing: tuple[int, float] | None = None
        self.trouble: LedgerError | None = None

    @classmethod
    def open(  # noqa: PLR0913 - each has a safe default
        cls,
        who: Identity,
        *,
        origin: str,
        patience: float,
        bodies: bool = False,
        custody: Wrapper | None = None,
        post: Post | None = None,
    ) -> Turns:
        """Open or make the ledger, with `bodies` its keys too; refuse one that contradicts what it published.

        Raises:
            LedgerError: see `Ledger.open`.
        """
        store = open_store(who.path, patience=patience)
        try:
            with store.turn():
                own = store.prepare(who.vkey, who.cosigner, origin=origin, created=who.now())
                if who.path:
                    with store.transaction():
                        _check_published(store, published(who.path, who.vkey(own)))
                    write_vkey(who.path, who.vkey(own))
                keys = _keys(store, who, custody) if bodies else None
        except BaseException:
            store.close()
            raise
        return cls(store, who, own, keys, post)

    def turn(self) -> AbstractContextManager[None]:
        """Hold this process's turn."""
        return self._store.turn()

    def wake_at(self) -> float:
        """Return the monotonic time at which a checkpoint or a heartbeat is due."""
        beat = self._spoke_at + HEARTBEAT
        return beat if self._size == self._published else min(beat, self._published_at + PUBLISH_EVERY)

    def commit(self, batch: Sequence[Request]) -> list[Done | LedgerError]:
        """Write a batch in one transaction, sign and publish if asked or due; return each request's result.

        Raises:
            LedgerError: nothing of the batch is acknowledged.
        """
        asked = any(request.sign for request in batch)
        now = monotonic()
        due = self._size != self._published and self._published_at + PUBLISH_EVERY <= now
        silent = self._spoke_at + HEARTBEAT <= now
        own = silent or any(request.draft or request.work for request in batch)
        if not (asked or due or own or any(request.gather for request in batch)):
            return [Done(None, b"") for _ in batch]
        own = own or self._steps_back()
        with self._post.gate if own else nullcontext():
            if own:
                self._post.settle()
            line, results, note = self._turn(batch, own=own, beat=silent, asked=asked, due=due)
        self._size = line.edge.size
        if line.added or (self._inbox and self._inbox.spoke):
            self._spoke_at = now
        if self._inbox:
            self._inbox.done()
        if any(request.purge for request in batch):
            self._store.truncate()
        fault = self._publish(note) if note else None
        return [
            result
            if isinstance(result, LedgerError)
            else fault
            if fault and request.sign
            else Done(result[0] if result else None, note, tuple(result))
            for request, result in zip(batch, results, strict=True)
        ]

    def _turn(
        self, batch: Sequence[Request], *, own: bool, beat: bool, asked: bool, due: bool
    ) -> tuple[Line, list[list[Entry] | LedgerError], bytes]:
        note = b""
        with self._store.transaction():
            self._settle()
            with self._keys.turn() if self._keys else nullcontext():
                line, results = self._place(batch, own=own, beat=beat)
                rows = line.rows()
                if line.added:
                    self._unsure = (line.added[0], len(line.added))
                if rows.entries:
                    self._store.write(rows)
                if self._inbox:
                    self._inbox.settle(line)
                if asked or due:
                    note = self._sign(rows.head, passing=not asked, sure=any(one.confirm for one in batch))
        if own:
            self._post.next = line.sequence
        self._unsure = None
        self._last_ts = line.last_ts
        if line.last_ts - line.now <= _STEP:
            self._behind = False
        return line, results, note

    def reader(self) -> Reader:
        """Return read access: a connection of its own, or in memory the only one there is."""
        return Reader(self._store.source())

    def close(self) -> None:
        """Close the files."""
        if self._keys:
            self._keys.close()
        self._store.close()

    def _settle(self) -> None:
        """Find out whether the last batch whose commit failed is in the file after all."""
        if self._unsure:
            rid, count = self._unsure
            if self._store.has(rid):
                self._post.next += count
            self._unsure = None

    def _steps_back(self) -> bool:
        """Tell whether the clock has gone back and nobody has said so."""
        return not self._behind and self._last_ts - self._who.now() > _STEP

    def _place(
        self, batch: Sequence[Request], *, own: bool, beat: bool
    ) -> tuple[Line, list[list[Entry] | LedgerError]]:
        """Give each draft its index, time and sequence number, after what the work of a request has done."""
        head = self._store.head()
        pen = Pen(self._who.writer, self._post.next, self._who.now(), self._origin)
        line = Line(head, Edge(head.size, head.peaks, self._store.tile), pen, self._keys)
        results: list[list[Entry] | LedgerError] = []
        try:
            if self._inbox:
                self._inbox.collect(line)
                if own and line.edge.size > head.size:
                    self._note_clock(line)
            for request in batch:
                line.note(request.documents)
                results.append(self._serve(request, line))
            if beat and line.edge.size == head.size:
                line.add(draft(Event("writer.heartbeat")))
        except ValueError:
            raise LedgerError(
                "the ledger cannot be continued: its head and tiles differ, or the clock is out of range",
                advice="set the clock, and run: guardrail ledger verify",
            ) from None
        return line, results

    def _serve(self, request: Request, line: Line) -> list[Entry] | LedgerError:
        drafts = [request.draft] if request.draft else []
        if request.work:
            desk = Desk(self._store, self._keys, line.now // 1_000_000, self._origin)
            try:
                with self._store.savepoint():
                    drafts += request.work(desk)
            except LedgerError as error:  # what one asks in vain must not refuse the others
                return error
        entries = []
        for item in drafts:
            entries.append(line.add(item))
            self._note_clock(line)
        return entries

    def _note_clock(self, line: Line) -> None:
        """Write an entry when the clock has gone back: times in the ledger then no longer tell it."""
        back = line.last_ts - line.now
        if back <= _STEP:
            self._behind = False
        elif not self._behind:
            self._behind = True
            line.add(draft(Event("clock.step", facts={"step_us": min(back, 2**42)})))

    def _sign(self, head: Head, *, passing: bool, sure: bool) -> bytes:
        """Sign and store the head; a passing checkpoint (of the timer) replaces a recent other one."""
        note = sign_checkpoint(Checkpoint(self._origin, head.size, fold(head.peaks)), self._who.seed)
        cosigner = self._who.cosigner(self._origin)
        second = self._who.now() // 1_000_000
        if sure or is_believed(second, last_timestamp(self._store.newest_checkpoints(), cosigner)):
            note = timestamped(note, cosigner, seed=self._who.clock_seed, time=second)
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
                publish(self._who.path, note)
            except LedgerError as error:
                self.trouble = error
                return error
        self.trouble = None
        self._published = self._size
        return None


def _keys(store: Store, who: Identity, custody: Wrapper | None) -> KeyStore:
    """Open the keys of bodies; refuse new ones for a ledger that has bodies under others."""
    if who.path and store.has_bodies() and not open_keys(who.path).there:
        raise LedgerError(
            "the keys of this ledger's sealed bodies are gone",
            advice="restore its .keys file; without it nobody can read, erase or purge the bodies",
        )
    return KeyStore.open(who.path, custody=custody)


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
