"""What an answer of events remembers: the texts that were said, and an event that waits for the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.wire import sse

if TYPE_CHECKING:
    from guardrail.offsets import Shift
    from guardrail.repeated import Between, Filled
    from guardrail.wire.document import JsonDocument
    from guardrail.wire.events import Channel
    from guardrail.wire.json import Path

__all__ = ["Key", "Said", "Waiting"]

Key: TypeAlias = "tuple[str, Path]"
_MANY: Final = 256  # pieces of a text that are kept apart


@dataclass(slots=True)
class Waiting:
    """An event of a numbered protocol that waits for the next one: it may still take the end of a text."""

    event: bytes = field(repr=False)
    document: JsonDocument | Filled | Between = field(repr=False)
    changes: dict[int, str] = field(repr=False)
    places: dict[Key, int] = field(repr=False)


class Said:
    """The texts of a stream as they came and as they went out, for the events that repeat them whole.

    No event is larger than `sse.MAX_EVENT`: what is longer is repeated nowhere.
    """

    def __init__(self, *, repeats: bool) -> None:
        """Take whether the protocol repeats texts at all."""
        self._repeats = repeats
        self._room = sse.MAX_EVENT
        self._pieces: dict[Key, tuple[list[str], list[str]]] = {}
        self._whole: dict[tuple[str | None, str], str] = {}
        self._shifts: dict[tuple[str | None, str], Shift] = {}

    def add(self, key: Key, came: str, went: str) -> None:
        """Take a piece of a text as it came, and what went out then."""
        if not self._repeats:
            return
        self._room -= len(came) + len(went)
        if self._room < 0:
            self._pieces.clear()
            return
        both = self._pieces.setdefault(key, ([], []))
        for text, pieces in zip((came, went), both, strict=True):
            pieces.append(text)
            if len(pieces) > _MANY:  # a piece of five characters takes ten times its size
                pieces[:] = ["".join(pieces)]

    def end(self, channel: Channel, shift: Shift) -> None:
        """Take note that a text has ended: from now on it may be told again."""
        came, went = self._pieces.pop(channel.key, ([], []))
        if came:
            text = (channel.tool if channel.call else None, "".join(came))
            self._whole[text], self._shifts[text] = "".join(went), shift

    def forget(self) -> None:
        """Let go of texts that have ended, where they take up half of the room: a connection lives on."""
        if self._room < sse.MAX_EVENT // 2:
            self._whole.clear()
            self._shifts.clear()
            pieces = (piece for both in self._pieces.values() for texts in both for piece in texts)
            self._room = sse.MAX_EVENT - sum(map(len, pieces))

    def again(self, tool: str | None, text: str) -> str | None:
        """Return what went out for a text that came in pieces before, None where none did."""
        return self._whole.get((tool, text))

    def shift(self, text: str) -> Shift | None:
        """Return how the places moved in a text that went to the user."""
        return self._shifts.get((None, text))
