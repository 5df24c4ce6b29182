"""The first three digits of a US ZIP code, where enough people live behind them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["RESTRICTED", "zip3"]

# 45 CFR 164.514(b)(2)(i)(B): three digits may stay where more than 20,000 people live in all
# ZIP codes that share them; the others become 000. The first seventeen are those of the 2000
# census, as listed in the guidance of the US Department of Health and Human Services on
# de-identification (26 November 2012). It says to use the newest census: 205 and 369 are
# added from that of 2010.
RESTRICTED: Final = frozenset(
    (
        *("036", "059", "063", "102", "203", "556", "692", "790", "821"),
        *("823", "830", "831", "878", "879", "884", "890", "893"),
        *("205", "369"),
    )
)
_STATES: Final = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC"
    "|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|AS|GU|MP|PR|VI"
)
_ZIP: Final = re.compile(
    rf"(?:|.*\b(?:{_STATES})\.?,? +)([0-9]{{3}})[0-9]{{2}}(?:-[0-9]{{4}})?"
    r"(?:,? +(?:USA?|U\.S\.A?\.|United States(?: of America)?))?",
    re.DOTALL,
)


def zip3(value: str) -> str:
    """Return "606**" for an address that ends in a US ZIP code, "000**" where few people live.

    Five digits count as a ZIP code when they are the whole value or follow a state:
    "12345 Main Street" begins with a house number. Nothing is returned for other texts.
    """
    match = _ZIP.fullmatch(value.strip()) if len(value) <= 1_000 else None
    if match is None:
        return ""
    area = match[1]
    return "000**" if area in RESTRICTED else f"{area}**"
