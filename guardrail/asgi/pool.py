"""Threads for the steps of the guard: bounded, named, and nobody else's.

Not asyncio's default pool, which the application and its libraries fill, nor
anyio's, where synchronous endpoints wait for their own calls: a guard that waits
for a thread there waits for the application that waits for the guard.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from guardrail.errors import DetectionError, GuardrailError, alone

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["THREADS", "Pool", "heard"]

P = ParamSpec("P")
T = TypeVar("T")

THREADS: Final = min(32, (os.cpu_count() or 1) + 4)
"""More than processors, since a step that waits for the ledger's disk needs none."""


class Pool:
    """A bounded pool of threads, made at first use and again after `close`.

    Made late, because servers fork: threads do not come along into the child.
    Without `close`, the threads end with the object.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._executor: ThreadPoolExecutor | None = None
        self._process = 0

    async def run(self, step: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Run a step beside the event loop. When the task is cancelled, it is not: it ends on its own.

        Raises:
            GuardrailError: what the step raises; a foreign exception as `DetectionError`
                without its text, which may hold what was read.
        """
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads_of_this_process(), _told, step, args, options)
        work.add_done_callback(heard)
        return await asyncio.shield(work)

    @staticmethod
    def here(step: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Run a step that waits for nothing in the thread of the event loop; raise as `run` does."""
        return _told(step, args, options)

    def close(self) -> None:
        """Let the threads end when their steps have."""
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None

    def _threads_of_this_process(self) -> ThreadPoolExecutor:
        if self._executor is None or self._process != os.getpid():
            self._process = os.getpid()
            self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="guardrail-asgi")
        return self._executor


def _told(step: Callable[..., T], args: tuple[object, ...], options: dict[str, object]) -> T:
    with alone():
        try:
            return step(*args, **options)
        except GuardrailError:
            raise
        except Exception as error:  # noqa: BLE001 - fail closed on any fault
            raise DetectionError(f"the guard failed ({type(error).__name__})") from None


def heard(work: asyncio.Future[T]) -> None:
    """Take the error of work whose task was cancelled: asyncio would log that nobody did."""
    if not work.cancelled():
        work.exception()
