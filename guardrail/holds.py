"""How long texts of a stream were held: in characters, and in time by a clock that is given.

The engine has no timers. It looks at the clock when bytes come, and when a shell
says that time has passed (`Exchange.tick`).
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Held", "Holds", "Watch"]

_DIGITS: Final = 100  # times are kept to two digits: a long stream must not fill the memory


@dataclass(frozen=True, slots=True)
class Held:
    """What was held: characters that waited after each piece, and microseconds from coming to leaving."""

    characters_p50: int = 0
    characters_p95: int = 0
    us_p50: int = 0
    us_p95: int = 0
    pieces: int = 0


class Holds:
    """The holds of all texts of one answer. `limit` is in seconds; None sets none.

    Past it what is harmless leaves. A `gentle` limit ends there: where a value may begin, the text
    waits on. Else the policy's `on_error` decides about that (docs/adr/0159).
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        limit: float | None = None,
        *,
        gentle: bool = False,
    ) -> None:
        self.clock = clock
        self.limit = limit
        self.gentle = gentle
        self._characters: Counter[int] = Counter()
        self._us: Counter[int] = Counter()

    def watch(self) -> Watch:
        """Return the watch of one more text."""
        return Watch(self)

    def add(self, characters: int, waited: list[float]) -> None:
        """Take note of what is held after a piece, and of how long those waited that are gone (seconds)."""
        self._characters[characters] += 1
        for seconds in waited:
            self._us[_rounded(max(0, round(seconds * 1e6)))] += 1

    def held(self) -> Held:
        """Return the figures so far."""
        return Held(
            _part(self._characters, 0.5),
            _part(self._characters, 0.95),
            _part(self._us, 0.5),
            _part(self._us, 0.95),
            self._characters.total(),
        )


class Watch:
    """When the characters came that one text holds."""

    def __init__(self, holds: Holds) -> None:
        self._holds = holds
        self._came: deque[tuple[float, int]] = deque()
        self._size = 0
        self._looked = -math.inf  # when it was last asked what may leave

    def note(self, came: int, held: int) -> None:
        """Take note that a piece of so many characters came, and that so many are held now."""
        now = self._holds.clock()
        if came:
            self._came.append((now, came))
            self._size += came
        waited = []
        while self._came and self._size > held:
            since, size = self._came.popleft()
            if self._size - size < held:  # part of it is still here
                self._came.appendleft((since, size - (self._size - held)))
                self._size = held
                break
            self._size -= size
            waited.append(now - since)
        self._holds.add(held, waited)

    def overdue(self, now: float) -> bool:
        """Tell whether something has been held for longer than the limit."""
        limit = self._holds.limit
        return limit is not None and bool(self._came) and now - max(self._came[0][0], self._looked) > limit

    def look(self) -> None:
        """Take note that all was let go that may: the rest is asked again when the limit has passed anew."""
        self._looked = self._holds.clock() if self._holds.gentle else -math.inf


def _rounded(number: int) -> int:
    unit = 1
    while number // unit >= _DIGITS:
        unit *= 10
    return number // unit * unit


def _part(counted: Counter[int], part: float) -> int:
    """Return the least number that is not less than this part of what was counted."""
    left = counted.total() * part
    for number in sorted(counted):
        left -= counted[number]
        if left <= 0:
            return number
    return 0
