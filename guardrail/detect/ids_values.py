"""What the value behind a label looks like, and where it ends: before prose, units and other numbers."""

from __future__ import annotations

import re
from typing import Final

from guardrail.detect.ids_beside import CODED, DIRECT, OWN

__all__ = ["value_end"]

# What the value of an entity must look like, where it has one form; of the others see `_is_code`.
_SHAPES: Final = {
    "US_SSN": re.compile(r"\d{3}[- .]\d{2}[- .]\d{4}|\d{9}"),
    "US_ITIN": re.compile(r"9\d{2}[- ]?\d{2}[- ]?\d{4}"),
    "US_NPI": re.compile(r"\d{10}"),
    "US_MBI": re.compile(r"\d[A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d{2}"),
    "MEDICAL_LICENSE": re.compile(r"[A-Za-z]{2}\d{7}|[A-Za-z]9\d{7}"),
    "UK_NINO": re.compile(r"[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]"),
    "UK_NHS": re.compile(r"\d{3}[- ]?\d{3}[- ]?\d{4}"),
    "LICENSE_PLATE": re.compile(
        r"(?=.{0,9}[A-Za-z])(?=.{0,9}\d)[A-Za-z0-9]{1,8}(?:[ .-][A-Za-z0-9]{1,5}){0,3}"
    ),
    "VEHICLE_ID": re.compile(r"[A-HJ-NPR-Za-hj-npr-z0-9]{6,17}"),
}
_GLUED: Final = re.compile(r"(?:[-:/_.][A-Za-z0-9]+){1,6}")
_DATE: Final = re.compile(
    r"(?:\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})|(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2})(?:T\d.*)?|(?:19|20)\d\d|\d{1,2}:\d\d(?::\d\d)?"
)
_DECIMAL: Final = re.compile(r"\d{1,3}(?:[.,]\d{1,3})+|\d+\.\d{1,2}|v?\d+(?:\.\d+){1,3}")
_UNIT: Final = re.compile(
    r"[ -]?(?:%|mg|ml|mcg|kg|g|lbs?|cm|mm|km|px|ms|s|sec|seconds?|min|minutes?|hours?|days?|weeks?|months?"
    r"|years?|yrs?|yo|y/o|am|pm|mmhg|bpm|kb|mb|gb|bytes|usd|eur|dollars|euros|times|people|items|users)\b",
    re.IGNORECASE,
)
_SORT_CODE: Final = re.compile(r"\d\d-\d\d-\d\d")  # of a bank in the United Kingdom; written like a date
_OF_ITS_OWN: Final = re.compile(r"[A-Z]{0,4}[- ]?\d(?:[- ]?\d){4,}|[A-Z]{2,5}-\d{3,}")
_TELEPHONE: Final = re.compile(r"\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}")  # behind an ordinary word, a telephone's
_QUAD: Final = re.compile(r"(?<!\d)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\d)")  # "client IP 203.0.113.77"
LONGEST: Final = 40  # code points
FIRST: Final = 6  # a piece this long is whole: what follows behind a space is something else


def value_end(text: str, match: re.Match[str], label: tuple[str, float], *, begin: int) -> int:
    """Return where the value behind the label (entity, score) ends; 0 when it does not look like one."""
    entity, score = label
    start = begin
    shape = _SHAPES.get(entity)
    ends = _ends(text, start, match.end())
    if entity == "BANK_ACCOUNT" and score != CODED and (bank := _SORT_CODE.match(text, start)) is not None:
        return bank.end() if not text[bank.end() : bank.end() + 1].isalnum() else 0
    for end in ends:
        value = text[start:end]
        if (score < 0.75 and _TELEPHONE.fullmatch(value)) or _QUAD.search(value):
            return 0
        if _UNIT.match(text, end):
            continue
        if shape.fullmatch(value) if shape is not None else _is_code(value, score):
            return end
        if shape is None:
            break
    return 0


def _ends(text: str, start: int, end: int) -> list[int]:
    """Return the possible ends, the best first: groups of digits are one value, words behind are not."""
    spaces = [place for place in range(start + 1, end) if text[place] == " "]
    first = spaces[0] if spaces else end
    groups = [*spaces[1:], end] if first - start < FIRST else []
    ends = [*sorted(groups, reverse=True), first] if spaces else [end]
    best = ends[0]
    glued = _GLUED.match(text, best) if best == end else None
    if glued is not None and glued.end() - start <= LONGEST:
        ends.insert(0, glued.end())
    return [place for place in ends if place - start <= LONGEST]


def _is_code(value: str, score: float) -> bool:
    """Tell whether the value is a number or code, not a date, a measure, a price or a word."""
    plain = re.sub(r"[^A-Za-z0-9]", "", value)
    digits = sum(map(str.isdigit, plain))
    if score == CODED and (plain.isdigit() or digits < 4 or len(plain) < 7 or plain == value):
        return False
    if score == DIRECT and not _OF_ITS_OWN.fullmatch(value):
        return _is_code(value, CODED)
    least = 4 if score >= 0.8 or score == OWN else 5
    if len(plain) < least or digits < (3 if plain.isdigit() else 2) or digits * 4 < len(plain):
        return False
    return not _DATE.fullmatch(value) and not _DECIMAL.fullmatch(value)
