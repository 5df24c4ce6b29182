"""A value in any text of a request becomes a token, in every protocol; a stream keeps to its SDK's types."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from bodies import ANTHROPIC, JSON, PROTOCOLS, RESPONSES, SSE, cut, events_of

from guardrail.testing import memory_guard

SHARED = Path(os.environ.get("GUARDRAIL_SHARED", Path(__file__).parents[3] / "shared")) / "wire_fixtures"
NAME = "Ann Smith"
PLANTED = {
    "openai.responses": {
        "instructions": NAME,
        "metadata": {"k": NAME},
        "user": NAME,
        "safety_identifier": NAME,
        "prompt_cache_key": NAME,
        "prompt": {"id": "p", "variables": {"who": NAME, "part": {"type": "input_text", "text": NAME}}},
        "tools": [
            {"type": "function", "name": "f", "description": NAME, "parameters": {"a": {"enum": [NAME]}}},
            {"type": "mcp", "server_label": "s", "server_description": NAME, "headers": {"X-Who": NAME}},
            {"type": "web_search", "user_location": {"type": "approximate", "city": NAME}},
        ],
        "text": {
            "format": {"type": "json_schema", "name": "n", "description": NAME, "schema": {"title": NAME}}
        },
        "input": [
            {"role": "user", "content": NAME},
            {"role": "user", "content": [{"type": "input_text", "text": NAME}]},
            {"role": "user", "content": [{"type": "input_file", "file_id": "f", "filename": NAME}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": json.dumps({"a": NAME})},
            {"type": "function_call_output", "call_id": "c", "output": NAME},
            {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": NAME},
            {
                "type": "custom_tool_call_output",
                "call_id": "c",
                "output": [{"type": "input_text", "text": NAME}],
            },
            {
                "type": "mcp_call",
                "id": "m",
                "name": "n",
                "server_label": "s",
                "arguments": NAME,
                "output": NAME,
            },
            {"type": "mcp_call", "id": "m", "name": "n", "server_label": "s", "arguments": "", "error": NAME},
            {"type": "file_search_call", "id": "f", "queries": [NAME], "results": [{"text": NAME}]},
            {"type": "web_search_call", "id": "w", "action": {"type": "search", "query": NAME}},
            {"type": "code_interpreter_call", "id": "c", "code": NAME, "outputs": [{"logs": NAME}]},
            {"type": "shell_call", "call_id": "c", "action": {"commands": [NAME]}},
            {"type": "shell_call_output", "call_id": "c", "output": [{"stdout": NAME, "stderr": NAME}]},
            {
                "type": "apply_patch_call",
                "call_id": "c",
                "operation": {"type": "x", "path": "p", "diff": NAME},
            },
            {"type": "reasoning", "id": "r", "summary": [{"text": NAME}], "content": [{"text": NAME}]},
            {"type": "computer_call", "id": "c", "call_id": "c", "actions": [{"type": "type", "text": NAME}]},
            {"type": "program", "id": "p", "call_id": "c", "code": NAME, "fingerprint": "f"},
            {"type": "image_generation_call", "id": "i", "revised_prompt": NAME},
        ],
    },
    "anthropic.messages": {
        "system": [{"type": "text", "text": NAME}],
        "metadata": {"user_id": NAME},
        "stop_sequences": [NAME],
        "tools": [{"name": "t", "description": NAME, "input_schema": {"properties": {"a": {"title": NAME}}}}],
        "messages": [
            {"role": "user", "content": NAME},
            {
                "role": "user",
                "content": [
                    {
                        "type": "text",
                        "text": NAME,
                        "citations": [{"cited_text": NAME, "document_title": NAME}],
                    },
                    {
                        "type": "document",
                        "title": NAME,
                        "context": NAME,
                        "source": {"type": "url", "url": NAME},
                    },
                    {"type": "document", "source": {"type": "content", "content": [{"text": NAME}]}},
                    {"type": "search_result", "source": NAME, "title": NAME, "content": [{"text": NAME}]},
                    {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": NAME}]},
                    {"type": "tool_result", "tool_use_id": "t", "content": NAME},
                    {"type": "bash_code_execution_tool_result", "content": {"stdout": NAME, "stderr": NAME}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": NAME, "signature": "s"},
                    {"type": "tool_use", "id": "t", "name": "f", "input": {"type": NAME, "a": [NAME]}},
                ],
            },
        ],
    },
    "gemini.generate": {
        "systemInstruction": {"parts": [{"text": NAME}]},
        "labels": {"k": NAME},
        "tools": [
            {"functionDeclarations": [{"name": "f", "description": NAME, "parameters": {"title": NAME}}]}
        ],
        "generationConfig": {"stopSequences": [NAME], "responseSchema": {"description": NAME}},
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": NAME},
                    {"functionCall": {"name": "f", "args": {"id": NAME}}},
                    {"functionResponse": {"name": "f", "response": {"a": {"role": NAME}}}},
                    {"fileData": {"mimeType": "x", "fileUri": NAME, "displayName": NAME}},
                    {"executableCode": {"language": "PYTHON", "code": NAME}},
                    {"codeExecutionResult": {"outcome": "OK", "output": NAME}},
                ],
            }
        ],
    },
    "cohere.chat": {
        "documents": [NAME, {"id": "d", "data": {"id": NAME, "text": NAME}}],
        "stop_sequences": [NAME],
        "tools": [{"type": "function", "function": {"name": "f", "description": NAME}}],
        "response_format": {"type": "json_object", "json_schema": {"title": NAME}},
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": NAME}]},
            {"role": "user", "content": [{"type": "document", "document": {"id": "d", "data": {"a": NAME}}}]},
            {
                "role": "assistant",
                "tool_plan": NAME,
                "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": json.dumps({"a": NAME})}}],
                "citations": [{"text": NAME, "sources": [{"type": "document", "document": {"id": NAME}}]}],
            },
            {"role": "tool", "tool_call_id": "c", "content": NAME},
        ],
    },
    "mistral.chat": {
        "metadata": {"k": NAME},
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": NAME}]},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": [{"type": "text", "text": NAME}]}],
            },
            {"role": "tool", "tool_call_id": "c", "name": "f", "content": NAME},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"type": NAME}}}],
            },
        ],
    },
    "openai.embeddings": {"model": "m", "input": [NAME, NAME], "user": NAME},
}


@pytest.fixture(scope="module")
def strict(policy_file):
    """Return a guard that lets pass what no map knows, so that only known texts can be scrubbed."""
    with memory_guard(
        policy_file(unknown_field="pass", on_unreadable="pass"), known={NAME: "PERSON"}
    ) as made:
        yield made


@pytest.mark.parametrize("name", PLANTED)
def test_a_name_in_any_text_of_a_request_becomes_a_token_and_the_shape_stays(strict, name):
    body = PLANTED[name]
    exchange = strict.exchange(protocol=name)
    out = exchange.request(json.dumps(body).encode(), content_type=JSON).decode()
    assert NAME not in out
    token = json.loads(out)
    plain = json.dumps(token)
    start = plain.index("<PERSON_")
    value = plain[start : plain.index(">", start) + 1]
    assert json.loads(plain.replace(value, NAME)) == body
    assert "unknown_field" not in exchange.opening().facts["passed"]


CAPTURED = {
    "openai.chat": "openai.chat",
    "openai.responses": "openai.responses",
    "openai.embeddings": "openai.embeddings",
    "anthropic.messages": "anthropic",
    "gemini.generate": "genai",
    "mistral.chat": "mistral",
    "cohere.chat": "cohere",
}


@pytest.mark.parametrize("name", CAPTURED)
def test_what_real_clients_sent_leaves_without_its_values(strict, name):
    if not SHARED.is_dir():
        pytest.skip("the captured requests are not beside the checkout")
    found = sorted(SHARED.glob(f"req.{CAPTURED[name]}*.json"))
    assert found
    for path in found:
        body = json.loads(path.read_text())["body"]
        exchange = strict.exchange(protocol=name)
        out = exchange.request(json.dumps(body).encode(), content_type=JSON)
        assert b"jane.roe@example.com" not in out, path.name
        assert json.loads(out).keys() == body.keys()
    for path in sorted(SHARED.glob(f"resp.{CAPTURED[name]}*.*")):
        exchange = strict.exchange(protocol=name)
        exchange.answer(SSE if path.suffix == ".sse" else JSON)
        raw = path.read_bytes()
        out = (
            b"".join(exchange.response(raw[at : at + 7]) for at in range(0, len(raw), 7)) + exchange.finish()
        )
        assert b"jane.roe@example.com" not in out, path.name
        assert "passed" not in exchange.closing("ok").facts or (
            "unknown_field" not in exchange.closing("ok").facts["passed"]
        )


TYPES = [
    (RESPONSES, "openai.types.responses", "ResponseStreamEvent"),
    (ANTHROPIC, "anthropic.types", "RawMessageStreamEvent"),
    (PROTOCOLS["openai.chat"], "openai.types.chat", "ChatCompletionChunk"),
]


@pytest.mark.parametrize(("protocol", "module", "name"), TYPES, ids=lambda one: getattr(one, "name", one))
@pytest.mark.parametrize(
    "text", ["Dear {token}, John Miller is here", "Hello. A key: AKIAIOSFODNN7EXAMPLE, ok. Now"]
)
def test_what_comes_out_of_a_stream_is_of_the_sdks_own_types(guard, protocol, module, name, text):
    import pydantic

    types = pytest.importorskip(module, reason="this SDK is not installed")
    exchange = guard.exchange(protocol=protocol.name)
    body = exchange.request(json.dumps(protocol.ask(NAME)).encode(), content_type=JSON)
    token = protocol.asked(json.loads(body))
    exchange.answer(SSE)
    stream = protocol.stream(cut(text.replace("{token}", token), 5))
    if protocol.name == "openai.chat":
        stream = stream.replace(
            b'{"id": "c"', b'{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"'
        )
    events = events_of(exchange.response(stream) + exchange.finish())
    adapter = pydantic.TypeAdapter(getattr(types, name))
    for event in events:
        if event.get("type") != "error":  # Anthropic's error is no event of the stream to its SDK: it raises
            adapter.validate_python(event)
