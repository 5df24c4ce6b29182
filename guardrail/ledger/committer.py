"""The one thread of a process that writes: it takes what waits, and commits it in one turn.

Lock first, drain second: while this process waits for its turn its queue
fills, so the longer the wait, the larger the batch (docs/spec/ledger.md §6).
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

from guardrail.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.ledger.desk import Work
    from guardrail.ledger.entry import Draft
    from guardrail.ledger.turn import Turns
    from guardrail.types import Entry

__all__ = ["MAX_BATCH", "MAX_WAITING", "Committer", "Done", "Request", "again"]

MAX_BATCH: Final = 512
MAX_WAITING: Final = 16_384


@dataclass(frozen=True, slots=True)
class Done:
    """What a request has come to: its (first) entry, all of them, and the checkpoint if it asked for one."""

    entry: Entry | None
    note: bytes
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What a caller waits for: an entry (if there is a draft), a checkpoint (`sign`), the end (`last`).

    `work` runs inside the turn's transaction and returns further drafts: what it does
    to rows and the entries that say so are written together. With `purge`, what was
    removed is gone from the write-ahead log as well before the answer. `confirm`
    is somebody's word that the clock is right. `gather` only asks for a turn: others have
    queued something.
    """

    draft: Draft | None
    documents: tuple[tuple[bytes, bytes], ...] = ()
    work: Work | None = None
    purge: bool = False
    sign: bool = False
    confirm: bool = False
    last: bool = False
    gather: bool = False
    future: Future[Done] = field(default_factory=Future)

    @property
    def is_append(self) -> bool:
        """Tell whether it is an entry and nothing else."""
        return self.draft is not None and not (self.sign or self.confirm or self.last or self.work)


class Committer:
    """A thread that never leaves a caller waiting for nothing: when it ends, it answers all."""

    def __init__(self, open_turns: Callable[[], Turns]) -> None:
        self._open = open_turns
        self._queue: SimpleQueue[Request] = SimpleQueue()
        self._gate = threading.Lock()
        self._ended: LedgerError | None = None
        self._taken: list[Request] = []
        self._stopping = False
        self._turns: Turns | None = None
        self._thread = threading.Thread(target=self._run, name="guardrail-ledger", daemon=True)

    def start(self) -> None:
        """Start the thread; its first act is to open the ledger."""
        self._thread.start()

    def submit(self, request: Request) -> Future[Done]:
        """Queue a request; raise `LedgerError` if the thread has ended or too many wait."""
        with self._gate:
            if self._ended:
                raise again(self._ended)
            if self._queue.qsize() >= MAX_WAITING:
                raise LedgerError(
                    "too many appends wait for the disk",
                    advice="check the disk's speed, or send fewer requests",
                )
            self._queue.put(request)
        return request.future

    def hand(self, request: Request) -> None:
        """Queue a request that has waited elsewhere; raise `LedgerError` if the thread has ended."""
        with self._gate:
            if self._ended:
                raise again(self._ended)
            self._queue.put(request)

    def check(self) -> None:
        """Raise `LedgerError` if the thread has ended."""
        with self._gate:
            if self._ended:
                raise again(self._ended)

    def turns(self) -> Turns:
        """Return the opened ledger, once the first request is done."""
        return cast("Turns", self._turns)

    def stop(self) -> None:
        """Let the thread end after its present turn; what still waits is answered with an error."""
        self._stopping = True
        self._queue.put(Request(None, last=True))

    def join(self, seconds: float) -> bool:
        """Wait for the thread's end; tell whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        end = LedgerError("the ledger is closed", advice="open it again to append")
        turns = None
        try:
            turns = self._turns = self._open()
            while not self._stopping:
                self._turn(turns)
        except LedgerError as error:
            end = error
        except BaseException:  # noqa: BLE001 - whatever it is, callers must not hang
            end = LedgerError(
                "the ledger's writer stopped unexpectedly",
                advice="restart the process; what was acknowledged is on the disk",
            )
        finally:
            self._end(end)
            if turns:
                turns.close()

    def _turn(self, turns: Turns) -> None:
        """Serve one batch."""
        first = self._wait(turns)
        with turns.turn():
            batch = self._taken = self._drain(first)
            try:
                done: list[Done | LedgerError] = turns.commit(batch)
            except LedgerError as error:
                done = [again(error) for _ in batch]
        # Outside the turn: the next process need not wait until our callers are awake.
        for request, result in zip(batch, done, strict=True):
            if isinstance(result, LedgerError):
                request.future.set_exception(result)
            else:
                request.future.set_result(result)
        self._taken = []

    def _wait(self, turns: Turns) -> Request | None:
        """Return the next request, or None when it is time to publish or to be heard."""
        try:
            return self._queue.get(timeout=max(0.0, turns.wake_at() - monotonic()))
        except Empty:
            return None

    def _drain(self, first: Request | None) -> list[Request]:
        batch: list[Request] = []
        following = first
        while following:
            self._stopping = self._stopping or following.last
            # A caller who gave up in the meantime gets no entry behind their back.
            if following.future.set_running_or_notify_cancel():
                batch.append(following)
            full = len(batch) >= MAX_BATCH or self._stopping
            following = None if full or self._queue.empty() else self._queue.get_nowait()
        return batch

    def _end(self, error: LedgerError) -> None:
        with self._gate:
            self._ended = error
        for request in self._taken:
            if not request.future.done():
                request.future.set_exception(again(error))
        while not self._queue.empty():
            request = self._queue.get_nowait()
            if request.future.set_running_or_notify_cancel():
                request.future.set_exception(again(error))


def again(error: LedgerError) -> LedgerError:
    """Return an equal error: one object raised in several threads would mix their tracebacks."""
    return LedgerError(error.message, advice=error.advice)
