"""Answers of model providers in their own forms, written after the types of their SDKs.

Each function takes what the model says and the arguments of its tool call ("" for none). Streams come
as lists of server-sent events; text and arguments are cut every five characters.
"""

from __future__ import annotations

import json

PIECE = 5
TOOL = "crm_mail"


def pieces(text):
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def data(body):
    return f"data: {json.dumps(body)}\n\n".encode()


def named(body):
    return f"event: {body['type']}\n".encode() + data(body)


# --- Chat Completions, and Mistral's, which has the same shape

USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
CHAT = {"id": "chatcmpl-1", "created": 1790000000, "model": "stub"}


def chat(text, arguments=""):
    message = {
        "role": "assistant",
        "content": None if arguments else text,
        "refusal": None,
        "annotations": [],
    }
    if arguments:
        function = {"name": TOOL, "arguments": arguments}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    choice = {"index": 0, "message": message, "logprobs": None}
    choice["finish_reason"] = "tool_calls" if arguments else "stop"
    return {**CHAT, "object": "chat.completion", "choices": [choice], "usage": USAGE}


def mistral(text, arguments=""):
    return CHAT | {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": USAGE,
    }


def chat_events(text, arguments=""):
    deltas = [{"role": "assistant", "content": None if arguments else ""}]
    if arguments:
        function = {"name": TOOL, "arguments": ""}
        deltas.append(
            {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}
        )
        deltas += [
            {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces(arguments)
        ]
    else:
        deltas += [{"content": piece} for piece in pieces(text)]
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None} for delta in deltas]
    reason = "tool_calls" if arguments else "stop"
    choices.append({"index": 0, "delta": {}, "logprobs": None, "finish_reason": reason})
    chunks = [{**CHAT, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices]
    chunks[-1]["usage"] = USAGE
    return [*map(data, chunks), b"data: [DONE]\n\n"]


def embeddings(count):
    vectors = [{"object": "embedding", "index": at, "embedding": [1.0, -2.5e-07]} for at in range(count)]
    return {
        "object": "list",
        "model": "stub",
        "data": vectors,
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }


# --- Responses


def response(text, arguments="", *, status="completed", output=None, instructions=None):
    if output is None:
        output = [_message(text)] + ([_function(arguments)] if arguments else [])
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1790000000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": instructions,
        "max_output_tokens": None,
        "model": "stub",
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "metadata": {},
        "usage": {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 2,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 3,
        },
    }


def _message(text, status="completed"):
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    content = content if status == "completed" else []
    return {"id": "msg_1", "type": "message", "status": status, "role": "assistant", "content": content}


def _function(arguments, status="completed"):
    return {
        "id": "fc_1",
        "type": "function_call",
        "status": status,
        "call_id": "call_1",
        "name": TOOL,
        "arguments": arguments,
    }


def response_events(text, arguments="", *, instructions=None):
    begun = response("", status="in_progress", output=[], instructions=instructions)
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    events = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": _message("", "in_progress")},
        {"type": "response.content_part.added", "part": part, **at},
        *(
            {"type": "response.output_text.delta", "delta": piece, "logprobs": [], **at}
            for piece in pieces(text)
        ),
        {"type": "response.output_text.done", "text": text, "logprobs": [], **at},
        {"type": "response.content_part.done", "part": {**part, "text": text}, **at},
        {"type": "response.output_item.done", "output_index": 0, "item": _message(text)},
    ]
    if arguments:
        at = {"item_id": "fc_1", "output_index": 1}
        kind = "response.function_call_arguments"
        events += [
            {"type": "response.output_item.added", "output_index": 1, "item": _function("", "in_progress")},
            *({"type": f"{kind}.delta", "delta": piece, **at} for piece in pieces(arguments)),
            {"type": f"{kind}.done", "arguments": arguments, "name": TOOL, **at},
            {"type": "response.output_item.done", "output_index": 1, "item": _function(arguments)},
        ]
    ended = response(text, arguments, instructions=instructions)
    events.append({"type": "response.completed", "response": ended})
    return [named({**event, "sequence_number": number}) for number, event in enumerate(events)]


# --- Anthropic Messages

TOKENS = {
    "input_tokens": 5,
    "output_tokens": 9,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}


def message(text, arguments=""):
    content = [{"type": "text", "text": text, "citations": None}]
    if arguments:
        content.append({"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": json.loads(arguments)})
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "stub",
        "content": content,
        "stop_reason": "tool_use" if arguments else "end_turn",
        "stop_sequence": None,
        "usage": TOKENS,
    }


def message_events(text, arguments=""):
    begun = {**message(""), "content": [], "stop_reason": None}
    block = "content_block"
    events = [
        {"type": "message_start", "message": begun},
        {
            "type": f"{block}_start",
            "index": 0,
            "content_block": {"type": "text", "text": "", "citations": None},
        },
        {"type": "ping"},
        *(
            {"type": f"{block}_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in pieces(text)
        ),
        {"type": f"{block}_stop", "index": 0},
    ]
    if arguments:
        tool = {"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": {}}
        delta = {"type": "input_json_delta"}
        events += [
            {"type": f"{block}_start", "index": 1, "content_block": tool},
            *(
                {"type": f"{block}_delta", "index": 1, "delta": {**delta, "partial_json": piece}}
                for piece in pieces(arguments)
            ),
            {"type": f"{block}_stop", "index": 1},
        ]
    stop = {"stop_reason": "tool_use" if arguments else "end_turn", "stop_sequence": None}
    events += [
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return list(map(named, events))


# --- Gemini

GEMINI = {
    "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 9},
    "modelVersion": "stub",
    "responseId": "r1",
}


def gemini(text, arguments=""):
    parts = [{"text": text}]
    candidate = {"content": {"parts": parts, "role": "model"}, "index": 0, "finishReason": "STOP"}
    return {"candidates": [candidate], **GEMINI}


def gemini_events(text, arguments=""):
    bodies = []
    for piece in pieces(text):
        content = {"parts": [{"text": piece}], "role": "model"}
        bodies.append({"candidates": [{"content": content, "index": 0}], **GEMINI})
    bodies[-1]["candidates"][0]["finishReason"] = "STOP"
    return list(map(data, bodies))


# --- Cohere


def cohere(text, arguments=""):
    return {
        "id": "c1",
        "finish_reason": "COMPLETE",
        "message": {"role": "assistant", "content": [{"type": "text", "text": text}]},
        "usage": {"tokens": {"input_tokens": 1, "output_tokens": 2}},
    }


def cohere_events(text, arguments=""):
    begun = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    usage = {
        "billed_units": {"input_tokens": 1, "output_tokens": 2},
        "tokens": {"input_tokens": 1, "output_tokens": 2},
    }
    events = [
        {"type": "message-start", "id": "m1", "delta": {"message": begun}},
        {
            "type": "content-start",
            "index": 0,
            "delta": {"message": {"content": {"type": "text", "text": ""}}},
        },
        *(
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": piece}}}}
            for piece in pieces(text)
        ),
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
    ]
    return list(map(named, events))
