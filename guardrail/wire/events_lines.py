"""Answers in lines of JSON: the chunks of Ollama, and records of no known protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from guardrail.wire.events import BLOCKED, Channel, GenericEvents, Plain
from guardrail.wire.ollama import OLLAMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.wire.events import Values
    from guardrail.wire.json import Path

__all__ = ["OllamaEvents", "Records"]

_NAMES = ("custom_id", "id")


class OllamaEvents(Plain):
    """`message.content`, `message.thinking` or `response`, ended by the line that is done."""

    protocol = OLLAMA

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: its path alone tells it."""
        del values
        return Channel("", path)

    def ended(self, values: Values) -> frozenset[str]:
        """Return the one group, with the line that tells why the answer ended."""
        return frozenset({""}) if ("done_reason",) in values or ("total_duration",) in values else frozenset()

    def stopped(self, data: str, groups: Sequence[str], message: str = BLOCKED) -> list[str]:
        """Return one line with an error, as the server itself ends a stream that failed."""
        del data, groups
        return [json.dumps({"error": message})]


class Records(GenericEvents):
    """Lines that may be records: what belongs to one never comes with another.

    The pieces of one text have one id, or none; where the id changes, the texts
    of the record before have ended. So a line waits for the next one.
    """

    numbered = True

    def __init__(self) -> None:
        self._record = ""

    def channel(self, path: Path, values: Values) -> Channel:
        """Return the channel: the record that the line is of, and the path."""
        channel = super().channel(path, values)
        return Channel(_record(values), path, call=channel.call, quoted=channel.quoted)

    def ended(self, values: Values) -> frozenset[str]:
        """Return the record before, where another begins."""
        before, self._record = self._record, _record(values)
        return frozenset({before}) if before != self._record else frozenset()


def _record(values: Values) -> str:
    return next((f"{name} {values[name,]}" for name in _NAMES if (name,) in values), "")
