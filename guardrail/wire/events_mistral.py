"""The chunks of Mistral chat: as Chat Completions, with thinking in lists of parts before the content."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from guardrail.wire.events import BLOCKED, ChatEvents
from guardrail.wire.mistral import CHAT_MISTRAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.wire.events import Channel, Values
    from guardrail.wire.json import Path

__all__ = ["MistralEvents"]

_THINKING = " thinking"


class MistralEvents(ChatEvents):
    """`choices[].delta`, whose content is a text or a list of parts."""

    protocol = CHAT_MISTRAL
    refused = "error"
    refuses = False

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel; all thinking of a choice is one text, and so are all parts of its content."""
        channel = super().channel(path, values)
        if channel.steps[:1] != ("content",) or len(channel.steps) == 1:
            return channel
        if "thinking" in channel.steps:
            return replace(
                channel, group=channel.group + _THINKING, steps=("content", 0, "thinking", 0, "text")
            )
        return replace(channel, steps=("content", 0, *channel.steps[2:]))

    def ended(self, values: Values) -> frozenset[str]:
        """Return the choices that end, and the thinking of those whose content begins."""
        choices = super().ended(values)
        begun = {
            values.get((*path[:2], "index"), str(path[1]))
            for path, piece in values.items()
            if piece and path[2:4] == ("delta", "content") and (len(path) == 4 or path[5:] == ("text",))
        }
        return choices | {choice + _THINKING for choice in choices | begun}

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return a chunk with this piece alone; parts have a type here, and no index."""
        choice = replace(channel, group=channel.group.removesuffix(_THINKING))
        parts = {
            ("content", 0, "text"): {"type": "text", "text": text},
            ("content", 0, "thinking", 0, "text"): {
                "type": "thinking",
                "thinking": [{"type": "text", "text": text}],
            },
        }
        part = parts.get(channel.steps)
        if part is None:
            return super().tail(data, choice, text)
        chunk = json.loads(super().tail(data, replace(choice, steps=("content",)), ""))
        chunk["choices"][0]["delta"] = {"content": [part]}
        return json.dumps(chunk)

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return a chunk that ends every open choice as an error, and the end mark."""
        return super().stopped(data, sorted({group.removesuffix(_THINKING) for group in groups}), message)
