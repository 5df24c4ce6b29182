"""Anthropic Messages: which fields are text.

Source: the types of the anthropic SDK 2.12 (`MessageCreateParams`, `Message`,
`RawMessageStreamEvent`), and the API reference for Messages.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.protocol import CallSite, FieldMap, Given, ProtocolMap, ResultSite, below

__all__ = ["MESSAGES"]

# What the fields of a block are, at any depth: results hold blocks, documents hold blocks.
_SHAPE = (
    "type",
    "id",
    "name",
    "toolset_name",
    "tool_name",
    "tool_use_id",
    "tool_id",
    "tab_id",
    "download_id",
    "file_id",
    "media_type",
    "file_type",
    "ttl",
    "oversized_image",
    "error_code",
    "return_code",
    "retrieved_at",
    "size_bytes",
    "start_line",
    "num_lines",
    "total_lines",
    "new_lines",
    "new_start",
    "old_lines",
    "old_start",
    "document_index",
    "search_result_index",
    "start_char_index",
    "end_char_index",
    "start_page_number",
    "end_page_number",
    "start_block_index",
    "end_block_index",
    # Opaque to all but the provider: they must come back byte for byte.
    "signature",
    "encrypted_content",
    "encrypted_index",
    "encrypted_stdout",
)
_WORDS = (
    "text",
    "thinking",
    "content",
    "context",
    "title",
    "document_title",
    "cited_text",
    "source",
    "url",
    "path",
    "page_age",
    "stdout",
    "stderr",
    "lines.*",
    "error",
    "error_message",
)
_PARENTS: Final = frozenset(
    {
        "content",
        "source",
        "citations",
        "cache_control",
        "caller",
        "transformations",
        "state_changes",
        "tabs",
        "tool_references",
        "container",
        "skills",
    }
)


def _given(parent: str) -> tuple[Given, ...]:
    """Return the two fields that are a file in one case and its plain text in another."""
    encoded = frozenset({"base64"})
    files = frozenset({"image", "pdf"})
    return (
        Given(f"{parent}.**.source.data", "type", encoded, "binary", "text"),
        Given(f"{parent}.content.content", "file_type", files, "binary", "text"),
    )


def _blocks(parent: str) -> tuple[str, ...]:
    # `data` of a block itself is that of `redacted_thinking`: opaque.
    return (*below((f"{parent}.**",), _SHAPE), f"{parent}.data")


_INPUT = "messages.*.content.*"
_SCHEMA = ("type", "required.*", "format", "pattern", "$ref", "$schema", "$id")
_SCHEMAS = ("tools.*.input_schema.***", "output_config.format.schema.***")

_REQUEST: Final = FieldMap(
    parents=_PARENTS,
    free=(f"{_INPUT}.input.**", "tools.*.input_examples.**"),
    given=_given(_INPUT),
    structural=(
        "model",
        "max_tokens",
        "stream",
        "service_tier",
        "speed",
        "inference_geo",
        "workspace_id",
        "temperature",
        "top_k",
        "top_p",
        "container",
        "container.id",
        "container.skills.*.*",
        "cache_control.*",
        "diagnostics.previous_message_id",
        "output_config.effort",
        "output_config.format.type",
        "thinking.*",
        "tool_choice.type",
        "tool_choice.name",
        "messages.*.role",
        *_blocks(_INPUT),
        *_blocks("system.*"),
        "tools.*.type",
        "tools.*.name",
        "tools.*.allowed_callers.*",
        "tools.*.cache_control.*",
        "tools.*.max_characters",
        "tools.*.max_content_tokens",
        "tools.*.max_uses",
        "tools.*.response_inclusion",
        "tools.*.user_location.type",
        *below(("tools.*.url_sources.*",), ("type", "tools.*.type", "tools.*.name")),
        *below(_SCHEMAS, _SCHEMA),
    ),
    text=(
        "system",
        "messages.*.content",
        *below((f"{_INPUT}.**", "system.*.**"), _WORDS),
        "metadata.user_id",
        "user_profile_id",
        "stop_sequences.*",
        "tools.*.description",
        "tools.*.allowed_domains.*",
        "tools.*.blocked_domains.*",
        "tools.*.user_location.*",
        *_SCHEMAS,
    ),
)

_ENVELOPE = (
    "id",
    "type",
    "role",
    "model",
    "stop_reason",
    "stop_details.type",
    "stop_details.category",
    "container.id",
    "container.expires_at",
    "container.skills.*.*",
    "diagnostics.cache_miss_reason.*",
)
_USAGE = ("usage.*", "usage.*.*")
_ERROR = ("error.message", "request_id")

_RESPONSE: Final = FieldMap(
    parents=_PARENTS,
    free=("content.*.input.**",),
    given=_given("content.*"),
    structural=(*_ENVELOPE, *_USAGE, *_blocks("content.*"), "error.type"),
    text=("stop_sequence", "stop_details.explanation", *below(("content.*.**",), _WORDS), *_ERROR),
)

_EVENT: Final = FieldMap(
    parents=_PARENTS,
    free=("delta.stop_sequence", "content_block.input.**", "message.content.*.input.**"),
    given=(*_given("content_block"), *_given("message.content.*")),
    structural=(
        "type",
        "index",
        "delta.type",
        "delta.signature",
        "delta.citation.type",
        *below(("delta.citation",), _SHAPE),
        *below(("delta",), _ENVELOPE),
        *below(("message",), (*_ENVELOPE, *_USAGE)),
        *_USAGE,
        *_blocks("content_block"),
        *_blocks("message.content.*"),
        "error.type",
    ),
    delta=(
        "content_block.text",
        "content_block.thinking",
        *below(("delta",), ("text", "thinking", "partial_json")),
    ),
    loose=("delta.*",),  # every other string of a delta is a piece of a text, too
    text=(
        "delta.stop_details.explanation",
        *below(("message",), ("stop_sequence", "stop_details.explanation")),
        *below(("delta.citation",), _WORDS),
        *below(("content_block.**", "message.content.*.**"), _WORDS),
        *_ERROR,
    ),
)

_TOOL_RESULTS: Final = frozenset(
    {
        "tool_result",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "mcp_tool_result",
    }
)
_CALLS = ("content.*", "content_block", "message.content.*")

MESSAGES: Final = ProtocolMap(
    name="anthropic.messages",
    version=1,
    request=_REQUEST,
    response=_RESPONSE,
    event=_EVENT,
    calls=tuple(CallSite(item, frozenset({"input"})) for item in _CALLS),
    results=(ResultSite(_INPUT, "type", _TOOL_RESULTS),),
)
