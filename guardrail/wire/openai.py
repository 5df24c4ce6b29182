"""OpenAI Chat Completions and Embeddings: which fields are text.

Source: the request and response types of the openai SDK 3.54 (`types/chat/*`,
`EmbeddingCreateParams`, `CreateEmbeddingResponse`), and the API reference.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.protocol import FieldMap, ProtocolMap, below

__all__ = ["CHAT", "EMBEDDINGS", "SCHEMA"]

_TOOL_CALL = ("id", "type", "index", "function.name", "custom.name")

# In a JSON schema the shape is structural; descriptions, enumerations, defaults and examples are text.
SCHEMA = ("type", "required.*", "format", "pattern", "$ref", "$schema", "$id")
_SCHEMA_PARENTS = (
    "tools.*.function.parameters",
    "functions.*.parameters",
    "response_format.json_schema.schema",
)

_REQUEST: Final = FieldMap(
    structural=(
        "model",
        "stream",
        "service_tier",
        "reasoning_effort",
        "verbosity",
        "prompt_cache_retention",
        "modalities.*",
        "tool_choice",
        "tool_choice.type",
        "tool_choice.function.name",
        "tool_choice.custom.name",
        "tool_choice.allowed_tools.mode",
        "tool_choice.allowed_tools.tools.*.type",
        "tool_choice.allowed_tools.tools.*.name",
        "tool_choice.allowed_tools.tools.*.*.name",
        "function_call",
        "function_call.name",
        "audio.voice",
        "audio.voice.id",
        "audio.format",
        "moderation.model",
        "moderation.policy.*.mode",
        "prompt_cache_options.*",
        "prediction.type",
        "prediction.content.*.type",
        "prediction.content.*.prompt_cache_breakpoint.*",
        "messages.*.role",
        "messages.*.tool_call_id",
        "messages.*.audio.id",
        "messages.*.content.*.type",
        "messages.*.content.*.image_url.detail",
        "messages.*.content.*.input_audio.format",
        "messages.*.content.*.file.file_id",
        "messages.*.content.*.prompt_cache_breakpoint.*",
        *(f"messages.*.tool_calls.*.{name}" for name in _TOOL_CALL),
        "messages.*.function_call.name",
        "tools.*.type",
        "tools.*.function.name",
        "tools.*.custom.name",
        "tools.*.custom.format.type",
        "tools.*.custom.format.grammar.syntax",
        "tools.*.custom.format.grammar.definition",
        "functions.*.name",
        "response_format.type",
        "response_format.json_schema.name",
        "web_search_options.search_context_size",
        "web_search_options.user_location.type",
        *(f"{parent}.**.{name}" for parent in _SCHEMA_PARENTS for name in SCHEMA),
        # What is not a string or is a switch: sampling, limits, counts.
        "temperature",
        "top_p",
        "n",
        "seed",
        "max_tokens",
        "max_completion_tokens",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias.*",
        "top_logprobs",
    ),
    binary=(
        "messages.*.content.*.image_url.url",
        "messages.*.content.*.input_audio.data",
        "messages.*.content.*.file.file_data",
    ),
    identifier=("messages.*.name",),
    text=(
        "messages.*.content",
        "messages.*.content.*.text",
        "messages.*.content.*.refusal",
        "messages.*.content.*.file.filename",
        "messages.*.refusal",
        "messages.*.reasoning_content",
        "messages.*.tool_calls.*.function.arguments",
        "messages.*.tool_calls.*.custom.input",
        "messages.*.function_call.arguments",
        "metadata.*",
        "user",
        "prompt_cache_key",
        "safety_identifier",
        "stop",
        "stop.*",
        "tool_choice.allowed_tools.tools.**",
        "prediction.content",
        "prediction.content.*.text",
        "web_search_options.user_location.**",
        "tools.*.function.description",
        "tools.*.custom.description",
        "tools.*.function.parameters.**",
        "functions.*.description",
        "functions.*.parameters.**",
        "response_format.json_schema.description",
        "response_format.json_schema.schema.**",
    ),
)

_ENVELOPE = (
    "id",
    "object",
    "created",
    "model",
    "service_tier",
    "system_fingerprint",
    "usage.**",
    "error.code",
    "error.type",
    "moderation.*.code",
    "moderation.*.model",
    "moderation.*.type",
    "moderation.*.results.*.model",
    "moderation.*.results.*.type",
    "moderation.*.results.*.category_scores.*",
    "moderation.*.results.*.category_applied_input_types.*.*",
)
# What an answer says, in whole or in pieces. Other servers that speak this protocol add their reasoning.
_SAID = (
    "content",
    "refusal",
    "reasoning",
    "reasoning_content",
    "audio.transcript",
    "function_call.arguments",
    "tool_calls.*.function.arguments",
    "tool_calls.*.custom.input",
)
_CITED = ("annotations.*.url_citation.title", "annotations.*.url_citation.url")
_TEXTS = ("error.message", "error.param", "moderation.*.message", "metadata.*")

_CITATION = ("type", "url_citation.start_index", "url_citation.end_index")

_RESPONSE: Final = FieldMap(
    structural=(
        *_ENVELOPE,
        "choices.*.index",
        "choices.*.finish_reason",
        "choices.*.logprobs.**",
        "choices.*.message.role",
        *below(("choices.*.message.annotations.*",), _CITATION),
        "choices.*.message.audio.id",
        "choices.*.message.audio.expires_at",
        *(f"choices.*.message.tool_calls.*.{name}" for name in _TOOL_CALL),
        "choices.*.message.function_call.name",
    ),
    binary=("choices.*.message.audio.data",),
    text=(*below(("choices.*.message",), (*_SAID, *_CITED)), *_TEXTS),
)

_EVENT: Final = FieldMap(
    structural=(
        *_ENVELOPE,
        "obfuscation",
        "choices.*.index",
        "choices.*.finish_reason",
        "choices.*.logprobs.**",
        "choices.*.delta.role",
        *below(("choices.*.delta.annotations.*",), _CITATION),
        "choices.*.delta.audio.id",
        "choices.*.delta.audio.expires_at",
        *(f"choices.*.delta.tool_calls.*.{name}" for name in _TOOL_CALL),
        "choices.*.delta.function_call.name",
    ),
    binary=("choices.*.delta.audio.data",),
    delta=below(("choices.*.delta",), _SAID),
    # Every other string of a delta is a piece of a text, too.
    loose=("choices.*.delta.**",),
    text=(*below(("choices.*.delta",), _CITED), *_TEXTS),
)

CHAT: Final = ProtocolMap(
    name="openai.chat",
    version=1,
    request=_REQUEST,
    response=_RESPONSE,
    event=_EVENT,
    # Log probabilities carry the raw tokens of the text, as strings and as bytes.
    erased=("choices.*.logprobs",),
)

# A vector can be turned back into much of its text: what it was made of was looked at on the way up.
_VECTORS: Final = FieldMap(
    structural=(
        "object",
        "model",
        "usage.*",
        "data.*.object",
        "data.*.index",
        "data.*.embedding",
        "data.*.embedding.*",
        "error.code",
        "error.type",
    ),
    text=("error.message", "error.param"),
)

EMBEDDINGS: Final = ProtocolMap(
    name="openai.embeddings",
    version=1,
    request=FieldMap(
        structural=("model", "dimensions", "encoding_format"),
        # Lists of numbers are tokens of a text, which nobody here can read.
        numbers=("input.*", "input.*.*"),
        text=("input", "user"),
    ),
    response=_VECTORS,
    event=_VECTORS,
)
