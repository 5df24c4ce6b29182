"""Which shape the events of a protocol have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.wire.batches import MessageBatchRecords
from guardrail.wire.events import ChatEvents, GenericEvents
from guardrail.wire.events_anthropic import AnthropicEvents
from guardrail.wire.events_cohere import CohereEvents
from guardrail.wire.events_gemini import GeminiEvents
from guardrail.wire.events_lines import OllamaEvents, Records
from guardrail.wire.events_live import LiveEvents
from guardrail.wire.events_mistral import MistralEvents
from guardrail.wire.events_realtime import RealtimeEvents
from guardrail.wire.events_responses import ResponsesEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.wire.events import EventShape
    from guardrail.wire.protocol import ProtocolMap

__all__ = ["shape_of"]

_SHAPES: Final[Mapping[str, Callable[[], EventShape]]] = {
    "openai.chat": ChatEvents,
    "openai.responses": ResponsesEvents,
    "openai.realtime": RealtimeEvents,
    "anthropic.messages": AnthropicEvents,
    "anthropic.batches": MessageBatchRecords,
    "gemini.generate": GeminiEvents,
    "gemini.live": LiveEvents,
    "mistral.chat": MistralEvents,
    "cohere.chat": CohereEvents,
    "ollama.chat": OllamaEvents,
}


def shape_of(protocol: ProtocolMap, *, records: bool = False) -> EventShape:
    """Return a new shape for one stream of a protocol's events; `records` says that they may be records."""
    return _SHAPES.get(protocol.name, Records if records else GenericEvents)()
