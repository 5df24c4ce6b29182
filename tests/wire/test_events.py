"""Each text of a streamed answer has its own channel, and no event repeats the raw text beside it."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guardrail.wire.document import JsonDocument, values_of
from guardrail.wire.erase import erased
from guardrail.wire.events import DONE, Channel, ChatEvents, GenericEvents
from guardrail.wire.openai import CHAT
from guardrail.wire.protocol import GENERIC
from guardrail.wire.shapes import shape_of
from guardrail.wire.sse import data_of, with_data

SHAPE = ChatEvents()
ENVELOPE = {"id": "c-1", "object": "chat.completion.chunk", "created": 7, "model": "m"}


def chunk(*choices, **more):
    return json.dumps({**ENVELOPE, "choices": list(choices), **more})


def pieces(data, shape=SHAPE):
    """Return (channel, text) of every piece of an event."""
    document = JsonDocument(data, shape.fields)
    values = values_of(document.leaves)
    return [
        (shape.channel(leaf.path, values), leaf.text)
        for leaf in document.leaves
        if leaf.kind in {"delta", "loose"} and leaf.names
    ]


def ended(data, shape=SHAPE):
    return shape.ended(values_of(JsonDocument(data, shape.fields).leaves))


def test_a_protocol_has_its_shape():
    assert isinstance(shape_of(CHAT), ChatEvents)
    assert isinstance(shape_of(GENERIC), GenericEvents)


def test_the_texts_of_a_choice_are_told_apart():
    delta = {"content": "a", "refusal": "b", "reasoning_content": "c", "role": "assistant"}
    found = pieces(chunk({"index": 0, "delta": delta}))
    assert [(channel.key, text) for channel, text in found] == [
        (("0", ("content",)), "a"),
        (("0", ("refusal",)), "b"),
        (("0", ("reasoning_content",)), "c"),
    ]


def test_a_choice_is_told_by_its_own_index_and_not_by_its_place():
    one = pieces(chunk({"delta": {"content": "a"}, "index": 1}, {"index": 0, "delta": {"content": "b"}}))
    other = pieces(chunk({"index": 1, "delta": {"content": "c"}}))
    assert one[0][0] == other[0][0]
    assert one[1][0].group == "0"


def test_a_choice_without_an_index_is_told_by_its_place():
    found = pieces(chunk({"delta": {"content": "a"}}, {"delta": {"content": "b"}}))
    assert [channel.group for channel, _ in found] == ["0", "1"]


def test_a_tool_call_is_told_by_its_own_index_and_knows_its_tool():
    call = {"index": 2, "id": "x", "type": "function", "function": {"name": "crm", "arguments": '{"a'}}
    ((channel, text),) = pieces(chunk({"index": 0, "delta": {"tool_calls": [call]}}))
    assert channel.key == ("0", ("tool_calls", 2, "function", "arguments"))
    assert (channel.tool, text) == ("crm", '{"a')
    later = {"index": 2, "function": {"arguments": 'b"}'}}
    assert pieces(chunk({"index": 0, "delta": {"tool_calls": [later]}}))[0][0].key == channel.key


def test_a_tool_of_the_callers_own_and_the_old_function_call_know_their_name():
    custom = {"index": 0, "custom": {"name": "sql", "input": "SELECT"}}
    ((channel, _),) = pieces(chunk({"index": 0, "delta": {"tool_calls": [custom]}}))
    assert channel.tool == "sql"
    ((channel, _),) = pieces(
        chunk({"index": 0, "delta": {"function_call": {"name": "crm", "arguments": "{"}}})
    )
    assert channel.tool == "crm"


def test_two_tool_calls_of_one_event_are_two_texts():
    calls = [{"index": at, "function": {"name": name, "arguments": "x"}} for at, name in ((1, "a"), (0, "b"))]
    found = pieces(chunk({"index": 0, "delta": {"tool_calls": calls}}))
    assert [(channel.steps[1], channel.tool) for channel, _ in found] == [(1, "a"), (0, "b")]


@pytest.mark.parametrize("index", ["x", -1, 1.5, 10**9, None, "", "٣" * 9])
def test_a_hostile_index_of_a_tool_call_falls_back_to_its_place(index):
    call = {"index": index, "function": {"arguments": "x"}}
    ((channel, _),) = pieces(chunk({"index": 0, "delta": {"tool_calls": [call]}}))
    assert channel.steps[1] == 0


def test_a_delta_that_is_a_string_itself_is_a_piece():
    ((channel, text),) = pieces(chunk({"index": 0, "delta": "abc"}))
    assert (channel.steps, text) == ((), "abc")
    assert pieces(SHAPE.tail(chunk(), channel, "x"))[0] == (channel, "x")


def test_finish_reason_ends_the_choice_that_has_it():
    data = chunk(
        {"index": 3, "delta": {}, "finish_reason": "stop"},
        {"index": 1, "delta": {"content": "x"}, "finish_reason": None},
        {"delta": {}, "finish_reason": "length"},
    )
    assert ended(data) == {"3", "2"}
    assert ended(chunk()) == frozenset()
    assert ended(json.dumps({"x": {"finish_reason": "stop"}, "choices": "finish_reason"})) == frozenset()


def test_a_finish_reason_inside_a_delta_ends_nothing():
    assert ended(chunk({"index": 0, "delta": {"finish_reason": "stop"}})) == frozenset()


names = st.sampled_from(["content", "refusal", "reasoning", "x y", "é"])
steps = st.one_of(
    st.tuples(names),
    st.tuples(names, names),
    st.tuples(st.just("tool_calls"), st.integers(0, 99_999), st.just("function"), st.just("arguments")),
    st.tuples(st.just("content"), st.integers(0, 9), st.just("text")),
    st.tuples(st.just("audio"), st.just("transcript")),
    st.tuples(names, st.integers(0, 9), names, st.integers(0, 9), names),
    st.tuples(names, st.just(0)),
    st.just(()),
)


@settings(max_examples=200)
@given(st.integers(0, 99_999), steps, st.text(max_size=12))
@example(0, ("content",), "half \ud83d of a pair")
@example(1, ("words", 0), "a list of strings")
def test_a_tail_carries_its_text_in_its_own_channel_and_nothing_else(group, way, text):
    channel = Channel(str(group), way)
    data = SHAPE.tail(chunk({"index": 9, "delta": {"content": "raw"}}), channel, text)
    assert [(found.key, piece) for found, piece in pieces(data)] == [(channel.key, text)]
    assert ended(data) == frozenset()
    body = json.loads(data)
    assert {key: body[key] for key in ENVELOPE} == ENVELOPE
    assert "raw" not in data
    assert json.loads(data_of(with_data(b"data: \n\n", data))) == body


def test_a_tail_repeats_neither_usage_nor_obfuscation_nor_log_probabilities():
    data = chunk(
        {"index": 0, "delta": {"content": "a"}, "logprobs": {"content": []}}, usage={"n": 1}, obfuscation="zz"
    )
    body = json.loads(SHAPE.tail(data, Channel("0", ("content",)), "b"))
    assert set(body) == {*ENVELOPE, "choices"}
    assert body["choices"] == [{"index": 0, "delta": {"content": "b"}, "finish_reason": None}]


@pytest.mark.parametrize("data", ["", "no json", "[]", '"text"', "null", "7", '{"id": ' + "9" * 5000 + "}"])
def test_a_tail_needs_no_event_to_be_modelled_on(data):
    body = json.loads(SHAPE.tail(data, Channel("0", ("content",)), "b"))
    assert body["object"] == "chat.completion.chunk"
    assert body["choices"][0]["delta"] == {"content": "b"}


@pytest.mark.parametrize(
    ("group", "index"), [("0", 0), ("12", 12), ("x", 0), ("", 0), ("999999999", 0), ("1.5", 0)]
)
def test_a_group_that_is_no_index_goes_to_the_first_choice(group, index):
    assert json.loads(SHAPE.tail("{}", Channel(group, ("content",)), "b"))["choices"][0]["index"] == index


def test_a_blocked_stream_ends_every_choice_and_then_itself():
    *chunks, done = SHAPE.stopped(chunk({"index": 0, "delta": {"content": "Zaphira"}}), ["0", "2"])
    assert done == DONE
    (end,) = map(json.loads, chunks)
    assert [(choice["index"], choice["finish_reason"]) for choice in end["choices"]] == [
        (0, "content_filter"),
        (2, "content_filter"),
    ]
    assert end["id"] == "c-1"
    assert "Zaphira" not in str(end)


def test_a_stream_that_is_blocked_before_its_first_piece_ends_its_first_choice():
    end = json.loads(SHAPE.stopped("{}", [])[0])
    assert [choice["index"] for choice in end["choices"]] == [0]


def test_a_chunk_that_the_sdk_parses_ends_a_blocked_stream():
    chat = pytest.importorskip("openai.types.chat", reason="the openai SDK is not installed")
    end = chat.ChatCompletionChunk.model_validate_json(SHAPE.stopped(chunk(), ["0"])[0])
    assert end.choices[0].finish_reason == "content_filter"
    tail = SHAPE.tail(chunk(), Channel("0", ("tool_calls", 1, "function", "arguments")), "x")
    parsed = chat.ChatCompletionChunk.model_validate_json(tail)
    assert parsed.choices[0].delta.tool_calls[0].function.arguments == "x"


LOGPROBS = {"content": [{"token": "Zaph", "bytes": [90, 97], "logprob": -0.1, "top_logprobs": []}]}


def test_log_probabilities_are_nulled_and_every_other_byte_stays():
    data = chunk(
        {"index": 0, "delta": {"content": "x"}, "logprobs": LOGPROBS, "n": 1.50},
        {"index": 1, "logprobs": None},
        big=12345678901234567890123,
    )
    spelt = json.dumps(LOGPROBS)
    assert data.count(spelt) == 1
    assert SHAPE.prepare(data) == erased(CHAT, data) == data.replace(spelt, "null")


HIDDEN = {
    "an escaped key": '{"choices": [{"log\\u0070robs": {"content": [{"token": "Zaph"}]}}]}',
    "a key that stands twice": '{"choices": [{"logprobs": {"t": "Zaph"}, "logprobs": null}]}',
    "choices that stand twice": '{"choices": [{"logprobs": {"t": "Zaph"}}], "choices": []}',
    "a number of five thousand digits": '{"n": ' + "9" * 5000 + ', "choices": [{"logprobs": {"t": "Zaph"}}]}',
    "such a number inside": '{"choices": [{"logprobs": {"t": "Zaph", "n": ' + "9" * 5000 + "}}]}",
    "a list": '{"choices": [{"logprobs": [["Zaph"]]}]}',
    "a bare string": '{"choices": [{"logprobs" :\n "Zaph"}]}',
    "beside what Python takes": '{"choices": [{"logprobs": {"t": "Zaph", "n": -Infinity}}], "x": NaN}',
    "choices by name": '{"choices": {"a": {"logprobs": {"t": "Zaph"}}}}',
    "beside a null": '{"choices": [{"logprobs": null}, {"logprobs": {"t": "Zaph"}}]}',
}


@pytest.mark.parametrize("data", HIDDEN.values(), ids=HIDDEN.keys())
def test_log_probabilities_are_found_however_they_are_written(data):
    nulled = erased(CHAT, data)
    assert "Zaph" not in nulled
    JsonDocument(nulled, CHAT.event, lenient=True)


SAME = [
    chunk({"index": 0, "logprobs": None}),
    '{"choices":[{"index":0,"logprobs":null}]}',
    '{"choices": [{"logprobs" : \n null }]}',
    '{"logprobs": {"content": "x"}}',
    '{"choices": [{"delta": {"content": "\\"logprobs\\": {}"}}]}',
    '{"choices": [{"message": {"logprobs": {"a": 1}}}]}',
    '{"choices": [{"delta": {"content": "\\u0041nn"}}]}',
    "no json at all: logprobs",
    '{"choices": [{"logprobs": {"a": }}]}',
    "",
    "7",
]


@pytest.mark.parametrize("data", SAME)
def test_what_has_no_log_probabilities_stays_as_it_is(data):
    assert erased(CHAT, data) == data


GENERAL = GenericEvents()


def test_without_a_protocol_a_text_is_told_by_the_way_to_it():
    found = pieces('{"delta": {"text": "a", "n": 5}, "content": ["b"], "id": "x"}', GENERAL)
    assert [(channel.key, text) for channel, text in found] == [
        (("", ("delta", "text")), "a"),
    ]
    assert GENERAL.prepare('{"logprobs": 1}') == '{"logprobs": 1}'
    assert ended('{"finish_reason": "stop"}', GENERAL) == frozenset()


def test_without_a_protocol_a_tail_is_the_last_event_with_this_piece_alone():
    data = '{"type": "d", "delta": {"text": "raw", "other": "raw too", "n": 5}, "content": "raw"}'
    tail = json.loads(GENERAL.tail(data, Channel("", ("delta", "text")), "rest"))
    assert tail == {"type": "d", "delta": {"text": "rest", "other": "", "n": 5}, "content": ""}


def test_without_a_protocol_a_piece_that_is_json_is_replaced_whole():
    data = json.dumps({"delta": {"partial_json": '{"a": "raw"}'}})
    tail = json.loads(GENERAL.tail(data, Channel("", ("delta", "partial_json")), '{"b'))
    assert tail == {"delta": {"partial_json": '{"b'}}


def test_without_a_protocol_a_blocked_stream_ends_with_an_error():
    (end,) = GENERAL.stopped('{"delta": "Zaphira"}', ["0"])
    assert json.loads(end)["error"]["type"] == "guardrail_blocked"
    assert "Zaphira" not in end
