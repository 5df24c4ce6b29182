"""Telephone numbers of all regions, by python-phonenumbers, where digits stand near each other.

Candidates are cut out by linear patterns; their form, the library and the words
beside them then say how likely each is. The library's own matcher gives up
after 65,535 tries on a text, without telling.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.gates import DIGIT
from guardrail.detect.labels import telephone
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OTHER", "Phones"]

OTHER: Final = 0.1
"""The score of what is written like a telephone number and is another: less than any threshold."""
NAMED: Final = 0.8
MAYBE: Final = 0.6
_LETTER: Final = "A-Za-z\u00c0-\u024f"  # a number may touch letters of scripts that set no spaces
_NUMBER: Final = r"\(?\d(?:(?:[ \t]|[ \t]?[-./()]{1,2}[ \t]?)?\d){6,24}"
_PREFIX: Final = r"(?:\+[ \t]?|00(?=[1-9])|\(\+|\(00(?=[1-9]))?"
_TAIL: Final = (
    r"(?:[ \t]{0,2},?[ \t]?(?:x|ext\.?|extension|durchwahl|poste|#)[ \t]?\d{1,6})?"
    rf"(?![{_LETTER}\d_]|[.:/-]\d)"
)
_CANDIDATE: Final = re.compile(
    rf"(?<![{_LETTER}\d_./#$-])(?<!\d:)(?!(?<=\d,)\d{{3}}(?:[,.\s]|$)){_PREFIX}{_NUMBER}{_TAIL}",
    re.IGNORECASE,
)
# Four to six digits are a telephone's only where someone says so, and never a clock's or a count.
_SHORT: Final = re.compile(
    rf"(?<![{_LETTER}\d_./#$+-])\d(?:[ .-]?\d){{3,5}}(?![{_LETTER}\d_]|[ ]?[-.,:/]?\d"
    r"|\s{0,2}(?:[%$€£×]|am\b|pm\b|a\.m|p\.m|o'clock|uhr\b|hours?\b|hrs?\b|min|people|times|days?\b|years?\b|units?\b"
    r"|dollars?\b|euros?\b|usd\b|ms\b|km\b|[A-Z][a-z]+\s(?:St|Ave|Rd|Road|Street|Avenue|Drive|Lane)))",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"\(?(?:(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d)(?!\d)"
)
_EXTENSION: Final = re.compile(r"[ \t]{0,2},?[ \t]?(?:x|ext|durchwahl|poste|#)", re.IGNORECASE)
# Other things in the form of a telephone number: a decimal, a US social security number, a shift
# from clock to clock, years from and to.
_OTHERS: Final = re.compile(
    r"\(?\d+\.\d+(?: \(\d+(?:\.\d+)?\)?)?|\(?0\.\d.*|\d{3}-\d\d-\d{4}"
    r"|(?:[01]\d|2[0-3])[0-5]\d ?- ?(?:[01]\d|2[0-4])[0-5]\d|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d"
)
_QUAD: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_CLOCK: Final = re.compile(r"(?:[01]?\d|2[0-3])[.: ]?(?:00|15|30|45)|(?:19|20)\d\d")
_US: Final = re.compile(
    r"(?:(?:\+ ?|00)?1[-. ]{1,2})?(?:\([0-9]\d\d\)[ \t]?[-. ]?|[0-9]\d\d[-. ]{1,2})\d{3}[-. ]\d{4}"
)
_US_CODE: Final = re.compile(r"(?:\+ ?|00)?1[-. ]{1,2}(?=[(\d])")
_CHINA: Final = re.compile(r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}")
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_GROUPS: Final = re.compile(r"\d+")
LEAST_COUNTED: Final = 4  # groups; the sample "01 02 03 04 05" is a sample of counting too
MAX_DIGITS: Final = 15  # ITU-T E.164 §6.2.1
REGIONS: Final = (
    "US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "PL", "PT", "SE", "DK", "NO", "FI", "IE",
    "IN", "AU", "NZ", "BR", "MX", "IL", "ZA", "JP", "KR", "CN", "SG",
)  # fmt: skip


class Phones:
    """Finds telephone and fax numbers."""

    name: Final = "guardrail/phone"
    entities: Final = frozenset({"PHONE_NUMBER"})
    needs: Final = DIGIT

    def __init__(self, library: Any) -> None:  # noqa: ANN401 - phonenumbers is imported late
        self._library = library
        self._known = lru_cache(maxsize=4096)(self._national)

    @classmethod
    def load(cls) -> Phones:
        """Import the library; the regions' tables are read when they are first needed."""
        import phonenumbers  # noqa: PLC0415 - tables of many regions

        return cls(phonenumbers)

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield numbers: 0.8 named by words, 0.75 international, 0.6 written as one, less for others."""
        for match in _CANDIDATE.finditer(text):
            for start, end in _pieces(match):
                score = self._score(text, start, end)
                if score:
                    yield Finding(start, end, "PHONE_NUMBER", score, self.name)
        for match in _SHORT.finditer(text):
            if _CLOCK.fullmatch(match[0]) or _DATE.match(match[0]):
                continue
            if telephone(text, *match.span()) == 1:
                yield Finding(match.start(), match.end(), "PHONE_NUMBER", MAYBE, self.name)

    def _score(self, text: str, start: int, end: int) -> float:
        value = text[start:end]
        number = _EXTENSION.split(value)[0]
        digits = "".join(filter(str.isdigit, number))
        if not 7 <= len(digits) <= MAX_DIGITS or _DATE.match(value) or digits.startswith("0000"):
            return 0.0
        if _joined(text, end, number):
            return 0.0
        return self._in_words(text, start, end, number=number)

    def _in_words(self, text: str, start: int, end: int, *, number: str) -> float:
        """Score a number by its form and by the words beside it."""
        base = self._known(number)
        words = telephone(text, start, end)
        if words <= 0 and _counted(number):
            return 0.1
        if words < 0:
            return _despite(number, base, named=words == -1)
        if _is_other(number, named=words == 1):
            return OTHER
        if words == 0.25 and base == 0.45:
            return 0.55
        china = _CHINA.fullmatch(number) and _HAN.search(text[max(start - 20, 0) : end + 20])
        return max(base, NAMED if words == 1 else MAYBE if words == 0.5 or china else 0.0)

    def _national(self, number: str) -> float:
        """Score a number by its form; in bare digits, any number is valid somewhere."""
        if _US.fullmatch(number):
            return self._american(number)
        if number.lstrip("(").startswith(("+", "00")):
            return self._international("+" + number.lstrip("(+ ").removeprefix("00"))
        leading = number.lstrip("(").startswith("0")
        if number.isdigit():
            return 0.4 if leading or self._valid(number, "US") else 0.3
        if max(map(len, _GROUPS.findall(number))) > 8:
            return 0.3
        if leading or self._valid(number, "US"):
            return 0.55 if any(self._valid(number, region) for region in REGIONS) else 0.3
        return 0.45 if any(self._valid(number, region) for region in REGIONS) else 0.3

    def _american(self, number: str) -> float:
        """Score 3-3-4 digits: with an area code that nobody has it is a number all the same."""
        if self._valid(_US_CODE.sub("", number), "US") or number.lstrip("+01. -").startswith("("):
            return 0.6
        return 0.6 if _US_CODE.match(number) else 0.45 if " " in number else 0.55

    def _international(self, number: str) -> float:
        if self._valid(number, None):
            return 0.75
        try:
            possible = self._library.is_possible_number(self._library.parse(number, None))
        except self._library.NumberParseException:
            return 0.45
        return 0.6 if possible and not number[1:].isdigit() else 0.5 if possible else 0.45

    def _valid(self, value: str, region: str | None) -> bool:
        try:
            return bool(self._library.is_valid_number(self._library.parse(value, region)))
        except self._library.NumberParseException:
            return False


def _despite(number: str, base: float, *, named: bool) -> float:
    """Score a number beside words for another thing: "First Bank 212-555-0199" has a telephone's form."""
    if number.startswith("+"):
        return min(base, 0.45) if named else base
    return base if not named and base > 0.5 and not number.isdigit() else OTHER


def _pieces(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of a match: two that stand side by side are longer than one can be."""
    value = match[0]
    if sum(map(str.isdigit, _EXTENSION.split(value)[0])) <= MAX_DIGITS and "/" not in value:
        yield match.span()
        return
    parts = [part for part in re.finditer(r"[^/]+", value) if sum(map(str.isdigit, part[0])) >= 7]
    if "/" not in value or len(parts) < 2:
        parts = list(_US.finditer(value)) or [match]
        offset = 0 if parts == [match] else match.start()
    else:
        offset = match.start()
    for part in parts:
        start, end = part.span()
        if offset and (value[start - 1 : start].isdigit() or value[end : end + 1].isdigit()):
            continue
        lead = len(part[0]) - len(part[0].lstrip())
        yield offset + start + lead, offset + end - (len(part[0]) - len(part[0].rstrip()))


def _counted(number: str) -> bool:
    """Tell whether the groups count up or down: "1 2 3 4 5 6 7"."""
    groups = [int(group) for group in _GROUPS.findall(number)]
    steps = {later - former for former, later in pairwise(groups)}
    return len(groups) >= LEAST_COUNTED and steps in ({1}, {-1})


def _is_other(number: str, *, named: bool) -> bool:
    """Tell whether the form is another thing's; beside a telephone's label only an address stays one."""
    if _QUAD.fullmatch(number):
        return all(int(part) < 256 for part in number.split("."))
    return not named and _OTHERS.fullmatch(number) is not None


def _joined(text: str, end: int, number: str) -> bool:
    """Tell whether a decimal comma goes on behind plain digits: 12345678,90 is an amount."""
    after = text[end : end + 2]
    return number.isdigit() and after[:1] == "," and after[1:].isdigit() and len(number) != 10
