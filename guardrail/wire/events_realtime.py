"""The events of the server of OpenAI Realtime: one text per item and part, and each again at its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.wire.events import BLOCKED, Channel, Plain
from guardrail.wire.json import read, write
from guardrail.wire.realtime import REALTIME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.wire.events import Values
    from guardrail.wire.json import Path

    _Place: TypeAlias = "tuple[str, str, str]"  # the item, the part of it, the response

__all__ = ["RealtimeEvents"]

_MOST: Final = 1000  # items of one connection whose tools are remembered: the latest
_BEGUN: Final = frozenset(
    {"response.output_item.added", "conversation.item.added", "conversation.item.created"}
)
_ITEM_ENDS: Final = frozenset({"response.output_item.done", "conversation.item.done"})
_ENDS: Final = (".done", ".completed", ".failed")


class RealtimeEvents(Plain):
    """`X.delta` events, ended by `X.done` or `X.completed`; then the part, the item, the response."""

    protocol = REALTIME

    def __init__(self) -> None:
        self._tools: dict[str, str] = {}  # by the item's id
        self._open: dict[str, _Place] = {}  # the texts that have begun, by their groups
        self._tails = 0

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: what it is a delta of, its item and its part."""
        kind = values.get(("type",), "").removesuffix(".delta")
        group = _group(kind, values)
        item, part, response = (
            values.get((name,), "") for name in ("item_id", "content_index", "response_id")
        )
        self._open.setdefault(group, (item, part, response))
        call = kind.endswith("_arguments")
        return Channel(group, path, self._tools.get(item, "") if call else "", call=call, quoted=call)

    def ended(self, values: Values) -> frozenset[str]:
        """Return the text that is done; with a part, an item or a response, all texts of it."""
        kind = values.get(("type",), "")
        if kind in _BEGUN:
            self._remember(values)
        if kind == "response.done":
            return self._closed(lambda place: place[2] == values.get(("response", "id")))
        if kind in _ITEM_ENDS:
            return self._closed(lambda place: place[0] == values.get(("item", "id")))
        if kind == "response.content_part.done":
            item, part = values.get(("item_id",), ""), values.get(("content_index",), "")
            return self._closed(lambda place: place[:2] == (item, part))
        if kind == "session.closed":
            return self._closed(lambda _: True)
        end = next((end for end in _ENDS if kind.endswith(end)), "")
        if not end:
            return frozenset()
        group = _group(kind.removesuffix(end), values)
        self._open.pop(group, None)
        return frozenset({group})

    def tool(self, path: Path, values: Values) -> str | None:
        """Return the tool of the item that the event is about, where it repeats a call's text by itself."""
        if path == ("arguments",):
            return self._tools.get(values.get(("item_id",), "")) or values.get(("name",), "")
        return super().tool(path, values)

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return the last event of the channel again, with this text and an id of its own."""
        tail = super().tail(data, channel, text)
        self._tails += 1
        own = (slot for slot in read(tail, lenient=True) if slot.path == ("event_id",))
        return write(tail, {slot: f"{slot.text}_{self._tails}" for slot in own if slot.kind == "string"})

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return one error event; the connection is closed behind it."""
        del data, groups
        error = {"type": "guardrail_blocked", "code": "guardrail_blocked", "message": message, "param": None}
        return [json.dumps({"type": "error", "event_id": "event_guardrail", "error": error})]

    def _remember(self, values: Values) -> None:
        kind = values.get(("item", "type"), "")
        name = values.get(("item", "name"), "") or kind.removesuffix("_call")
        if len(self._tools) >= _MOST:
            del self._tools[next(iter(self._tools))]
        self._tools[values.get(("item", "id"), "")] = name

    def _closed(self, ends: Callable[[_Place], bool]) -> frozenset[str]:
        groups = frozenset(group for group, place in self._open.items() if ends(place))
        self._open = {group: place for group, place in self._open.items() if group not in groups}
        return groups


def _group(kind: str, values: Values) -> str:
    # No part is told by a text that another could hold: each is quoted.
    return json.dumps([kind, *(values.get((place,), "") for place in ("item_id", "content_index"))])
