"""What odd but lawful streams and documents must not do: leak, lose an event, or end with a bare error."""

from __future__ import annotations

import json

import pytest

JSON = "application/json"
SSE = "text/event-stream"
BOM = b"\xef\xbb\xbf"


def asked(guard, text, protocol="openai.chat"):
    """Return an exchange and what its request became."""
    exchange = guard.exchange(protocol=protocol)
    body = json.dumps({"messages": [{"role": "user", "content": text}]}).encode()
    return exchange, json.loads(exchange.request(body, content_type=JSON))["messages"][0]["content"]


def streamed(exchange, *chunks, content_type=SSE):
    exchange.answer(content_type)
    return b"".join([*map(exchange.response, chunks), exchange.finish()])


def event(delta, **choice):
    return json.dumps({"id": "c", "choices": [{"index": 0, "delta": delta, **choice}]}).encode()


def test_a_byte_order_mark_before_the_first_event_hides_no_data(guard):
    exchange, token = asked(guard, "Ann Smith")
    out = streamed(exchange, BOM + b"data: " + event({"content": f"{token} and John Miller. "}) + b"\n\n")
    assert out.startswith(BOM)
    assert b"Ann Smith" in out
    assert b"John Miller" not in out
    assert token.encode() not in out


def test_the_last_event_of_a_stream_with_bare_crs_is_not_lost(guard):
    exchange, token = asked(guard, "Ann Smith")
    stream = b"data: " + event({"content": f"Hi {token}"}) + b"\r\rdata: [DONE]\r\r"
    out = streamed(exchange, stream[:20], stream[20:])
    assert b"Hi Ann Smith" in out
    assert out.endswith(b"data: [DONE]\r\r")


def test_half_a_surrogate_pair_that_is_held_to_the_end_ends_no_stream(guard):
    exchange, _ = asked(guard, "Ann Smith")
    out = streamed(exchange, b"data: " + event({"content": "so \ud83d"}) + b"\n\n", b"data: [DONE]\n\n")
    assert b"\\ud83d" in out
    assert out.endswith(b"data: [DONE]\n\n")


def test_log_probabilities_under_an_escaped_key_do_not_pass(guard):
    exchange, _ = asked(guard, "Ann Smith")
    data = event({"content": "x"}, logprobs={"content": [{"token": "John"}, {"token": " Miller"}]})
    out = streamed(exchange, b"data: " + data.replace(b"logprobs", b"log\\u0070robs") + b"\n\n")
    assert b"John" not in out
    assert b"Miller" not in out


def test_a_restored_value_with_a_cr_in_it_begins_no_field_of_an_event(guard):
    exchange, scrubbed = asked(guard, "221B Baker Street", protocol="")
    token = scrubbed
    exchange._answered.tokens.issue("ADDRESS", "1 Road\rid: 7\r\revent: x", restore=["completion"])
    other = exchange._answered.tokens.issue("ADDRESS", "1 Road\rid: 7\r\revent: x")
    out = streamed(exchange, f"data: to {token} or {other}.\n\n".encode())
    assert b"221B Baker Street" in out
    assert b"1 Road" in out
    assert all(line.startswith(b"data:") or not line for line in out.splitlines())


@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_escapes_in_a_tool_calls_arguments_hide_nothing_behind_white_space(guard, space):
    exchange = guard.exchange(protocol="openai.chat")
    arguments = space + '{"to": "\\u0041nn Smith"}'
    call = {"id": "1", "type": "function", "function": {"name": "mail", "arguments": arguments}}
    body = {"messages": [{"role": "assistant", "tool_calls": [call]}]}
    out = exchange.request(json.dumps(body).encode(), content_type=JSON)
    assert b"nn Smith" not in out
    assert b"<PERSON_" in out


CALLS = {
    "a function": lambda name, text: {
        "tool_calls": [{"index": 0, "function": {"name": name, "arguments": text}}]
    },
    "a custom tool": lambda name, text: {
        "tool_calls": [{"index": 0, "custom": {"name": name, "input": text}}]
    },
    "an old function call": lambda name, text: {"function_call": {"name": name, "arguments": text}},
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("way", ["whole", "stream"])
@pytest.mark.parametrize(("name", "restored"), [("crm_update", True), ("web_search", False)])
def test_every_kind_of_tool_sees_a_value_only_where_the_rule_names_it(guard, call, way, name, restored):
    exchange, token = asked(guard, "Ann Smith")
    delta = call(name, json.dumps({"to": token}))
    if way == "whole":
        body = json.dumps({"choices": [{"index": 0, "message": delta}]}).encode()
        out = streamed(exchange, body, content_type=JSON)
    else:
        out = streamed(exchange, b"data: " + event(delta) + b"\n\n", b"data: [DONE]\n\n")
    assert (b"Ann Smith" in out) == restored
    assert (token.encode() in out) != restored


def test_a_value_with_quotes_stands_unescaped_in_the_plain_input_of_a_custom_tool(guard):
    exchange, _ = asked(guard, "Ann Smith")
    token = exchange._answered.tokens.issue("PERSON", 'Ann "Bee" Smith', restore=["tool:crm_*"])
    text = f"SELECT {token}"
    delta = {"tool_calls": [{"index": 0, "custom": {"name": "crm_sql", "input": text}}]}
    out = streamed(exchange, b"data: " + event(delta) + b"\n\n", b"data: [DONE]\n\n")
    pieces = [
        call["custom"].get("input", "")
        for line in out.decode().splitlines()
        if line.startswith("data: {")
        for call in json.loads(line[6:])["choices"][0]["delta"]["tool_calls"]
    ]
    assert "".join(pieces) == 'SELECT Ann "Bee" Smith'
