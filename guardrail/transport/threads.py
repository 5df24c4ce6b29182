"""Run the guard's steps: at once for a thread, in a worker thread beside an event loop.

The workers are bounded per event loop and are not those of `asyncio.to_thread`:
an application that fills the loop's own executor must not keep the guard from
working, nor the other way round. They end with their loop.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import anyio
from anyio.lowlevel import RunVar

from guardrail.errors import DetectionError, GuardrailError, alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.exchange import Outcome
    from guardrail.socket_steps import SocketSteps
    from guardrail.steps import Steps

__all__ = ["WORKERS", "end", "end_later", "outcome_in_loop", "piece_later", "run", "run_later"]

P = ParamSpec("P")
T = TypeVar("T")

WORKERS: Final = min(32, (os.cpu_count() or 1) + 4)
"""Steps at a time per event loop; more wait."""

_LIMITER: Final[RunVar[anyio.CapacityLimiter]] = RunVar("guardrail_transport_limiter")


def run(step: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run a step in this thread.

    Raises:
        GuardrailError: what the step raises; a foreign exception as `DetectionError`
            without its text, which may hold what was read.
    """
    with alone():
        try:
            return step(*args, **options)
        except GuardrailError:
            raise
        except Exception as error:  # noqa: BLE001 - fail closed on any fault
            raise DetectionError(f"the guard failed ({type(error).__name__})") from None


async def run_later(step: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run a step beside the event loop (asyncio or trio).

    A step whose task is cancelled ends on its own: the lock of `Steps` lets no other in before.

    Raises:
        GuardrailError: as `run`.
    """
    work = partial(run, step, *args, **options)
    return await anyio.to_thread.run_sync(work, limiter=_limiter())


async def piece_later(steps: Steps, data: bytes, *, last: bool) -> bytes:
    """Return what may be read of a part of an answer; only what a detector must see goes to a thread.

    Raises:
        GuardrailError: as `run`.
    """
    out, rest = run(steps.at_once, data)
    return out + await run_later(steps.piece, rest, last=last) if rest or last else out


def end(steps: Steps | SocketSteps, outcome: Outcome) -> None:
    """Record an end that is none; the error that led here matters more than a ledger that fails too."""
    with suppress(GuardrailError):
        run(steps.close, outcome)


async def end_later(steps: Steps | SocketSteps, outcome: Outcome) -> None:
    """Record it from a task that may be cancelled already."""
    with suppress(GuardrailError), anyio.CancelScope(shield=True):
        await run_later(steps.close, outcome)


def outcome_in_loop(error: BaseException) -> Outcome:
    """Return the word of the ledger for what ended a task: a caller that left, or a fault."""
    return "disconnected" if isinstance(error, anyio.get_cancelled_exc_class()) else "error"


def _limiter() -> anyio.CapacityLimiter:
    try:
        return _LIMITER.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(WORKERS)
        _LIMITER.set(limiter)
        return limiter
