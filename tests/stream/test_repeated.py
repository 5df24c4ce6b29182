"""Events that are alike are read once: what comes out is what reading each of them gives."""

from __future__ import annotations

import json

import pytest
from bodies import PROTOCOLS, SSE, cut, sse
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.answer_events import EventAnswer

PIECES = st.lists(
    st.sampled_from(["Ann ", "Smith", ". ", "j@exam", "ple.org", " and", "\\", '"', "\n", "é", "😀", "",
                     "4111 ", "1" * 12]),
    max_size=30,
)  # fmt: skip
DELTA = {
    "type": "response.output_text.delta",
    "item_id": "m",
    "output_index": 0,
    "content_index": 0,
    "logprobs": [],
}


def answered(guard, name, stream):
    exchange = guard.exchange(protocol=name)
    exchange.answer(SSE)
    out = exchange.response(stream) + exchange.finish()
    return out, exchange.closing("ok")


@settings(max_examples=60, deadline=None)
@given(PIECES, st.sampled_from(sorted(PROTOCOLS)), st.booleans())
def test_a_stream_gives_the_same_whether_alike_events_are_read_or_filled_in(guard, pieces, name, plain):
    protocol = PROTOCOLS[name]
    stream = protocol.stream(pieces or [""])
    if plain:  # the same events with every character escaped
        lines = stream.decode().split("\n")
        stream = "\n".join(
            f"data: {json.dumps(json.loads(line[6:]))}" if line.startswith("data: {") else line
            for line in lines
        ).encode()
    filled = answered(guard, name, stream)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventAnswer, "_remember", lambda *_: None)
        read = answered(guard, name, stream)
    assert filled[0] == read[0]
    assert filled[1].findings == read[1].findings
    times = ("hold_p50_us", "hold_p95_us")
    facts = [
        {name: fact for name, fact in one[1].facts.items() if name not in times} for one in (filled, read)
    ]
    assert facts[0] == facts[1]


@pytest.mark.parametrize(
    "odd",
    [
        {"obfuscation": "j@example.org"},
        {"obfuscation": "4111111111111111"},
        {"item_id": "j@example.org"},
        {"logprobs": [{"token": "j@example.org"}]},
        {"more": "j@example.org"},
        {"sequence_number": "j@example.org"},
    ],
    ids=lambda odd: f"{next(iter(odd))} {next(iter(odd.values()))}",
)
def test_an_event_that_is_not_quite_alike_is_read(guard, odd):
    event = {**DELTA, "sequence_number": 1, "obfuscation": "aB3", "delta": "So it is. "}
    out, _ = answered(guard, "openai.responses", sse(event, event, {**event, **odd}, event))
    assert b"example.org" not in out
    assert b"4111111111111111" not in out


def test_two_choices_in_turn_stay_apart(guard):
    chunks = [
        {"choices": [{"index": index, "delta": {"content": piece}}]}
        for piece in cut("Ask j@example.org now. So be it. ", 4)
        for index in (0, 1)
    ]
    out, _ = answered(guard, "openai.chat", sse(*chunks, named=False))
    said = {0: "", 1: ""}
    for line in out.decode().splitlines():
        for choice in json.loads(line[6:])["choices"] if line.startswith("data: {") else ():
            said[choice["index"]] += choice["delta"]["content"]
    assert said[0] == said[1]
    assert said[0].startswith("Ask <EMAIL_ADDRESS_")
    assert said[0].endswith("> now. So be it. ")
