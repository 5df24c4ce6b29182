"""Read on while the last part is being taken: what came meanwhile goes as one part.

A provider sends an event of a few bytes at a time, each in a chunk of its own;
a guard that falls behind would pay for a thread and a write per chunk. When
nothing waits, a part goes at once, so nobody waits for more to come.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["LIMIT", "read_ahead"]

LIMIT: Final = 65_536
"""Bytes that may wait; then nothing more is read, and the provider feels it (back-pressure)."""

PART: Final = 4_096
"""Bytes that go at once: what is decided of them leaves before the rest is looked at."""


async def read_ahead(
    parts: AsyncIterator[bytes], take: Callable[[bytes], Awaitable[None]], *, limit: int = LIMIT
) -> None:
    """Give `take` all bytes of `parts`, in order; one call at a time.

    Raises: what `parts` raises, after all that came before was taken; or what `take` raises.
    """
    held = bytearray()
    more, room = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        try:
            async for part in parts:
                held.extend(part)
                more.set()
                while len(held) >= limit:
                    room.clear()
                    await room.wait()
        finally:
            more.set()

    reading = asyncio.ensure_future(read())
    try:
        while held or not reading.done():
            if not held:
                await more.wait()
            more.clear()
            part = bytes(held[:PART])
            del held[:PART]
            if len(held) < limit:
                room.set()
            if part:
                await take(part)
            if held:
                await asyncio.sleep(0)  # others have their turn between two parts
    finally:
        reading.cancel()
        await asyncio.wait({reading})
    reading.result()
