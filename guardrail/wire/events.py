"""How the events of a stream make up texts: which piece belongs to which, and where each ends.

One channel is one text of the answer: the content of a choice, its reasoning, a
refusal, the arguments of one tool call. Its pieces come in events; what the
guard still holds when the text ends is sent as one more event.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from guardrail.wire.document import JsonDocument
from guardrail.wire.erase import erased
from guardrail.wire.openai import CHAT
from guardrail.wire.protocol import GENERIC

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.wire.json import Path
    from guardrail.wire.protocol import FieldMap, ProtocolMap

__all__ = ["BLOCKED", "DONE", "Channel", "ChatEvents", "EventShape", "GenericEvents", "Values"]

DONE: Final = "[DONE]"
BLOCKED: Final = "the answer was blocked by a policy"
Values: TypeAlias = "Mapping[Path, str]"


@dataclass(frozen=True, slots=True)
class Channel:
    """One text of the answer.

    `group` is what ends together (a choice); `steps` is the way to the piece
    within an event of its own. A `call` goes to a tool, whose name is `tool`;
    its text is `quoted` where its pieces are pieces of JSON.
    """

    group: str = field(repr=False)
    steps: Path = field(repr=False)
    tool: str = field(default="", repr=False)
    call: bool = False
    quoted: bool = False

    @property
    def key(self) -> tuple[str, Path]:
        """Return what tells this text from all others of the answer."""
        return (self.group, self.steps)


class EventShape(Protocol):
    """What the guard must know of a protocol's events; one for each stream, which may remember things.

    Of a `named` protocol the name of an event is its data's `type`. A `numbered`
    one counts its events.
    """

    named: bool
    numbered: bool

    @property
    def fields(self) -> FieldMap:
        """Return what the fields of an event are."""
        ...

    def prepare(self, data: str) -> str:
        """Return the event's data without what repeats the raw text elsewhere."""
        ...

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel of the piece at `path`; `values` are all scalars of the event."""
        ...

    def ended(self, values: Values) -> frozenset[str]:
        """Return the groups whose texts end with this event. It is asked once for every event, first."""
        ...

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return the data of one more event that carries `text`, modelled on the event `data`."""
        ...

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return the data of the events that end a stream that the policy blocks; `message` says why."""
        ...

    def tool(self, path: Path, values: Values) -> str | None:
        """Return the name of the tool that the whole text at `path` goes to; None where it goes to none."""
        ...

    def cited(self, item: Path, values: Values) -> tuple[str, Path] | None:
        """Return the key of the channel whose places the citation at this path tells; None for no channel."""
        ...

    def number(self, data: str, *, added: bool = False) -> str:
        """Return the data of an event that goes out now, with its place; `added` ones are ours."""
        ...


class Plain:
    """What most protocols have in common: their events have neither names nor numbers."""

    protocol: ProtocolMap = GENERIC
    named = False
    numbered = False

    @property
    def fields(self) -> FieldMap:
        """Return what the fields of an event are."""
        return self.protocol.event

    def prepare(self, data: str) -> str:
        """Return the data without log probabilities: they carry the raw tokens of the text."""
        return erased(self.protocol, data)

    def tool(self, path: Path, values: Values) -> str | None:
        """Return what the protocol's map tells."""
        return self.protocol.tool(path, values)

    def cited(self, item: Path, values: Values) -> tuple[str, Path] | None:
        """Return None: a citation tells places of a text of its own event."""
        del item, values
        return None

    def number(self, data: str, *, added: bool = False) -> str:
        """Return the data as it is."""
        del added
        return data

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return the last event of the channel again, with `text` as its piece and no other piece."""
        document = JsonDocument(data, self.fields, nested=0, lenient=True)
        changes = {
            at: text if leaf.path == channel.steps else ""
            for at, leaf in enumerate(document.leaves)
            if leaf.kind in {"delta", "loose"} and leaf.names
        }
        return document.render(changes)


class GenericEvents(Plain):
    """Events of no known protocol: a piece is told by its key, a text ends with the stream."""

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: its path alone tells it."""
        del values
        return Channel("", path, call=_is_call(path), quoted=path[-1:] == ("arguments",))

    def ended(self, values: Values) -> frozenset[str]:
        """Return nothing: no event is known to end a text."""
        del values
        return frozenset()

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return one error event."""
        del data, groups
        return [json.dumps({"error": {"message": message, "type": "guardrail_blocked"}})]


class ChatEvents(Plain):
    """Chat Completions chunks: `choices[].delta`, ended by `finish_reason`, then `[DONE]`."""

    protocol = CHAT
    refused = "content_filter"
    refuses = True  # a field of the delta takes words of refusal

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: the choice's own index, the way in its delta, a tool call's own index."""
        group = values.get((*path[:2], "index"), str(path[1]))
        steps = list(path[3:])
        names = [values.get((*path[:3], "function_call", "name"), "")]
        for at, step in enumerate(steps):
            if isinstance(step, int):
                item = path[: 4 + at]
                own = values.get((*item, "index"), "")
                steps[at] = int(own) if own.isdecimal() and len(own) < 6 else step
                names += [values.get((*item, kind, "name"), "") for kind in ("function", "custom")]
        tool = next(filter(None, names), "")
        # The input of a custom tool is plain text, the arguments of a function are JSON.
        return Channel(
            group, tuple(steps), tool, call=_is_call(tuple(steps)), quoted=steps[-1:] == ["arguments"]
        )

    def cited(self, item: Path, values: Values) -> tuple[str, Path] | None:
        """Return the content of the choice."""
        return (values.get((*item[:2], "index"), str(item[1])), ("content",)) if len(item) > 2 else None

    def ended(self, values: Values) -> frozenset[str]:
        """Return the choices of this event that have a `finish_reason`."""
        return frozenset(
            values.get((*path[:2], "index"), str(path[1]))
            for path, reason in values.items()
            if reason and len(path) == 3 and path[0] == "choices" and path[2] == "finish_reason"
        )

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return a chunk with this piece alone."""
        delta: object = text
        for step in reversed(channel.steps):
            if isinstance(step, int):
                delta = [{"index": step, **delta} if isinstance(delta, dict) else delta]
            else:
                delta = {step: delta}
        return _chunk(data, [{"index": _index(channel.group), "delta": delta, "finish_reason": None}])

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return a chunk that ends every open choice as refused, and why, and the end mark."""
        delta = {"refusal": message} if self.refuses else {}
        choices = [
            {"index": _index(group), "delta": delta, "finish_reason": self.refused}
            for group in groups or ["0"]
        ]
        return [_chunk(data, choices), DONE]


def _is_call(steps: Path) -> bool:
    return "tool_calls" in steps or "function_call" in steps


def _chunk(data: str, choices: list[dict[str, object]]) -> str:
    """Return a chunk with the envelope of `data` (id, model, created …) and these choices."""
    try:
        body = json.loads(data)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {"object": "chat.completion.chunk"}
    envelope = {
        key: value for key, value in body.items() if isinstance(value, (str, int)) and key != "obfuscation"
    }
    # Escaped to ASCII: half of a surrogate pair, where a piece was cut in it, has no UTF-8 form.
    return json.dumps({**envelope, "choices": choices})


def _index(group: str) -> int:
    return int(group) if group.isdecimal() and len(group) < 6 else 0
