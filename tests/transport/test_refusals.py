"""SDKs tell what the guard refuses by their own exceptions, and try again where it costs nothing."""

from __future__ import annotations

import json

import provider_bodies as bodies
import pytest
from seen import BLOCKED, BODY, FAULT, SECRET, STREAMED, outcomes
from stub import BROUGHT

from guardrail.errors import GuardrailError

openai = pytest.importorskip("openai", reason="pip install 'guardrail-pii[sdk]'")
anthropic = pytest.importorskip("anthropic", reason="pip install 'guardrail-pii[sdk]'")

CHAT = "/v1/chat/completions"


def openai_errors(guard, url, **options):
    client = openai.OpenAI(base_url=url + "/v1", api_key="k", http_client=guard.http_client(), **options)
    return lambda body: client.chat.completions.create(**body)


def anthropic_errors(guard, url, **options):
    client = anthropic.Anthropic(base_url=url, api_key="k", http_client=guard.http_client(), **options)
    return lambda body: client.messages.create(max_tokens=9, **body)


@pytest.mark.parametrize("sdk", [openai, anthropic], ids=["openai", "anthropic"])
def test_an_sdk_raises_its_own_exception_for_a_blocked_request_and_does_not_try_again(
    sdk, stub, guard, since
):
    make = openai_errors if sdk is openai else anthropic_errors
    call = make(guard, stub.url)
    with pytest.raises(sdk.PermissionDeniedError) as caught:
        call(BLOCKED)
    assert "secrets" in str(caught.value)
    assert "AKIA" not in str(caught.value) + repr(caught.value.body)
    assert stub.received == []
    assert outcomes(guard, since) == ["sent", "blocked"], "one try"


@pytest.mark.parametrize("sdk", [openai, anthropic], ids=["openai", "anthropic"])
def test_an_sdk_raises_its_own_exception_where_the_ledger_refuses(sdk, stub, guard, refusing):
    make = openai_errors if sdk is openai else anthropic_errors
    call = make(guard, stub.url, max_retries=0)
    refusing(0)
    with pytest.raises(sdk.InternalServerError):
        call(BODY)
    assert stub.received == []


@pytest.mark.parametrize("sdk", [openai, anthropic], ids=["openai", "anthropic"])
def test_the_tries_of_an_sdk_are_left_to_it_and_each_is_an_exchange(sdk, stub, guard, since):
    tries = []

    def busy(handler, body):
        tries.append(body)
        if len(tries) < 3:
            handler.reply({"error": {"message": "busy"}}, status=429, headers=[("retry-after-ms", "1")])
        elif sdk is openai:
            handler.reply(bodies.chat("Hello."))
        else:
            handler.reply(bodies.message("Hello."))

    stub.faults["/v1/chat/completions" if sdk is openai else "/v1/messages"] = busy
    make = openai_errors if sdk is openai else anthropic_errors
    made = make(guard, stub.url)(BODY)
    assert made.id
    assert len(set(tries)) == 1, "the same tokens each time: provider caches stay warm"
    assert outcomes(guard, since) == ["sent", "ok"] * 3


def test_an_error_in_mid_stream_comes_through_the_sdk(stub, guard):
    events = bodies.chat_events(f"The first is clean. The second {FAULT} is of {BROUGHT}.")
    stub.faults[CHAT] = lambda handler, _: handler.reply(events)
    stream = openai_errors(guard, stub.url)(STREAMED)
    seen = []
    with pytest.raises((GuardrailError, openai.APIConnectionError)):
        seen.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert "tobias" not in "".join(seen)


def test_a_block_in_mid_stream_ends_in_the_protocols_own_way(stub, guard, since):
    events = bodies.chat_events(f"The first is clean. Take aws_access_key_id = {SECRET} for it. Bye.")
    stub.faults[CHAT] = lambda handler, _: handler.reply(events)
    chunks = list(openai_errors(guard, stub.url)(STREAMED))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "AKIA" not in json.dumps([chunk.model_dump() for chunk in chunks])
    assert text.startswith("The first is clean.")
    assert chunks[-1].choices[0].finish_reason == "content_filter"
    assert outcomes(guard, since) == ["sent", "blocked"]
