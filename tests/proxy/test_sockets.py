"""A websocket through the proxy: both directions guarded, each end's close told to the other."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

MAIL = "jane.roe@example.com"
BROUGHT = "tobias.keller@example.org"


class Provider:
    """A provider that repeats what it hears, and knows how it was asked."""

    def __init__(self):
        self.heard = []
        self.asked = []
        self.ended = asyncio.Event()

    async def __call__(self, socket):
        self.asked.append((socket.request.path, socket.request.headers, socket.subprotocol))
        try:
            async for message in socket:
                self.heard.append(message)
                if message == "close":
                    await socket.close(4001, "enough")
                elif message == "cut":
                    socket.transport.abort()
                else:
                    said = json.loads(message)["text"]
                    answer = {"type": "answer", "text": f"You said {said} and I know {BROUGHT}."}
                    await socket.send(json.dumps(answer))
        finally:
            self.ended.set()


def through(make_guard, run_proxy, talk, *, prefix="", refuse=None):
    """Run `talk(url, provider)` while a proxy stands before a provider; return the guard's entries."""

    def turn_away(connection, request):
        return connection.respond(*refuse) if refuse else None

    async def run(guard):
        provider = Provider()
        async with serve(
            provider, "127.0.0.1", 0, process_request=turn_away, subprotocols=["realtime"]
        ) as server:
            port = server.sockets[0].getsockname()[1]
            upstream = f"{prefix}http://127.0.0.1:{port}"
            proxying = run_proxy(guard, upstream)
            running = await asyncio.to_thread(proxying.__enter__)
            try:
                await talk(running.url.replace("http", "ws", 1), provider)
            finally:
                await asyncio.to_thread(proxying.__exit__, None, None, None)

    with make_guard() as guard:
        asyncio.run(asyncio.wait_for(run(guard), 60))
        return list(guard.ledger.entries())


def test_messages_are_guarded_both_ways_and_the_key_passes(make_guard, run_proxy):
    async def talk(url, provider):
        headers = {"Authorization": "Bearer sk-canary", "Cookie": "a=b"}
        async with connect(
            f"{url}/v1/echo?model=m", additional_headers=headers, subprotocols=["realtime"], proxy=None
        ) as socket:
            assert socket.subprotocol == "realtime"
            await socket.send(json.dumps({"type": "ask", "text": f"I am {MAIL}"}))
            answer = await socket.recv()
        assert MAIL in answer
        assert BROUGHT not in answer
        assert MAIL not in "".join(provider.heard)
        path, asked, subprotocol = provider.asked[0]
        assert (path, subprotocol) == ("/v1/echo?model=m", "realtime")
        assert asked["Authorization"] == "Bearer sk-canary"
        assert "Cookie" not in asked
        await provider.ended.wait()

    entries = through(make_guard, run_proxy, talk)
    assert {"exchange.request", "exchange.response"} <= {entry.type for entry in entries}
    assert not any(b"canary" in entry.header for entry in entries)


def test_the_close_of_the_provider_is_told_to_the_client(make_guard, run_proxy):
    async def talk(url, provider):
        async with connect(f"{url}/openai/v1/echo", subprotocols=["realtime"], proxy=None) as socket:
            await socket.send("close")
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "enough")
        assert provider.asked[0][0] == "/v1/echo"

    through(make_guard, run_proxy, talk, prefix="/openai=")


def test_a_connection_that_breaks_is_no_clean_end(make_guard, run_proxy):
    async def talk(url, provider):
        async with connect(f"{url}/v1/echo", subprotocols=["realtime"], proxy=None) as socket:
            await socket.send("cut")
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1011

    entries = through(make_guard, run_proxy, talk)
    assert b"error" in entries[-1].header


@pytest.mark.parametrize("refuse", [(401, "no key\n"), (302, "elsewhere\n")])
def test_a_handshake_that_the_provider_refuses_is_refused(refuse, make_guard, run_proxy):
    async def talk(url, provider):
        with pytest.raises(InvalidStatus):
            await connect(f"{url}/v1/echo", subprotocols=["realtime"], proxy=None)
        assert not provider.asked

    through(make_guard, run_proxy, talk, refuse=refuse)


def test_a_blocked_message_ends_the_connection_before_it_leaves(make_guard, run_proxy):
    async def talk(url, provider):
        async with connect(f"{url}/v1/echo", subprotocols=["realtime"], proxy=None) as socket:
            await socket.send(json.dumps({"text": "card 4111 1111 1111 1111"}))
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd.code == 1008
        assert "4111" not in closed.value.rcvd.reason
        await provider.ended.wait()
        assert not provider.heard

    through(make_guard, run_proxy, talk)
