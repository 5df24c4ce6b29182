"""Numbers that belong to nobody: from ranges that are reserved for examples and fiction.

Each function returns "" for a value whose form it does not know. Sources:
docs/spec/operators.md, "Reserved ranges".
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.operators.draw import Draw

__all__ = ["NUMBERS", "card", "iban", "ip", "mac", "phone", "ssn", "url"]

_DIGIT: Final = re.compile(r"\d", re.ASCII)
_HEX: Final = re.compile(r"[0-9A-Fa-f]")
# NANPA: 555-0100 to 555-0199 is kept for fiction in every area code.
_AREAS: Final = (
    *(
        "202",
        "212",
        "213",
        "303",
        "305",
        "312",
        "404",
        "415",
        "503",
        "504",
        "512",
        "602",
        "612",
        "617",
        "619",
    ),
    *("702", "713", "716", "801", "804", "808", "815", "904", "907", "916", "919"),
)
# Ofcom, Bundesnetzagentur, Arcep, ACMA: numbers for drama. National form, x is any digit.
_FICTION: Final[Mapping[str, tuple[str, ...]]] = {
    "44": (
        *(
            "020 7946 0xxx",
            "0113 496 0xxx",
            "0114 496 0xxx",
            "0115 496 0xxx",
            "0116 496 0xxx",
            "0117 496 0xxx",
        ),
        *(
            "0118 496 0xxx",
            "0121 496 0xxx",
            "0131 496 0xxx",
            "0141 496 0xxx",
            "0151 496 0xxx",
            "0161 496 0xxx",
        ),
        *("0191 498 0xxx", "028 9649 6xxx", "029 2018 0xxx", "01632 960xxx"),
    ),
    "49": ("030 23125xxx", "069 90009xxx", "040 66969xxx", "0221 4710xxx", "089 99998xxx"),
    "33": ("01 99 00 xx xx", "02 61 91 xx xx", "03 53 01 xx xx", "04 65 71 xx xx", "05 36 49 xx xx"),
    "61": ("02 5550 xxxx", "02 7010 xxxx", "03 5550 xxxx", "03 7010 xxxx", "07 5550 xxxx", "08 5550 xxxx"),
}
_MOBILE: Final[Mapping[str, str]] = {"44": "07700 900xxx", "33": "06 39 98 xx xx"}
_ABROAD: Final = re.compile(r"(?:\+|00)(1|33|44|49|61)(?!\d{12})")
# RFC 5737, RFC 3849, RFC 9542.
_NETS: Final = ("192.0.2.", "198.51.100.", "203.0.113.")
_MAC: Final = "00005E0053"
_BASE32: Final = "abcdefghjkmnpqrstvwxyz23456789"


def phone(value: str, draw: Draw) -> str:
    """Return a number for fiction in the value's country, as far as its form tells one; else a US one."""
    digits = "".join(_DIGIT.findall(value))
    if not 7 <= len(digits) <= 15:
        return ""
    abroad = _ABROAD.match("".join(c for c in value if c.isdigit() or c == "+"))
    country = abroad[1] if abroad else _country(digits)
    if country == "1":
        local = f"{draw.one(_AREAS)}55501{draw.digits(2)}"
        shown = local if len(digits) <= 10 else f"1{local}"
        if len(digits) == len(shown):
            return _filled(value, shown)
        return f"+1 {local[:3]}-{local[3:6]}-{local[6:]}"
    mobile = country in _MOBILE and re.match(r"0?[67]", digits.removeprefix("00").removeprefix(country))
    made = _drawn(_MOBILE[country] if mobile else draw.one(_FICTION[country]), draw)
    if not abroad:
        return made
    return f"{'+' if '+' in value else '00'}{country} {made.removeprefix('0')}"


def card(value: str, draw: Draw) -> str:
    """Return a number under 9999, which no network routes, with its check digit.

    ISO/IEC 7812-1: 9 is for national use, a country's code follows, and no country has 999.
    """
    count = len(_DIGIT.findall(value))
    if not 12 <= count <= 19:
        return ""
    body = f"9999{draw.digits(count - 5)}"
    return _filled(value, body + _luhn(body))


def ssn(value: str, draw: Draw) -> str:
    """Return a number of the 900s with a group of 10 to 49: never issued, neither as SSN nor as ITIN."""
    if len(_DIGIT.findall(value)) != 9:
        return ""
    return _filled(value, f"9{draw.digits(2)}{10 + draw.below(40)}{1 + draw.below(9999):04}")


def iban(value: str, draw: Draw) -> str:
    """Return a number of the same length under QZ, with its check digits: no country has it (ISO 3166)."""
    solid = "".join(c for c in value if c.isalnum())
    if not 15 <= len(solid) <= 34 or not solid.isascii():
        return ""
    body = draw.digits(len(solid) - 4)
    check = 98 - int(f"{body}263500") % 97  # Q is 26 and Z is 35
    new = iter(f"QZ{check:02}{body}")
    return "".join(next(new) if c.isalnum() else c for c in value)


def ip(value: str, draw: Draw) -> str:
    """Return an address of the networks for documentation."""
    try:
        version = ipaddress.ip_address(value).version
    except ValueError:
        return ""
    if version == 4:
        return f"{draw.one(_NETS)}{1 + draw.below(254)}"
    return str(ipaddress.IPv6Address((0x20010DB8 << 96) + draw.below(1 << 64)))


def mac(value: str, draw: Draw) -> str:
    """Return an address of those for documentation, 00-00-5E-00-53-xx."""
    if len(_HEX.findall(value)) != 12:
        return ""
    made = f"{_MAC}{draw.below(256):02X}"
    new = iter(made.lower() if any(c in "abcdef" for c in value) else made)
    return _HEX.sub(lambda _: next(new), value)


def url(value: str, draw: Draw) -> str:
    """Return a path under example.com that leads nowhere (RFC 2606), with the value's scheme."""
    scheme = re.match(r"https?://", value, re.IGNORECASE)
    path = "".join(draw.one(_BASE32) for _ in range(10))
    return f"{scheme[0] if scheme else ''}example.com/{path}"


def _country(digits: str) -> str:
    """Return the country that the national form of a number may be of."""
    if not digits.startswith("0"):
        return "1"
    if len(digits) == 11 and digits.startswith(("07", "01", "02")):
        return "44"
    return (
        "33"
        if len(digits) == 10 and digits[1] in "1234567" and digits[1:3] not in {"30", "40", "69"}
        else "49"
    )


def _drawn(form: str, draw: Draw) -> str:
    return re.sub("x", lambda _: draw.digits(1), form)


def _filled(value: str, digits: str) -> str:
    """Return the value with its digits replaced one by one."""
    new = iter(digits)
    return _DIGIT.sub(lambda _: next(new), value)


def _luhn(body: str) -> str:
    total = sum(sum(divmod(int(d) * (2 if at % 2 == 0 else 1), 10)) for at, d in enumerate(reversed(body)))
    return str(-total % 10)


NUMBERS: Final[Mapping[str, Callable[[str, Draw], str]]] = {
    "PHONE_NUMBER": phone,
    "CREDIT_CARD": card,
    "US_SSN": ssn,
    "US_ITIN": ssn,
    "IBAN_CODE": iban,
    "IP_ADDRESS": ip,
    "MAC_ADDRESS": mac,
    "URL": url,
}
