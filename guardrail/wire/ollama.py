"""Ollama chat and generate: which fields are text. Answers come as lines of JSON.

Source: the types of the ollama SDK 0.6 (`ChatRequest`, `GenerateRequest`,
`ChatResponse`, `GenerateResponse`), and the API reference.
"""

from __future__ import annotations

from typing import Final

from guardrail.wire.openai import SCHEMA
from guardrail.wire.protocol import CallSite, FieldMap, ProtocolMap, below

__all__ = ["OLLAMA"]

_SCHEMAS = ("tools.*.function.parameters.**", "format.***")
_OPTIONS = (
    "frequency_penalty main_gpu min_p mirostat mirostat_eta mirostat_tau num_batch num_ctx num_gpu num_keep "
    "num_predict num_thread presence_penalty repeat_last_n repeat_penalty seed temperature tfs_z top_k top_p "
    "typical_p"
)
_MESSAGE_SHAPE = (
    "role",
    "tool_name",
    *below(("tool_calls.*",), ("id", "type", "function.name", "function.index")),
)

_REQUEST: Final = FieldMap(
    free=("messages.*.tool_calls.*.function.arguments.**",),
    structural=(
        "model",
        "stream",
        "raw",
        "think",
        "keep_alive",
        "format",
        "truncate",
        "dimensions",
        "logprobs",
        "top_logprobs",
        "width",
        "height",
        "steps",
        *below(("options",), tuple(_OPTIONS.split())),
        *below(("messages.*",), _MESSAGE_SHAPE),
        "tools.*.type",
        "tools.*.function.name",
        *below(_SCHEMAS, SCHEMA),
    ),
    binary=("images.*", "images.*.value", "messages.*.images.*", "messages.*.images.*.value"),
    # A context is the tokens of an earlier turn, which nobody here can read.
    numbers=("context.*",),
    text=(
        "messages.*.content",
        "messages.*.thinking",
        "prompt",
        "suffix",
        "system",
        "template",
        "options.stop.*",
        "tools.*.function.description",
        *_SCHEMAS,
    ),
)

_FIGURES = (
    "model",
    "created_at",
    "done_reason",
    "eval_count",
    "eval_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "total_duration",
    "completed",
    "total",
    "context.*",
    *below(("message",), _MESSAGE_SHAPE),
)
_FREE = ("message.tool_calls.*.function.arguments.**",)
_IMAGES = ("image", "message.images.*", "message.images.*.value")
_TEXTS = ("response", "thinking", "message.content", "message.thinking")

OLLAMA: Final = ProtocolMap(
    name="ollama.chat",
    version=1,
    request=_REQUEST,
    response=FieldMap(free=_FREE, structural=_FIGURES, binary=_IMAGES, text=(*_TEXTS, "error")),
    event=FieldMap(free=_FREE, structural=_FIGURES, binary=_IMAGES, delta=_TEXTS, text=("error",)),
    erased=("logprobs",),
    calls=(CallSite("message.tool_calls.*", frozenset({"function"}), names=("function.name",)),),
)
