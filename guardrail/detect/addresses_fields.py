"""Addresses in fields: "City: Springfield", `"zip": "62704"`, `<street>12 Oak St</street>`.

Only what stands before a colon, an equals sign, a bar or a bracket is looked up
as a label, so that prose costs nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.addresses_parts import CITY, ZIP, tail
from guardrail.detect.addresses_words import (
    AMBIGUOUS_LABELS,
    COUNTRIES,
    FIELDS,
    NO_VALUES,
    OTHER_ADDRESSES,
    STATE_CODES,
    STATES,
    STOPS,
)
from guardrail.detect.secret_labels import around
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AddressFields", "address_labels"]

SURE: Final = 0.8
LABELLED: Final = 0.75
REACH: Final = 48  # code points of a label
_KINDS: Final = {phrase.replace("_", " "): kind for kind, phrases in FIELDS.items() for phrase in phrases}
# Most words before a separator are no label: how it would end is looked at first.
_BEHIND: Final = " \t\"'*-.0123456789_"
_ENDS: Final = tuple({phrase.rstrip(_BEHIND)[-3:] for phrase in _KINDS})
_SEPARATOR: Final = re.compile(r"[:=|>]")
_LABEL: Final = re.compile(
    r"(?P<edge>^|[\n\r\"'<|,;({*\[>-])?[ \t]{0,4}(?P<label>[^\W\d][\w./+ -]{0,40})[\"'*]{0,3}[ \t]{0,3}\Z"
)
_OPEN: Final = re.compile(r"[ \t]{0,3}(?P<quote>[\"'*]{0,2})[ \t]{0,3}")
_BREAK: Final = re.compile(r"[ \t]{0,3}\r?\n[ \t]{0,8}")
_VALUE: Final = re.compile(r"[^\n\r|<>{}\[\];\t\"=@:]{1,140}")
_CUT: Final = re.compile(
    r"[ ]{2}|[ ]/[ ]|(?<=\d)\.[ ](?=[A-Z])|(?<=[a-z]{4})\.[ ](?=[A-Z])|[,.]?[ ]-?[ ]?(?i:phone|tel|telephone"
    r"|fax|e-?mail|mobile|cell|contact|dob|ssn"
    r"|gender|marital|language|organi[sz]ation|please|can you|and then)\b"
)
_KEY: Final = re.compile(r":[^\s]")  # "4, i:0, top:3": a record of a program
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HOUSE: Final = re.compile(r"(?<![\w.:/-])\d{1,5}[A-Za-z]?(?![\w:]|\.\d)")
_NAMED: Final = re.compile(r"[^\W\d_]{2}")
_FIRST: Final = re.compile(r"\d{1,5}[A-Za-z]?,?[ ](?P<word>[^\W\d_]{2,30})")
_LETTERS: Final = re.compile(r"[^\W\d_][^\W\d_.'’ -]*(?:[ .'’-]{1,2}[^\W\d_]{1,30}){0,4}\Z")
_CITY: Final = re.compile(CITY)
_ZIP: Final = re.compile(rf"(?i:{ZIP})|\d{{3,9}}(?![\w.])")
# "zip code is 76400", "postal code registered as 02138": a few small words between the name and the code.
_IN_PROSE: Final = re.compile(
    r"(?i:\b(?:zip(?:[ -]?code)?|post(?:al)?[ -]?code|plz|postleitzahl|code postal|c[oó]digo postal"
    r"|c[oó]d\. postal|c\.?p\.?|cep"
    r"|kod pocztowy|postcode|postnummer|pin ?code)\b"
    r"(?:[,:]?[ ](?:is|was|being|of|for|as|registered|listed|recorded|given|there|here|now|ist|es|est|è|to"
    r"|from|the|area|code|her|his|my|their|our|your|this|that|would|be|range|also|right|it's|residence"
    r"|location|address|place|home|house|town|city)\b){0,6}"
    rf"[ ]?[:,=\"']?[ ]{{0,2}}[\"']?)(?P<v>{ZIP}|\d{{9}}(?!\w))"
)
_CODE_STEMS: Final = ("zip", "post", "plz", "cp", "c.p", "cep", "kod", "pin")
# "with 02138 as her postal code"
_BEFORE_WORD: Final = re.compile(
    rf"(?<![\w.,/-])(?P<v>{ZIP})[ ](?:as|is|being)[ ](?:the|a|her|his|my|their|our|its|your)[ ]"
    r"(?i:zip(?:[ -]?code)?|post(?:al)?[ -]?code|pin ?code)\b"
)
_DIGITS: Final = re.compile(r"(?:\d[ -]?){3,9}")


class AddressFields:
    """Finds the parts of addresses that stand in fields of their own."""

    name: Final = "guardrail/address-field"
    entities: Final = frozenset({"ADDRESS", "LOCATION"})

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield values of labelled fields, 0.75 to 0.8.

        Streets and codes are ADDRESS, cities and states LOCATION.
        """
        lower = text.lower()
        same = len(lower) == len(text)
        parts = around(lower, _CODE_STEMS, before=32, after=144) if same else [(0, len(text))]
        shapes = (_IN_PROSE, _BEFORE_WORD)
        for match in (one for part in parts for shape in shapes for one in shape.finditer(text, *part)):
            if any(map(str.isdigit, match["v"])):
                yield Finding(*match.span("v"), "ADDRESS", SURE, self.name)
        for match in _SEPARATOR.finditer(text):
            kind = _kind(text, match.start())
            span = _value(text, match.end(), kind) if kind else None
            if span is not None:
                entity = "LOCATION" if kind in {"city", "state"} else "ADDRESS"
                yield Finding(*span, entity, LABELLED, self.name)


def address_labels() -> frozenset[str]:
    """Return the words by which a field name says that its value is part of an address."""
    return frozenset(word for phrase in _KINDS for word in phrase.split() if len(word) > 2) | {"cp"}


def _kind(text: str, end: int) -> str:
    """Return which part of an address the label that ends at `end` names, or nothing."""
    base = max(end - REACH, 0)
    if not text[base:end].rstrip(_BEHIND).lower().endswith(_ENDS):
        return ""
    found = _LABEL.search(text[base:end])
    if found is None:
        return ""
    words = re.split(r"[ _.]+", _CAMEL.sub(" ", found["label"]).lower().strip(" -.0123456789_"))
    for count in (4, 3, 2, 1):
        phrase = " ".join(words[-count:])
        kind = _KINDS.get(phrase)
        if kind is None or len(words) < count:
            continue
        others = words[:-count]
        edged = found["edge"] is not None or base + found.start() == 0
        if phrase in AMBIGUOUS_LABELS and (others or not edged or text[end] == "="):
            return ""
        return "" if not OTHER_ADDRESSES.isdisjoint(others) or len(others) > 3 else kind
    return ""


def _value(text: str, at: int, kind: str) -> tuple[int, int] | None:
    opening = _OPEN.match(text, at)
    start = opening.end() if opening else at
    if kind == "address" and (line := _BREAK.match(text, start)):
        start = line.end()
    found = _VALUE.match(text, start)
    if found is None:
        return None
    cut = _CUT.search(text, start, found.end())
    end = cut.start() if cut else found.end()
    if text[end : end + 1] in {"@", "="} or (kind == "address" and _KEY.match(text, end)):
        return None
    value = text[start:end].rstrip(" .,'*")
    return _SHAPES[kind](text, start, value)


def _zip(text: str, start: int, value: str) -> tuple[int, int] | None:
    found = _ZIP.match(text, start)
    return found.span() if value and found is not None and any(map(str.isdigit, found[0])) else None


def _city(text: str, start: int, value: str) -> tuple[int, int] | None:
    first = value.split(",", 1)[0]
    if _LETTERS.match(first) is None or first.lower() in NO_VALUES or len(first) < 2:
        city = _CITY.match(text, start)
        return city.span() if city is not None and value[:1].isupper() and " " in value else None
    following = text[start + len(first) : start + len(first) + 1]
    return None if following in {"(", "_", "["} else (start, start + len(first))


def _state(_: str, start: int, value: str) -> tuple[int, int] | None:
    known = (
        value.lower() in STATES
        or value.lower() in COUNTRIES
        or (value.isupper() and value.lower() in STATE_CODES)
    )
    return (start, start + len(value)) if known else None


def _street(text: str, start: int, value: str) -> tuple[int, int] | None:
    """Accept a value with a house number and a word, and no more words than an address has."""
    words = value.split()
    if not 2 <= len(words) <= 14 or _HOUSE.search(value) is None or _NAMED.search(value) is None:
        return None
    first = _FIRST.match(value)
    if not STOPS.isdisjoint(word for word in words[:3]) or (
        first is not None and first["word"].lower() in STOPS
    ):
        return None
    end, _ = tail(text, start + len(value))
    return start, end


def _address(text: str, start: int, value: str) -> tuple[int, int] | None:
    """Accept a street as above; three words at least, or two that begin with the number."""
    if len(value.split()) < 3 and _FIRST.match(value) is None and not value[:1].isupper():
        return None
    return _street(text, start, value)


_SHAPES: Final = {"zip": _zip, "city": _city, "state": _state, "street": _street, "address": _address}
