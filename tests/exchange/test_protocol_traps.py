"""What is special in one protocol: text under the key of files, signatures, numbers, texts told twice."""

from __future__ import annotations

import json

import pytest
from bodies import (
    ANTHROPIC,
    GEMINI,
    JSON,
    RESPONSES,
    SSE,
    block_events,
    cut,
    deltas,
    events_of,
    gemini,
    gemini_joined,
    message_events,
    message_item,
    numbered,
    response,
    responses_events,
    sse,
)

from guardrail import BodyError
from guardrail.testing import memory_guard

NAME = "Ann Smith"
PICTURE = "iVBORw0KGgoAAAANSUhEUg=="
OPAQUE = "RXDaoSBhbm5AZXhhbXBsZS5jb20rK0Fubi9TbWl0aA=="  # what a pattern might see in it is no value


def sent(guard, protocol, body):
    out = guard.exchange(protocol=protocol).request(json.dumps(body).encode(), content_type=JSON)
    return json.loads(out)


def asked(guard, protocol):
    """Return an exchange, and the token of Ann Smith in it."""
    exchange = guard.exchange(protocol=protocol.name)
    body = exchange.request(json.dumps(protocol.ask(NAME)).encode(), content_type=JSON)
    return exchange, protocol.asked(json.loads(body))


def streamed(exchange, *events, named=True):
    exchange.answer(SSE)
    return events_of(exchange.response(sse(*events, named=named)) + exchange.finish())


@pytest.fixture(scope="module")
def lenient(policy_file):
    """Return a guard whose policy lets pass what cannot be read."""
    with memory_guard(policy_file(on_unreadable="pass"), known={NAME: "PERSON"}) as made:
        yield made


# --- Anthropic -----------------------------------------------------------------------------------


def user(*blocks):
    return {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": list(blocks)}]}


def test_a_plain_text_document_is_text_though_its_key_holds_files_elsewhere(guard):
    source = {"type": "text", "media_type": "text/plain", "data": f"About {NAME}."}
    body = user({"type": "document", "source": source, "title": NAME, "context": NAME})
    block = sent(guard, "anthropic.messages", body)["messages"][0]["content"][0]
    assert block["source"]["data"].startswith("About <PERSON_")
    assert NAME not in json.dumps(block)


def test_an_encoded_file_cannot_be_read_and_stays_byte_for_byte_where_that_passes(guard, lenient):
    for kind, media in (("image", "image/png"), ("document", "application/pdf")):
        body = user({"type": kind, "source": {"type": "base64", "media_type": media, "data": OPAQUE}})
        with pytest.raises(BodyError):
            sent(guard, "anthropic.messages", body)
        assert sent(lenient, "anthropic.messages", body) == body


def test_a_file_inside_of_a_tools_result_is_seen_as_one_too(guard):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": OPAQUE}}
    with pytest.raises(BodyError):
        sent(
            guard,
            "anthropic.messages",
            user({"type": "tool_result", "tool_use_id": "t", "content": [image]}),
        )


def test_signatures_and_what_is_encrypted_stay_byte_for_byte(guard):
    opaque = OPAQUE
    body = user(
        {"type": "thinking", "thinking": "hm", "signature": opaque},
        {"type": "redacted_thinking", "data": opaque},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "t",
            "content": [{"type": "web_search_result", "encrypted_content": opaque, "title": "x", "url": "u"}],
        },
        {"type": "text", "text": "x", "citations": [{"encrypted_index": opaque, "cited_text": "y"}]},
    )
    assert sent(guard, "anthropic.messages", body) == body


def test_a_signature_that_holds_words_is_no_signature(guard):
    body = user({"type": "thinking", "thinking": "hm", "signature": f"{OPAQUE} {NAME}"})
    assert NAME not in json.dumps(sent(guard, "anthropic.messages", body))


def test_the_input_of_a_call_is_text_whatever_its_keys_are_called(guard):
    names = {"type": NAME, "id": NAME, "name": NAME, "deep": {"signature": NAME, "data": [NAME]}}
    body = user({"type": "tool_use", "id": "t", "name": "crm", "input": names})
    assert NAME not in json.dumps(sent(guard, "anthropic.messages", body))


def test_a_signed_thinking_that_was_restored_goes_back_as_it_was_signed(guard):
    exchange, token = asked(guard, ANTHROPIC)
    said = f"The user is {token}. I must help {token}, and soon."
    signature = {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta"}}
    signature["delta"]["signature"] = OPAQUE
    block = {"type": "thinking", "thinking": "", "signature": ""}
    events = block_events(0, block, ("thinking_delta", "thinking"), cut(said, 5), [signature])
    got = streamed(exchange, *message_events(events))
    seen = "".join(event.get("delta", {}).get("thinking", "") for event in got)
    assert seen == said.replace(token, NAME)
    kinds = [event.get("delta", {}).get("type") for event in got]
    assert kinds.index("signature_delta") == len(kinds) - 1 - kinds[::-1].index("thinking_delta") + 1
    history = user({"type": "text", "text": NAME})
    history["messages"].append(
        {"role": "assistant", "content": [{"type": "thinking", "thinking": seen, "signature": OPAQUE}]}
    )
    (block,) = sent(guard, "anthropic.messages", history)["messages"][1]["content"]
    assert block == {"type": "thinking", "thinking": said, "signature": OPAQUE}


def test_a_result_of_a_tool_is_on_the_channel_of_tools(guard):
    body = user({"type": "tool_result", "tool_use_id": "t", "content": f"{NAME} 4111 1111 1111 1111"})
    block = sent(guard, "anthropic.messages", body)["messages"][0]["content"][0]
    assert block["content"].startswith("<PERSON_")


def test_blocks_that_come_at_the_same_time_stay_apart(guard):
    exchange, token = asked(guard, ANTHROPIC)
    one = block_events(0, {"type": "text", "text": ""}, ("text_delta", "text"), cut(f"I am {token}. One", 3))
    two = block_events(1, {"type": "text", "text": ""}, ("text_delta", "text"), cut(f"So is {token}. Two", 3))
    mixed = [event for pair in zip(one, two, strict=False) for event in pair] + two[len(one) :]
    got = streamed(exchange, *message_events(mixed))
    for index, text in ((0, "I am Ann Smith. One"), (1, "So is Ann Smith. Two")):
        own = [event for event in got if event.get("index") == index]
        assert "".join(event.get("delta", {}).get("text", "") for event in own) == text
        assert own[-1]["type"] == "content_block_stop"


# --- Responses -----------------------------------------------------------------------------------


def numbers(events):
    return [event["sequence_number"] for event in events]


@pytest.mark.parametrize("size", [1, 5, 13, 500])
def test_responses_keep_every_number_and_tell_the_same_text_each_time(guard, size):
    exchange, token = asked(guard, RESPONSES)
    came = responses_events(cut(f"Dear {token}, John Miller wrote from j@example.org. Bye", size))
    got = streamed(exchange, *came)
    assert [event["type"] for event in got] == [event["type"] for event in came]
    assert numbers(got) == list(range(len(came)))
    text = deltas(got, "response.output_text.delta")
    assert text.startswith("Dear Ann Smith, <PERSON_")
    by_type = {event["type"]: event for event in got}
    assert by_type["response.output_text.done"]["text"] == text
    assert by_type["response.content_part.done"]["part"]["text"] == text
    assert by_type["response.output_item.done"]["item"]["content"][0]["text"] == text
    assert by_type["response.completed"]["response"]["output"][0]["content"][0]["text"] == text


def test_an_event_between_moves_the_later_numbers_on(guard):
    exchange, token = asked(guard, RESPONSES)
    came = responses_events([f"Dear {token}, bye"])
    other = {"type": "response.in_progress", "response": response([])}
    at = next(n for n, e in enumerate(came) if e["type"].endswith(".delta"))
    came.insert(at + 1, other)
    came = [{**event, "sequence_number": n} for n, event in enumerate(came)]
    got = streamed(exchange, *came)
    assert len(got) == len(came) + 1
    assert numbers(got) == list(range(len(got)))
    assert deltas(got, "response.output_text.delta") == "Dear Ann Smith, bye"


def test_a_blocked_response_ends_with_the_next_number(guard):
    exchange, _ = asked(guard, RESPONSES)
    got = streamed(exchange, *responses_events(cut("A key: AKIAIOSFODNN7EXAMPLE. It is. " * 3, 5)))
    assert numbers(got) == list(range(len(got)))
    assert got[-1]["response"]["id"] == "resp_1"
    assert "AKIA" not in json.dumps(got)


def test_calls_with_the_same_arguments_stay_apart_in_all_that_repeats_them(guard):
    exchange, token = asked(guard, RESPONSES)
    arguments = json.dumps({"who": token})
    items = [
        {"id": f"fc_{at}", "type": "function_call", "call_id": f"c{at}", "name": name, "arguments": arguments}
        for at, name in enumerate(("crm_update", "web_search"))
    ]
    events = []
    for at, item in enumerate(items):
        place = {"item_id": item["id"], "output_index": at}
        events += [
            {"type": "response.output_item.added", "output_index": at, "item": {**item, "arguments": ""}},
            *(
                {"type": "response.function_call_arguments.delta", **place, "delta": one}
                for one in cut(arguments, 4)
            ),
            {"type": "response.function_call_arguments.done", **place, "arguments": arguments},
            {"type": "response.output_item.done", "output_index": at, "item": item},
        ]
    events.append({"type": "response.completed", "response": response(items)})
    got = streamed(exchange, *numbered(*events))
    for at, who in enumerate((NAME, token)):
        told = [
            e["arguments"] for e in got if e["type"].endswith("arguments.done") and e["output_index"] == at
        ]
        told += [
            e["item"]["arguments"] for e in got if e["type"].endswith("item.done") and e["output_index"] == at
        ]
        told.append(got[-1]["response"]["output"][at]["arguments"])
        assert [json.loads(one)["who"] for one in told] == [who] * 3


def test_a_text_that_comes_only_whole_is_restored_and_scrubbed(guard):
    exchange, token = asked(guard, RESPONSES)
    item = message_item(f"{token} met John Miller")
    call = {"type": "function_call", "id": "f", "call_id": "c", "name": "crm_x"}
    call["arguments"] = json.dumps({"a": token, "b": "j@example.org"})
    got = streamed(exchange, *numbered({"type": "response.completed", "response": response([item, call])}))
    output = got[0]["response"]["output"]
    assert output[0]["content"][0]["text"].startswith("Ann Smith met <PERSON_")
    assert json.loads(output[1]["arguments"])["a"] == NAME
    assert "j@example.org" not in output[1]["arguments"]


def test_echoed_instructions_are_restored(guard):
    exchange, token = asked(guard, RESPONSES)
    body = response([], instructions=f"Reply to {token}", metadata={"who": token})
    exchange.answer(JSON)
    got = json.loads(exchange.response(json.dumps(body).encode()) + exchange.finish())
    assert got["instructions"] == f"Reply to {NAME}"
    assert got["metadata"] == {"who": NAME}


def test_lists_of_log_probabilities_become_empty_lists_in_both_directions(guard):
    item = message_item("ok")
    item["content"][0]["logprobs"] = [{"token": "Ann", "bytes": [65], "logprob": 0.1, "top_logprobs": []}]
    request = sent(guard, "openai.responses", {"model": "m", "input": [item]})
    assert request["input"][0]["content"][0]["logprobs"] == []
    exchange, _ = asked(guard, RESPONSES)
    exchange.answer(JSON)
    got = json.loads(exchange.response(json.dumps(response([item])).encode()) + exchange.finish())
    assert got["output"][0]["content"][0]["logprobs"] == []


def test_opaque_fields_of_items_stay_byte_for_byte(guard):
    opaque = OPAQUE
    items = [
        {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": opaque},
        {"type": "compaction", "id": "c", "encrypted_content": opaque},
        {"type": "program", "id": "p", "call_id": opaque, "fingerprint": opaque, "code": "1"},
    ]
    assert sent(guard, "openai.responses", {"model": "m", "input": items})["input"] == items


def test_the_same_key_is_a_picture_in_one_item_and_a_text_in_another(guard):
    program = {"type": "program_output", "id": "p", "call_id": "c", "result": NAME, "status": "completed"}
    picture = {"type": "image_generation_call", "id": "i", "result": PICTURE, "status": "completed"}
    (item,) = sent(guard, "openai.responses", {"model": "m", "input": [program]})["input"]
    assert item["result"].startswith("<PERSON_")
    with pytest.raises(BodyError):
        sent(guard, "openai.responses", {"model": "m", "input": [picture]})


def test_sound_in_a_stream_cannot_be_read(guard):
    exchange, _ = asked(guard, RESPONSES)
    with pytest.raises(BodyError):
        streamed(exchange, *numbered({"type": "response.audio.delta", "delta": OPAQUE}))


# --- Embeddings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", [NAME, [NAME, "x"]])
def test_texts_to_embed_are_scrubbed(guard, field):
    assert NAME not in json.dumps(sent(guard, "openai.embeddings", {"model": "m", "input": field}))


@pytest.mark.parametrize("field", [[15496, 995], [[15496], [995]]])
def test_lists_of_tokens_cannot_be_read(guard, lenient, field):
    body = {"model": "m", "input": field}
    with pytest.raises(BodyError):
        sent(guard, "openai.embeddings", body)
    assert sent(lenient, "openai.embeddings", body) == body


def test_vectors_come_back_as_they_are(guard):
    exchange = guard.exchange(protocol="openai.embeddings")
    body = json.dumps(
        {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [4111111111111111.0]}]}
    ).encode()
    exchange.answer(JSON)
    assert exchange.response(body) + exchange.finish() == body


# --- Gemini --------------------------------------------------------------------------------------


def test_keys_in_snake_case_are_the_same_keys(guard, lenient):
    parts = [
        {"inline_data": {"mime_type": "image/png", "data": OPAQUE}},
        {"function_response": {"name": "f", "response": {"type": NAME}}},
    ]
    body = {"system_instruction": {"parts": [{"text": NAME}]}, "contents": [{"role": "user", "parts": parts}]}
    with pytest.raises(BodyError):
        sent(guard, "gemini.generate", body)
    new = sent(lenient, "gemini.generate", body)
    assert new["contents"][0]["parts"][0] == parts[0]
    assert NAME not in json.dumps(new)


def test_thoughts_and_words_stay_apart_and_in_order(guard):
    exchange, token = asked(guard, GEMINI)
    thoughts = [gemini({"text": one, "thought": True}) for one in cut(f"They are {token}. Good", 4)]
    words = [gemini({"text": one}) for one in cut(f"Dear {token}, hello", 4)]
    got = streamed(exchange, *thoughts, *words, gemini({"text": ""}, "STOP"), named=False)
    assert gemini_joined(got, thought=True) == "They are Ann Smith. Good"
    assert gemini_joined(got) == "Dear Ann Smith, hello"
    order = ["thought" in event["candidates"][0]["content"]["parts"][0] for event in got]
    assert order == sorted(order, reverse=True)


def test_what_is_held_goes_before_a_call(guard):
    exchange, token = asked(guard, GEMINI)
    call = {"functionCall": {"name": "crm_get", "args": {"id": token, "name": "j@example.org"}}}
    words = [gemini({"text": one}) for one in cut(f"I ask for {token}", 4)]
    got = streamed(exchange, *words, gemini(call, "STOP"), named=False)
    assert gemini_joined(got) == "I ask for Ann Smith"
    called = got[-1]["candidates"][0]["content"]["parts"][0]["functionCall"]
    assert called["args"]["id"] == NAME
    assert called["args"]["name"].startswith("<EMAIL_ADDRESS_")


def test_arguments_in_pieces_go_to_the_tool_that_was_named(guard):
    exchange, token = asked(guard, GEMINI)
    pieces = [
        gemini({"functionCall": {"partialArgs": [{"jsonPath": "$.who", "stringValue": one}]}})
        for one in cut(token, 4)
    ]
    first = gemini({"functionCall": {"name": "crm_get", "willContinue": True}})
    got = streamed(exchange, first, *pieces, gemini({"functionCall": {}}, "STOP"), named=False)
    parts = [event["candidates"][0]["content"]["parts"][0] for event in got]
    told = [arg["stringValue"] for part in parts for arg in part["functionCall"].get("partialArgs", [])]
    assert "".join(told) == NAME


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_of_answers_is_one_text(guard, indent):
    exchange, token = asked(guard, GEMINI)
    pieces = cut(f"Dear {token}, John Miller wrote", 4)
    answers = [gemini({"text": one}, "STOP" if one is pieces[-1] else None) for one in pieces]
    exchange.answer(JSON)
    got = json.loads(exchange.response(json.dumps(answers, indent=indent).encode()) + exchange.finish())
    assert gemini_joined(got).startswith("Dear Ann Smith, <PERSON_")
    assert "John" not in json.dumps(got)


@pytest.mark.parametrize("body", [b"[]", b'[{"candidates": []}, 5]', b'[{"candidates": []}', b'[{"a": }]'])
def test_what_is_no_list_of_answers_is_read_as_any_answer(guard, body):
    exchange, _ = asked(guard, GEMINI)
    exchange.answer(JSON)
    assert exchange.response(body) + exchange.finish() == body


def test_a_blocked_list_ends_as_a_blocked_stream_does(guard):
    exchange, _ = asked(guard, GEMINI)
    exchange.answer(JSON)
    exchange.response(json.dumps([gemini({"text": "AKIAIOSFODNN7EXAMPLE"}, "STOP")]).encode())
    got = json.loads(exchange.finish())
    assert got[-1]["candidates"][0]["finishReason"] == "SAFETY"
    assert "AKIA" not in json.dumps(got)
    assert exchange.closing("ok").facts["outcome"] == "blocked"
