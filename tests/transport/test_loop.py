"""In an event loop the same rules hold; what only loops have is here."""

from __future__ import annotations

import asyncio
import threading

import pytest
from seen import BODY, MAIL, NAME, STREAMED, outcomes, said, streamed
from stub import BROUGHT, TOKEN

from guardrail.testing import memory_guard
from guardrail.transport.threads import WORKERS

CHAT = "/v1/chat/completions"
MEDIA = {"content-type": "text/plain"}


@pytest.fixture(params=["httpx2", "httpx"])
def library(request):
    return pytest.importorskip(request.param, reason="pip install 'guardrail-pii[sdk]' and httpx")


@pytest.fixture
def request_(guard, library):
    """Return a function that makes one request by a guarded client in a loop of its own."""

    def run(method, url, *, client=None, **options):
        async def call():
            async with guard.async_http_client(library=library.__name__, **(client or {})) as made:
                return await made.request(method, url, **options)

        return asyncio.run(call())

    return run


async def parts(*pieces):
    for piece in pieces:
        yield piece


def test_a_streamed_upload_is_read_and_scrubbed(request_, stub):
    response = request_("POST", stub.url + "/upload", content=parts(b"I am Jane", b" Roe"), headers=MEDIA)
    assert response.status_code == 404
    assert TOKEN.search(stub.requests[-1][3].decode())


def test_one_that_is_too_large_is_not_sent(request_, stub):
    response = request_(
        "POST", stub.url + CHAT, content=parts(b"a" * 600, b"a" * 600), client={"max_body": 1000}
    )
    assert (response.status_code, stub.received) == (413, [])


@pytest.mark.parametrize("is_async", [False, True])
def test_an_upload_that_fails_is_the_callers_fault_and_no_exchange(guard, library, stub, since, is_async):
    async def broken_later():
        yield b"a"
        raise ZeroDivisionError

    def broken():
        yield b"a"
        raise ZeroDivisionError

    def in_thread():
        with guard.http_client(library=library.__name__) as client:
            client.post(stub.url, content=broken())

    async def in_loop():
        async with guard.async_http_client(library=library.__name__) as client:
            await client.post(stub.url, content=broken_later())

    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_loop()) if is_async else in_thread()
    assert (outcomes(guard, since), stub.received) == ([], [])


def test_a_whole_answer_that_is_too_large_is_refused(request_, stub):
    stub.faults[CHAT] = lambda handler, _: handler.reply({"a": "b" * 2000})
    assert request_("POST", stub.url + CHAT, json=BODY, client={"max_body": 1000}).status_code == 502


def test_what_cannot_be_read_is_refused_and_nothing_is_read(request_, stub):
    stub.faults["/image"] = lambda handler, _: handler.whole(b"\x89PNG", "image/png")
    assert request_("GET", stub.url + "/image").status_code == 502

    def empty(handler, _):
        handler.begin("image/png")
        handler.part(b"")

    stub.faults["/image"] = empty
    assert request_("GET", stub.url + "/image").content == b""
    assert request_("HEAD", stub.url + "/image").content == b""


def test_an_answer_that_was_never_a_stream_is_guarded_too(request_, library):
    async def answer(request):
        return library.Response(200, headers=MEDIA, content=request.content + BROUGHT.encode())

    transport = library.MockTransport(answer)
    text = request_(
        "POST", "https://llm.example", content="hello ", headers=MEDIA, client={"transport": transport}
    ).text
    assert text.startswith("hello ")
    assert BROUGHT not in text


def test_a_hook_may_read_the_answer(request_, stub):
    seen = []

    async def answered(response):
        seen.append(await response.aread())

    response = request_("POST", stub.url + CHAT, json=BODY, client={"event_hooks": {"response": [answered]}})
    assert NAME in said(response)
    assert NAME.encode() not in seen[0]
    assert response.elapsed.total_seconds() > 0


def test_calls_side_by_side_keep_their_contexts_and_their_tokens_apart(guard, library, stub):
    async def call(client, number):
        name, mail = f"conversation-{number % 3}", f"person{number}@example.com"
        body = {"model": "stub", "stream": bool(number % 2), "messages": [{"role": "user", "content": mail}]}
        with guard.context(conversation=name):
            response = await client.post(stub.url + CHAT, json=body)
        text = streamed(response.text) if number % 2 else said(response)
        assert mail in text
        assert sum(f"person{other}@" in text for other in range(40)) == 1

    async def run():
        async with guard.async_http_client(library=library.__name__) as client:
            await asyncio.gather(*(call(client, number) for number in range(40)))

    asyncio.run(run())
    assert not any(b"person" in one.partition(b"\r\n\r\n")[2] for one in stub.received)


def test_the_threads_of_the_guard_are_bounded_and_end_with_the_loop(guard, library, stub):
    most = 0

    def ours():
        return [thread for thread in threading.enumerate() if "AnyIO" in thread.name]

    async def call(client):
        nonlocal most
        response = await client.post(stub.url + CHAT, json=STREAMED)
        most = max(most, len(ours()))
        return response

    async def run():
        async with guard.async_http_client(library=library.__name__) as client:
            await asyncio.gather(*(call(client) for _ in range(WORKERS * 4)))

    asyncio.run(run())
    assert 0 < most <= WORKERS
    for thread in ours():
        thread.join(10)
    assert ours() == []


def test_a_task_that_is_cancelled_while_the_guard_reads_sends_nothing(library, stub, policy_file):
    reading, over = threading.Event(), threading.Event()

    class Slow:
        def __init__(self, detector):
            self._detector = detector
            self.entities, self.versions = detector.entities, detector.versions

        def detect(self, passages):
            reading.set()
            assert over.wait(20)
            return self._detector.detect(passages)

    with memory_guard(policy_file()) as made:
        made._border = type(made._border)(Slow(made.detector), made.policy, made.keys)

        async def run():
            async with made.async_http_client(library=library.__name__) as client:
                task = asyncio.create_task(client.post(stub.url + CHAT, json=BODY))
                await asyncio.to_thread(reading.wait, 20)
                task.cancel()
                asyncio.get_running_loop().call_later(0, over.set)
                with pytest.raises(asyncio.CancelledError):
                    await task

        asyncio.run(run())
        assert stub.received == []
        assert outcomes(made) in ([], ["sent", "disconnected"])


def test_trio_works_as_well(guard, library, stub, since):
    trio = pytest.importorskip("trio", reason="pip install trio")

    async def run():
        async with (
            guard.async_http_client(library=library.__name__) as client,
            client.stream("POST", stub.url + CHAT, json=STREAMED) as response,
        ):
            return streamed("".join([piece async for piece in response.aiter_text()]))

    assert NAME in trio.run(run)
    assert not any(MAIL.encode() in one for one in stub.received)
    assert outcomes(guard, since) == ["sent", "ok"]
