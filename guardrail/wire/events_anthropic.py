"""The events of Anthropic Messages: content blocks by their index, each with a start and a stop."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from guardrail.wire.anthropic import MESSAGES
from guardrail.wire.events import BLOCKED, Channel, Plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.wire.events import Values
    from guardrail.wire.json import Path

__all__ = ["AnthropicEvents"]

_DELTAS: Final = {"text": "text_delta", "thinking": "thinking_delta", "partial_json": "input_json_delta"}
_LAST: Final = frozenset({"message_delta", "message_stop", "error"})


class AnthropicEvents(Plain):
    """`content_block_delta` events between `content_block_start` and `content_block_stop`."""

    protocol = MESSAGES
    named = True

    def __init__(self) -> None:
        self._tools: dict[str, str] = {}
        self._open: set[str] = set()

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: the block's index, and what the piece is called."""
        group = values.get(("index",), "")
        self._open.add(group)
        quoted = path[-1:] == ("partial_json",)
        return Channel(group, path[-1:], self._tools.get(group, ""), call=quoted, quoted=quoted)

    def ended(self, values: Values) -> frozenset[str]:
        """Return the block that stops; at the end of the message, every block.

        A signature follows the last piece of a thinking: what is held goes before it.
        """
        kind = values.get(("type",), "")
        index = values.get(("index",), "")
        if kind == "content_block_start" and len(self._tools) < 1000:
            self._tools[index] = values.get(("content_block", "name"), "")
        if kind == "content_block_stop" or values.get(("delta", "type")) == "signature_delta":
            return frozenset({index})
        return frozenset(self._open) if kind in _LAST else frozenset()

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return one more `content_block_delta`."""
        del data
        name = str(channel.steps[-1])
        index = int(channel.group) if channel.group.isdecimal() else 0
        delta = {"type": _DELTAS.get(name, f"{name}_delta"), name: text}
        return json.dumps({"type": "content_block_delta", "index": index, "delta": delta})

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return an `error` event."""
        del data, groups
        return [json.dumps({"type": "error", "error": {"type": "api_error", "message": message}})]
