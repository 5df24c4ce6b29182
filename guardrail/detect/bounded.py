"""Recognizers and name finders of the user's own, under a time limit.

A thread cannot be killed from outside. So foreign code runs in threads of ours:
when it does not return in time, its caller gets an error and leaves the thread
behind. Until that thread returns, the part is refused at once, so that one hung
call costs one wait and one thread and not one of each per text. The threads are
daemons: none keeps the process from ending.
"""

from __future__ import annotations

import os
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from guardrail.detect.deadline import check, left
from guardrail.errors import DetectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.detect.names import NameFinder
    from guardrail.detect.persons import Trust
    from guardrail.detect.recognizer import Recognizer
    from guardrail.types import Finding

__all__ = ["BoundedFinder", "BoundedRecognizer"]

Answer = TypeVar("Answer")
IDLE: Final = 10.0  # seconds after which a thread without work ends
KEPT: Final = 16  # threads that wait for work
PER_CHAR: Final = 10  # findings of one recognizer for each code point; more come from a loop without end
DECIDES: Final = "the policy's on_error decides what happens to the text"


class _Job(Generic[Answer]):
    """One call. `ended` and `dropped` change under the lock of its `Aside` alone."""

    __slots__ = ("answer", "call", "context", "done", "dropped", "ended", "error")

    def __init__(self, call: Callable[[_Job[Answer]], Answer]) -> None:
        self.call = call
        self.context = copy_context()
        self.answer: Answer | None = None
        self.error = ""  # the name of an exception's type: the exception itself holds the text
        self.done = Event()
        self.ended = False
        self.dropped = False  # nobody waits any more


class Aside(Generic[Answer]):
    """Runs calls in threads of its own and waits for each no longer than `limit` seconds."""

    def __init__(self, name: str, limit: float) -> None:
        self._name = name
        self._limit = limit
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._lock = Lock()
        self._idle: list[SimpleQueue[_Job[Answer]]] = []
        self._hung = 0

    def __call__(self, call: Callable[[_Job[Answer]], Answer]) -> Answer | None:
        """Return what the call returns; it gets its job, whose `dropped` tells it to give up.

        Raises:
            DetectionError: it raises, does not return in time, or an earlier one still hangs.
        """
        check()
        if self._process != os.getpid():
            self._start()  # a forked child has none of the threads
        job = _Job(call)
        self._give(job)
        if not job.done.wait(min(self._limit, max(left(), 0.0))):
            with self._lock:
                job.dropped = not job.ended
                self._hung += job.dropped
        if job.dropped:
            raise self._hangs("does not return in time")
        if job.error:
            raise DetectionError(f"a recognizer failed with {job.error}", advice=DECIDES)
        return job.answer

    def _give(self, job: _Job[Answer]) -> None:
        with self._lock:
            if self._hung:
                raise self._hangs("has not returned yet from an earlier text")
            line: SimpleQueue[_Job[Answer]] | None = self._idle.pop() if self._idle else None
        if line is None:
            line = SimpleQueue()
            Thread(target=self._work, args=(line,), name=f"guardrail/{self._name}", daemon=True).start()
        line.put(job)

    def _hangs(self, how: str) -> DetectionError:
        return DetectionError(
            f"a recognizer of your own {how}",
            advice=f"mend it, or raise Limits(own=...), now {self._limit:g} seconds; {DECIDES}",
        )

    def _work(self, line: SimpleQueue[_Job[Answer]]) -> None:
        while True:
            try:
                job = line.get(timeout=IDLE)
            except Empty:
                with self._lock:
                    if line in self._idle:
                        self._idle.remove(line)
                        return
                continue  # it was just chosen: a job is on its way
            try:
                job.answer = job.context.run(job.call, job)
            except BaseException as error:  # noqa: BLE001 - foreign code; an exit ends no thread of ours
                job.error = type(error).__name__
            if not self._ended(job, line):
                return

    def _ended(self, job: _Job[Answer], line: SimpleQueue[_Job[Answer]]) -> bool:
        """Tell whether the thread goes on; one that was left behind, or one too many, ends."""
        with self._lock:
            job.ended = True
            self._hung -= job.dropped
            stays = not job.dropped and len(self._idle) < KEPT
            if stays:
                self._idle.append(line)
        job.done.set()
        return stays


class BoundedRecognizer:
    """A recognizer of the user's own, under a time limit for each text."""

    def __init__(self, part: Recognizer, limit: float) -> None:
        self.name = part.name
        self.entities = part.entities
        self.version: str = getattr(part, "version", "")
        self._part = part
        self._aside: Aside[list[Finding]] = Aside(part.name, limit)

    def recognize(self, text: str) -> list[Finding]:
        """Return what it finds.

        Raises:
            DetectionError: it raises, hangs, or finds without end.
        """
        most = PER_CHAR * (len(text) + 10)

        def call(job: _Job[list[Finding]]) -> list[Finding]:
            found: list[Finding] = []
            for finding in self._part.recognize(text):
                found.append(finding)
                if job.dropped or len(found) > most:
                    raise OverflowError
            return found

        found = self._aside(call) or []
        _inside(text, found)
        return found


class BoundedFinder:
    """A name finder of the user's own, under a time limit for each batch of texts."""

    def __init__(self, part: NameFinder, limit: float) -> None:
        self.name = str(getattr(part, "name", type(part).__name__))
        self.entities = part.entities
        self.languages: frozenset[str] = getattr(part, "languages", frozenset())
        self.trust: Trust | None = getattr(part, "trust", None)
        self.version: str = getattr(part, "version", "")
        self._part = part
        self._aside: Aside[list[list[Finding]]] = Aside(self.name, limit)

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings of each text.

        Raises:
            DetectionError: it raises, hangs, or does not answer for each text.
        """

        def call(_: _Job[list[list[Finding]]]) -> list[list[Finding]]:
            return [list(one) for one in self._part.find(texts)]

        found = self._aside(call) or []
        if len(found) != len(texts):
            raise DetectionError(
                "a name finder of your own did not answer once for each text", advice=DECIDES
            )
        for text, findings in zip(texts, found, strict=True):
            _inside(text, findings)
        return found


def _inside(text: str, found: Sequence[Finding]) -> None:
    if any(not 0 <= f.start < f.end <= len(text) or not 0 <= f.score <= 1 for f in found):
        raise DetectionError(
            "a recognizer of your own returned a span outside the text or a score outside 0..1",
            advice="offsets are code points, half-open, and never empty",
        )
