"""Sums of many small decisions: a line of log is not worth an entry of its own."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from guardrail.errors import LedgerError
from guardrail.tally import Tally, event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.guard import Guard
    from guardrail.types import Decision

__all__ = ["Sums"]


class Sums:
    """Counts that become one entry of type "log.summary" for every so many records. Thread-safe.

    Counting never waits: the queue is made to be written to by finalizers too, and
    the entry is written by a thread of its own, for the caller may be holding up an
    event loop. What the ledger does not take is counted on.
    """

    def __init__(self, guard: Guard, *, every: int) -> None:
        self._guard = guard
        self._every = every
        self._queue: SimpleQueue[Sequence[Decision] | None] = SimpleQueue()
        self._writing = threading.Lock()
        self._tally = Tally()
        self._records = 0
        self._withheld = 0

    def count(self, decisions: Sequence[Decision] | None) -> None:
        """Count one record, by its decisions, or None for one that was withheld."""
        self._queue.put(decisions)
        if self._queue.qsize() >= self._every and self._writing.acquire(blocking=False):
            try:
                threading.Thread(target=self._write_and_release, name="guardrail-logs", daemon=True).start()
            except RuntimeError:
                self._writing.release()  # no thread can be had: the end of the process writes

    def write(self) -> None:
        """Write what is counted as one entry; a ledger that refuses it gets it with the next one."""
        with self._writing:
            self._write()

    def _write_and_release(self) -> None:
        try:
            self._write()
        finally:
            self._writing.release()

    def _write(self) -> None:
        self._gather()
        if not self._records:
            return
        facts = {"records": self._records, "failed": self._withheld}
        guard = self._guard
        try:
            guard.record(
                event("log.summary", self._tally, policy=guard.policy, context=guard.base, facts=facts)
            )
        except LedgerError:
            return
        self._tally = Tally()
        self._records = self._withheld = 0

    def _gather(self) -> None:
        while True:
            try:
                decisions = self._queue.get_nowait()
            except Empty:
                return
            self._records += 1
            if decisions is None:
                self._withheld += 1
            else:
                self._tally.decide(decisions)
