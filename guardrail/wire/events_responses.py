"""The events of OpenAI Responses: numbered, one text per item and part, and each text again at its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError
from guardrail.wire.events import BLOCKED, Channel, Plain
from guardrail.wire.json import read
from guardrail.wire.responses import RESPONSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.wire.events import Values
    from guardrail.wire.json import Path, Slot

__all__ = ["ResponsesEvents"]

_LAST: Final = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})
_PLACES: Final = ("item_id", "output_index", "content_index", "summary_index", "command_index")
_NUMBER: Final = "sequence_number"
_MOST: Final = 1000  # items of one answer whose tools are remembered


class ResponsesEvents(Plain):
    """`response.X.delta` events, ended by `response.X.done`; then the item, then the whole response."""

    protocol = RESPONSES
    named = True
    numbered = True

    def __init__(self) -> None:
        self._tools: dict[str, str] = {}  # by the item's place in the output
        self._open: dict[str, str] = {}  # the groups that have begun, with their items' places
        self._added = 0
        self._last = "{}"  # the last event with a number, as it went out
        self._first = "{}"  # the first event with a response, as it went out

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: what it is a delta of, and the place in the answer that the event tells."""
        kind = values.get(("type",), "").removesuffix(".delta")
        group = _group(kind, values)
        item = values.get(("output_index",), "")
        self._open.setdefault(group, item)
        call = _is_call(kind)
        tool = self._tools.get(item, "") if call else ""
        return Channel(group, path, tool, call=call, quoted="_arguments" in kind)

    def cited(self, item: Path, values: Values) -> tuple[str, Path] | None:
        """Return the text that the event itself is about; None where the citation stands beside its text."""
        return (_group("response.output_text", values), ("delta",)) if item == ("annotation",) else None

    def ended(self, values: Values) -> frozenset[str]:
        """Return the text that is done; with an item, all texts of it; with the response, every text."""
        kind = values.get(("type",), "")
        item = values.get(("output_index",), "")
        if kind == "response.output_item.added" and len(self._tools) < _MOST:
            named = values.get(("item", "name"), "")
            self._tools[item] = named or values.get(("item", "type"), "").removesuffix("_call")
        if kind in _LAST:
            return frozenset(self._open)
        if kind == "response.output_item.done":
            return frozenset(group for group, place in self._open.items() if place == item)
        return (
            frozenset({_group(kind.removesuffix(".done"), values)}) if kind.endswith(".done") else frozenset()
        )

    def tool(self, path: Path, values: Values) -> str | None:
        """Return the tool of the item that the event is about, where it repeats a call's text by itself."""
        kind = values.get(("type",), "").removesuffix(".done")
        if len(path) == 1 and _is_call(kind):
            return self._tools.get(values.get(("output_index",), ""), "")
        return super().tool(path, values)

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return `response.failed`, with what the first event told of the response."""
        del data, groups
        failed = {
            "object": "response",
            "output": [],
            **_response(self._first),
            "status": "failed",
            "error": {"code": "server_error", "message": message},
        }
        return [json.dumps({"type": "response.failed", _NUMBER: 0, "response": failed})]

    def number(self, data: str, *, added: bool = False) -> str:
        """Return the data with its place in the stream: events that were added move the later ones on."""
        if self._first == "{}" and '"response"' in data:
            self._first = data
        if added:
            last = _own(self._last)
            data = _numbered(data, int(last.text) + 1 if last else 0)
            self._added += 1
        elif self._added and (own := _own(data)):
            data = _numbered(data, int(own.text) + self._added)
        if f'"{_NUMBER}"' in data:
            self._last = data
        return data


def _own(data: str) -> Slot | None:
    """Return the place of an event's own number."""
    try:
        slots = read(data, lenient=True)
    except BodyError:
        return None
    own = (slot for slot in slots if slot.path == (_NUMBER,) and slot.kind == "number")
    return next((slot for slot in own if slot.text.isdecimal() and len(slot.text) < 16), None)


def _numbered(data: str, number: int) -> str:
    own = _own(data)
    return f"{data[: own.start]}{number}{data[own.end :]}" if own else data


def _response(data: str) -> dict[str, object]:
    """Return what an event tells of the response; nothing where it does not."""
    try:
        response = json.loads(data).get("response")
    except (ValueError, AttributeError):
        return {}
    return response if isinstance(response, dict) else {}


def _is_call(kind: str) -> bool:
    return kind.endswith(("_arguments", "tool_call_input", "shell_call_command"))


def _group(kind: str, values: Values) -> str:
    # No part is told by a text that another could hold: each is quoted.
    return json.dumps([kind, *(values.get((place,), "") for place in _PLACES)])
