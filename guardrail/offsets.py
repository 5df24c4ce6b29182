"""Where the places of a text are in the text that went out: citations tell them by number of characters.

Of a text that streams, what has not left yet has no place: it is told as far as
is known (docs/adr/0158).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.wire.json import Raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from guardrail.stream import Part
    from guardrail.wire.document import Leaf
    from guardrail.wire.json import Path

__all__ = ["Shift", "beside", "cites", "moved"]

_NAMES: Final = {"start_index": False, "end_index": True, "start": False, "end": True}
# The protocols whose citations count the characters of the answer's own text.
_PROTOCOLS: Final = frozenset({"openai.chat", "openai.responses", "cohere.chat"})
_LONGEST: Final = 15  # digits


class Shift:
    """What was replaced in a text, and by how much its places moved."""

    __slots__ = ("_came", "_changes", "_went")

    def __init__(self, parts: Iterable[Part] = ()) -> None:
        self._came = self._went = 0
        self._changes: list[tuple[int, int, int, int]] = []
        self.add(parts)

    def add(self, parts: Iterable[Part]) -> None:
        """Take the next parts of the text."""
        for part in parts:
            came, went = self._came, self._went
            self._came += part.size
            self._went += len(part.text)
            if not part.new:
                continue
            if self._changes and self._changes[-1][1] == came:  # a run that is dropped comes in many
                came, went = self._changes[-1][0], self._changes[-1][2]
                self._changes.pop()
            self._changes.append((came, self._came, went, self._went))

    def place(self, offset: int, *, end: bool) -> int:
        """Return where a place of the text is now; one inside of what was replaced goes to its edge."""
        delta = 0
        for came, came_end, went, went_end in self._changes:
            if offset <= came:
                break
            if offset < came_end:
                return went_end if end else went
            delta = went_end - came_end
        return offset + delta


def cites(protocol: str, data: str) -> bool:
    """Tell whether a document of the protocol may tell places of its text."""
    return protocol in _PROTOCOLS and ('"start_index"' in data or '"start"' in data)


def beside(item: Path, values: Mapping[Path, str]) -> Path:
    """Return the path of the text, in the same document, whose places the item at this path tells."""
    if item[-1:] == ("url_citation",):
        return (*item[:-3], "content")
    if "citations" in item:
        return (
            *item[: item.index("citations")],
            "content",
            int(values.get((*item, "content_index"), "0")),
            "text",
        )
    return (*item[:-2], "text")


def moved(
    leaves: Iterable[Leaf], shift_of: Callable[[Path], Shift | None], count: Callable[[], None]
) -> dict[int, str]:
    """Return the new places that a document tells, by the numbers of their leaves.

    `shift_of` returns the shift of the text that an item tells places of; each place moved is counted.
    """
    changes: dict[int, str] = {}
    for at, leaf in enumerate(leaves):
        if leaf.is_key or leaf.names or not leaf.path or leaf.path[-1] not in _NAMES:
            continue
        if not leaf.text.isdecimal() or len(leaf.text) > _LONGEST:
            continue
        shift = shift_of(leaf.path[:-1])
        place = shift.place(int(leaf.text), end=_NAMES[str(leaf.path[-1])]) if shift else int(leaf.text)
        if place != int(leaf.text):
            changes[at] = Raw(place)
            count()
    return changes
