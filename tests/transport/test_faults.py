"""What goes wrong ends in the way that SDKs understand; nothing raw is flushed, and the ledger says so."""

from __future__ import annotations

import asyncio

import provider_bodies as bodies
import pytest
from seen import BODY, FAULT, MAIL, NAME, STREAMED, outcomes, said, streamed
from stub import BROUGHT, TOKEN

from guardrail import DetectionError, LedgerError

httpx2 = pytest.importorskip("httpx2", reason="pip install 'guardrail-pii[sdk]'")

CHAT = "/v1/chat/completions"


@pytest.fixture(params=["threads", "loop"])
def post(request, guard):
    """Return a function that posts by a guarded client and returns the answer, read to its end."""

    def in_thread(url, body, **options):
        with guard.http_client(**options) as client:
            return client.post(url, json=body)

    def in_loop(url, body, **options):
        async def run():
            async with guard.async_http_client(**options) as client:
                return await client.post(url, json=body)

        return asyncio.run(run())

    return in_thread if request.param == "threads" else in_loop


@pytest.fixture(params=["threads", "loop"])
def stream(request, guard):
    """Return a function that reads a stream piece by piece into a list, and leaves after some pieces."""

    def in_thread(url, seen, *, leave=0, **options):
        with guard.http_client(**options) as client, client.stream("POST", url, json=STREAMED) as response:
            for piece in response.iter_text():
                seen.append(piece)
                if leave and len(seen) >= leave:
                    return

    def in_loop(url, seen, *, leave=0, **options):
        async def run():
            async with (
                guard.async_http_client(**options) as client,
                client.stream("POST", url, json=STREAMED) as response,
            ):
                async for piece in response.aiter_text():
                    seen.append(piece)
                    if leave and len(seen) >= leave:
                        return

        asyncio.run(run())

    return in_thread if request.param == "threads" else in_loop


# --- the provider


def test_a_provider_that_dies_in_mid_stream_is_told_as_that_and_nothing_held_is_flushed(
    stream, stub, guard, since
):
    def dies(handler, _):
        handler.begin("text/event-stream")
        for event in bodies.chat_events(f"The first clause is here, and all is well. Write to {BROUGHT}")[
            :-4
        ]:
            handler.part(event)
        handler.cut()

    stub.faults[CHAT] = dies
    seen = []
    with pytest.raises(httpx2.TransportError):
        stream(stub.url + CHAT, seen)
    text = streamed("".join(seen))
    assert text.startswith("The first clause is here")
    assert "tobias" not in "".join(seen)
    assert outcomes(guard, since) == ["sent", "error"]


def test_a_provider_that_dies_in_mid_answer_is_told_as_that(post, stub, guard, since):
    def dies(handler, _):
        handler.begin("application/json")
        handler.part(b'{"a": "tobias.kel')
        handler.cut()

    stub.faults[CHAT] = dies
    with pytest.raises(httpx2.TransportError) as caught:
        post(stub.url + CHAT, BODY)
    assert MAIL.encode() not in caught.value.request.content
    assert outcomes(guard, since) == ["sent", "error"]


def test_a_provider_that_cannot_be_reached_is_told_as_that(post, guard, since):
    with pytest.raises(httpx2.ConnectError):
        post("http://127.0.0.1:9" + CHAT, BODY)
    assert outcomes(guard, since) == ["sent", "error"]


@pytest.mark.parametrize("begun", [False, True])
def test_a_provider_that_is_silent_is_a_time_out(post, stub, guard, since, begun):
    import threading

    over = threading.Event()

    def waits(handler, _):
        if begun:
            handler.begin("text/event-stream")
            handler.part(b": hello\n\n")
        over.wait(20)

    stub.faults[CHAT] = waits
    with pytest.raises(httpx2.ReadTimeout):
        post(stub.url + CHAT, BODY, timeout=0.2)
    over.set()
    assert outcomes(guard, since) == ["sent", "error"]


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_error_that_repeats_the_prompt_is_restored_and_scrubbed(post, stub, status):
    def echoes(handler, body):
        token = TOKEN.search(body.decode())[0]
        error = {"message": f"cannot serve {token}, ask {BROUGHT}", "type": "server_error", "code": None}
        handler.reply({"error": error}, status=status)

    stub.faults[CHAT] = echoes
    response = post(stub.url + CHAT, BODY)
    assert response.status_code == status
    assert NAME in response.json()["error"]["message"]
    assert BROUGHT not in response.text


def test_an_error_page_of_a_gateway_is_guarded_too(post, stub):
    page = f"<html><body>Bad gateway, write to {BROUGHT}</body></html>".encode()
    stub.faults[CHAT] = lambda handler, _: handler.whole(page, "text/html; charset=utf-8", status=502)
    response = post(stub.url + CHAT, BODY)
    assert "Bad gateway" in response.text
    assert BROUGHT not in response.text


# --- the caller


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_a_caller_that_stops_at_the_end_mark_has_read_it_all(guard, stub, since, path):
    mark = '"message_stop"' if path == "/v1/messages" else "[DONE]"

    def read():
        with guard.http_client() as client, client.stream("POST", stub.url + path, json=STREAMED) as response:
            for line in response.iter_lines():
                if mark in line:
                    return outcomes(guard, since)
        return []

    assert read() == ["sent", "ok"], "recorded before the mark is given"
    assert outcomes(guard, since) == ["sent", "ok"]


def test_a_caller_that_leaves_early_is_in_the_ledger_once(stream, stub, guard, since):
    seen = []
    stream(stub.url + CHAT, seen, leave=1)
    assert outcomes(guard, since) == ["sent", "disconnected"]


def test_a_task_that_is_cancelled_leaves_its_entry_and_no_thread_behind(stub, guard, since):
    import threading

    arrived, over = threading.Event(), threading.Event()

    def waits(*_):
        arrived.set()
        over.wait(20)

    stub.faults[CHAT] = waits

    async def run():
        async with guard.async_http_client() as client:
            task = asyncio.create_task(client.post(stub.url + CHAT, json=BODY))
            await asyncio.to_thread(arrived.wait, 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    over.set()
    assert outcomes(guard, since) == ["sent", "disconnected"]
    for thread in [thread for thread in threading.enumerate() if "AnyIO" in thread.name]:
        thread.join(10)
        assert not thread.is_alive()


def test_a_task_that_is_cancelled_in_mid_stream_leaves_its_entry(stub, guard, since):
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
            async with (
                guard.async_http_client() as client,
                client.stream("POST", stub.url + CHAT, json=STREAMED) as response,
            ):
                async for _ in response.aiter_text():
                    begun.set()

        task = asyncio.create_task(read())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    over.set()
    assert outcomes(guard, since) == ["sent", "disconnected"]


def test_the_event_loop_runs_on_while_the_guard_works(stub, policy_file):
    """The detector waits for the loop: a step inside of it would wait for ever."""
    import threading

    from guardrail.testing import memory_guard

    turned = threading.Event()
    with memory_guard(policy_file()) as made:
        detect = made.detector.detect

        def waiting(passages):
            assert turned.wait(20), "the loop stands still"
            return detect(passages)

        made._border = type(made._border)(_Waiting(made.detector, waiting), made.policy, made.keys)

        async def run():
            async with made.async_http_client() as client:
                task = asyncio.create_task(client.post(stub.url + CHAT, json=BODY))
                while not task.done():
                    await asyncio.sleep(0)
                    turned.set()
                return await task

        assert MAIL in said(asyncio.run(run()))


class _Waiting:
    def __init__(self, detector, detect):
        self.entities, self.versions, self.detect = detector.entities, detector.versions, detect


# --- the guard


def test_where_the_ledger_refuses_nothing_is_sent_and_the_sdk_may_try_again(post, stub, refusing):
    refusing(0)
    response = post(stub.url + CHAT, BODY)
    assert (response.status_code, stub.received) == (503, [])
    assert response.headers["retry-after"] == "5"
    assert "x-should-retry" not in response.headers


def test_where_it_refuses_the_end_a_whole_answer_is_not_given(post, stub, refusing):
    refusing(1)
    response = post(stub.url + CHAT, BODY)
    assert (response.status_code, response.headers["x-should-retry"]) == (503, "false")
    assert NAME not in response.text


def test_where_it_refuses_the_end_a_stream_raises(stream, stub, refusing):
    refusing(1)
    seen = []
    with pytest.raises(LedgerError):
        stream(stub.url + CHAT, seen)
    assert "[DONE]" not in "".join(seen)


def test_a_detector_that_fails_lets_nothing_be_sent(post, stub, guard, since):
    body = {"model": "stub", "messages": [{"role": "user", "content": f"I am {NAME} {FAULT}"}]}
    response = post(stub.url + CHAT, body)
    assert (response.status_code, stub.received) == (503, [])
    assert NAME not in response.text
    assert outcomes(guard, since) == ["sent", "error"]


def test_a_detector_that_fails_in_mid_stream_flushes_nothing(stream, stub, guard, since):
    events = bodies.chat_events(f"The first is clean. The second {FAULT} is of {BROUGHT}. The third too.")
    stub.faults[CHAT] = lambda handler, _: handler.reply(events)
    seen = []
    with pytest.raises(DetectionError) as caught:
        stream(stub.url + CHAT, seen)
    assert "tobias" not in "".join(seen) + str(caught.value)
    assert outcomes(guard, since) == ["sent", "error"]


def test_a_detector_that_fails_on_a_whole_answer_is_not_paid_for_twice(post, stub):
    stub.faults[CHAT] = lambda handler, _: handler.reply(bodies.chat(f"{FAULT} {BROUGHT}"))
    response = post(stub.url + CHAT, BODY)
    assert (response.status_code, response.headers["x-should-retry"]) == (502, "false")
    assert BROUGHT not in response.text


def test_a_fault_of_the_guard_itself_is_a_refusal_too(post, stub, guard, monkeypatch):
    def broken(*args, **options):
        raise ZeroDivisionError(MAIL)

    monkeypatch.setattr("guardrail.exchange.Exchange.request", broken)
    response = post(stub.url + CHAT, BODY)
    assert (response.status_code, stub.received) == (503, [])
    assert "ZeroDivisionError" in response.text
    assert MAIL not in response.text
