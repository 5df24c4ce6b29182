"""A cheap look before the work: a recognizer may name what every value it finds must hold.

`needs` is a pattern of one or few code points (a digit, an "@", a prefix). Where
a text does not hold it, the recognizer is not called: a short text without
numbers costs microseconds, however many recognizers there are. Recognizers that
share a pattern share the look.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.deadline import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.detect.recognizer import Recognizer
    from guardrail.types import Finding

__all__ = ["AT", "DIGIT", "LONG", "Gated"]

DIGIT: Final = re.compile(r"[0-9]")  # of the plain view, which writes every digit in ASCII
LONG: Final = 10_000  # code points: from here on the clock is looked at before each recognizer
AT: Final = re.compile("@")


class Gated:
    """Recognizers in their order, each behind what it needs."""

    __slots__ = ("_parts", "_tests")

    def __init__(self, recognizers: Sequence[Recognizer]) -> None:
        patterns = [getattr(part, "needs", None) for part in recognizers]
        self._tests: tuple[re.Pattern[str], ...] = tuple(dict.fromkeys(p for p in patterns if p is not None))
        places = {pattern: place for place, pattern in enumerate(self._tests)}
        self._parts = tuple(
            (part, -1 if needs is None else places[needs])
            for part, needs in zip(recognizers, patterns, strict=True)
        )

    def recognize(self, text: str) -> list[Finding]:
        """Return what the recognizers find whose need the text meets."""
        holds = [test.search(text) is not None for test in self._tests]
        holds.append(True)  # place -1: no need
        found: list[Finding] = []
        long = len(text) > LONG
        for part, place in self._parts:
            if holds[place]:
                if long:
                    check()
                found += part.recognize(text)
        return found
