"""The way down: restored for the user, scrubbed of what the model brings, however it is cut."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail import BlockedError, BodyError
from guardrail.testing import memory_guard

JSON = "application/json"
SSE = "text/event-stream"


def chunk(text, size):
    """Return the deltas of a text that comes in pieces."""
    return [{"content": text[at : at + size]} for at in range(0, len(text), size)]


def events(deltas, *, finish="stop"):
    """Return the events of a Chat Completions stream with these deltas."""
    out = []
    for delta in [{"role": "assistant", "content": ""}, *filter(None, deltas), None]:
        choice = {"index": 0, "delta": delta or {}, "finish_reason": None if delta else finish}
        out.append(
            json.dumps(
                {"id": "c", "object": "chat.completion.chunk", "choices": [choice]}, ensure_ascii=False
            )
        )
    return "".join(f"data: {event}\n\n" for event in [*out, "[DONE]"]).encode()


def joined(stream, pick=lambda delta: delta.get("content") or ""):
    """Return the text that a client joins from the events."""
    text = []
    for line in stream.decode().splitlines():
        if line.startswith("data: {"):
            deltas = (choice["delta"] for choice in json.loads(line[6:])["choices"])
            text += [pick(delta) for delta in deltas if delta and "role" not in delta]
    return "".join(text)


@pytest.fixture
def asked(guard):
    """Return a function that starts an exchange; it gives the exchange and the token of Ann Smith."""

    def start(protocol="openai.chat"):
        exchange = guard.exchange(protocol=protocol)
        body = json.dumps({"messages": [{"role": "user", "content": "Ann Smith"}]}).encode()
        token = json.loads(exchange.request(body, content_type=JSON))["messages"][0]["content"]
        return exchange, token

    return start


def whole(exchange, body, content_type=JSON):
    exchange.answer(content_type)
    return exchange.response(body) + exchange.finish()


def test_a_json_answer_is_restored_and_scrubbed(asked):
    exchange, token = asked()
    message = {"role": "assistant", "content": f"Dear {token}, ask John Miller (j@example.org)."}
    new = json.loads(
        whole(exchange, json.dumps({"id": "x", "choices": [{"index": 0, "message": message}]}).encode())
    )
    content = new["choices"][0]["message"]["content"]
    assert content.startswith("Dear Ann Smith, ask <PERSON_")
    assert "John" not in content
    assert "j@example.org" not in content
    closing = exchange.closing("ok")
    assert closing.facts["restored"] == 1
    assert closing.findings == {"PERSON": {"tokenize": 1}, "EMAIL_ADDRESS": {"tokenize": 1}}


def test_an_untouched_answer_keeps_its_bytes(asked):
    exchange, _ = asked()
    body = b'{"id":"chatcmpl-1" , "choices":[{"index":0,"message":{"content":"fine"}}],"usage":{"total":1.0}}'
    assert whole(exchange, body) == body


def test_logprobs_are_nulled_because_they_repeat_the_text(asked):
    exchange, _ = asked()
    choice = {
        "index": 0,
        "message": {"content": "John"},
        "logprobs": {"content": [{"token": "John", "bytes": [74]}]},
    }
    assert (
        json.loads(whole(exchange, json.dumps({"choices": [choice]}).encode()))["choices"][0]["logprobs"]
        is None
    )


@pytest.mark.parametrize(("name", "restored"), [("crm_update", True), ("web_search", False)])
def test_a_tool_sees_a_value_only_if_the_rule_names_it(asked, name, restored):
    exchange, token = asked()
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps({"who": token})},
    }
    body = json.dumps(
        {"choices": [{"index": 0, "message": {"content": None, "tool_calls": [call]}}]}
    ).encode()
    function = json.loads(whole(exchange, body))["choices"][0]["message"]["tool_calls"][0]["function"]
    assert json.loads(function["arguments"])["who"] == ("Ann Smith" if restored else token)


@pytest.mark.parametrize(("name", "restored"), [("crm_update", True), ("web_search", False)])
def test_streamed_tool_arguments_are_json_and_restored_only_for_named_tools(guard, name, restored):
    exchange = guard.exchange(protocol="openai.chat")
    user = json.dumps({"messages": [{"role": "user", "content": '"quoted" x@example.com'}]}).encode()
    content = json.loads(exchange.request(user, content_type=JSON))["messages"][0]["content"]
    token = content.split()[1]
    arguments = json.dumps({"who": token, "note": 'say "hi"\n'})
    first = {"index": 0, "id": "c", "type": "function", "function": {"name": name, "arguments": ""}}
    pieces = [{"tool_calls": [first]}]
    pieces += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in arguments]
    stream = events([*pieces, None], finish="tool_calls")
    out = joined(whole(exchange, stream, SSE), lambda delta: delta["tool_calls"][0]["function"]["arguments"])
    assert json.loads(out) == {"who": "x@example.com" if restored else token, "note": 'say "hi"\n'}


def test_a_stream_is_restored_and_scrubbed_over_its_events(asked):
    exchange, token = asked()
    out = whole(exchange, events(chunk(f"Dear {token}, John Miller called from j@example.org. Bye.", 5)), SSE)
    text = joined(out)
    assert text.startswith("Dear Ann Smith, <PERSON_")
    assert text.endswith(">. Bye.")
    assert b"John" not in out
    assert out.endswith(b"data: [DONE]\n\n")


def test_events_keep_their_ids_their_order_and_their_usage(asked):
    exchange, _ = asked()
    usage = b'data: {"id":"c","choices":[],"usage":{"total_tokens":7}}\n\n'
    stream = b": ping\n\n" + events(chunk("fine", 2)).replace(
        b"data: [DONE]", usage.strip() + b"\n\ndata: [DONE]"
    )
    out = whole(exchange, stream, SSE)
    assert out.startswith(b": ping\n\n")
    assert usage in out
    assert out.count(b'"id": "c"') == stream.count(b'"id": "c"') + 1  # what was held comes in one event more
    assert out.index(b"fine") < out.index(b'"finish_reason": "stop"') < out.index(usage)


TEXT = "Dear {token}, call John Miller.\nCard 4111 1111 1111 1111! é 😀 j@example.org. Yours"


def answered(guard, cut_events, cut_bytes=None, ends=b"\n"):
    """Return the answer to a request that names Ann Smith, its events and its bytes cut as told."""
    exchange = guard.exchange(protocol="openai.chat")
    body = json.dumps({"messages": [{"role": "user", "content": "Ann Smith"}]}).encode()
    token = json.loads(exchange.request(body, content_type=JSON))["messages"][0]["content"]
    stream = events(chunk(TEXT.format(token=token), cut_events)).replace(b"\n", ends)
    exchange.answer(SSE)
    places = [0, *sorted(at % len(stream) for at in cut_bytes or ()), len(stream)]
    parts = [stream[a:b] for a, b in itertools.pairwise(places)]
    return b"".join([*(exchange.response(part) for part in parts), exchange.finish()])


@settings(max_examples=60)
@given(
    size=st.integers(1, 12),
    ends=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    cuts=st.lists(st.integers(0, 2**16)),
)
def test_the_answer_never_depends_on_how_the_bytes_were_cut(guard, size, ends, cuts):
    assert answered(guard, size, cuts, ends) == answered(guard, size, None, ends)


@pytest.mark.parametrize("size", range(1, 90))
def test_the_joined_text_never_depends_on_the_size_of_the_events(guard, size):
    text = joined(answered(guard, size))
    assert text == joined(answered(guard, 1000))
    assert text.startswith("Dear Ann Smith, call <PERSON_")


def test_a_plain_text_answer_streams_and_may_be_cut_inside_a_character(asked):
    exchange, token = asked("")
    body = f"Grüße an {token}. Und an Müller. 😀".encode()
    assert exchange.answer("text/plain; charset=utf-8") == "stream"
    out = b"".join(exchange.response(body[at : at + 1]) for at in range(len(body))) + exchange.finish()
    assert out.decode().startswith("Grüße an Ann Smith. Und an <PERSON_")
    assert out.decode().endswith("😀")


def test_generic_events_join_the_pieces_of_a_text(asked):
    exchange, token = asked("")
    pieces = chunk(f"Hi {token}, I am John Miller.", 4)
    body = b"".join(
        b"event: delta\ndata: " + json.dumps({"n": 1, "delta": p["content"]}).encode() + b"\n\n"
        for p in pieces
    )
    out = whole(exchange, body, SSE)
    text = "".join(
        json.loads(line[6:])["delta"] for line in out.decode().splitlines() if line.startswith("data: ")
    )
    assert text.startswith("Hi Ann Smith, I am <PERSON_")
    assert "John" not in out.decode()


def test_plain_events_join_the_pieces_of_a_text(asked):
    exchange, token = asked("")
    body = b"".join(
        f"data: {piece['content']}\n\n".encode() for piece in chunk(f"Hi_{token}, John Miller.", 3)
    )
    out = whole(exchange, body, SSE).decode()
    assert "John" not in out
    assert "Miller" not in out


def test_other_fields_of_an_event_are_scrubbed_each_for_itself(asked):
    exchange, _ = asked()
    body = b'data: {"choices":[],"note":"John Miller"}\n\n'
    assert b"John" not in whole(exchange, body, SSE)


def test_a_blocked_stream_ends_with_content_filter_and_nothing_of_the_value(asked):
    exchange, _ = asked()
    out = whole(exchange, events(chunk("The key is AKIAIOSFODNN7EXAMPLE, keep it. More text here. ", 5)), SSE)
    assert b"AKIA" not in out
    assert b"More" not in out
    assert b'"finish_reason": "content_filter"' in out
    assert out.endswith(b"data: [DONE]\n\n")
    assert exchange.closing("ok").facts["outcome"] == "blocked"
    assert exchange.response(b"data: more\n\n") == b""


def test_a_block_that_is_seen_at_the_very_end_ends_the_stream_too(asked):
    exchange, _ = asked()
    body = events(chunk("The key: AKIAIOSFODNN7EXAMPLE", 5)).split(b"data: [DONE]")[0].rsplit(b"data: ", 1)[0]
    out = whole(exchange, body, SSE)
    assert b"content_filter" in out
    assert b"AKIA" not in out


def test_a_blocked_plain_or_generic_answer_says_so(asked):
    exchange, _ = asked("")
    body = b'data: {"delta":"AKIAIOSFODNN7EXAMPLE is it"}\n\n'
    assert b"guardrail_blocked" in whole(exchange, body, SSE)
    exchange, _ = asked("")
    with pytest.raises(BlockedError):
        whole(exchange, b"AKIAIOSFODNN7EXAMPLE", "text/plain")


def test_half_an_event_at_the_end_is_dropped_and_counted(asked):
    exchange, _ = asked()
    out = whole(exchange, b'data: {"choices":[{"index":0,"delta":{"content":"John', SSE)
    assert out == b""
    assert exchange.closing("error").facts["passed"]["cut_event"] > 0


def test_an_answer_that_claims_to_be_json_is_looked_at_as_text(asked):
    exchange, token = asked()
    assert whole(exchange, f"{{broken {token}, John Miller".encode()).startswith(
        b"{broken Ann Smith, <PERSON_"
    )


def test_an_event_that_is_not_utf8_and_one_text_too_many_end_the_stream(asked):
    exchange, _ = asked()
    exchange.answer(SSE)
    with pytest.raises(BodyError):
        exchange.response(b"data: \xff\n\n")
    many = [json.dumps({"choices": [{"index": at, "delta": {"content": "x"}}]}) for at in range(300)]
    exchange, _ = asked()
    exchange.answer(SSE)
    with pytest.raises(BodyError):
        exchange.response("".join(f"data: {one}\n\n" for one in many).encode())


def test_an_answer_that_cannot_be_read_follows_the_policy(asked, policy_file):
    exchange, _ = asked()
    with pytest.raises(BodyError):
        exchange.answer("image/png")
    with memory_guard(policy_file(on_unreadable="pass")) as guard:
        exchange = guard.exchange()
        assert exchange.answer("image/png") == "pass"
        assert exchange.response(b"\x89") + exchange.finish() == b"\x89"


def test_a_form_answer_and_an_empty_answer(asked):
    exchange, token = asked("")
    form = f"a={token}".replace("<", "%3C").replace(">", "%3E").encode()
    assert whole(exchange, form, "application/x-www-form-urlencoded") == b"a=Ann+Smith"
    exchange, _ = asked("")
    assert whole(exchange, b"") == b""


def test_a_key_of_the_answer_is_restored(asked):
    exchange, token = asked("")
    assert json.loads(whole(exchange, json.dumps({token: 1}).encode())) == {"Ann Smith": 1}


def test_names_ids_and_comments_of_events_are_counted_as_passed(asked):
    exchange, _ = asked()
    whole(exchange, b": hello\n\nevent: note\nid: 7\ndata: {}\n\n", SSE)
    assert exchange.closing("ok").facts["passed"]["framing"] == len(": hello" + "event: note" + "id: 7")
