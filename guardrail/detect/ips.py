"""IP addresses, version 4 and 6: what the standard library reads as one and no version or section number is.

Loopback and unspecified addresses are nobody's; those of version 6 are also how
programs write slices and scopes (`::1`, `a::b`).
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import TYPE_CHECKING, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Ips"]

_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_V4: Final = re.compile(rf"(?<![\w.])(?<!\d,){_OCTET}(?:\.{_OCTET}){{3}}(?![\w]|\.\d)")
_V6: Final = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]|\.\d)"
)
_LOOK: Final = 24
# Four numbers behind one of these are no address: a version, a clause, an object identifier.
_OTHER: Final = re.compile(
    r"(?:(?<![^\W\d_])(?:versions?|ver|v|vers|release|firmware|build|rev(?:ision)?|section|sec|clause|chapter|kapitel"
    r"|abschnitt|article|art|oid|figure|fig|table|step|rule|upgrade(?:d)?\sto)[.:=\s]{0,3}|§\s?|[=~<>]=\s?)\Z",
    re.IGNORECASE,
)
_PRODUCT: Final = re.compile(r"[A-Za-z]{2}[\w.]{0,20}[/_-]\Z")
_HOST: Final = re.compile(r"(?://|@)[\w.-]{0,20}\Z")
_SMALL: Final = 40


class Ips:
    """Finds IP addresses."""

    name: Final = "guardrail/ip"
    entities: Final = frozenset({"IP_ADDRESS"})
    needs: Final = re.compile(r"[.:]")

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the addresses: 0.9, 0.6 where all four numbers are small, as a version's are."""
        for match in _V4.finditer(text):
            score = _four(match[0], text[max(match.start() - _LOOK, 0) : match.start()])
            if score:
                yield Finding(match.start(), match.end(), "IP_ADDRESS", score, self.name)
        for match in _V6.finditer(text):
            end = _six(match[0])
            if end:
                yield Finding(match.start(), match.start() + end, "IP_ADDRESS", 0.9, self.name)


def _four(value: str, before: str) -> float:
    """Score four numbers by what stands before them."""
    if _OTHER.search(before):
        return 0.0
    if value.startswith(("0.", "127.")):
        return 0.0  # "this network" and the machine itself: nobody's (RFC 1122, 3.2.1.3)
    if value.startswith("255."):
        return 0.4  # a mask
    small = max(map(int, value.split("."))) < _SMALL
    if small and _PRODUCT.search(before) and not _HOST.search(before):
        return 0.0  # lib-1.2.3.4, Agent/4.0.1.2
    return 0.6 if small else 0.9


def _six(value: str) -> int:
    """Return the length of the address that `value` is, or 0."""
    value = value[:-1] if value.endswith(":") and not value.endswith("::") else value
    groups = [group for group in re.split(r"[:.]", value) if group]
    if not any(map(str.isdigit, value)) or (len(groups) < 3 and max(map(len, groups), default=0) < 3):
        return 0
    try:
        address = IPv6Address(value)
    except AddressValueError:
        return 0
    return 0 if address.is_loopback or address.is_unspecified else len(value)
