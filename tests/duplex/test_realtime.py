"""OpenAI Realtime: what each side says is guarded, and told again as it was told."""

from __future__ import annotations

import base64
import json

import pytest

from guardrail import BlockedError, BodyError
from guardrail.testing import memory_guard

PROTOCOL = "openai.realtime"
SOUND = base64.b64encode(b"\x00\x01" * 40).decode()
KEY = "sk-proj-" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" + "zA1bC2dE3fG4hJ5k"
REPLY = "Hello <>, John Miller has j@example.org. Bye."


def item(text, **more):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


def sent(duplex, **event):
    (out,) = duplex.up(json.dumps(event))
    return json.loads(out)


def got(duplex, *events):
    """Return what the client gets of the server's events."""
    return [json.loads(one) for event in events for one in duplex.down(json.dumps(event))]


def token_of(duplex):
    event = sent(duplex, type="conversation.item.create", item=item("Ann Smith"))
    return event["item"]["content"][0]["text"]


def spoken(kind, text, size, *, response="resp_1", item_id="item_1", **more):
    """Return the events of one text, each with an id of its own."""
    place = {"item_id": item_id, "content_index": 0, "output_index": 0, "response_id": response, **more}
    return [
        {"type": f"response.{kind}.delta", "event_id": f"event_{at}", **place, "delta": text[at : at + size]}
        for at in range(0, len(text), size)
    ], place


@pytest.mark.parametrize("size", [1, 2, 5, 7, 100])
@pytest.mark.parametrize(
    ("kind", "field", "part"),
    [("output_text", "text", "text"), ("output_audio_transcript", "transcript", "transcript")],
)
def test_the_deltas_the_end_the_item_and_the_response_tell_the_same_text(guard, size, kind, field, part):
    duplex = guard.duplex(protocol=PROTOCOL)
    text = REPLY.replace("<>", token_of(duplex))
    deltas, place = spoken(kind, text, size)
    message = {
        "id": "item_1",
        "type": "message",
        "role": "assistant",
        "content": [{"type": part, part: text}],
    }
    events = got(
        duplex,
        {"type": "response.output_item.added", "item": {**message, "content": []}, **place},
        *deltas,
        {"type": f"response.{kind}.done", **place, field: text},
        {"type": "response.content_part.done", **place, "part": {"type": part, part: text}},
        {"type": "response.output_item.done", "output_index": 0, "item": message},
        {"type": "conversation.item.done", "item": message},
        {"type": "response.done", "response": {"id": "resp_1", "output": [message]}},
    )
    said = "".join(event["delta"] for event in events if event["type"].endswith(".delta"))
    assert said.startswith("Hello Ann Smith, <PERSON_")
    assert "example.org" not in said
    assert said.endswith("Bye.")
    assert len(events) == len(deltas) + 6, "nothing is added, nothing is lost"
    assert [event["event_id"] for event in events if "event_id" in event] == [d["event_id"] for d in deltas]
    *_, done, closed, one, two, whole = events
    assert done[field] == closed["part"][part] == said
    assert one["item"] == two["item"] == whole["response"]["output"][0]
    assert one["item"]["content"][0][part] == said


def test_the_arguments_of_a_call_go_to_its_tool(guard):
    duplex = guard.duplex(protocol=PROTOCOL)
    token = token_of(duplex)
    for name, restored in [("crm_find", True), ("web_search", False)]:
        call = {"id": f"item_{name}", "type": "function_call", "name": name, "arguments": ""}
        arguments = json.dumps({"who": token})
        deltas, place = spoken("function_call_arguments", arguments, 3, item_id=call["id"], call_id="call_1")
        events = got(
            duplex,
            {"type": "response.output_item.added", "item": call, **place},
            *deltas,
            {"type": "response.function_call_arguments.done", **place, "arguments": arguments},
            {"type": "response.output_item.done", "item": {**call, "arguments": arguments}},
        )
        said = "".join(event.get("delta", "") for event in events)
        assert json.loads(said) == {"who": "Ann Smith" if restored else token}
        assert events[-2]["arguments"] == events[-1]["item"]["arguments"] == said


def test_instructions_items_and_what_tools_said_are_guarded_on_the_way_up(guard):
    duplex = guard.duplex(protocol=PROTOCOL)
    event = sent(
        duplex,
        type="session.update",
        session={"type": "realtime", "model": "gpt-realtime", "instructions": "You serve Ann Smith."},
    )
    assert event["session"]["instructions"].startswith("You serve <PERSON_")
    assert event["session"]["model"] == "gpt-realtime"
    event = sent(
        duplex, type="response.create", response={"instructions": "Ann Smith", "input": [item("Müller")]}
    )
    assert "Ann" not in json.dumps(event)
    assert "M\\u00fcller" not in json.dumps(event)
    output = {"type": "function_call_output", "call_id": "call_1", "output": '{"name": "Ann Smith"}'}
    event = sent(duplex, type="conversation.item.create", item=output)
    assert "Ann" not in event["item"]["output"]
    assert event["item"]["call_id"] == "call_1"


def test_sound_is_refused_or_passes_counted_as_the_policy_says(guard, policy_file):
    append = json.dumps({"type": "input_audio_buffer.append", "audio": SOUND})
    delta = json.dumps({"type": "response.output_audio.delta", "item_id": "item_1", "delta": SOUND})
    for way, message in [("up", append), ("down", delta)]:
        with pytest.raises(BodyError):
            getattr(guard.duplex(protocol=PROTOCOL), way)(message)
    with memory_guard(policy_file(on_unreadable="pass")) as lax:
        duplex = lax.duplex(protocol=PROTOCOL)
        assert duplex.up(append) == [append]
        assert duplex.up_event().facts["passed"]["unreadable"] == len(SOUND)
        assert duplex.down(delta) == [delta]
        assert duplex.closing("ok").facts["passed"]["unreadable"] == len(SOUND)


def test_what_was_heard_of_the_user_is_a_text_as_well(guard):
    duplex = guard.duplex(protocol=PROTOCOL)
    kind = "conversation.item.input_audio_transcription"
    place = {"item_id": "item_9", "content_index": 0}
    logprobs = [{"token": "Ann", "logprob": -0.1, "bytes": [65, 110, 110]}]
    text = "I am John Miller. Hello."
    events = got(
        duplex,
        *({"type": f"{kind}.delta", **place, "delta": c, "logprobs": logprobs} for c in text),
        {"type": f"{kind}.completed", **place, "transcript": text, "logprobs": logprobs},
        {
            "type": f"{kind}.segment",
            **place,
            "id": "seg_1",
            "text": text,
            "speaker": "A",
            "start": 0,
            "end": 1,
        },
    )
    said = "".join(event.get("delta", "") for event in events)
    assert said.startswith("I am <PERSON_")
    assert events[-2]["transcript"] == said
    assert "John" not in json.dumps(events)
    assert not any(event.get("logprobs") for event in events)


def test_an_event_that_no_type_knows_is_scrubbed_or_refused(guard, policy_file):
    event = {"type": "response.mood.delta", "mood": {"said": "John Miller"}}
    (out,) = got(guard.duplex(protocol=PROTOCOL), event)
    assert "John" not in json.dumps(out)
    with memory_guard(policy_file(unknown_field="block")) as strict, pytest.raises(BodyError):
        strict.duplex(protocol=PROTOCOL).down(json.dumps(event))


def test_a_blocked_answer_ends_with_an_error_event_and_a_close_code(guard):
    duplex = guard.duplex(protocol=PROTOCOL)
    deltas, _ = spoken("output_text", f"All is well. The key: {KEY} is told. And more. ", 5)
    out = []
    with pytest.raises(BlockedError) as caught:  # noqa: PT012 - one of many messages blocks
        for delta in deltas:
            out += got(duplex, delta)
    out += [json.loads(one) for one in duplex.farewell()]
    assert "".join(event.get("delta", "") for event in out).startswith("All is well. ")
    assert out[-1]["type"] == "error"
    assert out[-1]["error"]["code"] == "guardrail_blocked"
    assert KEY not in json.dumps(out)
    assert duplex.close_code(caught.value)[0] == 1008


def test_a_long_connection_forgets_what_has_ended(guard):
    duplex = guard.duplex(protocol=PROTOCOL)
    for turn in range(300):
        deltas, place = spoken("output_text", "All is well.", 6, item_id=f"item_{turn}", response=f"r{turn}")
        events = got(duplex, *deltas, {"type": "response.output_text.done", **place, "text": "All is well."})
        assert "".join(event.get("delta", "") for event in events) == "All is well."
        got(duplex, {"type": "response.done", "response": {"id": f"r{turn}", "output": []}})
    assert len(duplex._answer._streams) == 0
    assert len(duplex._answer._channels) == 0


def test_two_texts_that_come_by_turns_stay_apart(guard):
    duplex = guard.duplex(protocol=PROTOCOL)
    token = token_of(duplex)
    one, _ = spoken("output_text", f"Ask {token} now. Bye.", 4, item_id="a")
    two, _ = spoken("output_text", f"Or {token} later. Bye.", 4, item_id="b")
    events = got(duplex, *(event for pair in zip(one, two, strict=False) for event in pair), *two[len(one) :])
    events += got(duplex, {"type": "response.done", "response": {"id": "resp_1", "output": []}})
    said = {"a": "", "b": ""}
    for event in events[:-1]:
        said[event["item_id"]] += event["delta"]
    assert said == {"a": "Ask Ann Smith now. Bye.", "b": "Or Ann Smith later. Bye."}
    ids = [event["event_id"] + event["item_id"] for event in events[:-1]]
    assert len(ids) == len(set(ids)), "an event that is added has an id of its own"
