"""Mistral chat: Chat Completions, with texts in lists of parts and thinking among them.

Source: the types of the mistralai SDK 3.7 (`ChatCompletionRequest`,
`ChatCompletionResponse`, `CompletionChunk`), and the API reference.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from guardrail.wire.openai import CHAT
from guardrail.wire.protocol import FieldMap, ProtocolMap, below

__all__ = ["CHAT_MISTRAL"]

# One part of a content, a resource in it, and a part of its thinking.
_PART_SHAPE = ("type", "file_id", "reference_ids.*", "tool", "signature", "closed", "image_url.detail")
_PART_WORDS = ("text", "thinking", "title", "description", "url", "uri", "favicon", "document_name", "name")
_PART_FILES = ("image_url", "image_url.url", "document_url", "input_audio")
_CALL = ("id", "type", "index", "function.name")
_LIMITS = ("random_seed", "min_tokens", "repetition_penalty", "top_k", "top_prompt_logprobs")


def _parts(message: str) -> tuple[str, ...]:
    content = f"{message}.content.*"
    return (content, f"{content}.content", f"{content}.content.*", f"{content}.thinking.*")


_ASKED = _parts("messages.*")

_REQUEST: Final = replace(
    CHAT.request,
    free=(
        "messages.*.tool_calls.*.function.arguments.**",
        *below(_ASKED, ("metadata.**",)),
    ),
    structural=(
        *CHAT.request.structural,
        *_LIMITS,
        *below(("guardrails.*", "guardrails.*.*"), ("block_on_error", "action", "model_name")),
        "guardrails.*.*.custom_category_thresholds.*",
        "guardrails.*.*.ignore_other_categories",
        "prompt_mode",
        *below(_ASKED, _PART_SHAPE),
        "messages.*.tool_calls.*.index",
        "tools.*.connector_id",
        "tools.*.library_ids.*",
        "tools.*.authorization.type",
        *below(("tools.*.tool_configuration",), ("include.*", "exclude.*", "requires_confirmation.*")),
    ),
    binary=(*CHAT.request.binary, *below(_ASKED, _PART_FILES)),
    # A key to another service is meant for the provider; a policy that blocks secrets speaks of it.
    text=(
        *CHAT.request.text,
        *below(_ASKED, _PART_WORDS),
        "metadata.**",
        "tools.*.authorization.value",
        "tools.*.authorization.raw.**",
    ),
)


def _answer(fields: FieldMap, message: str) -> FieldMap:
    """Return the map of an answer, whose texts are below `choices.*` in a `message` or a `delta`."""
    own, more = f"choices.*.{message}", "choices.*.messages.*"
    parts = (*_parts(own), *_parts(more))
    return replace(
        fields,
        free=(
            *below((own, more, *parts), ("metadata.**",)),
            *below((own, more), ("tool_calls.*.function.arguments.**",)),
        )
        if message != "delta"
        else below((own, more, *parts), ("metadata.**",)),
        structural=(
            *fields.structural,
            *below(parts, _PART_SHAPE),
            *below((own, more), ("role", "index", "tool_call_id")),
            *below((f"{more}.tool_calls.*",), _CALL),
        ),
        binary=(*fields.binary, *below(parts, _PART_FILES)),
        text=(
            *fields.text,
            *below((more,), ("content", "tool_calls.*.function.arguments")),
            *below((own, more), ("prefix",)),
            *below(parts if message != "delta" else _parts(more), _PART_WORDS),
        ),
        delta=(
            *fields.delta,
            *below(_parts(own), _PART_WORDS),
            f"{own}.tool_calls.*.function.arguments.**",
        )
        if message == "delta"
        else (),
    )


CHAT_MISTRAL: Final = ProtocolMap(
    name="mistral.chat",
    version=1,
    request=_REQUEST,
    response=_answer(CHAT.response, "message"),
    event=_answer(CHAT.event, "delta"),
    erased=("choices.*.logprobs", "choices.*.prompt_logprobs"),
)
