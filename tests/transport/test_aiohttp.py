"""The calls of aiohttp sessions, google-genai's among them: guarded like those of the other clients."""

from __future__ import annotations

import asyncio
import gzip
import warnings

import provider_bodies as bodies
import pytest
from sdk_clients import NAME, SYSTEM, TEXT
from seen import BLOCKED, BODY, MAIL, STREAMED, outcomes, streamed
from stub import BROUGHT, TOKEN

from guardrail import BlockedError, BodyError, ConfigError, DetectionError, GuardrailWarning, LedgerError
from guardrail.testing import memory_guard
from guardrail.transport import uncovered

aiohttp = pytest.importorskip("aiohttp", reason="pip install 'aiohttp>=3.12'")

guarded = pytest.importorskip("guardrail.integrations.aiohttp")

CHAT = "/v1/chat/completions"


@pytest.fixture
def put(guard):
    guarded.install(guard)
    yield
    guarded.uninstall(guard)


def post(guard, url, body=BODY, **options):
    """Post by a session with the middleware; return status, headers and text."""

    async def run():
        limits = {name: options.pop(name) for name in ("max_body",) if name in options}
        async with (
            aiohttp.ClientSession(middlewares=(guarded.middleware(guard, **limits),)) as session,
            session.request(options.pop("method", "POST"), url, **({"json": body} | options)) as response,
        ):
            return response.status, response.headers, await response.text()

    return asyncio.run(run())


def test_a_session_with_the_middleware_is_guarded(guard, stub, since):
    status, _, text = post(guard, stub.url + CHAT)
    assert (status, NAME in text, BROUGHT in text) == (200, True, False)
    assert MAIL.encode() not in stub.received[-1]
    assert outcomes(guard, since) == ["sent", "ok"]


def test_a_stream_is_guarded_as_it_comes(guard, stub, since):
    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(guarded.middleware(guard),)) as session,
            session.post(stub.url + CHAT, json=STREAMED) as response,
        ):
            return "".join([line.decode() async for line in response.content])

    text = streamed(asyncio.run(run()))
    assert text.startswith(f"Sure. I know {NAME} and {MAIL}.")
    assert BROUGHT not in text
    assert outcomes(guard, since) == ["sent", "ok"]


@pytest.mark.parametrize("stream", [False, True])
def test_google_genai_over_aiohttp_is_guarded_once_it_is_installed(guard, stub, put, since, stream):
    genai = pytest.importorskip("google.genai", reason="pip install 'guardrail-pii[sdks]' has google-genai")

    async def run():
        options = genai.types.HttpOptions(base_url=stub.url, api_version="v1")
        client = genai.Client(api_key="key", http_options=options).aio
        try:
            call = {"model": "stub", "contents": TEXT, "config": {"system_instruction": SYSTEM}}
            if not stream:
                return (await client.models.generate_content(**call)).text
            chunks = await client.models.generate_content_stream(**call)
            return "".join([chunk.text or "" async for chunk in chunks])
        finally:
            await client.aclose()

    text = asyncio.run(run())
    assert NAME in text
    assert MAIL in text
    assert BROUGHT not in text
    assert not any(value.encode() in raw for raw in stub.received for value in (NAME, MAIL))
    assert "aiohttp" in stub.requests[-1][2].get("User-Agent", "aiohttp")
    assert outcomes(guard, since) == ["sent", "ok"]


def test_installed_it_is_no_longer_named_as_a_gap(guard, put):
    assert not [gap for gap in uncovered() if "aiohttp" in gap.name]
    guarded.install(guard)  # again: without effect
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*aiohttp.*", category=GuardrailWarning)
        warnings.filterwarnings("ignore", message=".*websockets.*", category=GuardrailWarning)
        guard.install()
    guard.uninstall()


def test_what_speaks_no_protocol_to_no_provider_passes_untouched(guard, stub, put, since):
    stub.faults["/mine"] = lambda handler, body: handler.whole(body, "application/json")

    async def run():
        async with (
            aiohttp.ClientSession() as session,
            session.post(stub.url + "/mine", json=BODY) as response,
        ):
            return await response.json()

    assert asyncio.run(run()) == BODY
    assert outcomes(guard, since) == []


def test_middlewares_of_ones_own_stay_and_see_the_answer_guarded(guard, stub, put):
    seen = []

    async def mine(request, handler):
        response = await handler(request)
        seen.append(await response.text())
        return response

    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(mine,)) as session,
            session.post(stub.url + CHAT, json=BODY) as response,
        ):
            return await response.text()

    assert asyncio.run(run()) == seen[0]
    assert BROUGHT not in seen[0]


def test_what_a_guarded_client_sends_over_aiohttp_is_guarded_once(guard, stub, put, since):
    """As LiteLLM does: its httpx client has a transport of aiohttp."""
    httpx2 = pytest.importorskip("httpx2", reason="pip install 'guardrail-pii[sdk]'")

    class Over(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request):
            async with (
                aiohttp.ClientSession() as session,
                session.post(str(request.url), data=request.content, headers=request.headers) as response,
            ):
                content = await response.read()
                await session.post(stub.url + "/other" + CHAT, json=BODY)  # one of its own
            return httpx2.Response(response.status, headers=response.headers, content=content)

    async def run():
        async with guard.async_http_client(transport=Over()) as client:
            return await client.post(stub.url + CHAT, json=BODY)

    assert NAME in asyncio.run(run()).text
    assert outcomes(guard, since) == ["sent", "sent", "ok", "ok"]
    assert not any(MAIL.encode() in one for one in stub.received)


def test_uninstalling_leaves_no_trace(guard, policy_file):
    original = aiohttp.ClientSession._request
    guarded.install(guard)
    with memory_guard(policy_file()) as other:
        with pytest.raises(ConfigError, match="another guard"):
            guarded.install(other)
        guarded.uninstall(other)
    assert aiohttp.ClientSession._request is not original
    guarded.uninstall(guard)
    guarded.uninstall(guard)
    assert aiohttp.ClientSession._request is original


def test_a_blocked_request_raises_and_is_never_sent(guard, stub, since):
    with pytest.raises(BlockedError, match="secrets"):
        post(guard, stub.url + CHAT, BLOCKED)
    assert stub.received == []
    assert outcomes(guard, since) == ["sent", "blocked"]


def test_so_does_one_that_cannot_be_recorded(guard, stub, monkeypatch):
    def refuse(event):
        raise LedgerError("the disk is full")

    monkeypatch.setattr(guard.ledger, "append", refuse)
    with pytest.raises(LedgerError):
        post(guard, stub.url + CHAT)
    assert stub.received == []


def test_query_and_named_fields_are_scrubbed(guard, stub):
    headers = {"Helicone-User-Id": MAIL}
    url = f"{stub.url}{CHAT}?key=k%2B1&owner={MAIL}"
    post(guard, url, headers=headers)
    _, path, sent, _ = stub.requests[-1]
    assert path.startswith(CHAT + "?key=k%2B1&owner=")
    assert MAIL not in path + str(sent)
    assert sent["accept-encoding"] == "identity"


def test_a_packed_answer_is_unpacked_once(guard, stub):
    def packed(handler, body):
        content = gzip.compress(TOKEN.search(body.decode())[0].encode())
        handler.whole(content, "text/plain", headers=[("content-encoding", "gzip")])

    stub.faults[CHAT] = packed
    assert post(guard, stub.url + CHAT)[2] == NAME


@pytest.mark.parametrize(
    ("method", "status", "media"),
    [("HEAD", 200, "image/png"), ("GET", 204, ""), ("GET", 200, ""), ("GET", 200, "text/plain")],
)
def test_an_answer_without_a_body_passes(guard, stub, method, status, media):
    stub.faults["/x"] = lambda handler, _: handler.whole(b"", media, status=status)
    assert post(guard, stub.url + "/x", None, method=method)[::2] == (status, "")


def test_what_cannot_be_read_raises(guard, stub, since):
    stub.faults["/image"] = lambda handler, _: handler.whole(b"\x89PNG", "image/png")
    with pytest.raises(BodyError):
        post(guard, stub.url + "/image")
    stub.faults["/part"] = lambda handler, _: handler.whole(b"abc", "text/plain", status=206)
    with pytest.raises(DetectionError):
        post(guard, stub.url + "/part")
    assert outcomes(guard, since) == ["sent", "error"] * 2


def test_what_is_too_large_raises(guard, stub):
    with pytest.raises(BodyError):
        post(guard, stub.url + CHAT, {"a": "b" * 2000}, max_body=1000)
    assert stub.received == []
    stub.faults[CHAT] = lambda handler, _: handler.reply({"a": "b" * 2000})
    with pytest.raises(BodyError):
        post(guard, stub.url + CHAT, max_body=1000)


def test_a_websocket_does_not_slip_through(guard, stub):
    async def run():
        async with aiohttp.ClientSession(middlewares=(guarded.middleware(guard),)) as session:
            await session.ws_connect(stub.url + "/v1/realtime")

    with pytest.raises(ConfigError, match="websocket"):
        asyncio.run(run())
    assert stub.received == []


def test_a_provider_that_dies_in_mid_stream_is_told_as_that(guard, stub, since):
    def dies(handler, _):
        handler.begin("text/event-stream")
        for event in bodies.chat_events(f"The first clause is here, and all is well. Write to {BROUGHT}")[
            :-4
        ]:
            handler.part(event)
        handler.cut()

    stub.faults[CHAT] = dies
    with pytest.raises(aiohttp.ClientError):
        post(guard, stub.url + CHAT, STREAMED)
    assert outcomes(guard, since) == ["sent", "error"]


def test_a_provider_that_cannot_be_reached_is_told_as_that(guard, since):
    with pytest.raises(aiohttp.ClientConnectorError):
        post(guard, "http://127.0.0.1:9" + CHAT)
    assert outcomes(guard, since) == ["sent", "error"]


def test_a_caller_that_leaves_early_is_in_the_ledger(guard, stub, since):
    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(guarded.middleware(guard),)) as session,
            session.post(stub.url + CHAT, json=STREAMED) as response,
        ):
            return await response.content.readline()

    assert asyncio.run(run())
    assert outcomes(guard, since) == ["sent", "disconnected"]


def test_a_packed_answer_that_the_session_leaves_packed_is_unpacked(guard, stub):
    coding = [("content-encoding", "gzip")]
    stub.faults[CHAT] = lambda handler, _: handler.whole(
        gzip.compress(b"hello"), "text/plain", headers=coding
    )

    async def run():
        session = aiohttp.ClientSession(auto_decompress=False, middlewares=(guarded.middleware(guard),))
        async with session, session.post(stub.url + CHAT, json=BODY) as response:
            return await response.content.read()

    assert asyncio.run(run()) == b"hello"


def test_a_task_that_is_cancelled_leaves_its_entry(guard, stub, since):
    import threading

    over = threading.Event()

    def waits(handler, _):
        handler.begin("text/event-stream")
        for event in bodies.chat_events("The first clause is here. And here")[:12]:
            handler.part(event)
        over.wait(20)

    stub.faults[CHAT] = waits

    async def run():
        begun = asyncio.Event()

        async def read():
            session = aiohttp.ClientSession(middlewares=(guarded.middleware(guard),))
            async with session, session.post(stub.url + CHAT, json=STREAMED) as response:
                async for _ in response.content:
                    begun.set()

        task = asyncio.create_task(read())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    over.set()
    assert outcomes(guard, since) == ["sent", "disconnected"]


def test_a_fault_of_the_guard_in_mid_stream_raises_and_flushes_nothing(guard, stub, since, monkeypatch):
    def broken(*args, **options):
        raise ZeroDivisionError(BROUGHT)

    monkeypatch.setattr("guardrail.exchange.Exchange.response", broken)
    with pytest.raises(DetectionError, match="ZeroDivisionError"):
        post(guard, stub.url + CHAT, STREAMED)
    assert outcomes(guard, since) == ["sent", "error"]


def test_what_someone_put_above_ours_finds_it_without_effect(guard, stub, since, monkeypatch):
    guarded.install(guard)
    below = aiohttp.ClientSession._request

    async def above(session, *args, **options):
        return await below(session, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(aiohttp.ClientSession, "_request", above)
        guarded.uninstall(guard)

        async def run():
            async with (
                aiohttp.ClientSession() as session,
                session.post(stub.url + CHAT, json=BODY) as response,
            ):
                return await response.text()

        asyncio.run(run())
    aiohttp.ClientSession._request = below.__wrapped__
    assert outcomes(guard, since) == []


def test_an_aiohttp_without_middlewares_is_told_with_the_command(guard, monkeypatch):
    monkeypatch.setattr(guarded, "_ORIGINAL", lambda *_: None)
    with pytest.raises(ConfigError, match="no client middlewares") as caught:
        guarded.install(guard)
    assert "pip install" in caught.value.advice


@pytest.mark.parametrize("name", ["request", "answer", "begin"])
def test_a_fault_anywhere_ends_the_exchange(guard, stub, since, monkeypatch, name):
    def broken(*args, **options):
        raise KeyboardInterrupt

    place = {"request": "Exchange.request", "answer": "Exchange.answer", "begin": "Exchange.opening"}[name]
    monkeypatch.setattr(f"guardrail.exchange.{place}", broken)
    with pytest.raises(KeyboardInterrupt):
        post(guard, stub.url + CHAT)
    monkeypatch.undo()
    assert outcomes(guard, since) == (["sent", "error"] if name == "answer" else [])


def test_an_empty_answer_of_a_type_that_is_held_whole_passes(guard, stub):
    stub.faults["/x"] = lambda handler, _: handler.whole(b"", "application/json")
    assert post(guard, stub.url + "/x")[2] == ""
