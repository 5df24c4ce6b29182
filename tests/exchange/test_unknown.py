"""What no map knows follows the policy, in a document and in a stream, and is counted."""

from __future__ import annotations

import json

import pytest

from guardrail import BodyError
from guardrail.testing import memory_guard

KNOWN = {"Ann Smith": "PERSON", "John Miller": "PERSON"}
STREAMS = {
    "openai.chat": lambda piece: {"choices": [{"index": 0, "delta": {"mood": piece}}]},
    "mistral.chat": lambda piece: {"choices": [{"index": 0, "delta": {"mood": piece}}]},
    "anthropic.messages": lambda piece: {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "mood_delta", "mood": piece},
    },
    "openai.responses": lambda piece: {
        "type": "response.mood.delta",
        "item_id": "i",
        "delta": {"mood": piece},
    },
}
ANSWERS = {
    "openai.chat": {"choices": [{"message": {"content": "fine", "mood": "John Miller"}}]},
    "mistral.chat": {"choices": [{"message": {"content": "fine", "mood": "John Miller"}}]},
    "anthropic.messages": {"content": [{"type": "mood", "mood": "John Miller"}]},
    "openai.responses": {"output": [{"type": "mood", "mood": "John Miller"}]},
    "gemini.generate": {"candidates": [{"mood": "John Miller"}]},
    "cohere.chat": {"message": {"mood": "John Miller"}},
    "ollama.chat": {"mood": "John Miller"},
}


@pytest.fixture(scope="module")
def guards(policy_file):
    made = {
        setting: memory_guard(policy_file(unknown_field=setting), known=KNOWN)
        for setting in ("scrub", "block", "pass")
    }
    yield made
    for one in made.values():
        one.close()


def streamed(guard, protocol, pieces):
    exchange = guard.exchange(protocol=protocol)
    exchange.answer("text/event-stream")
    events = (f"data: {json.dumps(STREAMS[protocol](piece))}\n\n".encode() for piece in pieces)
    out = b"".join([*(exchange.response(event) for event in events), exchange.finish()])
    return out.decode(), exchange.closing("ok").facts


@pytest.mark.parametrize("protocol", STREAMS)
def test_an_unknown_piece_of_a_stream_is_scrubbed_whole_blocked_or_passed(guards, protocol):
    pieces = ["I am John", " Miller", ". Bye."]
    out, facts = streamed(guards["scrub"], protocol, pieces)
    assert "John" not in out
    assert "Miller" not in out
    assert facts["coverage"]["unknown_field"] == len("".join(pieces))
    with pytest.raises(BodyError):
        streamed(guards["block"], protocol, pieces)
    out, facts = streamed(guards["pass"], protocol, pieces)
    assert "I am John" in out
    assert facts["passed"]["unknown_field"] == len("".join(pieces))


@pytest.mark.parametrize("protocol", ANSWERS)
def test_an_unknown_field_of_an_answer_is_scrubbed_blocked_or_passed(guards, protocol):
    body = json.dumps(ANSWERS[protocol]).encode()

    def answered(setting):
        exchange = guards[setting].exchange(protocol=protocol)
        exchange.answer("application/json")
        exchange.response(body)
        return exchange.finish(), exchange.closing("ok").facts

    out, facts = answered("scrub")
    assert b"John" not in out
    assert facts["coverage"]["unknown_field"] == len("John Miller")
    with pytest.raises(BodyError):
        answered("block")
    out, facts = answered("pass")
    assert out == body
    assert facts["passed"]["unknown_field"] == len("John Miller")
