"""Telephone numbers of all regions, by python-phonenumbers, where digits stand near each other.

Candidates are cut out by one linear pattern; the library then judges each. Its
own matcher gives up after 65,535 tries on a text, without telling.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Phones"]

_NUMBER: Final = r"\(?\d(?:(?:[ \t]|[ \t]?[-./()]{1,2}[ \t]?)?\d){6,16}"
_CANDIDATE: Final = re.compile(
    rf"(?<![\w.,/:=#$-])(?:\+|00(?=[1-9])|\(\+)?{_NUMBER}"
    r"(?:\s{0,2}(?:x|ext\.?|extension)\s?\d{1,6})?(?![\w]|[.,:/-]\d)",
    re.IGNORECASE,
)
_LABELLED: Final = re.compile(rf"(?<=[:=])(?:\+|\(\+)?{_NUMBER}(?![\w]|[.,:/-]\d)")
_DATE: Final = re.compile(
    r"(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}(?!\d)|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d(?!\d)"
)
_EXTENSION: Final = re.compile(r"\s{0,2}(?:x|ext)", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"\d+\.\d+")
_US: Final = re.compile(r"\(?[2-9]\d\d\)?[ \t]?[-. ]?[ \t]?\d{3}[-. ]\d{4}")
MAX_DIGITS: Final = 15  # ITU-T E.164 §6.2.1
REGIONS: Final = (
    "US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "PL", "PT", "SE", "DK", "NO", "FI", "IE",
    "IN", "AU", "NZ", "BR", "MX", "IL", "ZA", "JP", "KR", "CN", "SG",
)  # fmt: skip


class Phones:
    """Finds telephone and fax numbers."""

    name: Final = "guardrail/phone"
    entities: Final = frozenset({"PHONE_NUMBER"})

    def __init__(self, library: Any) -> None:  # noqa: ANN401 - phonenumbers is imported late
        self._library = library

    @classmethod
    def load(cls) -> Phones:
        """Import the library; the regions' tables are read when they are first needed."""
        import phonenumbers  # noqa: PLC0415 - tables of many regions

        return cls(phonenumbers)

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield numbers: 0.75 international, 0.6 written as one, 0.4 bare digits that could be one."""
        for pattern in (_CANDIDATE, _LABELLED):
            for match in pattern.finditer(text):
                score = self._score(match[0])
                if score:
                    yield Finding(match.start(), match.end(), "PHONE_NUMBER", score, self.name)

    def _score(self, value: str) -> float:
        number, *_ = _EXTENSION.split(value)
        digits = sum(map(str.isdigit, number))
        if digits > MAX_DIGITS or _DATE.match(value) or _DECIMAL.fullmatch(value):
            return 0.0
        if number.lstrip("(").startswith(("+", "00")):
            number = "+" + number.lstrip("(+").removeprefix("00")
            return 0.75 if self._valid(number, None) else 0.45
        if _US.fullmatch(number):
            return 0.6 if self._valid(number, "US") else 0.45
        return self._national(number)

    def _national(self, number: str) -> float:
        """Score a number without a country code; in bare digits, any number is valid somewhere."""
        leading = number.lstrip("(").startswith("0")
        if number.isdigit():
            return 0.4 if leading or self._valid(number, "US") else 0.3
        if max(map(len, re.findall(r"\d+", number))) > 8:
            return 0.3
        if leading or self._valid(number, "US"):
            return 0.55 if any(self._valid(number, region) for region in REGIONS) else 0.3
        return 0.45 if any(self._valid(number, region) for region in REGIONS) else 0.3

    def _valid(self, value: str, region: str | None) -> bool:
        try:
            return bool(self._library.is_valid_number(self._library.parse(value, region)))
        except self._library.NumberParseException:
            return False
