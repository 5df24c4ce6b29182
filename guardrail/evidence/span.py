"""A span of time, as a person names it: dates or RFC 3339 times, both ends included, UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from guardrail.errors import ConfigError

__all__ = ["Span", "day", "moment"]

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
ADVICE: Final = "write a date, 2026-07-01, or a time with its zone, 2026-07-01T12:00:00Z"


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to `until`, both included, in µs since 1970 UTC."""

    since: int
    until: int

    @classmethod
    def parse(cls, since: str, until: str) -> Span:
        """Read both ends; a date as `since` is its first microsecond, as `until` its last.

        Raises:
            ConfigError: not a date, no zone, or the end lies before the beginning.
        """
        span = cls(_read("--since", since, last=False), _read("--until", until, last=True))
        if span.until < span.since:
            raise ConfigError("--until lies before --since", advice="exchange them")
        return span

    def __contains__(self, time_us: int) -> bool:
        return self.since <= time_us <= self.until

    def words(self) -> str:
        """Return the span as a reader would say it: whole days as dates, other ends to the second."""
        since, until = moment(self.since), moment(self.until)
        if since.endswith("00:00:00") and _at(self.until).timetz() == time.max.replace(tzinfo=UTC):
            since, until = since[:10], until[:10]
        ends = since if since == until else f"{since} to {until}"
        return f"{ends} UTC, both ends included"

    def days(self) -> int:
        """Return how many days of the calendar (UTC) the span touches."""
        return (_at(self.until).date() - _at(self.since).date()).days + 1


def day(time_us: int) -> str:
    """Return the UTC date, as 2026-07-01."""
    return _at(time_us).strftime("%Y-%m-%d")


def moment(time_us: int) -> str:
    """Return the UTC time to the second, as 2026-07-01 12:00:00."""
    return _at(time_us).strftime("%Y-%m-%d %H:%M:%S")


def _at(time_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_us)


def _read(name: str, text: str, *, last: bool) -> int:
    is_date, is_time = _DATE.fullmatch(text), _TIME.fullmatch(text)
    if not is_date and not is_time:
        raise ConfigError(f"{name} is not a date, nor a time with its zone", advice=ADVICE)
    try:
        read = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ConfigError(f"{name} names a day or an hour that does not exist", advice=ADVICE) from None
    if is_date:
        read = datetime.combine(read, time.max if last else time.min, tzinfo=UTC)
    value = (read - _EPOCH) // _MICROSECOND
    if value < 0:
        raise ConfigError(f"{name} lies before 1970", advice=ADVICE)
    return value
