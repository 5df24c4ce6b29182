"""How long a class of record is kept: durations as people write them, floors and ceilings.

A month is counted as 31 days and a year as 366 (twelve months are a year), so
that a floor is always met. For a ceiling the same words are counted short, as
28 and 365 days, so that it is never exceeded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.policy.model import Keep

__all__ = ["CLASSES", "DEFAULTS", "NEVER", "compose", "seconds", "shortest"]

NEVER: Final = "never"
CLASSES: Final = ("content", "vault", "ledger")
# Where no policy says anything: nothing with a value in it is kept, the record is.
DEFAULTS: Final = {"content": NEVER, "vault": NEVER, "ledger": "1 year"}

DAY: Final = 86_400
MAX_YEARS: Final = 100
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4}) (second|minute|hour|day|week|month|year)s?")
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": DAY, "week": 7 * DAY}


def seconds(duration: str) -> int:
    """Return the seconds of "30 days", "6 months", "3 years"; "never" is 0.

    Months count as 31 days and years as 366.

    Raises:
        ValueError: not a duration, or longer than a hundred years.
    """
    return _count(duration, month=31, year=366)


def shortest(duration: str) -> int:
    """Return the seconds that `duration` has at least: months of 28 days, years of 365."""
    return _count(duration, month=28, year=365)


def compose(wanted: Iterable[Keep]) -> int:
    """Return how long a class is kept under several policies, in seconds.

    The shortest time that meets every floor: what one policy must keep, another
    cannot throw away, because destruction cannot be taken back.
    """
    keeps = list(wanted)
    floor = max((seconds(keep.at_least) for keep in keeps if keep.at_least), default=0)
    return max(min(seconds(keep.keep) for keep in keeps), floor)


def _count(duration: str, *, month: int, year: int) -> int:
    if duration == NEVER:
        return 0
    match = _DURATION.fullmatch(duration)
    if not match:
        raise ValueError("not a duration")
    count, unit = int(match[1]), match[2]
    if unit == "month":
        days = count // 12 * year + count % 12 * month
    elif unit == "year":
        days = count * year
    else:
        days = 0
    total = days * DAY or count * _UNITS[unit]
    if total > MAX_YEARS * 366 * DAY:
        raise ValueError("longer than a hundred years")
    return total
