"""Payment card numbers: a network's first digits and length, and a Luhn checksum that holds.

Presidio's recognizer knows neither 12- and 19-digit numbers nor Mastercard's
2-series, and takes microseconds since 1970 for cards. Ranges: ISO/IEC 7812-1
and the networks' published ones.
"""

# ruff: noqa: RUF001 - words in other scripts

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.gates import DIGIT
from guardrail.detect.labels import PHONE_WORDS, label
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cards", "luhn"]

# Digits, each behind at most one separator: people and line wraps split cards anywhere.
_CANDIDATE: Final = re.compile(
    r"(?<![A-Za-z0-9_.])(?<!\d[-/:])(?<![_\s]-)\d(?:(?:[ \t-]|[ \t]?\n)?\d){11,18}(?![A-Za-z0-9_]|[.:/-]\d)"
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


# The words for a card, before or behind its number; the line before may ask for it.
_CARD: Final = re.compile(
    r"(?<![^\W\d_])(?:cards?|credit|debit|visa|master\s?card|maestro|amex|american\sexpress|discover|jcb|cc|pan|ccn"
    r"|creditcard|cardno|cardnumber|kreditkarten?(?:nummer)?|karten?(?:nummer|nr)?|carte|tarjeta|carta|kaart(?:nummer)?"
    r"|kart[aęy]|cartão|cartao|kort(?:nummer|et)?|kartı?|карт[аы])(?![^\W\d_])|卡号|信用卡|银行卡|カード|카드",
    re.IGNORECASE,
)
_OTHERS: Final = (
    PHONE_WORDS
    | {"order", "tracking", "parcel", "shipment", "imei", "meid", "iccid", "isbn", "serial", "invoice", "sim"}
    | {"ticket"}
)
_CELL: Final = frozenset("|;,\t\"'")
_FOURS: Final = re.compile(r"[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}")
BEFORE: Final = 48
AFTER: Final = 28


class Cards:
    """Finds payment card numbers."""

    name: Final = "guardrail/card"
    entities: Final = frozenset({"CREDIT_CARD"})
    needs: Final = DIGIT

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield numbers whose checksum holds: 1.0 as embossed, 0.45 to 0.8 when oddly split or short.

        Beside a word for a card 0.9 whatever the network, and 0.6 where the
        checksum fails; where another thing's label stands, 0.45.
        """
        for match in _CANDIDATE.finditer(text):
            digits = re.sub(r"\D", "", match[0])
            if len(set(digits)) < 2:
                continue
            score = _checked(match[0], digits) if luhn(digits) else 0.0
            words = _words(text, *match.span()) if score < 1 or len(digits) < 15 else 0
            if words < 0:
                score = min(score, 0.45)
            elif score == 0 or words > 0:
                score = max(score, _unchecked(text, match, named=words > 0, holds=luhn(digits)))
            if score:
                yield Finding(match.start(), match.end(), "CREDIT_CARD", score, self.name)


def _checked(value: str, digits: str) -> float:
    """Score a number whose checksum holds by its network and how it is split."""
    if any(start.match(digits) and len(digits) in lengths for start, lengths in _NETWORKS):
        return 1.0 if _EMBOSSED.fullmatch(value) else _split(value)
    return 0.45 if _MAESTRO.match(digits) else 0.0


def _unchecked(text: str, match: re.Match[str], *, named: bool, holds: bool) -> float:
    """Score a number by words and form: invented and mistyped numbers are card numbers to their reader."""
    value = match[0]
    if named and holds:
        return 0.9
    if named and value[0] in "23456" and _EMBOSSED.fullmatch(value):
        return 0.6
    cell = {text[max(match.start() - 1, 0) : match.start()], text[match.end() : match.end() + 1]}
    return 0.5 if _FOURS.fullmatch(value) and not cell.isdisjoint(_CELL) else 0.0


def _words(text: str, start: int, end: int) -> int:
    """Tell whether words name a card (1), another number (-1), or nothing (0)."""
    named = label(text, start)
    if not _OTHERS.isdisjoint(named) and not _CARD.search(" ".join(named)):
        return -1
    behind = text[end : end + AFTER].split("\n", 1)[0]
    return int(bool(_CARD.search(text[max(start - BEFORE, 0) : start]) or _CARD.search(behind)))


def _split(value: str) -> float:
    """Score an odd split: digit by digit or broken by one line end is a card, other groups are numbers."""
    groups = re.split(r"\D+", value)
    if value.count("\n") > 1:
        return 0.45
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
