"""Payment card numbers: a network's first digits and length, and a Luhn checksum that holds.

Presidio's recognizer knows neither 12- and 19-digit numbers nor Mastercard's
2-series, and takes microseconds since 1970 for cards. Ranges: ISO/IEC 7812-1
and the networks' published ones.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cards", "luhn"]

# Digits, each behind at most one separator: people and line wraps split cards anywhere.
_CANDIDATE: Final = re.compile(
    r"(?<![\w.])(?<!\d[-/,:])(?<![_\s]-)\d(?:(?:[ \t-]|[ \t]?\n)?\d){11,18}(?!\w|[.,/:-]\d)"
)
_NETWORKS: Final = (
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"6011|64[4-9]|65|622"), {16, 17, 18, 19}),
    (re.compile(r"30[0-59]|36|38|39"), {14, 16, 19}),
    (re.compile(r"35(?:2[89]|[3-8])"), {16, 17, 18, 19}),
    (re.compile(r"1800|2131"), {15}),
    (re.compile(r"62|81"), {16, 17, 18, 19}),
    (re.compile(r"220[0-4]"), {16, 17, 18, 19}),
)
_MAESTRO: Final = re.compile(r"50|5[6-9]|6")
# How cards are embossed: in one piece, in fours, or 4-6-5 and 4-6-4.
_EMBOSSED: Final = re.compile(
    r"\d+|\d{4}(?P<a>[ -])\d{4}(?P=a)\d{4}(?P=a)\d{1,4}(?:(?P=a)\d{1,3})?|\d{4}(?P<b>[ -])\d{6}(?P=b)\d{4,5}"
)


class Cards:
    """Finds payment card numbers."""

    name: Final = "guardrail/card"
    entities: Final = frozenset({"CREDIT_CARD"})

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield numbers whose checksum holds: 1.0 as embossed, 0.45 to 0.8 when oddly split or short."""
        for match in _CANDIDATE.finditer(text):
            digits = re.sub(r"\D", "", match[0])
            if len(set(digits)) < 2 or not luhn(digits):
                continue
            known = any(start.match(digits) and len(digits) in lengths for start, lengths in _NETWORKS)
            if known:
                score = 1.0 if _EMBOSSED.fullmatch(match[0]) else _split(match[0])
            elif _MAESTRO.match(digits):
                score = 0.45
            else:
                continue
            yield Finding(match.start(), match.end(), "CREDIT_CARD", score, self.name)


def _split(value: str) -> float:
    """Score an odd split: digit by digit or broken by one line end is a card, other groups are numbers."""
    groups = re.split(r"\D+", value)
    if max(map(len, groups)) == 1 or ("\n" in value and _EMBOSSED.fullmatch(re.sub(r"\s+", " ", value))):
        return 0.8
    return 0.8 if "\n" in value and len(groups) == 2 else 0.45


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
