"""The events of Cohere v2 chat: contents and tool calls by their index, and a plan before the calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from guardrail.wire.cohere import CHAT_V2
from guardrail.wire.events import BLOCKED, Channel, Plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.wire.events import Values
    from guardrail.wire.json import Path

__all__ = ["CohereEvents"]

_PLAN: Final = "plan"
_MESSAGE: Final = ("delta", "message")
_CALL: Final = (*_MESSAGE, "tool_calls", "function")


class CohereEvents(Plain):
    """`content-delta`, `tool-plan-delta` and `tool-call-delta` events between their starts and ends."""

    protocol = CHAT_V2
    named = True

    def __init__(self) -> None:
        self._tools: dict[str, str] = {}
        self._open: set[str] = set()

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: what the piece belongs to, its index, and what it is called."""
        steps = path[2:]
        index = values.get(("index",), "")
        call = steps[:1] == ("tool_calls",)
        group = _PLAN if steps[:1] == ("tool_plan",) else f"{'call' if call else 'content'} {index}"
        self._open.add(group)
        tool = self._tools.get(index, "") if call else ""
        return Channel(group, steps, tool, call=call, quoted=call)

    def cited(self, item: Path, values: Values) -> tuple[str, Path] | None:
        """Return the content that the citation names."""
        return (f"content {values.get((*item, 'content_index'), '0')}", ("content", "text"))

    def ended(self, values: Values) -> frozenset[str]:
        """Return the content or the call that ends; the plan ends where a call begins."""
        kind = values.get(("type",), "")
        index = values.get(("index",), "")
        if kind == "tool-call-start":
            if len(self._tools) < 1000:
                self._tools[index] = values.get((*_CALL, "name"), "")
            return frozenset({_PLAN} & self._open)
        if kind == "message-end":
            return frozenset(self._open)
        ends = {"content-end": f"content {index}", "tool-call-end": f"call {index}"}
        return frozenset({ends[kind]}) if kind in ends else frozenset()

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return one more delta of this content, plan or call."""
        del data
        delta: object = text
        for step in reversed(channel.steps):
            delta = {step: delta}
        what, _, index = channel.group.partition(" ")
        kind = {"content": "content-delta", "call": "tool-call-delta"}.get(what, "tool-plan-delta")
        place = {"index": int(index)} if index.isdecimal() else {}
        return json.dumps({"type": kind, **place, "delta": {"message": delta}})

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return the end of the message, with an error."""
        del data, groups
        return [json.dumps({"type": "message-end", "delta": {"finish_reason": "ERROR", "error": message}})]
