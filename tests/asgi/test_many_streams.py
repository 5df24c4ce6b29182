"""Two hundred streams at once: all come to their end, none sees another's values, the memory stays."""

import asyncio
import gc
import json
import os
import sys
from pathlib import Path

import httpx
import pytest
from callers import EVENTS, IBAN, body_of

from guardrail.asgi import GuardMiddleware

STREAMS = 200
EVENTS_EACH = 20


def _resident():
    """Return the memory of this process in MB (Linux; elsewhere the test says nothing)."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _echo(scope, receive, send):
    """Stream the text that came, again and again, with an account between."""
    text = json.loads((await receive())["body"])["text"]
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENTS.encode())]}
    )
    for number in range(EVENTS_EACH):
        said = json.dumps({"text": f"{text} said {number}. The account is {IBAN}. "})
        await send({"type": "http.response.body", "body": f"data: {said}\n\n".encode(), "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b""})


async def _round(port, streams):
    limits = httpx.Limits(max_connections=streams)
    async with httpx.AsyncClient(timeout=280, limits=limits) as client:

        async def one(number):
            person = f"person{number}@example.com"
            headers = {"content-type": "application/json"}
            answer = await client.post(f"http://127.0.0.1:{port}/x", content=body_of(person), headers=headers)
            assert answer.status_code == 200
            assert answer.text.count(person) == EVENTS_EACH
            assert answer.text.count("[IBAN_CODE]") == EVENTS_EACH
            assert answer.text.count("@") == EVENTS_EACH

        await asyncio.gather(*(one(number) for number in range(streams)))


def test_a_few_streams_at_once_come_to_their_ends(guard, served):
    with served(GuardMiddleware(_echo, guard)) as port:
        asyncio.run(_round(port, 8))


@pytest.mark.slow
def test_two_hundred_streams_at_once_do_not_make_the_memory_grow(guard, served, kind, capsys):
    with served(GuardMiddleware(_echo, guard)) as port:
        sizes = []
        for _ in range(3):
            asyncio.run(_round(port, STREAMS))
            gc.collect()
            sizes.append(_resident())
    with capsys.disabled():
        sys.stdout.write(f"\n{kind}: MB after each round of {STREAMS}: {[round(size) for size in sizes]}\n")
    # The first round fills caches and pools; after it, what ends must leave nothing behind.
    assert sizes[-1] - sizes[1] < 0.1 * sizes[1]
