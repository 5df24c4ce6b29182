"""Streams that are rare: thinking in parts, a block before anything came, events with odd numbers."""

from __future__ import annotations

import json

import pytest
from bodies import JSON, PROTOCOLS, RESPONSES, SSE, chat_joined, cut, events_of, gemini, sse

NAME = "Ann Smith"


def started(guard, name):
    """Return an exchange that waits for its stream, and the token of Ann Smith in it."""
    exchange = guard.exchange(protocol=name)
    protocol = PROTOCOLS[name]
    body = exchange.request(json.dumps(protocol.ask(NAME)).encode(), content_type=JSON)
    exchange.answer(SSE)
    return exchange, protocol.asked(json.loads(body))


def through(exchange, stream):
    return events_of(exchange.response(stream) + exchange.finish())


def mistral(delta, finish=None):
    return {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def parts_of(events, kind):
    contents = [choice["delta"].get("content") for event in events for choice in event["choices"]]
    return [
        part for content in contents if isinstance(content, list) for part in content if part["type"] == kind
    ]


@pytest.mark.parametrize("size", [1, 4, 500])
def test_thinking_in_parts_is_one_text_and_ends_where_the_content_begins(guard, size):
    exchange, token = started(guard, "mistral.chat")
    thinking = [
        mistral({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": one}]}]})
        for one in cut(f"They are {token}, and John Miller", size)
    ]
    words = [mistral({"content": one}) for one in cut(f"Dear {token}, hello", size)]
    got = through(exchange, sse(*thinking, *words, mistral({}, "stop"), named=False, done=True))
    thought = "".join(one["thinking"][0]["text"] for one in parts_of(got, "thinking"))
    assert thought.startswith("They are Ann Smith, and <PERSON_")
    assert thought.endswith(">")
    assert chat_joined([one for one in got if not parts_of([one], "thinking")]) == "Dear Ann Smith, hello"
    kinds = [bool(parts_of([one], "thinking")) for one in got]
    assert kinds == sorted(kinds, reverse=True)


def test_a_content_in_parts_is_one_text_and_what_is_held_of_it_is_a_part(guard):
    exchange, token = started(guard, "mistral.chat")
    words = [mistral({"content": [{"type": "text", "text": one}]}) for one in cut(f"Dear {token}, hello", 3)]
    got = through(exchange, sse(*words, mistral({}, "stop"), named=False, done=True))
    assert "".join(part["text"] for part in parts_of(got, "text")) == "Dear Ann Smith, hello"


def test_gemini_says_of_the_prompt_that_it_was_blocked_where_no_candidate_came(guard):
    exchange, _ = started(guard, "gemini.generate")
    event = {"modelStatus": {"message": "AKIAIOSFODNN7EXAMPLE"}}
    (end,) = through(exchange, sse(event, named=False))
    assert end["promptFeedback"]["blockReason"] == "SAFETY"


@pytest.mark.parametrize("part", [{"text": "fine", "thought": 1}, "a word", {"thought": True}])
def test_an_odd_part_among_thoughts_changes_nothing_of_the_rest(guard, part):
    exchange, token = started(guard, "gemini.generate")
    odd = {"candidates": [{"content": {"parts": [part]}}, {"thought": True}], "usageMetadata": {"thought": 1}}
    got = through(exchange, sse(odd, gemini({"text": f"Dear {token}"}, "STOP"), named=False))
    assert "Dear Ann Smith" in json.dumps(got)


@pytest.mark.parametrize("number", ["7", 1.5, None, 10**20])
def test_an_odd_number_of_an_event_stays_as_it_is(guard, number):
    exchange, token = started(guard, "openai.responses")
    delta = {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0}
    delta |= {"sequence_number": number, "delta": f"Dear {token}"}
    other = {"type": "response.in_progress", "sequence_number": number, "response": 5}
    got = through(exchange, sse(delta, other))
    assert [event["sequence_number"] for event in got if event["type"] != delta["type"]] == [number]
    assert RESPONSES.joined(got) == "Dear Ann Smith"


def test_a_block_before_any_event_of_the_response_is_still_an_end_of_one(guard):
    exchange, _ = started(guard, "openai.responses")
    (end,) = through(
        exchange, sse({"type": "error", "sequence_number": 0, "message": "AKIAIOSFODNN7EXAMPLE"})
    )
    assert end["type"] == "response.failed"
    assert end["sequence_number"] == 0


def test_cohere_ends_its_plan_where_a_call_begins_and_takes_a_second_message_end(guard):
    exchange, token = started(guard, "cohere.chat")
    plan = [
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": one}}}
        for one in cut(f"Ask {token}", 3)
    ]
    call = {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": {"id": "c"}}}}
    end = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
    got = through(exchange, sse(*plan, call, end, end))
    assert "".join(one["delta"]["message"]["tool_plan"] for one in got[:-3]) == "Ask Ann Smith"
    assert [one["type"] for one in got[-3:]] == ["tool-call-start", "message-end", "message-end"]
