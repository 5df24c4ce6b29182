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

_PARTS = ("messages.*.content.*", "prefix.content.*")
_LIMITS = ("random_seed", "min_tokens", "repetition_penalty", "top_k", "top_prompt_logprobs")
_GUARDRAILS = ("guardrails.*.*", "guardrails.*.*.*", "guardrails.*.*.*.*")
_REFERENCES = ("reference_ids.*", "tool", "type", "file_id")

_REQUEST: Final = replace(
    CHAT.request,
    structural=(
        *CHAT.request.structural,
        *_LIMITS,
        *_GUARDRAILS,
        "prompt_mode",
        *below(_PARTS, ("file_id", "reference_ids.*", "thinking.*.type", "thinking.*.reference_ids.*")),
        *below(_PARTS, ("thinking.*.tool", "closed", "tool", "signature", "thinking.*.file_id")),
        "messages.*.tool_calls.*.index",
        "tools.*.connector_id",
        "tools.*.library_ids.*",
        "tools.*.authorization.type",
        *below(("tools.*.tool_configuration",), ("include.*", "exclude.*", "requires_confirmation.*")),
    ),
    # A key to another service is meant for the provider; a policy that blocks secrets speaks of it.
    text=(
        *CHAT.request.text,
        *below(_PARTS, ("thinking", "thinking.*.text", "title", "description", "url", "favicon")),
        *below(_PARTS, ("thinking.*.title", "thinking.*.description", "thinking.*.url")),
        *below(_PARTS, ("document_name", "name")),
        "metadata.**",
        "tools.*.authorization.value",
        "tools.*.authorization.raw.**",
    ),
    binary=(
        *CHAT.request.binary,
        *below(_PARTS, ("image_url", "document_url", "input_audio", "file")),
    ),
    free=("messages.*.tool_calls.*.function.arguments.**",),
)


def _answer(fields: FieldMap, part: str) -> FieldMap:
    return replace(
        fields,
        structural=(
            *fields.structural,
            "choices.*.prompt_logprobs.**",
            *below((f"choices.*.{part}.content.*", f"choices.*.{part}.content.*.thinking.*"), _REFERENCES),
            f"choices.*.{part}.content.*.signature",
            f"choices.*.{part}.index",
            f"choices.*.{part}.tool_call_id",
            "choices.*.messages.*.role",
            "choices.*.messages.*.index",
            "choices.*.messages.*.tool_call_id",
            *below(("choices.*.messages.*.tool_calls.*",), ("id", "type", "index", "function.name")),
        ),
        binary=(
            *fields.binary,
            *below((f"choices.*.{part}.content.*",), ("image_url", "image_url.url", "input_audio")),
        ),
        text=(*fields.text, "choices.*.messages.**"),
        free=(f"choices.*.{part}.metadata.**", f"choices.*.{part}.tool_calls.*.function.arguments.**")
        if part == "message"
        else (f"choices.*.{part}.metadata.**",),
    )


CHAT_MISTRAL: Final = ProtocolMap(
    name="mistral.chat",
    version=1,
    request=_REQUEST,
    response=_answer(CHAT.response, "message"),
    event=_answer(CHAT.event, "delta"),
    erased=("choices.*.logprobs", "choices.*.prompt_logprobs"),
)
