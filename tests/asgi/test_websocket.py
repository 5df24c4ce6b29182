"""Websockets behind the guard, on each real server, against a real client."""

import json
import threading
from socket import SHUT_RDWR

import pytest
from callers import CARD, EMAIL, FAULT, IBAN, OTHER, outcomes
from fastapi import FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from guardrail.asgi import GuardMiddleware
from guardrail.errors import GuardrailError

client = pytest.importorskip("websockets.sync.client", reason="pip install websockets")
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402 - needs the check above


class Seen:
    """What an application saw; it answers each text with values of its own."""

    def __init__(self, guard, **options):
        self.messages = []
        self.scope = None
        self.left = None
        self.ended = threading.Event()
        self.app = Starlette(routes=[WebSocketRoute("/chat", self.chat)])
        self.app.add_middleware(GuardMiddleware, guard=guard, **options)

    async def chat(self, socket: WebSocket):
        self.scope = socket.scope
        await socket.accept(subprotocol=next(iter(socket.scope["subprotocols"]), None))
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    self.left = message
                    break
                said = message.get("text") or message.get("bytes")
                self.messages.append(said)
                if isinstance(said, bytes):
                    await socket.send_bytes(said)
                elif said == "bye":
                    await socket.close(4000, f"ask {IBAN}")
                    break
                else:
                    await socket.send_text(f"{said} {IBAN} {OTHER}. ")
        finally:
            self.ended.set()


def _connected(port, path="/chat", **options):
    return client.connect(f"ws://127.0.0.1:{port}{path}", open_timeout=30, close_timeout=30, **options)


def test_the_application_gets_tokens_and_the_client_its_own_value_back(guard, served, kind):
    seen = Seen(guard)
    with served(seen.app) as port, _connected(port) as socket:
        socket.send(f"I am {EMAIL}.")
        answer = socket.recv(timeout=30) + socket.recv(timeout=30)
    assert EMAIL not in seen.messages[0]
    assert seen.messages[0].startswith("I am <EMAIL_ADDRESS_")
    assert answer.startswith(f"I am {EMAIL}. [IBAN_CODE] <EMAIL_ADDRESS_")
    assert OTHER not in answer
    # Hypercorn does not tell how a client went.
    end = "disconnected" if kind == "hypercorn" else "ok"
    assert outcomes(guard) == ["exchange.request", "ok", "exchange.request", end]


def test_json_stays_json_and_its_texts_are_guarded(guard, served):
    seen = Seen(guard)
    with served(seen.app) as port, _connected(port) as socket:
        socket.send(json.dumps({"id": 7, "text": f"I am {EMAIL}", "n": [1, 2]}))
        socket.recv(timeout=30)
    got = json.loads(seen.messages[0])
    assert (got["id"], got["n"]) == (7, [1, 2])
    assert EMAIL not in got["text"]


def test_what_a_message_holds_is_in_the_ledger_before_the_application_has_it(guard, served):
    counts = []

    async def app(scope, receive, send):
        await receive()
        counts.append(guard.ledger.size)
        await send({"type": "websocket.accept"})
        for _ in range(2):
            await receive()
            counts.append(guard.ledger.size)
        await send({"type": "websocket.close"})

    with served(GuardMiddleware(app, guard)) as port, _connected(port) as socket:
        socket.send(f"one {EMAIL}")
        socket.send(f"two {EMAIL}")
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
    assert counts[1] >= counts[0] + 3  # the handshake's end, the connection's beginning, the message
    assert counts[2] == counts[1] + 1


def test_a_blocked_message_closes_the_connection_and_names_the_rule(guard, served):
    seen = Seen(guard)
    with served(seen.app) as port, _connected(port) as socket:
        socket.send(f"pay with {CARD}")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
    assert closed.value.rcvd.code == 1008
    assert "cards" in closed.value.rcvd.reason
    assert "4111" not in closed.value.rcvd.reason
    assert seen.messages == []
    assert seen.left["code"] == 1008
    assert outcomes(guard) == ["exchange.request", "ok", "exchange.request", "blocked"]


@pytest.mark.parametrize(
    ("said", "code"), [(f"{EMAIL} {FAULT}", 1011), ("x" * 3000, 1009), (b"\xff\0", 1003)]
)
def test_a_message_that_cannot_be_guarded_closes_the_connection(guard, served, said, code):
    seen = Seen(guard, max_body=2000)
    with served(seen.app) as port, _connected(port) as socket:
        socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
    assert closed.value.rcvd.code == code
    assert seen.messages == []
    assert outcomes(guard)[-1] == "error"


def test_bytes_pass_where_the_policy_says_so(guards, served):
    with guards(on_unreadable="pass") as guard:
        seen = Seen(guard)
        with served(seen.app) as port, _connected(port) as socket:
            socket.send(b"\xff\0\xfe")
            assert socket.recv(timeout=30) == b"\xff\0\xfe"
        assert seen.messages == [b"\xff\0\xfe"]
        header = json.loads(list(guard.ledger.entries())[-1].header)
        assert header["x"]["passed"]["unreadable"] > 0


def test_the_handshake_is_guarded_and_keeps_its_subprotocol(guard, served):
    seen = Seen(guard, headers=("x-user-id",))
    with (
        served(seen.app) as port,
        _connected(
            port,
            f"/chat?mail={EMAIL.replace('@', '%40')}&a=%41",
            additional_headers={"x-user-id": EMAIL},
            subprotocols=["chat.v2", "chat.v1"],
        ) as socket,
    ):
        assert socket.subprotocol == "chat.v2"
    assert seen.scope["query_string"].startswith(b"mail=%3CEMAIL_ADDRESS_")
    assert seen.scope["query_string"].endswith(b"&a=%41")
    assert dict(seen.scope["headers"])[b"x-user-id"].startswith(b"<EMAIL_ADDRESS_")


def test_the_reason_of_a_close_is_guarded(guard, served):
    seen = Seen(guard)
    with served(seen.app) as port, _connected(port) as socket:
        socket.send("bye")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
    assert closed.value.rcvd.code == 4000
    assert closed.value.rcvd.reason == "ask [IBAN_CODE]"
    assert outcomes(guard)[-1] == "ok"


def test_a_handshake_that_is_denied_gives_a_guarded_answer(guard, served):
    async def chat(socket: WebSocket):
        await socket.send_denial_response(JSONResponse({"text": f"not for {IBAN}"}, status_code=418))

    app = Starlette(routes=[WebSocketRoute("/chat", chat)])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port, pytest.raises(InvalidStatus) as refused:
        _connected(port)
    assert refused.value.response.status_code == 418
    assert json.loads(refused.value.response.body) == {"text": "not for [IBAN_CODE]"}
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_a_handshake_that_is_closed_is_refused(guard, served):
    async def chat(socket: WebSocket):
        await socket.close()

    app = Starlette(routes=[WebSocketRoute("/chat", chat)])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port, pytest.raises(InvalidStatus) as refused:
        _connected(port)
    assert refused.value.response.status_code == 403
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_a_ledger_that_is_closed_lets_no_handshake_in(guards, served):
    with guards() as guard:
        seen = Seen(guard)
        guard.ledger.close()
        with served(seen.app) as port, pytest.raises(InvalidStatus) as refused:
            _connected(port)
        assert refused.value.response.status_code in {403, 503}
        assert seen.scope is None


def test_a_blocked_answer_closes_the_connection(guard, served):
    async def chat(socket: WebSocket):
        await socket.accept()
        await socket.receive_text()
        await socket.send_text(f"the card is {CARD}. ")
        await socket.send_text("more. ")

    app = Starlette(routes=[WebSocketRoute("/chat", chat)])
    app.add_middleware(GuardMiddleware, guard=guard)
    got = []
    with served(app) as port, _connected(port) as socket:
        socket.send("go on")
        with pytest.raises(ConnectionClosed) as closed:
            got.extend(iter(lambda: socket.recv(timeout=30), None))
    assert closed.value.rcvd.code == 1008
    assert not any("4111" in message for message in got)
    assert outcomes(guard)[-1] == "blocked"


@pytest.mark.parametrize("options", [{}, {"idle_seconds": 0.001}], ids=["by itself", "as it is told"])
def test_a_held_end_comes_when_the_application_falls_silent(guard, served, options):
    """The application waits for an answer to its half sentence: who holds it on would hang."""

    async def chat(socket: WebSocket):
        await socket.accept()
        await socket.send_json({"text": "And what is your name, Ann"})
        assert await socket.receive_text() == "well"
        await socket.close()

    app = Starlette(routes=[WebSocketRoute("/chat", chat)])
    app.add_middleware(GuardMiddleware, guard=guard, **options)
    with served(app) as port, _connected(port) as socket:
        assert json.loads(socket.recv(timeout=30))["text"] == "And what is your name, Ann"
        socket.send("well")
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)


def test_a_client_that_leaves_is_recorded(guard, served):
    seen = Seen(guard)
    with served(seen.app) as port:
        with _connected(port) as socket:
            socket.send("hello")
            socket.recv(timeout=30)
            socket.socket.shutdown(SHUT_RDWR)
        assert seen.ended.wait(60)
    assert outcomes(guard) == ["exchange.request", "ok", "exchange.request", "disconnected"]


def test_an_application_that_fails_is_recorded(guard, served):
    async def chat(socket: WebSocket):
        await socket.accept()
        await socket.receive_text()
        raise LookupError(EMAIL)

    app = Starlette(routes=[WebSocketRoute("/chat", chat)])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port, _connected(port) as socket:
        socket.send("hello")
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
    assert outcomes(guard)[-1] == "error"


def test_many_messages_keep_their_order_while_both_sides_talk(guard, served):
    async def chat(socket: WebSocket):
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text)

    app = Starlette(routes=[WebSocketRoute("/chat", chat)])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port, _connected(port) as socket:
        for number in range(100):
            socket.send(f'{{"n": {number}, "text": "person{number}@example.com wrote. "}}')
        wanted = "".join(f"person{number}@example.com wrote. " for number in range(100))
        got = []
        while len("".join(one["text"] for one in got)) < len(wanted):
            got.append(json.loads(socket.recv(timeout=30)))
    assert "".join(one["text"] for one in got) == wanted
    assert [one["n"] for one in got][:100] == list(range(100))


def test_fastapi_websockets_work_in_a_mounted_application(guard, served):
    inner = FastAPI()
    seen = []

    @inner.websocket("/ws/{room}")
    async def room(socket: WebSocket, room: str):
        await socket.accept()
        try:
            while True:
                seen.append(await socket.receive_text())
                await socket.send_json({"room": room, "text": f"{seen[-1]} {IBAN}"})
        except WebSocketDisconnect as left:
            seen.append(left.code)

    inner.add_middleware(GuardMiddleware, guard=guard)
    app = Starlette(routes=[Mount("/api", app=inner)])
    with served(app) as port, _connected(port, "/api/ws/one") as socket:
        socket.send(EMAIL)
        assert json.loads(socket.recv(timeout=30)) == {"room": "one", "text": f"{EMAIL} [IBAN_CODE]"}
    assert seen[0].startswith("<EMAIL_ADDRESS_")


def test_an_error_before_the_handshake_reaches_the_client_as_the_server_says(guard, served):
    async def chat(socket: WebSocket):
        raise HTTPException(status_code=401)

    app = Starlette(routes=[WebSocketRoute("/chat", chat)])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port, pytest.raises(InvalidStatus) as refused:
        _connected(port)
    assert refused.value.response.status_code == 401
    assert not isinstance(refused.value, GuardrailError)
