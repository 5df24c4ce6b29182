"""Cohere v2 chat: which fields are text.

Source: the types of the cohere SDK 7.3 (`ChatMessageV2`, `V2ChatResponse`,
`V2ChatStreamResponse`), and the API reference for Chat v2.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.protocol import CallSite, FieldMap, ProtocolMap, ResultSite, below

__all__ = ["CHAT_V2"]

_CALL = ("id", "type", "function.name")
_CITED = ("content_index", "start", "end", "type", "sources.*.id", "sources.*.type")
_SCHEMA = ("type", "required.*", "format", "pattern", "$ref", "$schema", "$id")
_SCHEMAS = ("tools.*.function.parameters.**", "response_format.json_schema.**")

_REQUEST: Final = FieldMap(
    free=(
        "documents.*.data.**",
        "messages.*.content.*.document.data.**",
        "messages.*.citations.*.sources.*.document.**",
        "messages.*.citations.*.sources.*.tool_output.**",
    ),
    structural=(
        "model",
        "stream",
        "safety_mode",
        "tool_choice",
        "citation_options.mode",
        "thinking.type",
        "thinking.token_budget",
        "response_format.type",
        "max_tokens",
        "temperature",
        "seed",
        "frequency_penalty",
        "presence_penalty",
        "k",
        "p",
        "priority",
        "documents.*.id",
        "messages.*.role",
        "messages.*.tool_call_id",
        "messages.*.content.*.type",
        "messages.*.content.*.document.id",
        "messages.*.content.*.image_url.detail",
        *below(("messages.*.tool_calls.*",), _CALL),
        *below(("messages.*.citations.*",), _CITED),
        "tools.*.type",
        "tools.*.function.name",
        *below(_SCHEMAS, _SCHEMA),
    ),
    binary=("messages.*.content.*.image_url.url",),
    text=(
        "messages.*.content",
        "messages.*.content.*.text",
        "messages.*.content.*.thinking",
        "messages.*.tool_plan",
        "messages.*.tool_calls.*.function.arguments",
        "messages.*.citations.*.text",
        "documents.*",
        "stop_sequences.*",
        "tools.*.function.description",
        *_SCHEMAS,
    ),
)

_USAGE = ("usage.*", "usage.*.*")

_RESPONSE: Final = FieldMap(
    free=("message.citations.*.sources.*.document.**", "message.citations.*.sources.*.tool_output.**"),
    structural=(
        "id",
        "finish_reason",
        "logprobs.**",
        "message.role",
        "message.content.*.type",
        *below(("message.tool_calls.*",), _CALL),
        *below(("message.citations.*",), _CITED),
        *_USAGE,
    ),
    text=(
        "message.content",
        "message.content.*.text",
        "message.content.*.thinking",
        "message.tool_plan",
        "message.tool_calls.*.function.arguments",
        "message.citations.*.text",
        "error",
        "prompt",
    ),
)

_EVENT: Final = FieldMap(
    free=(
        "delta.message.citations.sources.*.document.**",
        "delta.message.citations.sources.*.tool_output.**",
    ),
    structural=(
        "type",
        "id",
        "index",
        "logprobs.**",
        "delta.finish_reason",
        "delta.message.role",
        "delta.message.content.type",
        *below(("delta.message.tool_calls",), _CALL),
        *below(("delta.message.citations",), _CITED),
        *below(("delta",), _USAGE),
    ),
    delta=(
        "delta.message.content.*",
        "delta.message.tool_plan",
        "delta.message.tool_calls.function.arguments",
    ),
    loose=("delta.message.**",),
    text=("delta.message.citations.text", "delta.error", "prompt"),
)

_ARGUMENTS = frozenset({"arguments"})

CHAT_V2: Final = ProtocolMap(
    name="cohere.chat",
    version=1,
    request=_REQUEST,
    response=_RESPONSE,
    event=_EVENT,
    erased=("logprobs",),
    calls=tuple(
        CallSite(item, _ARGUMENTS)
        for item in ("message.tool_calls.*.function", "delta.message.tool_calls.function")
    ),
    results=(
        ResultSite("messages.*", "role", frozenset({"tool"})),
        ResultSite("documents.*"),
    ),
)
