"""International bank account numbers: a country's length and a checksum that holds, in any case and grouping.

Beside the word IBAN a number whose checksum fails is found too, as doubtful as
a typing error makes it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.gates import DIGIT
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LENGTHS", "Ibans", "valid"]

# Country and length: the registry of ISO 13616-2 (SWIFT), release 99.
LENGTHS: Final = {
    code: int(length)
    for length, codes in {
        "15": "NO",
        "16": "BE",
        "18": "DK FI FO GL NL SD",
        "19": "MK SI",
        "20": "AT BA EE KZ LT LU MN XK",
        "21": "CH CR HR LI LV",
        "22": "BG BH DE GB GE IE ME RS VA",
        "23": "AE GI IL IQ OM SO TL",
        "24": "AD CZ DZ ES MD PK RO SA SE SK TN VG",
        "25": "LY PT ST",
        "26": "IS TR",
        "27": "BI DJ FR GR IT MC MR SM",
        "28": "AL AZ BY CY DO GT HN HU LB NI PL SV",
        "29": "BR EG PS QA UA",
        "30": "JO KW MU YE",
        "31": "MT SC",
        "32": "LC",
        "33": "RU",
    }.items()
    for code in codes.split()
}
_START: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?=[ -]?[A-Za-z0-9])")
_REST: Final = {
    length: re.compile(rf"(?:[ -]?\n?[A-Za-z0-9]){{{length - 4}}}(?![A-Za-z0-9])")
    for length in set(LENGTHS.values())
}
_LABEL: Final = re.compile(r"(?<![^\W\d_])iban(?![^\W\d_])", re.IGNORECASE)
_LOOK: Final = 48


class Ibans:
    """Finds international bank account numbers."""

    name: Final = "guardrail/iban"
    entities: Final = frozenset({"IBAN_CODE"})
    needs: Final = DIGIT

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield numbers whose checksum holds: 1.0; beside the word IBAN, others: 0.6."""
        for match in _START.finditer(text):
            length = LENGTHS.get(match[0][:2].upper())
            rest = _REST[length].match(text, match.end()) if length else None
            if rest is None:
                continue
            value = re.sub(r"[^A-Za-z0-9]", "", match[0] + rest[0]).upper()
            if valid(value):
                yield Finding(match.start(), rest.end(), "IBAN_CODE", 1.0, self.name)
            elif _LABEL.search(text[max(match.start() - _LOOK, 0) : match.start()]) and _plain(value):
                yield Finding(match.start(), rest.end(), "IBAN_CODE", 0.6, self.name)


def valid(value: str) -> bool:
    """Tell whether the two check digits are right (ISO 7064, MOD 97-10)."""
    return int("".join(str(int(char, 36)) for char in value[4:] + value[:4])) % 97 == 1


def _plain(value: str) -> bool:
    """Tell whether the account part is mostly digits, as it is everywhere; words are not."""
    return sum(map(str.isdigit, value)) * 2 > len(value)
