"""OpenAI Realtime: which fields of the messages of its websocket are text.

Source: the types of the openai SDK 3.54 (`RealtimeClientEvent`,
`RealtimeServerEvent`, the events of transcription and translation sessions), and
the API reference. What a client sends is mapped as a request, what the server
sends as an event.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.protocol import CallSite, FieldMap, Given, ProtocolMap, ResultSite, below
from guardrail.wire.responses_items import FILES, SCHEMA, TOOL_SHAPE, TOOL_WORDS

__all__ = ["REALTIME"]

# --- an item of the conversation -------------------------------------------------------------------

_ITEM_SHAPE = (
    "id",
    "object",
    "type",
    "role",
    "status",
    "name",
    "call_id",
    "server_label",
    "approval_request_id",
    "error.code",
    "error.type",
    "content.*.type",
    "content.*.detail",
    "tools.*.name",
    *below(("tools.*.input_schema.**",), SCHEMA),
)
_ITEM_WORDS = (
    "content.*.text",
    "content.*.transcript",
    "arguments",
    "output",
    "reason",
    "error.message",
    "tools.*.description",
    "tools.*.input_schema.**",
)
_ITEM_FILES = ("content.*.audio", "content.*.image_url")
_ITEM_FREE = ("tools.*.annotations.**",)

# --- a session, and a response that is asked for ---------------------------------------------------

_SETTINGS_SHAPE = (
    "id",
    "object",
    "type",
    "model",
    "expires_at",
    "include.*",
    "output_modalities.*",
    "max_output_tokens",
    "reasoning.effort",
    "parallel_tool_calls",
    "conversation",
    "truncation",
    "truncation.type",
    "truncation.retention_ratio",
    "truncation.token_limits.*",
    "tracing",
    "tool_choice",
    "tool_choice.type",
    "tool_choice.name",
    "tool_choice.server_label",
    "prompt.id",
    "prompt.version",
    "prompt.variables.*.type",
    "prompt.variables.*.detail",
    "prompt.variables.*.file_id",
    "prompt.variables.*.prompt_cache_breakpoint.*",
    "audio.*.format.*",
    "audio.input.noise_reduction.*",
    "audio.input.turn_detection.*",
    "audio.input.transcription.delay",
    "audio.input.transcription.language",
    "audio.input.transcription.languages.*",
    "audio.input.transcription.model",
    "audio.output.language",
    "audio.output.speed",
    "audio.output.voice",
    "audio.output.voice.id",
    *below(("tools.*",), TOOL_SHAPE),
    *below(("tools.*.parameters.**",), SCHEMA),
)
_SETTINGS_WORDS = (
    "instructions",
    "metadata.*",
    "tracing.group_id",
    "tracing.workflow_name",
    "tracing.metadata.**",
    "prompt.variables.*",
    *below(("prompt.variables.*",), ("text", "filename", "file_url")),
    "audio.input.transcription.prompt",
    "audio.input.transcription.keywords.*",
    *below(("tools.*",), TOOL_WORDS),
)
_SETTINGS_FILES = below(("prompt.variables.*",), FILES)

_REQUEST: Final = FieldMap(
    free=below(("item", "response.input.*"), _ITEM_FREE),
    structural=(
        "type",
        "event_id",
        "item_id",
        "previous_item_id",
        "response_id",
        "content_index",
        "audio_end_ms",
        *below(("session", "response"), _SETTINGS_SHAPE),
        *below(("item", "response.input.*"), _ITEM_SHAPE),
    ),
    binary=(
        "audio",
        *below(("session", "response"), _SETTINGS_FILES),
        *below(("item", "response.input.*"), _ITEM_FILES),
    ),
    text=(
        *below(("session", "response"), _SETTINGS_WORDS),
        *below(("item", "response.input.*"), _ITEM_WORDS),
    ),
)

# --- what the server sends -------------------------------------------------------------------------

_SOUNDS: Final = frozenset(
    {"response.output_audio.delta", "response.audio.delta", "session.output_audio.delta"}
)
# The texts of an item that come in deltas first.
_STREAMED = ("content.*.text", "content.*.transcript", "arguments")
_ITEMS = ("item", "response.output.*")

_EVENT: Final = FieldMap(
    given=(Given("delta", "type", _SOUNDS, "binary", "delta"),),
    free=below(_ITEMS, _ITEM_FREE),
    structural=(
        "type",
        "id",
        "call_id",
        "event",  # a key that was dialled
        "event_id",
        "item_id",
        "previous_item_id",
        "response_id",
        "output_index",
        "content_index",
        "audio_start_ms",
        "audio_end_ms",
        "elapsed_ms",
        "channels",
        "format",
        "sample_rate",
        "received_at",
        "start",
        "end",
        "name",
        "obfuscation",
        "languages.*.code",
        "conversation.id",
        "conversation.object",
        "error.code",
        "error.event_id",
        "error.type",
        "logprobs.**",
        "part.type",
        "rate_limits.*.*",
        "response.conversation_id",
        "response.status",
        "response.status_details.reason",
        "response.status_details.type",
        "response.status_details.error.code",
        "response.status_details.error.type",
        "response.usage.**",
        "usage.**",
        *below(("session", "response"), _SETTINGS_SHAPE),
        *below(_ITEMS, _ITEM_SHAPE),
    ),
    binary=(
        "part.audio",
        *below(("session", "response"), _SETTINGS_FILES),
        *below(_ITEMS, _ITEM_FILES),
    ),
    loose=("delta.**",),
    snapshot=(
        *("text", "transcript", "arguments", "part.text", "part.transcript"),
        *below(_ITEMS, _STREAMED),
    ),
    text=(
        "speaker",
        "error.message",
        "error.param",
        "response.status_details.error.message",
        *below(("session", "response"), _SETTINGS_WORDS),
        *below(_ITEMS, _ITEM_WORDS),
    ),
)

_TOOL_RESULTS: Final = frozenset({"function_call_output", "mcp_call", "mcp_list_tools"})

REALTIME: Final = ProtocolMap(
    name="openai.realtime",
    version=1,
    request=_REQUEST,
    response=_EVENT,
    event=_EVENT,
    erased=("logprobs",),
    calls=tuple(CallSite(item, frozenset({"arguments"}), typed=True) for item in _ITEMS),
    results=tuple(ResultSite(item, "type", _TOOL_RESULTS) for item in ("item", "response.input.*")),
)
