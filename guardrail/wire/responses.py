"""OpenAI Responses: which fields are text.

Source: the types of the openai SDK 3.54 (`types/responses/*`), and the API
reference.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.protocol import CallSite, FieldMap, Given, ProtocolMap, ResultSite, below
from guardrail.wire.responses_items import (
    FILES,
    NOTE_SHAPE,
    NOTE_WORDS,
    SCHEMA,
    TOOL_FILES,
    TOOL_SCHEMAS,
    TOOL_SHAPE,
    TOOL_WORDS,
    item_files,
    item_free,
    item_shape,
    item_words,
    pictures,
    tools_of,
)

__all__ = ["RESPONSES"]

# --- what request and answer have in common --------------------------------------------------------

_SETTINGS_SHAPE = (
    "model",
    "background",
    "max_output_tokens",
    "max_tool_calls",
    "temperature",
    "top_p",
    "top_logprobs",
    "truncation",
    "service_tier",
    "previous_response_id",
    "conversation",
    "conversation.id",
    "access_programs.*",
    "image.context_compression",
    "prompt.id",
    "prompt.version",
    "prompt.variables.*.type",
    "prompt.variables.*.detail",
    "prompt.variables.*.file_id",
    "prompt.variables.*.prompt_cache_breakpoint.*",
    "prompt_cache_options.*",
    "prompt_cache_retention",
    "reasoning.*",
    "text.verbosity",
    "text.format.type",
    "text.format.name",
    "tool_choice",
    "tool_choice.type",
    "tool_choice.mode",
    "tool_choice.name",
    "tool_choice.server_label",
    "tool_choice.tools.*.type",
    "tool_choice.tools.*.name",
    "tool_choice.tools.*.server_label",
    *below(("text.format.schema.**",), SCHEMA),
)
_SETTINGS_WORDS = (
    "instructions",
    "metadata.*",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt.variables.*",
    *below(("prompt.variables.*",), ("text", "filename", "file_url")),
    "text.format.description",
    "text.format.schema.**",
    "tool_choice.tools.**",
)
_SETTINGS_FILES = below(("prompt.variables.*",), FILES)


_OWN_TOOLS = tools_of("")

_REQUEST: Final = FieldMap(
    given=pictures("input.*"),
    free=item_free("input.*"),
    structural=(
        "stream",
        "stream_options.*",
        "store",
        "include.*",
        "context_management.*.*",
        "background_options.*",
        "moderation.model",
        "moderation.policy.*.mode",
        *_SETTINGS_SHAPE,
        *item_shape("input.*"),
        *below(_OWN_TOOLS, TOOL_SHAPE),
        *below(below(_OWN_TOOLS, TOOL_SCHEMAS), SCHEMA),
    ),
    binary=(*item_files("input.*"), *below(_OWN_TOOLS, TOOL_FILES), *_SETTINGS_FILES),
    text=("input", *_SETTINGS_WORDS, *item_words("input.*"), *below(_OWN_TOOLS, TOOL_WORDS)),
)

# --- the answer ------------------------------------------------------------------------------------

_ENVELOPE = (
    "id",
    "object",
    "status",
    "created_at",
    "completed_at",
    "incomplete_details.reason",
    "input_transformations.*.*",
    "error.code",
    "error.type",
    "error.misalignment.error_type",
    "moderation.*.code",
    "moderation.*.model",
    "moderation.*.type",
    "moderation.*.results.**",
    "moderation.*.category_scores.*",
    "moderation.*.category_applied_input_types.*.*",
    "prompt_cache_diagnostics.*",
    "tool_usage.**",
    "usage.**",
    *_SETTINGS_SHAPE,
    *below(_OWN_TOOLS, TOOL_SHAPE),
    *below(below(_OWN_TOOLS, TOOL_SCHEMAS), SCHEMA),
)
_ENVELOPE_WORDS = (
    "error.message",
    "error.param",
    "error.misalignment.detailed_explanation",
    "error.misalignment.review_target",
    "error.misalignment.steer.message",
    "moderation.*.message",
    *_SETTINGS_WORDS,
    *below(_OWN_TOOLS, TOOL_WORDS),
)
_OUTPUTS = ("output.*", "instructions.*")

_RESPONSE: Final = FieldMap(
    given=pictures(*_OUTPUTS),
    free=item_free(*_OUTPUTS),
    structural=(*_ENVELOPE, *item_shape(*_OUTPUTS)),
    binary=(*item_files(*_OUTPUTS), *_SETTINGS_FILES, *below(_OWN_TOOLS, TOOL_FILES)),
    text=(*_ENVELOPE_WORDS, *item_words(*_OUTPUTS)),
)

_EVENT_ITEMS = ("item", "response.output.*", "response.instructions.*")
# The texts of an item that come in deltas first.
_STREAMED = (
    "content.*.text",
    "content.*.refusal",
    "summary.*.text",
    "arguments",
    "input",
    "code",
    "action.commands.*",
)

_EVENT: Final = FieldMap(
    given=(
        Given("delta", "type", frozenset({"response.audio.delta"}), "binary", "delta"),
        *pictures(*_EVENT_ITEMS),
    ),
    free=item_free(*_EVENT_ITEMS),
    structural=(
        "type",
        "sequence_number",
        "item_id",
        "response_id",
        "output_index",
        "content_index",
        "summary_index",
        "command_index",
        "annotation_index",
        "partial_image_index",
        "obfuscation",
        "status",
        "background",
        "output_format",
        "quality",
        "size",
        "name",
        "logprobs.**",
        "output.*.created_by",
        "output.*.outcome.*",
        "part.type",
        "part.logprobs.**",
        *below(("part.annotations.*", "annotation"), NOTE_SHAPE),
        *below(("response",), _ENVELOPE),
        *item_shape(*_EVENT_ITEMS),
    ),
    binary=(
        "partial_image_b64",
        *item_files(*_EVENT_ITEMS),
        *below(("response",), (*_SETTINGS_FILES, *below(_OWN_TOOLS, TOOL_FILES))),
    ),
    delta=("delta", "delta.stdout", "delta.stderr"),
    loose=("delta.**",),
    snapshot=(
        *("text", "refusal", "arguments", "input", "code", "command"),
        *("part.text", "part.refusal", "output.*.stdout", "output.*.stderr"),
        *below(("item", "response.output.*"), _STREAMED),
    ),
    text=(
        "message",
        "param",
        *below(("part.annotations.*", "annotation"), NOTE_WORDS),
        *below(("response",), _ENVELOPE_WORDS),
        *item_words(*_EVENT_ITEMS),
    ),
)

_TOOL_PARTS: Final = frozenset({"arguments", "input", "action", "actions", "operation"})
_TOOL_RESULTS: Final = frozenset(
    {
        "function_call_output",
        "custom_tool_call_output",
        "computer_call_output",
        "local_shell_call_output",
        "shell_call_output",
        "apply_patch_call_output",
        "tool_search_output",
        "mcp_call",
        "mcp_list_tools",
        "file_search_call",
        "web_search_call",
        "code_interpreter_call",
        "program_output",
    }
)

RESPONSES: Final = ProtocolMap(
    name="openai.responses",
    version=1,
    request=_REQUEST,
    response=_RESPONSE,
    event=_EVENT,
    # Empty lists: the types say that there is a list.
    erased=(
        "logprobs",
        "part.logprobs",
        *(f"{item}.content.*.logprobs" for item in ("input.*", "output.*", "item", "response.output.*")),
    ),
    erased_as="[]",
    calls=tuple(
        CallSite(item, _TOOL_PARTS, typed=True) for item in ("output.*", "item", "response.output.*")
    ),
    results=(ResultSite("input.*", "type", _TOOL_RESULTS),),
)
