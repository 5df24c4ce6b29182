"""Reading ahead loses nothing, orders all, holds a bounded number of bytes, and ends with what it reads."""

import asyncio

import pytest

from guardrail.proxy.ahead import read_ahead


def taken(parts, *, limit=1000, slow=True):
    """Return the parts as they were taken, and the most bytes that had been read ahead of them."""
    seen = []
    read = 0
    most = 0

    async def source():
        nonlocal read
        for part in parts:
            if isinstance(part, Exception):
                raise part
            read += len(part)
            yield part

    async def take(part):
        nonlocal most
        if slow:
            for _ in range(5):
                await asyncio.sleep(0)
        seen.append(part)
        most = max(most, read - sum(map(len, seen)))

    async def run():
        try:
            await read_ahead(source(), take, limit=limit)
        except ValueError as fault:
            seen.append(fault)

    asyncio.run(asyncio.wait_for(run(), 20))
    return seen, most


@pytest.mark.parametrize("slow", [True, False])
@pytest.mark.parametrize(
    "parts", [[], [b""], [b"a"], [b"a", b"", b"b"], [bytes([n % 251]) for n in range(5000)]]
)
def test_every_byte_is_taken_in_order(parts, slow):
    seen, _ = taken(parts, slow=slow)
    assert b"".join(seen) == b"".join(parts)
    assert b"" not in seen


def test_parts_that_came_meanwhile_go_as_one():
    seen, _ = taken([b"x"] * 500)
    assert len(seen) < 10


def test_what_is_read_ahead_is_bounded():
    _, most = taken([b"x" * 100] * 500, limit=1000)
    assert most <= 1100


def test_what_broke_is_raised_after_what_came_before():
    fault = ValueError("broke")
    seen, _ = taken([b"a", b"b", fault])
    assert b"".join(seen[:-1]) == b"ab"
    assert seen[-1] is fault


def test_a_taker_that_fails_ends_the_reading():
    closed = []

    async def source():
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0)
        finally:
            closed.append(True)

    async def take(part):
        raise ValueError("full")

    async def run():
        with pytest.raises(ValueError, match="full"):
            await read_ahead(source(), take)
        assert closed

    asyncio.run(asyncio.wait_for(run(), 20))


def test_being_cancelled_ends_the_reading():
    async def run():
        started = asyncio.Event()
        before = asyncio.all_tasks()

        async def source():
            yield b"x"
            await asyncio.Event().wait()

        async def take(part):
            started.set()

        task = asyncio.create_task(read_ahead(source(), take))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == before

    asyncio.run(asyncio.wait_for(run(), 20))
