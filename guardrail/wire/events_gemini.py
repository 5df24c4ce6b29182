"""The events of Gemini's streamGenerateContent: each one is an answer with a piece of every candidate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from guardrail.wire.erase import erased
from guardrail.wire.events import BLOCKED, Channel, Plain
from guardrail.wire.gemini import GENERATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardrail.wire.events import Values
    from guardrail.wire.json import Path

__all__ = ["GeminiEvents"]

_THOUGHT: Final = " thought"
_ENVELOPE: Final = ("responseId", "modelVersion", "createTime")


class GeminiEvents(Plain):
    """`candidates[].content.parts[].text`, ended by `finishReason`; thoughts are texts of their own."""

    protocol = GENERATE

    def __init__(self) -> None:
        self._tools: dict[str, str] = {}
        self._thoughts: frozenset[Path] = frozenset()

    def prepare(self, data: str) -> str:
        """Null the log probabilities, and see which parts are thoughts: that is a boolean, no scalar."""
        self._thoughts = frozenset(_thoughts(data)) if '"thought"' in data else frozenset()
        return erased(GENERATE, data)

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: the candidate's own index, and whether it thinks, speaks or calls."""
        group = _index(path, values)
        if "partialArgs" in path:
            place = values.get((*path[:-1], "jsonPath"), "")
            tool = self._tools.get(group, "")
            return Channel(group, ("functionCall", "partialArgs", place), tool, call=True)
        if path[:5] in self._thoughts:
            return Channel(group + _THOUGHT, ("thought",))
        return Channel(group, ("text",))

    def ended(self, values: Values) -> frozenset[str]:
        """Return the candidates that end, the thoughts of those that speak, and the words before a call."""
        groups = set()
        for path, value in values.items():
            if len(path) < 3 or path[0] != "candidates":
                continue
            group = _index(path, values)
            if path[2] == "finishReason" and value:
                groups |= {group, group + _THOUGHT}
            elif path[-2:] == ("functionCall", "name"):
                if len(self._tools) < 1000:
                    self._tools[group] = value
                groups.add(group + _THOUGHT)
            elif path[5:] == ("text",) and value and path[:5] not in self._thoughts:
                groups.add(group + _THOUGHT)
        return frozenset(groups)

    def tail(self, data: str, channel: Channel, text: str) -> str:
        """Return one more answer with this piece alone."""
        part: dict[str, object] = {"text": text}
        if channel.steps == ("thought",):
            part["thought"] = True
        elif channel.call:
            piece = {"jsonPath": channel.steps[-1], "stringValue": text}
            part = {"functionCall": {"partialArgs": [piece], "willContinue": True}}
        index = _number(channel.group.removesuffix(_THOUGHT))
        candidate = {"content": {"parts": [part], "role": "model"}, "index": index}
        return json.dumps({"candidates": [candidate], **_envelope(data)})

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return an answer that ends every open candidate for safety, or says so of the prompt.

        Google's SDK keeps `finishMessage` for Vertex AI only; `promptFeedback` reaches everyone.
        """
        feedback = {"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": message}}
        if not groups:
            return [json.dumps(feedback)]
        candidates = [
            {"index": _number(group), "finishReason": "SAFETY", "finishMessage": message}
            for group in sorted({group.removesuffix(_THOUGHT) for group in groups})
        ]
        return [json.dumps({"candidates": candidates, **feedback, **_envelope(data)})]


def _thoughts(data: str) -> Iterator[Path]:
    """Yield the paths of the parts that are thoughts; of what is no answer, none."""
    try:
        candidates = json.loads(data)["candidates"]
        for at, candidate in enumerate(candidates):
            for number, part in enumerate(candidate["content"]["parts"]):
                if part.get("thought"):
                    yield ("candidates", at, "content", "parts", number)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return


def _envelope(data: str) -> dict[str, object]:
    try:
        body = json.loads(data)
    except ValueError:
        return {}
    return {key: body[key] for key in _ENVELOPE if key in body} if isinstance(body, dict) else {}


def _index(path: Path, values: Values) -> str:
    return values.get((*path[:2], "index"), str(path[1]))


def _number(group: str) -> int:
    return int(group) if group.isdecimal() and len(group) < 6 else 0
