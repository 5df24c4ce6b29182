"""Streams that end too often, or are not quite what they claim: nothing gets through between the events."""

from __future__ import annotations

import json

import pytest

SSE = "text/event-stream"
VALUE = "j@example.org"
TEXT = f"Please ask {VALUE} or 4111 1111 1111 1111."


def answered(guard, body, *, protocol="openai.chat", content_type=SSE):
    """Return what becomes of an answer."""
    exchange = guard.exchange(protocol=protocol)
    exchange.answer(content_type)
    return exchange.response(body.encode()) + exchange.finish()


def contents(stream):
    """Return the text that a client joins."""
    data = [line[6:] for line in stream.decode().splitlines() if line.startswith("data: {")]
    return "".join(
        choice["delta"].get("content", "") for one in data for choice in json.loads(one)["choices"]
    )


@pytest.mark.parametrize("reason", ["", "stop"])
def test_an_end_in_every_event_lets_no_value_through_piece_by_piece(guard, reason):
    choices = [{"index": 0, "delta": {"content": c}, "finish_reason": reason} for c in TEXT]
    body = (
        "".join(f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices) + "data: [DONE]\n\n"
    )
    text = contents(answered(guard, body))
    assert VALUE not in text
    assert "@" not in text
    assert text.endswith("> or ************1111.")
