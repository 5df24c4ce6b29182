"""spaCy's model in processes of its own, so that threads need not take turns at one interpreter.

Texts go by pipe alone: no file, no socket, no argument. A worker is a fresh
interpreter (nothing is inherited, `__main__` is not imported again) that ends
when its pipe does, however its parent ended. One that is killed or hangs is an
error to who asked, and the next call starts another.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import weakref
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from guardrail.detect.queue import Batches
from guardrail.errors import ConfigError, DetectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

    from guardrail.detect.transitions import Entities

__all__ = ["Workers", "main"]

START: Final = 120.0  # seconds to load the model
ANSWER: Final = 60.0  # seconds for one message of at most PART texts
PART: Final = 64  # windows of at most 5,000 code points
MOST: Final = 64  # processes
_SIZE: Final = 4  # bytes of a message's length, little-endian
_COMMAND: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from guardrail.detect.workers import main; main()"
)


class Workers:
    """Some workers, each behind a queue of its own; a caller joins the shortest. Thread-safe."""

    def __init__(self, workers: Sequence[_Worker]) -> None:
        self._workers = workers
        self._lines = [Batches(worker.ask) for worker in workers]
        self._inside = [0] * len(workers)
        self._lock = Lock()

    @classmethod
    def load(cls, count: int) -> Workers:
        """Start the processes and wait until each has loaded the model.

        Raises:
            ConfigError: a number that is none, or a process that does not come up.
        """
        if not 1 <= count <= MOST:
            raise ConfigError(
                f"workers must be 0 to {MOST}", advice="leave it at 0, or give it cores to spare"
            )
        workers = [_Worker() for _ in range(count)]
        try:
            for worker in workers:
                worker.start()  # all at once
            for worker in workers:
                worker.ready()
        except DetectionError:
            for worker in workers:
                worker.stop()
            raise ConfigError(
                "a process for the name finder does not come up", advice="run: guardrail doctor"
            ) from None
        return cls(workers)

    def __call__(self, texts: Sequence[str]) -> list[Entities]:
        """Return (start, end, label) for each text.

        Raises:
            DetectionError: the worker was killed, failed or did not answer in time; or all are closed.
        """
        with self._lock:
            at = min(range(len(self._lines)), key=self._inside.__getitem__)
            self._inside[at] += 1
        try:
            return self._lines[at](texts)
        finally:
            with self._lock:
                self._inside[at] -= 1

    def close(self) -> None:
        """Refuse further calls and end the processes; who is inside gets an error."""
        for line, worker in zip(self._lines, self._workers, strict=True):
            line.close()
            worker.close()


class _Worker:
    """One process. `Batches` sees to it that one thread at a time asks."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._closed = False
        self._ended: Callable[[], object] = bool

    def start(self) -> None:
        self._ended()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-P", "-c", _COMMAND, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback may hold text
            bufsize=0,
        )
        self._owner = os.getpid()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        self._ended = weakref.finalize(self, _end, self._process, self._owner)

    def ready(self) -> None:
        """Wait until the model is loaded."""
        self._receive(START)

    def ask(self, texts: list[str]) -> list[Entities]:
        if self._closed:
            raise _failed("was closed")
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.start()  # it was killed; or this is a forked child: the pipe is its parent's
            self.ready()
        answers: list[list[Entities] | None] = []
        try:
            for at in range(0, len(texts), PART):
                self._send(texts[at : at + PART], ANSWER)
                answers.append(self._receive(ANSWER))
        except BaseException:
            self.stop()  # an answer that nobody took must not be given to the next caller
            raise
        if None in answers:
            raise _failed("failed")
        return [[(start, end, label) for start, end, label in one] for part in answers for one in part or ()]

    def stop(self) -> None:
        """End the process; to be called by nobody but who asks."""
        self._ended()
        self._process = None

    def close(self) -> None:
        """Kill the process; the pipes are left to who may be reading them."""
        self._closed = True
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()

    def _send(self, texts: list[str], seconds: float) -> None:
        data = json.dumps(texts).encode()  # ASCII: a lone surrogate travels as an escape
        left = memoryview(len(data).to_bytes(_SIZE, "little") + data)
        pipe, until = self._pipe("stdin"), monotonic() + seconds
        while left:
            _wait(pipe, select.POLLOUT, until)
            try:
                left = left[os.write(pipe, left) :]
            except BlockingIOError:
                continue
            except OSError:
                raise _failed("ended") from None

    def _receive(self, seconds: float) -> list[Entities] | None:
        until = monotonic() + seconds
        size = int.from_bytes(self._read(_SIZE, until), "little")
        answer: list[Entities] | None = json.loads(self._read(size, until))
        return answer

    def _read(self, size: int, until: float) -> bytes:
        pipe, data = self._pipe("stdout"), b""
        while len(data) < size:
            _wait(pipe, select.POLLIN, until)
            part = os.read(pipe, size - len(data))
            if not part:
                raise _failed("ended")
            data += part
        return data

    def _pipe(self, name: str) -> int:
        pipe: IO[bytes] | None = getattr(self._process, name, None)
        if pipe is None or pipe.closed:
            raise _failed("was closed")
        return pipe.fileno()


def _wait(pipe: int, event: int, until: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(until - monotonic(), 0) * 1_000):
        raise _failed("does not answer in time")


def _failed(how: str) -> DetectionError:
    return DetectionError(
        f"a process of the name finder {how}",
        advice="the policy's on_error decides; the next call starts another",
    )


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    """End a process of ours; in a forked child only let go of its parent's pipes."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if owner == os.getpid():
        process.kill()
        process.wait()
    else:
        process.returncode = 0  # not our child: nothing to wait for


def main() -> None:
    """Run a worker: load the model, say so, and answer until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the whole terminal; the parent decides
    inlet, outlet = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)  # what a library prints must not stand between the messages

    from guardrail.detect.spacy_names import SpacyNames  # noqa: PLC0415 - it imports this module

    names = SpacyNames.load()
    answer: list[Entities] | None = []
    while True:
        data = json.dumps(answer).encode()
        outlet.write(len(data).to_bytes(_SIZE, "little") + data)
        outlet.flush()
        head = inlet.read(_SIZE)
        if len(head) < _SIZE:
            return
        try:
            answer = names.read(json.loads(inlet.read(int.from_bytes(head, "little"))))
        except Exception:  # noqa: BLE001 - nothing of it may travel: it may hold the text
            answer = None
