"""Every SDK tells a refusal in its own way: its own exception, or its own end of a stream, and the rule."""

from __future__ import annotations

import json
import warnings

import provider_bodies as bodies
import pytest
from sdk_clients import (
    anthropic_client,
    cohere_client,
    genai_client,
    installed,
    mistral_client,
    openai_client,
)
from seen import SECRET, outcomes

ASKED = f"aws_access_key_id = {SECRET}"
TOLD = f"The first is clean. Take aws_access_key_id = {SECRET} for it. Bye."
RULE = "blocked by rule 'secrets'"


def messages(text):
    return [{"role": "user", "content": text}]


class Sdk:
    """How one SDK asks, whole and streamed, and what it raises where it is refused."""

    library = "httpx2"
    path = "/chat/completions"
    events = staticmethod(bodies.chat_events)
    whole = staticmethod(bodies.chat)

    def __init__(self, guard, url):
        self.guard, self.url = guard, url
        self.http = guard.http_client(library=self.library)

    def reply(self, handler, body):
        del body
        handler.reply(type(self).events(TOLD))


class OpenAI(Sdk):
    error = "openai.PermissionDeniedError"

    def ask(self, text):
        return openai_client(self.http, self.url).chat.completions.create(model="m", messages=messages(text))

    def stream(self):
        client = openai_client(self.http, self.url)
        chunks = list(client.chat.completions.create(model="m", messages=messages("Hello."), stream=True))
        assert chunks[-1].choices[0].finish_reason == "content_filter"
        return chunks, chunks[-1].choices[0].delta.refusal


class Responses(Sdk):
    error = "openai.PermissionDeniedError"
    path = "/responses"
    events = staticmethod(bodies.response_events)
    whole = staticmethod(bodies.response)

    def ask(self, text):
        return openai_client(self.http, self.url).responses.create(model="m", input=text)

    def stream(self):
        client = openai_client(self.http, self.url)
        events = list(client.responses.create(model="m", input="Hello.", stream=True))
        assert [event.sequence_number for event in events] == list(range(len(events)))
        assert events[-1].type == "response.failed"
        return events, events[-1].response.error.message


class Anthropic(Sdk):
    error = "anthropic.PermissionDeniedError"
    path = "/messages"
    events = staticmethod(bodies.message_events)
    whole = staticmethod(bodies.message)

    def ask(self, text):
        client = anthropic_client(self.http, self.url)
        return client.messages.create(model="m", max_tokens=9, messages=messages(text))

    def stream(self):
        import anthropic

        seen = []
        client = anthropic_client(self.http, self.url)
        with pytest.raises(anthropic.APIStatusError) as caught:
            seen.extend(
                client.messages.create(model="m", max_tokens=9, messages=messages("Hello."), stream=True)
            )
        return seen, str(caught.value)


class Gemini(Sdk):
    error = "google.genai.errors.ClientError"
    path = "enerateContent"
    events = staticmethod(bodies.gemini_events)
    whole = staticmethod(bodies.gemini)

    def ask(self, text):
        return genai_client(self.http, self.url).models.generate_content(model="m", contents=text)

    def stream(self):
        models = genai_client(self.http, self.url).models
        chunks = list(models.generate_content_stream(model="m", contents="Hello."))
        assert chunks[-1].candidates[0].finish_reason.value == "SAFETY"
        return chunks, chunks[-1].prompt_feedback.block_reason_message


class Mistral(Sdk):
    error = "mistralai.client.errors.SDKError"
    whole = staticmethod(bodies.mistral)

    def ask(self, text):
        return mistral_client(self.http, self.url).chat.complete(model="m", messages=messages(text))

    def stream(self):
        chat = mistral_client(self.http, self.url).chat
        chunks = [event.data for event in chat.stream(model="m", messages=messages("Hello."))]
        assert chunks[-1].choices[0].finish_reason == "error"
        return chunks, RULE  # no field of its chunks takes words


class Cohere(Sdk):
    error = "cohere.errors.ForbiddenError"
    library = "httpx"
    path = "/v2/chat"
    events = staticmethod(bodies.cohere_events)
    whole = staticmethod(bodies.cohere)

    def ask(self, text):
        return cohere_client(self.http, self.url).chat(model="m", messages=messages(text))

    def stream(self):
        client = cohere_client(self.http, self.url)
        events = list(client.chat_stream(model="m", messages=messages("Hello.")))
        assert events[-1].delta.finish_reason == "ERROR"
        return events, events[-1].delta.error


class Ollama(Sdk):
    error = "ollama.ResponseError"
    library = "httpx"
    path = "/api/chat"

    @staticmethod
    def whole(text):
        return {"model": "m", "message": {"role": "assistant", "content": text}, "done": True}

    def _client(self):
        ollama = installed("ollama")
        with warnings.catch_warnings(action="ignore"):
            self.guard.install()  # the SDK takes no client
        return ollama.Client(host=self.url)

    def ask(self, text):
        try:
            return self._client().chat(model="m", messages=messages(text))
        finally:
            self.guard.uninstall()

    def reply(self, handler, body):
        handler.begin("application/x-ndjson")
        for piece in bodies.pieces(TOLD):
            line = {"model": "m", "message": {"role": "assistant", "content": piece}, "done": False}
            handler.part(json.dumps(line).encode() + b"\n")
        handler.part(b"")

    def stream(self):
        import ollama

        seen = []
        try:
            with pytest.raises(ollama.ResponseError) as caught:
                seen.extend(self._client().chat(model="m", messages=messages("Hello."), stream=True))
        finally:
            self.guard.uninstall()
        return seen, str(caught.value)


SDKS = [OpenAI, Responses, Anthropic, Gemini, Mistral, Cohere, Ollama]


def own_exception(name):
    module, _, kind = name.rpartition(".")
    return getattr(installed(module), kind)


def every_word(error):
    """Return all that an exception may put into a log."""
    return f"{error} {error!r} {vars(error)} {getattr(error, 'body', '')}"


@pytest.fixture(params=SDKS, ids=lambda kind: kind.__name__)
def sdk(request, guard, stub):
    installed(
        request.param.error.partition(".")[0] if "google" not in request.param.error else "google.genai"
    )
    made = request.param(guard, stub.url)
    yield made
    made.http.close()


def test_a_blocked_request_raises_the_sdks_own_exception_with_the_rule_and_no_value(sdk, stub, guard, since):
    with pytest.raises(own_exception(sdk.error)) as caught:
        sdk.ask(ASKED)
    told = every_word(caught.value)
    assert RULE in told
    assert "AKIA" not in told
    assert stub.received == []
    assert outcomes(guard, since) == ["sent", "blocked"], "one try"


def test_a_blocked_answer_raises_the_same_and_is_not_asked_for_again(sdk, stub, guard, since):
    stub.faults[sdk.path] = lambda handler, _: handler.reply(type(sdk).whole(TOLD))
    with pytest.raises(own_exception(sdk.error)) as caught:
        sdk.ask("Hello.")
    told = every_word(caught.value)
    assert RULE in told
    assert "AKIA" not in told
    assert outcomes(guard, since) == ["sent", "blocked"], "it was paid for once"


def test_a_block_in_mid_stream_reaches_the_sdk_as_its_streams_own_end(sdk, stub, guard, since):
    stub.faults[sdk.path] = sdk.reply
    seen, told = sdk.stream()
    assert RULE in told
    everything = str(seen) + told
    assert "AKIA" not in everything
    assert "The first is clean." in everything
    assert outcomes(guard, since) == ["sent", "blocked"]


FAMILIES = {
    "anthropic": ({"anthropic-version": "2026-10-21"}, ("error", "type"), "permission_error"),
    "gemini": ({"x-goog-api-key": "k"}, ("error", "status"), "PERMISSION_DENIED"),
    "mistral": ({"user-agent": "mistral-client-python/3"}, ("code",), "403"),
    "cohere": ({"x-fern-sdk-name": "cohere"}, ("code",), "guardrail_blocked"),
    "ollama": ({"user-agent": "ollama-python/0.6"}, ("code",), "guardrail_blocked"),
    "anthropic by its host": ({"host": "api.anthropic.com"}, ("error", "type"), "permission_error"),
    "gemini by its host": ({"host": "generativelanguage.googleapis.com"}, ("error", "code"), 403),
    "all others": ({}, ("error", "code"), "guardrail_blocked"),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_path_without_a_map_is_refused_in_the_form_of_the_sdk_that_asks(family, guard, stub):
    headers, steps, word = FAMILIES[family]
    with guard.http_client() as http:
        made = http.post(f"{stub.url}/v1/elsewhere", json={"text": ASKED}, headers=headers)
    told = made.json()
    for step in steps:
        told = told[step]
    assert (made.status_code, told) == (403, word)
    assert RULE in made.text
    assert "AKIA" not in made.text
