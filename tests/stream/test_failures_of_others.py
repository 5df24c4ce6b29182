"""What systems of this kind are known to get wrong: each failure, by the rule that it breaks.

The numbers are issues of litellm, langchain and llm-guard.
"""

from __future__ import annotations

import json
import logging
import threading

import pytest
from bodies import CHAT, JSON, PROTOCOLS, SSE, cut, events_of, sse

from guardrail import BlockedError, Context, DetectionError
from guardrail.border import Border
from guardrail.exchange import Exchange
from guardrail.wire.maps import protocol_for

ALL = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
CALLING = pytest.mark.parametrize(
    "protocol", [one for one in PROTOCOLS.values() if one.arguments], ids=lambda one: one.name
)


def asked(guard, protocol, text="Ann Smith", **more):
    exchange = guard.exchange(protocol=protocol.name, **more)
    body = exchange.request(json.dumps(protocol.ask(text)).encode(), content_type=JSON)
    return exchange, protocol.asked(json.loads(body))


def streamed(exchange, events):
    exchange.answer(SSE)
    return b"".join([*map(exchange.response, events), exchange.finish()])


def frames(stream):
    return [frame + b"\n\n" for frame in stream.split(b"\n\n") if frame]


@ALL
def test_a_stream_is_not_collected_before_it_is_sent(guard, protocol):  # 31503
    exchange, _ = asked(guard, protocol)
    exchange.answer(SSE)
    text = "This is the first sentence. This is the second. And a third one comes here."
    out, waiting = [], 0
    for frame in frames(protocol.stream(cut(text, 5))):
        out.append(exchange.response(frame))
        waiting = max(waiting, exchange.holds.characters_p95)
    early = protocol.joined(events_of(b"".join(out[: len(out) * 2 // 3])))
    assert early.startswith("This is the first sentence.")
    assert waiting < len(text)


@ALL
@pytest.mark.parametrize("place", range(1, 13))
def test_a_value_over_two_events_is_found(guard, protocol, place):  # 41611
    value = "j@example.org"
    exchange, _ = asked(guard, protocol)
    out = streamed(exchange, [protocol.stream(["Write to ", value[:place], value[place:], " today. Bye."])])
    text = protocol.joined(events_of(out))
    assert text.startswith("Write to <EMAIL_ADDRESS_")
    assert text.endswith("> today. Bye.")


class Failing:
    """A detector that fails where a word stands."""

    def __init__(self, inner):
        self.inner = inner
        self.entities, self.versions = inner.entities, inner.versions

    def detect(self, passages):
        if any("Trip" in passage.text for passage in passages):
            raise RuntimeError(passages[0].text)
        return self.inner.detect(passages)


def failing(guard, protocol):
    border = Border(Failing(guard.detector), guard.policy, guard.keys)
    exchange = guard.exchange()
    return Exchange(border, exchange._asked.tokens, Context(), protocol=protocol.name)


@ALL
def test_an_exception_sends_no_raw_event_and_hides_no_block(guard, protocol):  # 31756
    for text in (
        "Fine so far. Trip over j@example.org. More.",
        "Fine. Trip, and AKIAIOSFODNN7EXAMPLE. More.",
    ):
        exchange = failing(guard, protocol)
        exchange.answer(SSE)
        out = []
        events = map(exchange.response, frames(protocol.stream(cut(text, 4))))
        with pytest.raises(DetectionError) as caught:
            out.extend(events)
        sent = b"".join(out)
        assert b"example.org" not in sent
        assert b"AKIA" not in sent
        assert "Trip" not in str(caught.value)
        event = exchange.closing("error")
        assert (event.facts["outcome"], event.facts["reason"]) == ("error", "detection")


def test_two_people_never_share_a_token(guard):  # 31959
    exchange = guard.exchange(protocol="openai.chat")
    messages = [
        {"role": "user", "content": "I am Ann Smith"},
        {"role": "user", "content": "I am John Miller"},
    ]
    body = exchange.request(json.dumps({"model": "m", "messages": messages}).encode(), content_type=JSON)
    ann, john = (message["content"][5:] for message in json.loads(body)["messages"])
    assert ann != john
    out = streamed(exchange, [CHAT.stream(cut(f"{john} met {ann}. ", 5))])
    assert CHAT.joined(events_of(out)) == "John Miller met Ann Smith. "


@ALL
def test_a_history_has_the_same_bytes_in_every_turn(guard, protocol):  # 41600
    where = Context(conversation="c-1")
    first = asked(guard, protocol, "Ann Smith and j@example.org", context=where)[1]
    assert asked(guard, protocol, "Ann Smith and j@example.org", context=where)[1] == first


def test_arguments_of_calls_in_a_history_are_scrubbed(guard):  # 41265, 31950
    arguments = json.dumps({"to": "j@example.org", "who": "Ann Smith", "card": 4111111111111111})
    function = {"name": "crm_update", "arguments": arguments}
    call = {"id": "c", "type": "function", "function": function}
    block = {"type": "tool_use", "id": "t", "name": "crm", "input": json.loads(arguments)}
    item = {"type": "function_call", "call_id": "c", "name": "crm", "arguments": arguments}
    for name, body in {
        "openai.chat": {"messages": [{"role": "assistant", "tool_calls": [call]}]},
        "anthropic.messages": {"messages": [{"role": "assistant", "content": [block]}]},
        "openai.responses": {"input": [item]},
        "mistral.chat": {"messages": [{"role": "assistant", "tool_calls": [call]}]},
        "cohere.chat": {"messages": [{"role": "assistant", "tool_calls": [call]}]},
    }.items():
        exchange = guard.exchange(protocol=name)
        out = exchange.request(json.dumps({"model": "m", **body}).encode(), content_type=JSON)
        assert b"example.org" not in out, name
        assert b"Ann Smith" not in out, name
        assert b"411111111111" not in out, name
        json.loads(out)


@CALLING
def test_arguments_of_streamed_calls_are_restored_and_stay_json(guard, protocol):  # 37659
    exchange, token = asked(guard, protocol, 'Ann "A" (Smith')
    pieces = cut(json.dumps({"who": token, "mail": "j\u0040example.org"}).replace("@", "\\u0040"), 3)
    out = streamed(exchange, [protocol.arguments("crm_update", pieces)])
    got = json.loads(protocol.called(events_of(out)))
    assert got["who"] == 'Ann "A" (Smith'
    assert got["mail"].startswith("<EMAIL_ADDRESS_")


@ALL
def test_every_protocol_is_restored_whole_and_streamed(guard, protocol):  # 23037
    exchange, token = asked(guard, protocol)
    out = streamed(exchange, [protocol.stream(cut(f"Dear {token}, good day. ", 3))])
    assert protocol.joined(events_of(out)) == "Dear Ann Smith, good day. "
    exchange, token = asked(guard, protocol)
    exchange.answer(JSON)
    exchange.response(json.dumps(protocol.whole(f"Dear {token}")).encode())
    assert b"Dear Ann Smith" in exchange.finish()


@ALL
def test_nothing_is_restored_in_another_exchange(guard, protocol):  # llm-guard 131, 30003
    _, token = asked(guard, protocol, context=Context(conversation="one"))
    outs = []

    def other():
        exchange, _ = asked(guard, protocol, "nobody", context=Context(conversation="two"))
        outs.append(streamed(exchange, [protocol.stream([f"Dear {token}. "])]))

    threads = [threading.Thread(target=other) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [protocol.joined(events_of(out)) for out in outs] == [f"Dear {token}. "] * 4


@ALL
def test_a_detector_that_fails_lets_nothing_pass(guard, protocol):  # 30728
    with pytest.raises(DetectionError):
        failing(guard, protocol).request(
            json.dumps(protocol.ask("Trip j@example.org")).encode(), content_type=JSON
        )


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/responses", "openai.responses"),
        ("/v1/chat/completions", "openai.chat"),
        ("/v1/messages", "anthropic.messages"),
        ("/v1/embeddings", "openai.embeddings"),
        ("/v2/chat", "cohere.chat"),
        ("/v1beta/models/m:streamGenerateContent", "gemini.generate"),
    ],
)
def test_no_endpoint_is_skipped(guard, path, name):  # 14152
    assert protocol_for("POST", path, {}) == name
    bodies = {"openai.embeddings": {"model": "m", "input": ["Ann Smith"]}}
    body = bodies.get(name) or PROTOCOLS[name].ask("Ann Smith")
    assert b"Ann" not in guard.exchange(protocol=name).request(json.dumps(body).encode(), content_type=JSON)
    assert b"Ann" not in guard.exchange().request(json.dumps(body).encode(), content_type=JSON)


def test_the_text_of_a_document_is_looked_at(guard):  # 31655
    source = {"type": "text", "media_type": "text/plain", "data": "Ann Smith, j@example.org"}
    body = {"model": "m", "messages": [{"role": "user", "content": [{"type": "document", "source": source}]}]}
    exchange = guard.exchange(protocol="anthropic.messages")
    out = exchange.request(json.dumps(body).encode(), content_type=JSON)
    assert b"Ann Smith" not in out
    assert b"example.org" not in out


def test_what_a_tool_said_is_scrubbed(guard):  # 14612
    said = {"role": "tool", "tool_call_id": "c", "content": '{"mail": "j\\u0040example.org"}'}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "Ann Smith"}]}
    for name, messages in {
        "openai.chat": [said],
        "anthropic.messages": [{"role": "user", "content": [result]}],
    }.items():
        exchange = guard.exchange(protocol=name)
        out = exchange.request(json.dumps({"model": "m", "messages": messages}).encode(), content_type=JSON)
        assert b"example.org" not in out
        assert b"Ann Smith" not in out


@ALL
def test_a_policy_that_only_watches_changes_no_byte(guards, protocol):  # 30447
    exchange = guards(mode="shadow").exchange(protocol=protocol.name)
    body = json.dumps(protocol.ask("Ann Smith")).encode()
    assert exchange.request(body, content_type=JSON) == body
    stream = protocol.stream(cut("Ask John Miller, j@example.org, 4111 1111 1111 1111. Yes.", 5))
    assert streamed(exchange, frames(stream)) == stream
    assert exchange.closing("ok").findings["EMAIL_ADDRESS"]


@ALL
def test_no_value_gets_into_logs_refusals_or_the_ledger(guard, protocol, caplog):  # 20240, 37965
    caplog.set_level(logging.DEBUG)
    exchange, _ = asked(guard, protocol, "Ann Smith, j@example.org")
    streamed(exchange, [protocol.stream(cut("John Miller, AKIAIOSFODNN7EXAMPLE here. More.", 5))])
    with pytest.raises(BlockedError) as caught:
        asked(guard, protocol, "AKIAIOSFODNN7EXAMPLE")
    told = [exchange.opening(), exchange.closing("ok"), caught.value, exchange.refusal(caught.value).body]
    for value in ("Ann Smith", "example.org", "John", "AKIA"):
        assert value not in caplog.text
        assert value not in repr(told)


def test_only_tokens_become_values_whatever_the_value_is(guard):  # llm-guard
    exchange, token = asked(guard, CHAT, 'Ann "A" (Smith')
    text = "A person (ann) of PERSON: PERSON_, <PERSON> and person_1, a. smith. "
    out = streamed(exchange, [CHAT.stream(cut(text + token + ". ", 4))])
    assert CHAT.joined(events_of(out)) == text + 'Ann "A" (Smith. '


@ALL
def test_no_shape_of_an_event_gets_past(guard, protocol):  # stream_mode="messages"
    exchange, _ = asked(guard, protocol)
    odd = [
        {"type": "messages", "chunk": ["John Miller", {"meta": "j@example.org"}]},
        {"v": {"p": "John Miller"}},
    ]
    out = streamed(exchange, [sse(*odd, named=False)])
    assert b"John" not in out
    assert b"example.org" not in out
