"""Long texts are read in windows that overlap, cut where white space allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["windows"]

REACH: Final = 40  # code points to look back for a space


def windows(text: str, *, size: int, overlap: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (start, end, inner start, inner end) in code points.

    The windows cover the text and overlap by `overlap`; the inner parts cover it
    without overlap, and each lies half an overlap inside its window.
    """
    start = inner = 0
    while True:
        end = _cut(text, min(start + size, len(text)))
        if end >= len(text):
            yield start, len(text), inner, len(text)
            return
        following = _cut(text, max(end - overlap, start + 1))
        following = following if following > start else end - overlap
        middle = _cut(text, (following + end) // 2)
        middle = middle if middle > inner else (following + end) // 2
        yield start, end, inner, middle
        start, inner = following, middle


def _cut(text: str, place: int) -> int:
    """Return the nearest place at or before `place` that follows white space, if one is near."""
    if place >= len(text):
        return len(text)
    for back in range(place, max(place - REACH, 0), -1):
        if text[back - 1].isspace():
            return back
    return place
