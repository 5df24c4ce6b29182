"""A text with some of its runs rewritten, and the way back to where each run stood."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Edit", "Layer", "chosen"]

Edit: TypeAlias = "tuple[int, int, str]"
"""The start and end of a run in the old text, and what stands for it in the new one."""


class Layer:
    """The old text with disjoint, sorted edits applied; what stands for a run maps to the whole run."""

    __slots__ = ("_ends", "_old", "_starts", "text")

    def __init__(self, text: str, edits: Iterable[Edit]) -> None:
        parts: list[str] = []
        self._starts: list[int] = []  # of each edit, in the new text
        self._ends: list[int] = []
        self._old: list[tuple[int, int]] = []
        at = place = 0
        for start, end, new in edits:
            parts += (text[at:start], new)
            place += start - at
            self._starts.append(place)
            place += len(new)
            self._ends.append(place)
            self._old.append((start, end))
            at = end
        parts.append(text[at:])
        self.text = "".join(parts)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the old text that the non-empty span start..end stands for."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> tuple[int, int]:
        """Return the span of the old text that the code point at `at` stands for."""
        row = bisect_right(self._starts, at) - 1
        if row < 0:
            return at, at + 1
        old_start, old_end = self._old[row]
        beyond = at - self._ends[row]
        return (old_start, old_end) if beyond < 0 else (old_end + beyond, old_end + beyond + 1)


def chosen(edits: Iterable[Edit]) -> list[Edit]:
    """Return disjoint edits, sorted: of those that overlap, the first to begin, and then the longest."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept
