"""The year, or month and year, of a date as people write it.

Reads the common written forms of English and German and ISO 8601, and nothing
else: a text that is not wholly a date has no coarser form and is redacted.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["month_of", "year_of"]

_MONTHS: Final = (
    ("january", "jan", "januar", "jän", "jänner"),
    ("february", "feb", "februar", "febr"),
    ("march", "mar", "märz", "mrz"),
    ("april", "apr"),
    ("may", "mai"),
    ("june", "jun", "juni"),
    ("july", "jul", "juli"),
    ("august", "aug"),
    ("september", "sep", "sept"),
    ("october", "oct", "oktober", "okt"),
    ("november", "nov"),
    ("december", "dec", "dezember", "dez"),
)
_MONTH: Final = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_NAMES: Final = "|".join(sorted(_MONTH, key=len, reverse=True))
_TIME: Final = (
    r"(?:[T ,]+(?:at |um )?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?: ?(?:[AaPp]\.?[Mm]\.?|Uhr))?(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_YEAR: Final = r"(?P<year>(?:1[89]|20)[0-9]{2})"
_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th|\.)?"
_WEEKDAY: Final = r"(?:[A-Za-zäöü]{2,10}\.?,? +)?"

_FORMS: Final = tuple(
    re.compile(pattern + _TIME, re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}",
        rf"{_YEAR}[-/.](?P<month>0?[1-9]|1[0-2])(?:[-/.]{_DAY})?",
        rf"(?P<month>0?[1-9]|1[0-2])[-/.]{_YEAR}",
        rf"(?P<a>[0-9]{{1,2}})(?P<sep>[-/.]) ?(?P<b>[0-9]{{1,2}})[-/.] ?{_YEAR}",
        rf"{_WEEKDAY}(?:the )?{_DAY}(?: of)? *-?(?P<name>{_NAMES})\b\.?,?[ -]*{_YEAR}",
        rf"{_WEEKDAY}(?P<name>{_NAMES})\b\.? +{_DAY},? +{_YEAR}",
        rf"(?P<name>{_NAMES})\b\.?,? +{_YEAR}",
    )
)


def year_of(value: str, *, oldest: int | None = None) -> str:
    """Return the year of a date, or nothing if `value` is not one.

    With `oldest`, years before it become "before 1937": a year of birth tells an age
    over 89, which Safe Harbor puts in one group (45 CFR 164.514(b)(2)(i)(C)).
    """
    match = _read(value)
    if match is None:
        return ""
    year = int(match["year"])
    return f"before {oldest}" if oldest is not None and year < oldest else str(year)


def month_of(value: str) -> str:
    """Return "2024-03", the year alone where the month is unclear (3/4/2024), or nothing."""
    match = _read(value)
    if match is None:
        return ""
    month = _month(match)
    return f"{match['year']}-{month:02}" if month else match["year"]


def _read(value: str) -> re.Match[str] | None:
    text = " ".join(value.split())
    if len(text) > 80:
        return None
    return next((match for form in _FORMS if (match := form.fullmatch(text))), None)


def _month(match: re.Match[str]) -> int:
    """Return the month from 1 to 12, or 0 where it cannot be told."""
    parts = match.groupdict()
    if parts.get("name"):
        return _MONTH[parts["name"].lower()]
    if parts.get("month"):
        return int(parts["month"])
    if parts.get("a") is None:
        return 0
    first, second = int(parts["a"]), int(parts["b"])
    if parts["sep"] == ".":  # 15.03.2024: the point is written in countries that put the day first
        first, second = second, first
        return first if 1 <= first <= 12 else 0
    months = {number for number in (first, second) if 1 <= number <= 12}
    return months.pop() if len(months) == 1 else 0
