"""Ages and other numbers as bands."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["OLDEST", "age_band", "band"]

# 45 CFR 164.514(b)(2)(i)(C): ages over 89 may be aggregated into one category of 90 or older.
OLDEST: Final = 89
_DIGITS: Final = re.compile(r"[0-9]+")
_OTHER_UNIT: Final = re.compile(r"month|week|day|monat|woche|tag", re.IGNORECASE)


def age_band(value: str, *, width: int = 10) -> str:
    """Return the band of an age in years ("40-49"), "90+" above 89, or nothing if it is unclear.

    An age in months or weeks is that of a small child: the lowest band.
    """
    numbers = _DIGITS.findall(value)
    if len(numbers) != 1 or len(numbers[0]) > 3:
        return ""
    years = int(numbers[0])
    if _OTHER_UNIT.search(value):
        return f"0-{width - 1}" if years <= 24 else ""
    if years > OLDEST:
        return "90+"
    low = years - years % width
    return f"{low}-{min(low + width - 1, OLDEST)}"


def band(value: str, *, width: int) -> str:
    """Return the band of a whole number of at most nine digits, or nothing.

    A band is never narrower than a tenth of the number's own size: for a number of
    six digits a width of 10 would show five of them.
    """
    if width < 2 or not re.fullmatch(r"[0-9]{1,9}", value):
        return ""
    number = int(value)
    if width * 10 < number:
        return ""
    low = number - number % width
    return f"{low}-{low + width - 1}"
