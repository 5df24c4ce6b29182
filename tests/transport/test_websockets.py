"""Connections of `websockets` are guarded both ways: OpenAI Realtime by its SDK, and any other."""

from __future__ import annotations

import asyncio
import json
import threading
import warnings

import pytest
from seen import MAIL, NAME, SECRET
from stub import BROUGHT, TOKEN, says

from guardrail import BlockedError, BodyError, ConfigError, GuardrailWarning, LedgerError
from guardrail.testing import memory_guard
from guardrail.transport import uncovered

websockets = pytest.importorskip("websockets", reason="pip install 'websockets>=15'")
guarded = pytest.importorskip("guardrail.integrations.websockets")

in_loop = pytest.importorskip("websockets.asyncio.client")
in_thread = pytest.importorskip("websockets.sync.client")
serve = pytest.importorskip("websockets.sync.server").serve

TEXT = f"I am {NAME}, {MAIL}."
ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
PLACE = {"item_id": "i_1", "output_index": 0, "content_index": 0, "response_id": "r_1"}


class Server:
    """A websocket server in a thread: Realtime on its path, an echo elsewhere."""

    def __init__(self):
        self.received = []
        self._server = serve(self._talk, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _talk(self, connection):
        for message in connection:
            self.received.append(message)
            if "/realtime" in connection.request.path:
                self._realtime(connection, json.loads(message))
            elif message == "bye":
                connection.send(f"I hold {BROUGHT}")
                return
            else:
                connection.send(message)

    def _realtime(self, connection, event):
        if event["type"] != "response.create":
            return
        text = says("".join(map(str, self.received)))
        kind = "response.output_text"
        for number, at in enumerate(range(0, len(text), 5)):
            piece = {"type": f"{kind}.delta", "event_id": f"e_{number}", "delta": text[at : at + 5], **PLACE}
            connection.send(json.dumps(piece))
        connection.send(json.dumps({"type": f"{kind}.done", "event_id": "e_d", "text": text, **PLACE}))

    def close(self):
        self._server.shutdown()
        self._thread.join()


@pytest.fixture(scope="module")
def _server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def server(_server):
    _server.received.clear()
    return _server


@pytest.fixture
def put(guard):
    guarded.install(guard, hosts=("127.0.0.1",))
    yield
    guarded.uninstall(guard)


def facts(guard, since):
    """Return what the entries of a connection say: their types, and the outcome of the last."""
    entries = [(entry.type, json.loads(entry.header).get("x", {})) for entry in guard.ledger.entries(since)]
    return [kind for kind, _ in entries], entries[-1][1].get("outcome")


@pytest.mark.parametrize("kind", ["threads", "loop"])
def test_realtime_by_the_sdk_is_clean_up_and_down(guard, server, put, since, kind):
    openai = pytest.importorskip("openai", reason="pip install 'guardrail-pii[sdk]'")
    options = {"api_key": "key", "base_url": "http://127.0.0.1:9/v1", "websocket_base_url": server.url}

    def in_a_thread():
        with openai.OpenAI(**options).realtime.connect(model="stub") as connection:
            connection.conversation.item.create(item=ITEM)
            connection.response.create()
            events = [connection.recv()]
            while not events[-1].type.endswith(".done"):
                events.append(connection.recv())
            return told(events)

    async def run():
        async with openai.AsyncOpenAI(**options).realtime.connect(model="stub") as connection:
            await connection.conversation.item.create(item=ITEM)
            await connection.response.create()
            events = [await connection.recv()]
            while not events[-1].type.endswith(".done"):
                events.append(await connection.recv())
            return told(events)

    def told(events):
        text = "".join(event.delta for event in events if event.type.endswith(".delta"))
        assert events[-1].text == text
        return text

    text = in_a_thread() if kind == "threads" else asyncio.run(run())
    assert text.startswith(f"Sure. I know {NAME} and {MAIL}.")
    assert BROUGHT not in text
    assert not any(value in str(message) for message in server.received for value in (NAME, MAIL))
    kinds, outcome = facts(guard, since)
    assert kinds[0] == "exchange.request"
    assert "stream.request" in kinds
    assert (kinds[-1], outcome) == ("exchange.response", "ok")


class _Threads:
    """One call style for both kinds of connection: this one as it is."""

    def __init__(self, url, guard):
        self._connection = guarded.wrap_connection(in_thread.connect(url).__enter__(), guard)

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def all(self):
        return list(self._connection)

    def stream(self):
        return list(self._connection.recv_streaming())


class _Loop:
    """The other by a loop of its own."""

    def __init__(self, url, guard):
        self._runner = asyncio.Runner()

        async def connect():
            return guarded.wrap_connection(await in_loop.connect(url), guard)

        self._connection = self._runner.run(connect())

    def __getattr__(self, name):
        def call(*args, **options):
            async def run():
                made = getattr(self._connection, name)(*args, **options)
                return await made

            return self._runner.run(run())

        return call

    def all(self):
        async def run():
            return [message async for message in self._connection]

        return self._runner.run(run())

    def stream(self):
        async def run():
            return [message async for message in self._connection.recv_streaming()]

        return self._runner.run(run())


@pytest.fixture(params=[_Threads, _Loop], ids=["threads", "loop"])
def connect(request, guard, server):
    made = []

    def open_one(path="/echo"):
        made.append(request.param(server.url + path, guard))
        return made[-1]

    yield open_one
    for connection in made:
        connection.close()


def test_a_message_is_scrubbed_and_its_echo_restored(connect, server):
    connection = connect()
    connection.send(TEXT)
    assert connection.recv() == TEXT
    assert TOKEN.search(server.received[-1])
    assert MAIL not in server.received[-1]


def test_text_may_be_asked_for_as_bytes(connect, server):
    connection = connect()
    connection.send(TEXT)
    assert connection.recv(decode=False) == TEXT.encode()
    connection.send(TEXT.encode(), text=True)
    assert isinstance(server.received[-1], str) or connection.recv() == TEXT


def test_fragments_are_one_message_for_a_value_may_lie_across_them(connect, server):
    connection = connect()
    connection.send([TEXT[:9], TEXT[9:]])
    assert connection.stream() == [TEXT]
    assert MAIL not in server.received[-1]
    assert NAME not in server.received[-1]


def test_what_is_held_comes_when_the_server_is_silent(connect, server):
    connection = connect("/v1/realtime")
    connection.send(json.dumps({"type": "conversation.item.create", "item": ITEM}))
    connection.send(json.dumps({"type": "response.create"}))
    text = ""
    while "lovely day." not in text:
        event = json.loads(connection.recv())
        text += event.get("delta", "")
    assert text.startswith(f"Sure. I know {NAME} and {MAIL}.")


def test_what_is_held_comes_at_a_clean_end(connect, guard, since):
    connection = connect()
    connection.send("bye")
    (message,) = connection.all()
    assert message.startswith("I hold ")
    assert BROUGHT not in message
    assert facts(guard, since)[1] == "ok"


def test_a_blocked_message_is_not_sent_and_ends_the_connection(connect, server, guard, since):
    connection = connect()
    with pytest.raises(BlockedError, match="secrets"):
        connection.send(f"aws_access_key_id = {SECRET}")
    assert server.received == []
    with pytest.raises((BlockedError, websockets.ConnectionClosed)):
        connection.recv()
    assert facts(guard, since)[1] == "blocked"


def test_a_message_that_must_not_be_read_is_not(connect, server, guard, since, monkeypatch):
    connection = connect()
    connection.send("hello")
    assert connection.recv() == "hello"

    def broken(*args):
        raise ZeroDivisionError(MAIL)

    monkeypatch.setattr("guardrail.duplex.Duplex.down", broken)
    connection.send("hello")
    with pytest.raises(Exception, match="ZeroDivisionError") as caught:
        connection.recv()
    assert MAIL not in str(caught.value)
    assert facts(guard, since)[1] == "error"


def test_where_the_ledger_refuses_nothing_is_sent(connect, server, guard, monkeypatch):
    def refuse(event):
        raise LedgerError("the disk is full")

    connection = connect()
    monkeypatch.setattr(guard.ledger, "append", refuse)
    with pytest.raises(LedgerError):
        connection.send("hello")
    assert server.received == []


def test_a_reader_may_wait_only_so_long(guard, server):
    with in_thread.connect(server.url + "/echo") as plain:
        connection = guarded.wrap_connection(plain, guard)
        for seconds in (0, 0.05, 0.4):
            with pytest.raises(TimeoutError):
                connection.recv(timeout=seconds)
        connection.send("hello")
        assert connection.recv(timeout=20) == "hello"


def test_a_reader_that_is_cancelled_loses_no_message(guard, server):
    async def run():
        async with in_loop.connect(server.url + "/echo") as plain:
            connection = guarded.wrap_connection(plain, guard)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await connection.recv()
            await connection.send("hello")

            async def parts():
                yield "hel"
                yield "lo"

            await connection.send(parts())
            text = ""
            while len(text) < 10:  # words may lie across messages: two may come as one
                text += await connection.recv()
            return text

    assert asyncio.run(run()) == "hellohello"


def test_a_message_that_is_too_large_is_not_sent(guard, server):
    with in_thread.connect(server.url + "/echo") as plain:
        connection = guarded.wrap_connection(plain, guard, max_body=10)
        for message in ("a" * 11, ["a" * 6, b"a" * 6]):
            with pytest.raises(BodyError):
                connection.send(message)
    assert server.received == []


# --- wrapping and installing


def test_a_connection_has_one_guard(guard, server, policy_file):
    with in_thread.connect(server.url + "/echo") as plain:
        assert guarded.wrap_connection(plain, guard) is plain
        assert guarded.wrap_connection(plain, guard) is plain
        with memory_guard(policy_file()) as other, pytest.raises(ConfigError, match="another guard"):
            guarded.wrap_connection(plain, other)
    with pytest.raises(ConfigError, match="no client connection"):
        guarded.wrap_connection(object(), guard)


def test_what_speaks_no_protocol_to_no_provider_passes_untouched(guard, server, since):
    guarded.install(guard)
    try:
        with in_thread.connect(server.url + "/echo") as connection:
            connection.send(TEXT)
            assert connection.recv() == TEXT
        assert server.received == [TEXT]
        with in_thread.connect(server.url + "/v1/realtime?model=m") as connection:
            connection.send(json.dumps({"type": "conversation.item.create", "item": ITEM}))
        assert MAIL not in server.received[-1]
        assert facts(guard, since)[0][0] == "exchange.request"
    finally:
        guarded.uninstall(guard)


def test_uninstalling_leaves_open_connections_guarded_and_no_other(guard, server, policy_file):
    original = in_thread.ClientConnection.send
    guarded.install(guard, hosts=("127.0.0.1",))
    with memory_guard(policy_file()) as other:
        with pytest.raises(ConfigError, match="another guard"):
            guarded.install(other)
        guarded.uninstall(other)
    with in_thread.connect(server.url + "/echo") as connection:
        connection.send("hello")
        guarded.uninstall(guard)
        guarded.uninstall(guard)
        assert connection.recv() == "hello"
        connection.send(TEXT)
        assert connection.recv() == TEXT
        assert MAIL not in server.received[-1]
    assert in_thread.ClientConnection.send is original


def test_installed_they_are_no_longer_named_as_a_gap(guard, put):
    assert not [gap for gap in uncovered() if "websockets" in gap.name]
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*Realtime.*", category=GuardrailWarning)
        warnings.filterwarnings("ignore", message=".*aiohttp.*", category=GuardrailWarning)
        guard.install()
    guard.uninstall()
