"""Callers that ask at the same time are answered as one batch: short texts cost less together.

No thread of its own. One batch is asked at a time; who comes meanwhile joins the
next, and its first caller asks for all of them, and wakes them. A caller who is
alone waits for nobody, unless a time to gather is set. Batches are asked in the
order of their first callers. One that fails is asked again caller by caller, so
that nobody gets another's error.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from guardrail.errors import DetectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Batches"]

Item = TypeVar("Item")
Answer = TypeVar("Answer")
MOST: Final = 64  # callers in one batch


@dataclass(slots=True)
class _Call(Generic[Item, Answer]):
    """One caller's question."""

    items: Sequence[Item]
    answer: list[Answer] | None = None
    error: BaseException | None = None
    done: bool = False


class Batches(Generic[Item, Answer]):
    """A function over batches, called by many threads. `ask` returns one answer for each item."""

    def __init__(
        self, ask: Callable[[list[Item]], list[Answer]], *, wait: float = 0, most: int = MOST
    ) -> None:
        """Take the function, the milliseconds that a batch waits for callers, and how many it takes."""
        self._ask = ask
        self._wait = wait / 1_000
        self._most = most
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._turn = Condition()
        self._line: deque[list[_Call[Item, Answer]]] = deque()  # the first of them is asked, or next
        self._busy = False
        self._process = os.getpid()

    def __call__(self, items: Sequence[Item]) -> list[Answer]:
        """Return the answers to `items`, asked together with those of other callers.

        Raises:
            DetectionError: closed. And whatever the function raises for these items.
        """
        if self._process != os.getpid():
            self._start()  # a forked child has none of the threads that could wake it
        call: _Call[Item, Answer] = _Call(items)
        with self._turn:
            if self._closed:
                raise DetectionError("the detector is closed", advice="load another one")
            mine = self._join(call)
        if mine is not None:
            self._lead(mine)
        if call.error is not None:
            raise call.error
        return call.answer or []

    def close(self) -> None:
        """Refuse further callers; those who are inside are answered."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()

    def _join(self, call: _Call[Item, Answer]) -> list[_Call[Item, Answer]] | None:
        """Return the batch that this caller is to ask, or None when another has answered it."""
        waiting = self._line[-1] if len(self._line) > self._busy else None
        if waiting is None or len(waiting) >= self._most:
            batch = [call]
            self._line.append(batch)
            try:
                self._gather(batch)
            except BaseException as error:  # an interrupt, while it waits
                self._line.remove(batch)
                self._interrupted(batch, error)
                raise
            return batch
        waiting.append(call)
        if len(waiting) >= self._most:
            self._turn.notify_all()
        while not call.done:
            self._turn.wait()
        return None

    def _gather(self, batch: list[_Call[Item, Answer]]) -> None:
        """Wait for the turn of this batch, and for callers until its time is up."""
        until = monotonic() + self._wait
        while True:
            first = not self._busy and self._line[0] is batch
            left = until - monotonic()
            if first and (left <= 0 or len(batch) >= self._most or self._closed):
                self._busy = True
                return
            self._turn.wait(left if first else None)

    def _interrupted(self, batch: list[_Call[Item, Answer]], error: BaseException) -> None:
        for call in batch:
            call.error, call.done = _interruption(error), True
        self._turn.notify_all()

    def _lead(self, batch: list[_Call[Item, Answer]]) -> None:
        try:
            self._answer(batch)
        finally:
            with self._turn:
                self._line.popleft()
                self._busy = False
                for call in batch:
                    call.done = True
                self._turn.notify_all()

    def _answer(self, calls: list[_Call[Item, Answer]]) -> None:
        items = [item for call in calls for item in call.items]
        try:
            answers = self._ask(items)
        except Exception as error:  # noqa: BLE001 - each caller gets his own
            if len(calls) == 1:
                calls[0].error = error
                return
            for call in calls:
                self._answer([call])
            return
        except BaseException as error:
            for call in calls:
                call.error = _interruption(error)
            raise
        at = 0
        for call in calls:
            call.answer = answers[at : at + len(call.items)]
            at += len(call.items)


def _interruption(error: BaseException) -> DetectionError:
    """Return what the other callers get: an interrupt strikes one thread, and is no answer to them."""
    return DetectionError(f"a detection was interrupted by {type(error).__name__}", advice="ask again")
