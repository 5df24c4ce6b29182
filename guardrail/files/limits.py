"""The bounds of reading a file: what is larger, longer or packed tighter is refused, not read in part."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LIMITS", "Clock", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file, with their units."""

    packed: int = 50_000_000  # bytes of the file
    unpacked: int = 200_000_000  # bytes of all its entries
    entry: int = 100_000_000  # bytes of one entry
    ratio: int = 200  # bytes unpacked per byte packed, of an entry above a megabyte
    entries: int = 5_000
    pages: int = 2_000
    characters: int = 10_000_000  # of all texts
    texts: int = 100_000  # cells, paragraphs; some 1 ms each to look at
    seconds: float = 30.0


LIMITS: Final = Limits()


class Clock:
    """How long one file may take; looked at between its parts."""

    def __init__(self, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._end = now() + limits.seconds

    def look(self) -> None:
        """Raise `BodyError` (413) when the time is over."""
        if self._now() > self._end:
            raise BodyError(
                "a file takes too long to read", advice="send a smaller or a simpler file", status=413
            )
