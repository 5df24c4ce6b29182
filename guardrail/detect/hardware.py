"""Hardware addresses in all notations, and UUIDs that a label ties to a person or a device.

Sources: IEEE 802 (EUI-48) and its vendors' notations, RFC 9562.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.secret_labels import pieces, places
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Hardware", "Uuids"]

REACH: Final = 64  # code points: a label and its value are shorter
_MAC: Final = re.compile(
    r"(?<![0-9A-Za-z.:-])(?P<v>[0-9A-Fa-f]{2}(?P<s>[:-])(?:[0-9A-Fa-f]{2}(?P=s)){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}[-:][0-9A-Fa-f]{6})(?![0-9A-Za-z]"
    r"|[.:-][0-9A-Fa-f])"
    r"|\b(?i:mac|bssid|hwaddr|ether|hardware|ethernet|wlan|bluetooth)(?i:[ _-]?addr(?:ess|esse"
    r"|\.)?)?[\"']?\s?[:=]?\s{0,2}[\"']?"
    r"(?P<w>[0-9A-Fa-f]{2}(?:[ :.-]?[0-9A-Fa-f]{2}){5})(?![0-9A-Za-z])"
)
# What the notations need: pairs, fours or sixes behind their signs; else a label.
_PAIRS: Final = re.compile(
    r"[:-][0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){4}|\.[0-9A-Fa-f]{4}\.|[:-][0-9A-Fa-f]{6}"
)
_LABELS: Final = ("mac", "bssid", "hwaddr", "ether", "hardware", "wlan", "bluetooth")


class Hardware:
    """Finds hardware addresses: `00:1A:..`, `001a.2b3c.4d5e`, `001A2B-3C4D5E`; bare ones beside a label."""

    name: Final = "guardrail/mac"
    entities: Final = frozenset({"MAC_ADDRESS"})

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the addresses: 0.7, beside a label 0.85."""
        lower = text.lower()
        needed = [*places(lower, _LABELS), *(pair.start() for pair in _PAIRS.finditer(text))]
        whole = [(0, len(text))] if len(lower) != len(text) else None
        parts = whole or pieces(sorted(needed), before=REACH, after=REACH, end=len(text))
        for match in (one for part in parts for one in _MAC.finditer(text, *part)):
            group = "v" if match["v"] else "w"
            plain = re.sub(r"[^0-9a-f]", "", match[group].lower())
            dated = group == "v" and plain.isdigit() and match["s"] != ":"  # 20-24-05-01-12-30, 123456-789012
            if len(set(plain)) > 2 and not dated:
                yield Finding(*match.span(group), "MAC_ADDRESS", 0.7 if group == "v" else 0.85, self.name)


_UUID: Final = re.compile(
    r"\b(?i:user|customer|client|patient|member|account|person|employee|session|device|visitor"
    r"|subscriber|profile"
    r"|contact|subject|participant|student|installation|advertising|cookie|player|owner|author"
    r"|kunden?|benutzer|usuario"
    r"|utilisateur|cliente|paciente)[ _-]?(?i:u?u?id|guid|identifier|number|no|nr|nummer)?[\"'\]]{0,2}"
    r"\s{0,2}(?::|=|/|\bis\b|\s)\s{0,2}[\"']?"
    r"(?P<v>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?![0-9A-Za-z-])"
)
_UUID_TAIL: Final = re.compile(r"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


class Uuids:
    """Finds UUIDs that a label ties to a person or a device; others name rows and requests."""

    name: Final = "guardrail/uuid"
    entities: Final = frozenset({"ID"})

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield labelled UUIDs, 0.65."""
        if text.count("-") >= 4:
            ends = (tail.start() for tail in _UUID_TAIL.finditer(text))
            parts = pieces(ends, before=REACH, after=REACH, end=len(text))
            for match in (one for part in parts for one in _UUID.finditer(text, *part)):
                yield Finding(*match.span("v"), "ID", 0.65, self.name)
