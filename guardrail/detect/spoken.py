"""Digits that are spelled as words: "two one two, double five five, oh one nine nine"."""

from __future__ import annotations

import re
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.detect.layer import Edit

__all__ = ["spoken"]

LEAST: Final = 7  # digits; a telephone number without its area code
LEAST_WORDS: Final = 4
_WORDS: Final = (  # zero to nine; a row of seven is no sentence in any of these languages
    "zero one two three four five six seven eight nine",
    "null eins zwei drei vier fünf sechs sieben acht neun",
    "nul een twee drie vier vijf zes zeven acht negen",
    "zéro un deux trois quatre cinq six sept huit neuf",
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "zero uno due tre quattro cinque sei sette otto nove",
    "zero um dois três quatro cinco seis sete oito nove",
)
DIGITS: Final[Mapping[str, str]] = MappingProxyType(
    {word: str(digit) for row in _WORDS for digit, word in enumerate(row.split())}
    | {"oh": "0", "o": "0", "nought": "0", "niner": "9", "zwo": "2"}
)
_TIMES: Final = MappingProxyType({"double": 2, "triple": 3, "treble": 3})
_ANY: Final = "|".join(sorted([*DIGITS, *_TIMES], key=len, reverse=True))
_GAP: Final = r"(?: and | dash | hyphen | space |[ \t]{0,2}[-,./;:\u2026\n]{1,3}[ \t]{0,2}|[ \t]{1,3})"
_RUN: Final = re.compile(rf"(?<!\w)(?:{_ANY}|\d)(?:{_GAP}(?:{_ANY}|\d{{1,4}})){{4,40}}(?!\w)", re.IGNORECASE)
_TO_SPACES: Final = str.maketrans("-,./;:\u2026", "       ")
_TOKEN: Final = re.compile(rf"({_ANY}|\d+)|({_GAP})", re.IGNORECASE)


def spoken(text: str) -> Iterator[Edit]:
    """Yield an edit for each row of digit words, unless it only counts up or down."""
    words = text.lower().translate(_TO_SPACES).split()
    if len(DIGITS.keys() & words) < 2 or sum(map(DIGITS.__contains__, words)) < LEAST_WORDS:
        return
    for run in _RUN.finditer(text):
        groups, count = _groups(run[0])
        digits = "".join(groups)
        if len(digits) >= LEAST and count >= LEAST_WORDS and not _counts(digits):
            yield *run.span(), _grouped(groups, digits)


def _groups(run: str) -> tuple[list[str], int]:
    """Return the digits, parted where a sign or a word parts them, and how many words they were."""
    groups, words, times = [""], 0, 1
    for token in _TOKEN.finditer(run.lower()):
        if token[2]:
            if token[2].strip() not in {"", "and"}:
                groups.append("")
        elif token[1] in _TIMES:
            times = _TIMES[token[1]]
        else:
            words += not token[1].isdigit()
            groups[-1] += DIGITS.get(token[1], token[1]) * times
            times = 1
    return [group for group in groups if group], words


def _counts(digits: str) -> bool:
    """Tell whether the digits only count: "one two three ...", and back."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    return steps <= {1} or steps <= {9}


def _grouped(groups: list[str], digits: str) -> str:
    """Write the digits as they were grouped, or as numbers of their length are written."""
    if 1 < len(groups) <= 5 and max(map(len, groups)) <= 6 and min(map(len, groups)) > 1:
        return "-".join(groups)
    if len(digits) == 9:
        return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"
    if len(digits) in {10, 11}:
        lead = f"{digits[:-10]}-" if digits[:-10] else ""
        return f"{lead}{digits[-10:-7]}-{digits[-7:-4]}-{digits[-4:]}"
    return digits
