"""How a connection ends, and what an application may do to it, without a server."""

import asyncio
import json

import pytest
from callers import CARD, EMAIL, IBAN, body_of, outcomes

from guardrail.asgi import GuardMiddleware
from guardrail.errors import GuardrailError

CONNECT = {"type": "websocket.connect"}
ACCEPT = {"type": "websocket.accept"}
DENIAL = "websocket.http.response"


def said(text):
    """Return a message as hypercorn gives it: with both keys."""
    return {"type": "websocket.receive", "text": text, "bytes": None}


class Peer:
    """Speaks to an application as a server does, and keeps what it sends."""

    def __init__(self, *messages, extensions=(), fails=False):
        self.incoming = [CONNECT, *messages]
        self.scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "path": "/chat",
            "query_string": b"",
            "headers": [],
            "subprotocols": [],
            "extensions": {name: {} for name in extensions},
        }
        self.sent = []
        self.more = asyncio.Event()
        self.fails = fails

    async def receive(self):
        while not self.incoming:
            self.more.clear()
            await self.more.wait()
        return self.incoming.pop(0)

    async def send(self, message):
        if self.fails:
            raise ConnectionResetError
        self.sent.append(message)

    def say(self, message):
        self.incoming.append(message)
        self.more.set()

    def run(self, app):
        async def run():
            try:
                async with asyncio.timeout(60):
                    await app(self.scope, self.receive, self.send)
            except TimeoutError:
                raise
            except Exception as error:  # noqa: BLE001 - tests look at it
                return error

        return asyncio.run(run())

    @property
    def kinds(self):
        return [message["type"].removeprefix("websocket.") for message in self.sent]


def test_an_application_that_stops_waiting_loses_no_message(guard):
    got = []

    async def app(scope, receive, send):
        await receive()
        await send(ACCEPT)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(receive(), 0.01)
        peer.say(said(f"I am {EMAIL}"))
        got.append((await receive())["text"])

    peer = Peer()
    assert peer.run(GuardMiddleware(app, guard)) is None
    assert got[0].startswith("I am <EMAIL_ADDRESS_")


def test_a_message_whose_sending_was_given_up_is_sent_in_its_place(guard):
    async def app(scope, receive, send):
        await receive()
        await send(ACCEPT)
        first = asyncio.ensure_future(send({"type": "websocket.send", "text": "One sentence. "}))
        await asyncio.sleep(0)
        first.cancel()
        await send({"type": "websocket.send", "text": "Another one. "})
        await send({"type": "websocket.close"})

    peer = Peer()
    assert peer.run(GuardMiddleware(app, guard)) is None
    assert (
        "".join(m["text"] for m in peer.sent if m["type"] == "websocket.send")
        == "One sentence. Another one. "
    )


def test_after_the_guard_has_closed_nothing_more_is_sent(guard):
    async def app(scope, receive, send):
        await receive()
        await send(ACCEPT)
        assert (await receive())["type"] == "websocket.disconnect"
        with pytest.raises(OSError, match="ended"):
            await send({"type": "websocket.send", "text": "raw"})
        await send({"type": "websocket.close"})

    peer = Peer(said(f"pay with {CARD}"))
    assert peer.run(GuardMiddleware(app, guard)) is None
    assert peer.kinds == ["accept", "close"]
    assert peer.sent[-1]["code"] == 1008
    assert outcomes(guard)[-1] == "blocked"


def test_a_ledger_that_fails_under_way_closes_the_connection(guards):
    with guards() as guard:

        async def app(scope, receive, send):
            await receive()
            await send(ACCEPT)
            guard.ledger.close()
            peer.say(said("hello"))
            assert (await receive())["code"] == 1011

        peer = Peer()
        assert peer.run(GuardMiddleware(app, guard)) is None
        assert peer.kinds == ["accept", "close"]


def test_a_ledger_that_fails_before_the_accept_refuses_the_handshake(guards):
    with guards() as guard:

        async def app(scope, receive, send):
            await receive()
            guard.ledger.close()
            await send(ACCEPT)

        peer = Peer(extensions=[DENIAL])
        assert peer.run(GuardMiddleware(app, guard)) is None
        assert peer.kinds == ["http.response.start", "http.response.body"]
        assert peer.sent[0]["status"] == 503
        assert b"retry-after" in dict(peer.sent[0]["headers"])


@pytest.mark.parametrize("extensions", [(), (DENIAL,)])
def test_a_blocked_query_is_refused_before_the_application_is_called(guard, extensions):
    async def app(scope, receive, send):
        raise AssertionError

    peer = Peer(extensions=extensions)
    peer.scope["query_string"] = f"card={CARD.replace(' ', '')}".encode()
    assert peer.run(GuardMiddleware(app, guard)) is None
    if extensions:
        assert peer.sent[0]["status"] == 403
        assert json.loads(peer.sent[1]["body"])["error"]["rule"] == "cards"
    else:
        assert peer.sent == [{"type": "websocket.close", "code": 1008}]
    assert outcomes(guard) == ["exchange.request", "blocked"]


def test_what_is_held_goes_out_when_the_application_returns(guard):
    async def app(scope, receive, send):
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": f"The account is {IBAN}"})

    peer = Peer()
    assert peer.run(GuardMiddleware(app, guard)) is None
    text = "".join(message.get("text", "") for message in peer.sent)
    assert text == "The account is [IBAN_CODE]"
    assert outcomes(guard)[-1] == "ok"


def test_a_message_of_a_kind_that_nobody_knows_ends_the_connection(guard):
    async def app(scope, receive, send):
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.sendfile", "path": "/etc/passwd"})

    peer = Peer()
    assert peer.run(GuardMiddleware(app, guard)) is None
    assert peer.kinds == ["accept", "close"]
    assert peer.sent[-1]["code"] == 1011


def test_ways_to_send_past_the_guard_are_not_offered(guard):
    seen = []

    async def app(scope, receive, send):
        seen.append(sorted(scope["extensions"]))
        await receive()
        await send({"type": "websocket.close"})

    Peer(extensions=[DENIAL, "websocket.sendfile", "tls"]).run(GuardMiddleware(app, guard))
    assert seen == [["tls", DENIAL]]


def test_a_client_that_send_reports_as_gone_is_recorded(guard):
    async def app(scope, receive, send):
        await receive()
        await send(ACCEPT)

    peer = Peer(fails=True)
    assert isinstance(peer.run(GuardMiddleware(app, guard)), ConnectionResetError)
    assert outcomes(guard)[-1] == "disconnected"


def test_a_task_that_the_server_ends_is_recorded(guard):
    waiting = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        await send(ACCEPT)
        waiting.set()
        await receive()

    peer = Peer()

    async def run():
        task = asyncio.create_task(GuardMiddleware(app, guard)(peer.scope, peer.receive, peer.send))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert outcomes(guard)[-1] == "disconnected"


def test_the_reason_that_a_client_gives_is_guarded_too(guard):
    got = []

    async def app(scope, receive, send):
        await receive()
        await send(ACCEPT)
        got.append(await receive())

    peer = Peer({"type": "websocket.disconnect", "code": 1000, "reason": f"ask {IBAN}"})
    assert peer.run(GuardMiddleware(app, guard)) is None
    assert got == [{"type": "websocket.disconnect", "code": 1000, "reason": "ask [IBAN_CODE]"}]
    assert outcomes(guard)[-1] == "ok"


def test_a_denial_that_cannot_be_given_is_refused(guard):
    async def app(scope, receive, send):
        await receive()
        start = {
            "type": f"{DENIAL}.start",
            "status": 403,
            "headers": [(b"content-type", b"application/json")],
        }
        await send(start)
        await send({"type": f"{DENIAL}.body", "body": body_of(f"the card {CARD}")})

    peer = Peer(extensions=[DENIAL])
    error = peer.run(GuardMiddleware(app, guard))
    assert error is None or isinstance(error, GuardrailError)
    assert not any(b"4111" in message.get("body", b"") for message in peer.sent)
    assert json.loads(peer.sent[-1]["body"])["error"]["rule"] == "cards"
