"""Requests, answers and streams of every protocol, made of one text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = "application/json"
SSE = "text/event-stream"


def sse(*events, named=True, done=False):
    """Return a stream of events; a named one says its type twice."""
    out = []
    for event in events:
        name = f"event: {event['type']}\n" if named else ""
        out.append(f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n")
    return "".join([*out, "data: [DONE]\n\n" if done else ""]).encode()


def events_of(stream):
    """Return the data of every event, in order, without the end mark."""
    lines = [line for line in stream.decode().splitlines() if line.startswith("data: {")]
    return [json.loads(line[6:]) for line in lines]


def cut(text, size):
    """Return the pieces of a text."""
    return [text[at : at + size] for at in range(0, len(text), size)]


@dataclass(frozen=True)
class Protocol:
    """One protocol: how a text is asked, answered, streamed and read back."""

    name: str
    ask: Callable[[str], dict]
    asked: Callable[[dict], str]
    whole: Callable[[str], dict]
    stream: Callable[[list], bytes]
    joined: Callable[[list], str]
    end: Callable[[list], bool]  # tells whether the events end as a blocked stream ends
    arguments: Callable[[str, list], bytes] = None  # a stream of a tool's arguments, by name and pieces
    called: Callable[[list], str] = None


# --- Chat Completions, Mistral -------------------------------------------------------------------


def _chunk(delta, finish=None):
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def chat_stream(pieces):
    chunks = [_chunk({"role": "assistant", "content": ""}), *(_chunk({"content": one}) for one in pieces)]
    return sse(*chunks, _chunk({}, "stop"), named=False, done=True)


def chat_arguments(name, pieces):
    first = {"index": 0, "id": "call", "type": "function", "function": {"name": name, "arguments": ""}}
    more = [{"index": 0, "function": {"arguments": one}} for one in pieces]
    chunks = [_chunk({"tool_calls": [call]}) for call in [first, *more]]
    return sse(*chunks, _chunk({}, "tool_calls"), named=False, done=True)


def chat_joined(events):
    return "".join(
        choice["delta"].get("content") or "" for event in events for choice in event.get("choices", [])
    )


def chat_called(events):
    calls = [
        call
        for event in events
        for choice in event["choices"]
        for call in choice["delta"].get("tool_calls", [])
    ]
    return "".join(call["function"]["arguments"] for call in calls)


def _chat(name, end):
    return Protocol(
        name,
        ask=lambda text: {"model": "m", "messages": [{"role": "user", "content": text}]},
        asked=lambda body: body["messages"][0]["content"],
        whole=lambda text: {
            "id": "c",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
        },
        stream=chat_stream,
        joined=chat_joined,
        end=lambda events: events[-1]["choices"][0]["finish_reason"] == end,
        arguments=chat_arguments,
        called=chat_called,
    )


# --- Responses -----------------------------------------------------------------------------------


def numbered(*events):
    return [{"type": one["type"], "sequence_number": at, **one} for at, one in enumerate(events)]


def response(output, **more):
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": "Be kind",
        "metadata": {},
        "model": "m",
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        **more,
    }


def message_item(text):
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }


def responses_events(pieces):
    text = "".join(pieces)
    at = {"item_id": "msg_1", "output_index": 0}
    part = {**at, "content_index": 0}
    delta = {"type": "response.output_text.delta", **part, "logprobs": []}
    item = message_item(text)
    return numbered(
        {"type": "response.created", "response": response([], status="in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {
            "type": "response.content_part.added",
            **part,
            "part": {"type": "output_text", "text": "", "annotations": []},
        },
        *({**delta, "delta": one} for one in pieces),
        {"type": "response.output_text.done", **part, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **part, "part": item["content"][0]},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response([item])},
    )


def responses_arguments(name, pieces):
    text = "".join(pieces)
    item = {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": name, "arguments": ""}
    at = {"item_id": "fc_1", "output_index": 0}
    delta = {"type": "response.function_call_arguments.delta", **at}
    return sse(
        *numbered(
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            *({**delta, "delta": one} for one in pieces),
            {"type": "response.function_call_arguments.done", **at, "arguments": text, "name": name},
            {"type": "response.output_item.done", "output_index": 0, "item": {**item, "arguments": text}},
            {"type": "response.completed", "response": response([{**item, "arguments": text}])},
        )
    )


def deltas(events, kind):
    return "".join(event["delta"] for event in events if event["type"] == kind)


RESPONSES = Protocol(
    "openai.responses",
    ask=lambda text: {"model": "m", "input": [{"role": "user", "content": text}]},
    asked=lambda body: body["input"][0]["content"],
    whole=lambda text: response([message_item(text)]),
    stream=lambda pieces: sse(*responses_events(pieces)),
    joined=lambda events: deltas(events, "response.output_text.delta"),
    end=lambda events: (
        events[-1]["type"] == "response.failed" and events[-1]["response"]["status"] == "failed"
    ),
    arguments=responses_arguments,
    called=lambda events: deltas(events, "response.function_call_arguments.delta"),
)

# --- Anthropic -----------------------------------------------------------------------------------


def block_events(index, block, delta, pieces, more=()):
    kind, key = delta
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *(
            {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: one}}
            for one in pieces
        ),
        *more,
        {"type": "content_block_stop", "index": index},
    ]


def message_events(*blocks):
    message = {"id": "msg", "type": "message", "role": "assistant", "model": "m", "content": []}
    usage = {"input_tokens": 1, "output_tokens": 1}
    return [
        {
            "type": "message_start",
            "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage},
        },
        *(event for block in blocks for event in block),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    ]


def anthropic_deltas(events, key):
    return "".join(event["delta"].get(key, "") for event in events if event["type"] == "content_block_delta")


ANTHROPIC = Protocol(
    "anthropic.messages",
    ask=lambda text: {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": text}]},
    asked=lambda body: body["messages"][0]["content"],
    whole=lambda text: {
        "id": "msg",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": text}],
    },
    stream=lambda pieces: sse(
        *message_events(block_events(0, {"type": "text", "text": ""}, ("text_delta", "text"), pieces))
    ),
    joined=lambda events: anthropic_deltas(events, "text"),
    end=lambda events: events[-1]["type"] == "error",
    arguments=lambda name, pieces: sse(
        *message_events(
            block_events(
                0,
                {"type": "tool_use", "id": "t", "name": name, "input": {}},
                ("input_json_delta", "partial_json"),
                pieces,
            )
        )
    ),
    called=lambda events: anthropic_deltas(events, "partial_json"),
)

# --- Gemini --------------------------------------------------------------------------------------


def gemini(part, finish=None):
    candidate = {"content": {"parts": [part], "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "m", "responseId": "r"}


def gemini_answers(pieces):
    return [gemini({"text": one}, "STOP" if one is pieces[-1] else None) for one in pieces]


def gemini_joined(events, *, thought=False):
    parts = [
        part
        for event in events
        for candidate in event.get("candidates", [])
        for part in candidate.get("content", {}).get("parts", [])
    ]
    return "".join(part.get("text", "") for part in parts if part.get("thought", False) == thought)


GEMINI = Protocol(
    "gemini.generate",
    ask=lambda text: {"contents": [{"role": "user", "parts": [{"text": text}]}]},
    asked=lambda body: body["contents"][0]["parts"][0]["text"],
    whole=lambda text: gemini({"text": text}, "STOP"),
    stream=lambda pieces: sse(*gemini_answers(pieces), named=False),
    joined=gemini_joined,
    end=lambda events: events[-1]["candidates"][0]["finishReason"] == "SAFETY",
)

# --- Cohere --------------------------------------------------------------------------------------


def cohere_stream(pieces):
    content = {"message": {"content": {"type": "text", "text": ""}}}
    return sse(
        {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-start", "index": 0, "delta": content},
        *(
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": one}}}}
            for one in pieces
        ),
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    )


def cohere_arguments(name, pieces):
    def call(kind, function, **more):
        return {
            "type": kind,
            "index": 0,
            "delta": {"message": {"tool_calls": {"function": function, **more}}},
        }

    return sse(
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will look it up"}}},
        call("tool-call-start", {"name": name, "arguments": ""}, id="c", type="function"),
        *(call("tool-call-delta", {"arguments": one}) for one in pieces),
        {"type": "tool-call-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}},
    )


def cohere_joined(events):
    return "".join(
        event["delta"]["message"]["content"]["text"] for event in events if event["type"] == "content-delta"
    )


COHERE = Protocol(
    "cohere.chat",
    ask=lambda text: {"model": "m", "messages": [{"role": "user", "content": text}]},
    asked=lambda body: body["messages"][0]["content"],
    whole=lambda text: {
        "id": "c",
        "message": {"role": "assistant", "content": [{"type": "text", "text": text}]},
    },
    stream=cohere_stream,
    joined=cohere_joined,
    end=lambda events: events[-1]["delta"]["finish_reason"] == "ERROR",
    arguments=cohere_arguments,
    called=lambda events: "".join(
        event["delta"]["message"]["tool_calls"]["function"]["arguments"]
        for event in events
        if event["type"].startswith("tool-call-") and "delta" in event
    ),
)

CHAT = _chat("openai.chat", "content_filter")
MISTRAL = _chat("mistral.chat", "error")
PROTOCOLS = {one.name: one for one in (CHAT, MISTRAL, RESPONSES, ANTHROPIC, GEMINI, COHERE)}
