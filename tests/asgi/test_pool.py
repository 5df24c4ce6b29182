"""The guard's own threads: bounded, of this process, and silent about what went through them."""

import asyncio
import gc
import os
import threading

import pytest
from callers import EMAIL

from guardrail.asgi.pool import Pool
from guardrail.errors import BlockedError, DetectionError


def _run(pool, step, *args):
    return asyncio.run(pool.run(step, *args))


def test_a_step_runs_in_a_thread_that_says_whose_it_is():
    pool = Pool(1)
    assert _run(pool, lambda: threading.current_thread().name).startswith("guardrail-asgi")
    pool.close()


def test_no_more_steps_run_at_once_than_were_allowed():
    pool = Pool(3)
    running = most = 0
    lock, gate = threading.Lock(), threading.Event()

    def step():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 3:
                gate.set()
        gate.wait(30)
        with lock:
            running -= 1

    async def many():
        await asyncio.gather(*(pool.run(step) for _ in range(30)))

    asyncio.run(many())
    assert most == 3
    pool.close()


def test_our_errors_leave_alone_and_foreign_ones_without_their_text():
    def ours():
        try:
            foreign()
        except LookupError:
            raise BlockedError(policy="p", rule="r", entity="E") from None

    def foreign():
        raise LookupError(EMAIL)

    pool = Pool(1)
    with pytest.raises(BlockedError) as caught:
        _run(pool, ours)
    assert caught.value.__context__ is None
    with pytest.raises(DetectionError, match="LookupError") as other:
        _run(pool, foreign)
    assert EMAIL not in str(other.value)
    assert other.value.__context__ is None
    pool.close()


def test_a_step_whose_task_was_cancelled_ends_on_its_own_and_nobody_logs_its_error():
    """asyncio would write the traceback of an exception that nobody took, and with it what was read."""
    pool = Pool(1)
    told, started, gate, ended = [], threading.Event(), threading.Event(), threading.Event()

    def step():
        started.set()
        gate.wait(30)
        ended.set()
        raise LookupError(EMAIL)

    async def cancelled():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        task = asyncio.create_task(pool.run(step))
        await asyncio.to_thread(started.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        await asyncio.to_thread(ended.wait, 30)
        await pool.run(int)  # the one thread has told the loop of the step's end
        gc.collect()

    asyncio.run(cancelled())
    assert told == []
    pool.close()


def test_a_pool_that_was_closed_begins_anew():
    pool = Pool(1)
    first = _run(pool, threading.get_ident)
    pool.close()
    pool.close()
    assert _run(pool, threading.get_ident)
    assert first
    pool.close()


def test_a_child_of_a_process_has_threads_of_its_own():
    pool = Pool(1)
    _run(pool, int)
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(asyncio.wait_for(pool.run(int), 30))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    pool.close()


def test_without_a_close_the_threads_end_with_their_owner():
    pool = Pool(1)
    thread = _run(pool, threading.current_thread)
    del pool
    gc.collect()
    thread.join(30)
    assert not thread.is_alive()
