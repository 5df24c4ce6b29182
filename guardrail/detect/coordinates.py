"""Places on earth as numbers: decimal pairs, degrees with minutes, `geo:` addresses, labelled values.

Four decimals are eleven metres: a house. Coarser pairs name a town and are no
finding. Bare pairs look like any two numbers, so that they need the precision
and nothing that goes on as a list. Sources: ISO 6709, RFC 5870.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LABELS", "Coordinates"]

_PAIR: Final = re.compile(
    r"(?<![\w.,;+-])(?<![\d),;][ ,])(?P<a>[-+]?\d{1,2}\.\d{4,15})\u00b0?\s{0,2}(?P<ns>[NS]?)"
    r"(?P<by>\s{0,2}[,;/|]\s{0,3}|\s{1,3})(?P<b>[-+]?\d{1,3}\.\d{4,15})\u00b0?\s{0,2}(?P<ew>[EWO]?)"
    r"(?![\w%]|\.\d|\s{0,2}[,;|]?\s{0,2}[-+]?\d)"
)
_SIDES: Final = re.compile(
    r"(?<![\w.])(?P<a>\d{1,2}\.\d{2,15})\u00b0?\s?(?P<ns>[NS])\b[\s,;/]{1,3}"
    r"(?P<b>\d{1,3}\.\d{2,15})\u00b0?\s?(?P<ew>[EWO])\b"
    r"|(?<![\w.])(?P<ns2>[NS])\s?(?P<a2>\d{1,2}\.\d{2,15})\u00b0?[\s,;/]{1,3}(?P<ew2>[EWO])\s?"
    r"(?P<b2>\d{1,3}\.\d{2,15})\b"
)
_ARC: Final = (
    r"\d{1,3}\s?(?:\u00b0|\u00ba|deg|d)\s?\d{1,2}(?:\.\d{1,8})?\s?(?:['\u2032\u2019m]|min)?\s?"
    r"(?:\d{1,2}(?:\.\d{1,6})?\s?(?:\"|\u2033|\u201d|''|s|sec))?"
)
_DEGREES: Final = re.compile(
    rf"(?<![\w.])(?:[NS]\s?{_ARC}[\s,;/]{{1,3}}[EWO]\s?{_ARC}|{_ARC}\s?[NS]\b[\s,;/]{{0,3}}{_ARC}\s?[EWO]\b)"
)
_GEO: Final = re.compile(r"\bgeo:(?P<v>-?\d{1,2}(?:\.\d{1,15})?,-?\d{1,3}(?:\.\d{1,15})?)")
_MAP: Final = re.compile(r"[@=](?:loc:)?(?P<v>-?\d{1,2}\.\d{3,15}(?:,|%2C)-?\d{1,3}\.\d{3,15})(?![\d.])")
_NAMED: Final = re.compile(
    r"(?<![A-Za-z])(?P<l>lat(?:itude)?|lo?ng(?:itude)?|lon|breitengrad|l\u00e4ngengrad|latitud"
    r"|longitud|latitudine"
    r"|longitudine|breedtegraad|lengtegraad|szeroko\u015b\u0107"
    r"|d\u0142ugo\u015b\u0107)[\"'\]]{0,2}\s{0,2}(?::|=|\bis\b|\s)\s{0,2}[\"']?"
    r"(?P<v>[-+]?\d{1,3}\.\d{3,15})(?![\w.])",
    re.IGNORECASE,
)
# Field names that say that the value is one.
LABELS: Final = frozenset(
    {"lat", "latitude", "lon", "lng", "longitude", "coordinates", "gps", "geo", "location", "koordinaten"}
)
_NUMBER: Final = re.compile(r"\d\.\d\d|\d\s?(?:\u00b0|\u00ba|d)|geo:\d|geo:-")
_BEFORE: Final = re.compile(
    r"coord|gps|location|position|\blat|geo|\bat\b|map|standort|ubicaci|koordin", re.IGNORECASE
)


class Coordinates:
    """Finds coordinates that tell a place to a house."""

    name: Final = "guardrail/coordinates"
    entities: Final = frozenset({"COORDINATES"})

    def recognize(self, text: str) -> Iterator[Finding]:  # noqa: C901 - one loop for each pattern
        """Yield coordinates: 0.9 with a direction or label, 0.6 for a bare pair, 0.8 beside a word."""
        if not _NUMBER.search(text):
            return
        for match in _PAIR.finditer(text):
            score = _pair(text, match) if _on_earth(match["a"], match["b"]) else 0.0
            if score:
                yield self._finding(*match.span(), score)
        for match in _SIDES.finditer(text):
            if _on_earth(match["a"] or match["a2"], match["b"] or match["b2"]):
                yield self._finding(*match.span(), 0.9)
        for match in _DEGREES.finditer(text):
            yield self._finding(*match.span(), 0.9)
        for pattern in (_GEO, _MAP):
            for match in pattern.finditer(text):
                if _on_earth(*match["v"].replace("%2C", ",").split(",")):
                    yield self._finding(*match.span("v"), 0.85)
        for match in _NAMED.finditer(text):
            if abs(float(match["v"])) <= (
                180 if match["l"].lower().startswith(("lo", "l\u00e4", "le", "d\u0142")) else 90
            ):
                yield self._finding(*match.span("v"), 0.85)

    def _finding(self, start: int, end: int, score: float) -> Finding:
        return Finding(start, end, "COORDINATES", score, self.name)


def _on_earth(latitude: str, longitude: str) -> bool:
    return abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180


def _pair(text: str, match: re.Match[str]) -> float:
    """Score a decimal pair: two numbers beside each other are often a range or a vector."""
    if match["ns"] and match["ew"]:
        return 0.9
    if _BEFORE.search(text, max(match.start() - 30, 0), match.start()):
        return 0.8
    if max(abs(float(match["a"])), abs(float(match["b"]))) < 1.5:
        return 0.0  # probabilities and weights
    listed = text[max(match.start() - 1, 0) : match.start()] in {"[", "{"} or "," not in match["by"]
    return 0.4 if listed else 0.6
