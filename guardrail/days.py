"""Whole dates as people write them: read, found in a text, and written again some days away.

A date is whole when its text tells day, month and year: ISO 8601, numbers with
`.`, `/` or `-`, and the names of months in ten languages, with a weekday before
and a time behind it or without. "03/04/2024" tells them only where it is known
which number is the day. What is not whole is no date here: nobody may guess.
The rules and vectors are those of docs/spec/operators.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from guardrail.months import MONTHS, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["LONGEST", "Day", "Order", "begun", "find", "read"]

Order: TypeAlias = Literal["", "dmy", "mdy"]

LONGEST: Final = 96  # characters of a date with its weekday and time
_MOST_DAYS: Final = 40_000
_SHORT_YEARS: Final = 69  # POSIX: 69 to 99 are of the 1900s, 00 to 68 of the 2000s

_Words: TypeAlias = "dict[str, list[tuple[str, tuple[str, ...], int]]]"


def _table(forms: Mapping[str, tuple[str, ...]]) -> _Words:
    """Return, for each word in lower case, the languages and rows that it may be of, and its place there."""
    words: _Words = {}
    for language, rows in forms.items():
        for row in rows:
            names = tuple(row.split())
            for place, name in enumerate(names):
                words.setdefault(name.lower(), []).append((language, names, place))
    return words


def _any(words: _Words) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_MONTH: Final = _table(MONTHS)
_WEEKDAY: Final = _table(WEEKDAYS)

_MONTHS: Final = _any(_MONTH)
_WEEKDAYS: Final = _any(_WEEKDAY)
_ARTICLE: Final = "the|le|el|il|den|am|o|em|op"
_ORDINAL: Final = "st|nd|rd|th|er|º|°"
_W: Final = rf"(?:(?P<weekday>{_WEEKDAYS})(?P<behind>\.?,?\s))?"
_M: Final = rf"(?P<name>{_MONTHS})"
_D: Final = rf"(?P<day>[0-3]?[0-9])(?P<ordinal>{_ORDINAL}|\.)?"
_Y: Final = r"(?P<year>(?:1[6-9]|2[01])[0-9]{2})"
_CLOCK: Final = r"[0-2]?[0-9][:.][0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_ZONE: Final = r"(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})(?![0-9A-Za-z]))?"
_TIME: Final = (
    r"(?P<time>(?:[T ]|,? (?:at |um |à |a las |alle |om |kl\. ?)?)"
    rf"{_CLOCK}(?: ?(?:[AaPp]\.?[Mm]\b\.?|Uhr\b))?{_ZONE})?"
)
_ISO: Final = rf"{_W}{_Y}(?P<sep>[-/.])(?P<month>[01]?[0-9])(?P=sep)(?P<day>[0-3]?[0-9])"
_NUMBERS: Final = (
    rf"{_W}(?P<first>[0-3]?[0-9])(?P<sep>[-/.])(?P<gap> ?)(?P<second>[0-3]?[0-9])(?P=sep)(?P=gap)"
    r"(?P<year>(?:1[6-9]|2[01])[0-9]{2}|[0-9]{2})"
)
_DAY_FIRST: Final = (
    rf"{_W}(?P<before>(?:{_ARTICLE}) )?{_D}(?P<of>(?: of| de)?[ -]){_M}(?P<and>\.?,?(?: de| del)?[ -]){_Y}"
)
_MONTH_FIRST: Final = rf"{_W}{_M}(?P<and>\.?\s){_D}(?P<of>,?\s){_Y}"
_FORMS: Final = (_ISO, _NUMBERS, _DAY_FIRST, _MONTH_FIRST)
_COMPACT: Final = r"(?P<year>(?:19|20)[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9])"
# A date goes on neither before nor behind: no digits, no letters, no further part of a number.
_ALONE: Final = r"(?<![\w])(?<!\w[-/.@])"
_ENDS: Final = r"(?![\w])(?![-/.][0-9A-Za-z])"
_WHOLE: Final = tuple(re.compile(form + _TIME, re.IGNORECASE) for form in (*_FORMS, _COMPACT))
_FOUND: Final = tuple(re.compile(_ALONE + form + _TIME + _ENDS, re.IGNORECASE) for form in _FORMS)
# "15 and 20 March 2024": the first day hangs on the month of the second.
_HANGS: Final = re.compile(
    r"\d(?:st|nd|rd|th|\.)?(?: ?[-–—/,&+] ?"
    r"| (?:and|to|or|through|bis|und|oder|et|au|ou|y|al|e|en|tot|i|do|och|til|og) )(?:the |den |le |el )?\Z",
    re.IGNORECASE,
)
_DAY_OPEN: Final = rf"[0-3]?[0-9](?:{_ORDINAL}|[.,])?"
_OPEN: Final = re.compile(
    rf"(?<![\w/.:-])(?:(?:(?:{_WEEKDAYS})[.,]{{0,2}}\s*)?(?:(?:{_ARTICLE})\s+)?"
    rf"(?:{_DAY_OPEN}\s*(?:(?:of|de)\s*)?(?:(?:{_MONTHS})\.?,?\s*(?:del?\s*)?)?"
    rf"|(?:{_MONTHS})\.?\s*(?:{_DAY_OPEN},?\s*)?|[0-3]?[0-9]\.\s*[01]?[0-9]\.\s*)?)\Z",
    re.IGNORECASE,
)
# No date is without one of these.
_ANCHOR: Final = re.compile(
    r"(?<![0-9])(?:1[6-9]|2[01])[0-9]{2}(?![0-9])|[0-9][-/.] ?[0-9]{1,2}[-/.] ?[0-9]{2}"
)
# Which language a date is written in, as far as its form tells.
_HINTS: Final = (
    ("ordinal", re.compile("st|nd|rd|th", re.IGNORECASE), ("en",)),
    ("ordinal", re.compile(r"\."), ("de", "da")),
    ("ordinal", re.compile("er", re.IGNORECASE), ("fr",)),
    ("before", re.compile("the ", re.IGNORECASE), ("en",)),
    ("before", re.compile("le ", re.IGNORECASE), ("fr",)),
    ("before", re.compile("den |am ", re.IGNORECASE), ("de", "sv", "da")),
    ("before", re.compile("op ", re.IGNORECASE), ("nl",)),
    ("before", re.compile("il ", re.IGNORECASE), ("it",)),
    ("of", re.compile(" de ", re.IGNORECASE), ("es", "pt")),
    ("of", re.compile(" of ", re.IGNORECASE), ("en",)),
)


@dataclass(frozen=True, slots=True)
class Day:
    """A whole date that stands at start..end of a text.

    `order` tells which of two numbers is the day, where the text has two.
    """

    start: int
    end: int
    day: date = field(repr=False)
    order: Order
    match: re.Match[str] = field(repr=False)

    @property
    def hangs(self) -> bool:
        """Tell whether a day before it has its month and year from this one: it cannot be moved alone."""
        before = self.match.string[max(0, self.start - 24) : self.start]
        return "name" in self.match.groupdict() and _HANGS.search(before) is not None

    def moved(self, days: int) -> str:
        """Return the date so many days later, written alike; "" where that cannot be written."""
        try:
            day = self.day + timedelta(days=days)
        except OverflowError:
            return ""
        parts = self.match.groupdict()
        year = _year(parts["year"], day)
        if not year:
            return ""
        said = {"year": year} | _numbers(parts, day, self.order) | _names(parts, day)
        made = _again(self.match, said)
        # What would be read as another day, or as none, could never be moved back.
        again = read(made, self.order)
        return made if again is not None and again.day == day else ""


def read(text: str, order: Order = "") -> Day | None:
    """Return the date that `text` is, as a whole; None where it is none, or not sure.

    `order` tells which of two numbers is the day where both could be.
    """
    if len(text) > LONGEST:
        return None
    return next((day for form in _WHOLE if (m := form.fullmatch(text)) and (day := _day(m, order))), None)


def find(text: str, order: Order = "") -> Iterator[Day]:
    """Yield the whole dates that stand in `text`, disjoint and in order."""
    at = 0
    matches = [m for start, end in _near(text) for form in _FOUND for m in form.finditer(text, start, end)]
    matches.sort(key=lambda m: (m.start(), -m.end()))
    for match in matches:
        if match.start() >= at and (day := _day(match, order)):
            at = match.end()
            yield day


def begun(text: str) -> int:
    """Return where the end of `text` begins that more text could still make a date of, or its length."""
    offset = max(0, len(text) - LONGEST)
    match = _OPEN.search(text, offset)
    return match.start() if match else len(text)


def _near(text: str) -> Iterator[tuple[int, int]]:
    """Yield where dates can be: disjoint spans around what no date is without."""
    start = end = 0
    for anchor in _ANCHOR.finditer(text):
        if anchor.start() - LONGEST > end:
            if end:
                yield start, end
            start = max(0, anchor.start() - LONGEST)
        end = min(len(text), anchor.end() + LONGEST)
    if end:
        yield start, end


def _day(match: re.Match[str], order: Order) -> Day | None:
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= _SHORT_YEARS else 2000
    told: Order = ""
    if parts.get("first"):
        told = _order(parts, order)
        if not told:
            return None
        numbers = int(parts["first"]), int(parts["second"])
        day, month = numbers if told == "dmy" else numbers[::-1]
    else:
        day = int(parts["day"])
        month = _MONTH[parts["name"].lower()][0][2] + 1 if parts.get("name") else int(parts["month"])
    try:
        return Day(match.start(), match.end(), date(year, month, day), told, match)
    except ValueError:
        return None


def _order(parts: Mapping[str, str], known: Order) -> Order:
    """Return which of two numbers is the day; "" where it cannot be told.

    Where the point is written, the day comes first.
    """
    first, second = int(parts["first"]), int(parts["second"])
    if parts["sep"] == ".":
        return "dmy" if second <= 12 else ""
    if first <= 12 and second <= 12:
        return known
    return "dmy" if second <= 12 else "mdy" if first <= 12 else ""


def _year(written: str, day: date) -> str:
    if len(written) == 4:
        return f"{day.year:04}" if 1600 <= day.year <= 2199 else ""
    low = 1900 + _SHORT_YEARS
    return f"{day.year % 100:02}" if low <= day.year < low + 100 else ""


def _numbers(parts: Mapping[str, str], day: date, order: Order) -> dict[str, str]:
    """Return day and month as numbers; one digit has a zero before it unless the text shows that none has."""
    fields = {"first": "day", "second": "month"} if order == "dmy" else {"first": "month", "second": "day"}
    fields |= {"day": "day", "month": "month"}
    written = [parts[name] for name in fields if parts.get(name)]
    bare = any(len(number) == 1 for number in written)
    if parts.get("name"):
        bare = not parts["day"].startswith("0")
    values = {"day": day.day, "month": day.month}
    said = {n: f"{values[f]:{'d' if bare else '02'}}" for n, f in fields.items() if parts.get(n)}
    ordinal = parts.get("ordinal")
    if ordinal and ordinal.lower() in {"st", "nd", "rd", "th"}:
        said["ordinal"] = _cased(_english(day.day), ordinal)
    elif ordinal and ordinal.lower() in {"er", "º", "°"} and day.day != 1:
        said["ordinal"] = ""  # "1er janvier", and "2 janvier"
    return said


def _names(parts: Mapping[str, str], day: date) -> dict[str, str]:
    """Return month and weekday in the language, the form and the letter case of those that are written."""
    said = {}
    weekday, name = parts.get("weekday"), parts.get("name")
    spoken = [part[0] for part in _WEEKDAY[weekday.lower()]] if weekday else _hinted(parts)
    if name:
        said["name"] = _cased(_like(name, _MONTH, spoken)[day.month - 1], name)
    if weekday:
        also = [part[0] for part in _MONTH[name.lower()]] if name else []
        said["weekday"] = _cased(_like(weekday, _WEEKDAY, also)[day.weekday()], weekday)
    return said


def _hinted(parts: Mapping[str, str]) -> Sequence[str]:
    return next((codes for n, how, codes in _HINTS if how.fullmatch(parts.get(n) or "")), ())


def _like(name: str, words: _Words, spoken: Sequence[str]) -> tuple[str, ...]:
    """Return the row of words that `name` is one of, of the `spoken` languages where it can be.

    Of several, the first that writes it in its letter case.
    """
    rows = words[name.lower()]
    rows = [row for row in rows if row[0] in spoken] or rows
    return next((row for _, row, _ in rows if name in row), rows[0][1])


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    if like.islower():
        return word.lower()
    return word[0].upper() + word[1:] if like[0].isupper() else word


def _english(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _again(match: re.Match[str], said: Mapping[str, str]) -> str:
    """Return the text of the match with its groups written anew."""
    whole = match[0]
    spans = sorted(
        (match.start(name), match.end(name), new) for name, new in said.items() if match[name] is not None
    )
    parts, at = [], match.start()
    for start, end, new in spans:
        parts += [whole[at - match.start() : start - match.start()], new]
        at = end
    return "".join([*parts, whole[at - match.start() :]])
