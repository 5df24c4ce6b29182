"""The maps of all protocols by their names, and which of them a request speaks."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from guardrail.wire.anthropic import MESSAGES
from guardrail.wire.batches import FILE_BATCHES, MESSAGE_BATCHES
from guardrail.wire.cohere import CHAT_V2
from guardrail.wire.gemini import GENERATE
from guardrail.wire.gemini_live import LIVE
from guardrail.wire.mistral import CHAT_MISTRAL
from guardrail.wire.ollama import OLLAMA
from guardrail.wire.openai import CHAT, EMBEDDINGS
from guardrail.wire.protocol import GENERIC
from guardrail.wire.realtime import REALTIME
from guardrail.wire.responses import RESPONSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.wire.protocol import ProtocolMap

__all__ = ["PROTOCOLS", "protocol_for"]

PROTOCOLS: Final[Mapping[str, ProtocolMap]] = MappingProxyType(
    {
        protocol.name: protocol
        for protocol in (
            GENERIC,
            CHAT,
            RESPONSES,
            REALTIME,
            EMBEDDINGS,
            MESSAGES,
            MESSAGE_BATCHES,
            FILE_BATCHES,
            GENERATE,
            LIVE,
            CHAT_MISTRAL,
            CHAT_V2,
            OLLAMA,
        )
    }
)

# What a path ends with. Gateways put their own prefix before it, so the beginning says nothing.
_POSTED: Final = (
    (re.compile(r"/chat/completions\Z"), CHAT.name),
    (re.compile(r"/responses\Z"), RESPONSES.name),
    (re.compile(r"/embeddings\Z"), EMBEDDINGS.name),
    (re.compile(r"/v1/messages(?:/count_tokens)?\Z"), MESSAGES.name),
    (re.compile(r"/v1/messages/batches\Z"), MESSAGE_BATCHES.name),
    (re.compile(r"/v1/batches\Z"), FILE_BATCHES.name),
    (re.compile(r":(?:generateContent|streamGenerateContent)\Z"), GENERATE.name),
    (re.compile(r"/v2/chat\Z"), CHAT_V2.name),
    (re.compile(r"/api/(?:chat|generate)\Z"), OLLAMA.name),
)
# An answer that is stored may be fetched, whole or as a stream.
_FETCHED: Final = (
    (re.compile(r"/responses/[^/]+\Z"), RESPONSES.name),
    (re.compile(r"/v1/messages/batches(?:/[^/]+(?:/results)?)?\Z"), MESSAGE_BATCHES.name),
    (re.compile(r"/v1/batches/[^/]+\Z"), FILE_BATCHES.name),
    (re.compile(r"/realtime(?:/translations)?\Z"), REALTIME.name),  # a websocket's handshake
    (re.compile(r"[./]BidiGenerateContent(?:Constrained)?\Z"), LIVE.name),
)
_MISTRAL: Final = re.compile(r"(?:.+\.)?mistral\.ai(?::\d+)?")


def protocol_for(method: str, path: str, headers: Mapping[str, str]) -> str:
    """Return the name of the protocol that a request speaks, "" (generic JSON) where no map is known.

    `path` may have a query; the names of `headers` are lower-case. A wrong guess
    never hides a text: what a map does not know follows the policy's `unknown_field`.
    """
    place = path.partition("?")[0].rstrip("/")
    table = {"POST": _POSTED, "GET": _FETCHED}.get(method.upper(), ())
    name = next((name for pattern, name in table if pattern.search(place)), "")
    if name == CHAT.name and _is_mistral(headers):
        return CHAT_MISTRAL.name
    if name == OLLAMA.name and not _is_ollama(headers):
        return ""  # many an application has an /api/chat of its own
    return name


def _is_mistral(headers: Mapping[str, str]) -> bool:
    """Tell Mistral from OpenAI, whose path it shares, by its host or its client."""
    host = headers.get("host", "").strip().lower()
    return bool(_MISTRAL.fullmatch(host)) or headers.get("user-agent", "").startswith("mistral-client")


def _is_ollama(headers: Mapping[str, str]) -> bool:
    """Tell Ollama from an application with the same paths, by its port or its client."""
    return headers.get("host", "").strip().endswith(":11434") or headers.get("user-agent", "").startswith(
        "ollama"
    )
