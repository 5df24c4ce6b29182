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
_DECIMAL: Final = re.compile(r"\d+\.\d+")
_US: Final = re.compile(r"\(?[2-9]\d\d\)?[ \t]?[-. ]?[ \t]?\d{3}[-. ]\d{4}")
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
        digits = sum(map(str.isdigit, value))
        if digits > 15 + 6 or _DATE.match(value) or _DECIMAL.fullmatch(value):
            return 0.0
        written = any(mark in value for mark in "-.() ")
        if value.lstrip("(").startswith(("+", "00")):
            number = "+" + value.lstrip("(+").removeprefix("00")
            return 0.75 if self._valid(number, None) else 0.45
        if _US.fullmatch(value):
            return 0.6 if self._valid(value, "US") else 0.45
        grouped = written and max(map(len, re.findall(r"\d+", value))) <= 8
        leading = value.lstrip("(").startswith("0")
        for region in REGIONS:
            if self._valid(value, region):
                return (
                    (0.55 if leading or region == "US" else 0.45)
                    if grouped
                    else 0.4
                    if leading or region == "US"
                    else 0.3
                )
        return 0.25 if 7 <= digits <= 15 else 0.0

    def _valid(self, value: str, region: str | None) -> bool:
        try:
            return bool(self._library.is_valid_number(self._library.parse(value, region)))
        except self._library.NumberParseException:
            return False
