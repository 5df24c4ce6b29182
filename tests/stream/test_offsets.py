"""Places that citations tell move with the text that they tell them of."""

from __future__ import annotations

import json

import pytest
from bodies import CHAT, COHERE, JSON, RESPONSES, SSE, cut, events_of, message_item, numbered, response, sse
from hypothesis import given
from hypothesis import strategies as st

from guardrail.offsets import Shift
from guardrail.stream import Part

BEFORE, CITED = "Dear {token} (j@example.org). It is so. ", "the cited words"
SHOWN = "Dear Ann Smith (<"


def asked(guard, protocol):
    exchange = guard.exchange(protocol=protocol.name)
    body = exchange.request(json.dumps(protocol.ask("Ann Smith")).encode(), content_type=JSON)
    before = BEFORE.format(token=protocol.asked(json.loads(body)))
    return exchange, before, before + CITED + " are here. "


def told(text, start, end):
    """Return what a citation tells of the text that went out."""
    assert text.startswith(SHOWN)
    return text[start:end]


def note(start, end):
    return {
        "type": "url_citation",
        "url": "https://example.org/",
        "title": "T",
        "start_index": start,
        "end_index": end,
    }


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("size", [3, 1000])
def test_responses(guard, streamed, size):
    exchange, before, text = asked(guard, RESPONSES)
    mark = note(len(before), len(before) + len(CITED))
    item = message_item(text)
    item["content"][0]["annotations"] = [mark]
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    if not streamed:
        exchange.answer(JSON)
        exchange.response(json.dumps(response([item])).encode())
        part = json.loads(exchange.finish())["output"][0]["content"][0]
        notes = [(part["text"], part["annotations"][0])]
    else:
        exchange.answer(SSE)
        pieces = [{"type": "response.output_text.delta", **place, "delta": one} for one in cut(text, size)]
        added = {"type": "response.output_text.annotation.added", **place, "annotation_index": 0}
        events = numbered(
            *pieces,
            {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
            {**added, "annotation": mark},
            {"type": "response.content_part.done", **place, "part": item["content"][0]},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response([item])},
        )
        out = events_of(exchange.response(sse(*events)) + exchange.finish())
        said = RESPONSES.joined(out)
        part, done, completed = out[-3:]
        notes = [(said, next(one["annotation"] for one in out if "annotation" in one))]
        notes += [
            (one["text"], one["annotations"][0])
            for one in (
                part["part"],
                done["item"]["content"][0],
                completed["response"]["output"][0]["content"][0],
            )
        ]
    assert [told(said, one["start_index"], one["end_index"]) for said, one in notes] == [CITED] * len(notes)
    assert exchange.closing("ok").facts["offsets"] == 2 * len(notes)
    guard.record(exchange.closing("ok"))


@pytest.mark.parametrize("streamed", [True, False])
def test_chat_completions(guard, streamed):
    exchange, before, text = asked(guard, CHAT)
    found = note(len(before), len(before) + len(CITED))
    mark = {"type": "url_citation", "url_citation": {k: v for k, v in found.items() if k != "type"}}
    if streamed:
        exchange.answer(SSE)
        chunks = [{"choices": [{"index": 0, "delta": {"content": one}}]} for one in cut(text, 4)]
        chunks.append({"choices": [{"index": 0, "delta": {"annotations": [mark]}}]})
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        out = events_of(exchange.response(sse(*chunks, named=False)) + exchange.finish())
        said = CHAT.joined(out)
        (got,) = [d["annotations"] for e in out for c in e["choices"] if "annotations" in (d := c["delta"])]
    else:
        body = CHAT.whole(text)
        body["choices"][0]["message"]["annotations"] = [mark]
        exchange.answer(JSON)
        exchange.response(json.dumps(body).encode())
        message = json.loads(exchange.finish())["choices"][0]["message"]
        said, got = message["content"], message["annotations"]
    place = got[0]["url_citation"]
    assert told(said, place["start_index"], place["end_index"]) == CITED


@pytest.mark.parametrize("streamed", [True, False])
def test_cohere(guard, streamed):
    exchange, before, text = asked(guard, COHERE)
    mark = {
        "start": len(before),
        "end": len(before) + len(CITED),
        "text": CITED,
        "content_index": 0,
        "sources": [],
    }
    if streamed:
        exchange.answer(SSE)
        *begin, end, last = events_of(COHERE.stream(cut(text, 6)))
        cited = {"type": "citation-start", "index": 0, "delta": {"message": {"citations": mark}}}
        out = events_of(exchange.response(sse(*begin, cited, end, last)) + exchange.finish())
        said = COHERE.joined(out)
        got = next(e["delta"]["message"]["citations"] for e in out if e["type"] == "citation-start")
    else:
        body = COHERE.whole(text)
        body["message"]["citations"] = [mark]
        exchange.answer(JSON)
        exchange.response(json.dumps(body).encode())
        message = json.loads(exchange.finish())["message"]
        said, got = message["content"][0]["text"], message["citations"][0]
    assert told(said, got["start"], got["end"]) == CITED


@given(st.lists(st.tuples(st.text("ab", max_size=4), st.integers(0, 5), st.booleans()), max_size=8))
def test_a_place_outside_of_what_was_replaced_is_the_same_character(parts):
    taken = [Part(text if new else "x" * size, size, new) for text, size, new in parts]
    shift, came, went = Shift(taken), 0, 0
    for part in taken:
        if not part.new:
            assert all(shift.place(came + n, end=True) == went + n for n in range(1, part.size))
        came, went = came + part.size, went + len(part.text)
    assert shift.place(came + 1, end=False) == went + 1


def test_a_place_inside_of_what_was_replaced_goes_to_its_edge():
    shift = Shift([Part("ab", 2, new=False), Part("[X]", 8, new=True), Part("cd", 2, new=False)])
    assert [shift.place(at, end=False) for at in (0, 2, 5, 10, 12)] == [0, 2, 2, 5, 7]
    assert [shift.place(at, end=True) for at in (2, 5, 10)] == [2, 5, 5]
