"""Appends to a ledger in PostgreSQL: queued without a lock, in groups, and answered once they have a place.

Three threads. The sender inserts what waits in one statement. The listener hears
what other processes have queued and what has got its place, and stands for
leadership. The committer takes turns: for the process's own acts, and, where it
leads, for everything that is queued. Who dies is replaced: the server lets go
of its locks, and whatever is queued is taken by the next turn, whoever's it is.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Final

from guardrail.errors import LedgerError
from guardrail.ledger.committer import MAX_BATCH, MAX_WAITING, Committer, Done, Request, again
from guardrail.ledger.inbox import Post
from guardrail.ledger.listener import Listener
from guardrail.ledger.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from guardrail.ledger.keystore import KeyStore
    from guardrail.ledger.remote import Remote
    from guardrail.ledger.turn import Identity, Turns
    from guardrail.types import Entry

__all__ = ["Relay"]

_RESTED: Final = 0.02  # s without news from the leader after which it may rest, and is woken


class Relay:
    """What `Committer` is for a file: it never leaves a caller waiting for nothing."""

    def __init__(
        self,
        place: Remote,
        who: Identity,
        open_turns: Callable[[Post], Turns],
        *,
        patience: float,
        keys: Callable[[], KeyStore] | None,
    ) -> None:
        self._queue: SimpleQueue[Request | None] = SimpleQueue()
        self._waiting: dict[bytes, tuple[Future[Done], float]] = {}
        self._mutex = threading.Lock()
        self._poked = False
        post = Post(self._begun, self._told, self._settle)
        self._sender = Sender(place, who, post, patience=patience, keys=keys)
        self._listener = Listener(place, self, patience=patience)
        self._committer = Committer(lambda: open_turns(post))
        self._threads = [
            threading.Thread(target=self._send, name="guardrail-ledger-sender", daemon=True),
            threading.Thread(target=self._listener.run, name="guardrail-ledger-listener", daemon=True),
        ]

    def start(self) -> None:
        """Start the committer, whose first act is to open the ledger; the others follow its first entry."""
        self._committer.start()

    def submit(self, request: Request) -> Future[Done]:
        """Queue a request; raise `LedgerError` if the committer has ended or too many wait."""
        self._committer.check()
        if not self._threads[0].is_alive():
            if request.draft and request.draft.fields["t"] == "writer.start":
                return self._committer.submit(request)
            self._begin()
        if self._queue.qsize() + len(self._waiting) >= MAX_WAITING:
            raise LedgerError(
                "too many appends wait for the database",
                advice="check the server's disk and load, or send fewer requests",
            )
        self._queue.put(request)
        return request.future

    def turns(self) -> Turns:
        """Return the opened ledger, once the first request is done."""
        return self._committer.turns()

    def stop(self) -> None:
        """Let all threads end; what still waits is answered with an error."""
        self._queue.put(None)
        self._committer.stop()

    def join(self, seconds: float) -> bool:
        """Wait for the threads' end; tell whether it has come."""
        ended = self._committer.join(seconds)
        self._listener.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(seconds)
        self.fail(LedgerError("the ledger is closed", advice="open it again to append"))
        self._sender.close()
        return ended and not any(thread.is_alive() for thread in self._threads)

    # -- what the listener asks and tells

    @property
    def ids(self) -> list[bytes]:
        """Return the ids of entries that wait for their place."""
        with self._mutex:
            return list(self._waiting)

    def oldest(self) -> float:
        """Return for how long the first of them waits, in s; 0 if none does."""
        with self._mutex:
            return monotonic() - next(iter(self._waiting.values()))[1] if self._waiting else 0.0

    def placed(self, entries: Sequence[tuple[bytes, Entry]]) -> None:
        """Answer who waits for these."""
        with self._mutex:
            found = [(self._waiting.pop(rid, None), entry) for rid, entry in entries]
        for waiting, entry in found:
            if waiting:
                waiting[0].set_result(Done(entry, b"", (entry,)))

    def poke(self) -> None:
        """Have a turn taken, unless one is about to begin."""
        with self._mutex:
            if self._poked:
                return
            self._poked = True
        request = Request(None, gather=True)
        # A turn that fails before it reads the queue must not be the last one.
        request.future.add_done_callback(lambda _: self._begun())
        try:
            self._committer.submit(request)
        except LedgerError as error:
            self.fail(error)

    def fail(self, error: LedgerError) -> None:
        """Answer everybody who waits with an error: their entries may get a place nevertheless."""
        with self._mutex:
            waiting, self._waiting = self._waiting, {}
        for future, _ in waiting.values():
            future.set_exception(again(error))

    # -- inside

    def _begin(self) -> None:
        with self._mutex:
            if not self._threads[0].is_alive():
                for thread in self._threads:
                    thread.start()

    def _settle(self) -> None:
        self._sender.settle()

    def _begun(self) -> None:
        with self._mutex:
            self._poked = False

    def _told(self, own: Sequence[tuple[bytes, Entry]], more: bool) -> None:  # noqa: FBT001 - called by turns
        self.placed(own)
        if more:
            self.poke()

    def _send(self) -> None:
        """Serve what is submitted, in its order: appends in groups, all else by the committer."""
        while (first := self._queue.get()) is not None:
            batch, act = self._drain(first)
            if batch:
                self._insert(batch)
            if act:
                try:
                    self._committer.hand(act)
                except LedgerError as error:
                    act.future.set_exception(again(error))

    def _drain(self, first: Request) -> tuple[list[Request], Request | None]:
        batch: list[Request] = []
        following: Request | None = first
        while following:
            if not following.is_append:
                return batch, following
            # A caller who gave up in the meantime gets no entry behind their back.
            if following.future.set_running_or_notify_cancel():
                batch.append(following)
            try:
                following = None if len(batch) >= MAX_BATCH else self._queue.get_nowait()
            except Empty:
                return batch, None
            if following is None and len(batch) < MAX_BATCH:
                self._queue.put(None)  # the end, for the loop
        return batch, None

    def _insert(self, batch: list[Request]) -> None:
        now = monotonic()

        def waits(rids: Sequence[bytes]) -> None:
            with self._mutex:
                pairs = zip(rids, batch, strict=True)
                self._waiting |= {rid: (request.future, now) for rid, request in pairs}

        try:
            self._sender.insert(batch, waits)
        except LedgerError as error:
            with self._mutex:
                futures = {id(request.future) for request in batch}
                lost = [rid for rid, (future, _) in self._waiting.items() if id(future) in futures]
                for rid in lost:
                    del self._waiting[rid]
            for request in batch:
                if not request.future.done():
                    request.future.set_exception(again(error))
            return
        if self._listener.leads:
            self.poke()
        elif monotonic() - self._listener.heard_at > _RESTED:
            self._sender.wake()
