"""Addresses, places and houses that Faker makes up, in the language that the value is written in."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from guardrail.operators.names import provider

if TYPE_CHECKING:
    from faker import Generator

    from guardrail.operators.draw import Draw

__all__ = ["address", "company", "location"]

_SIGNS: Final = (
    ("en_US", re.compile(r"\b[A-Z]{2}\.? +\d{5}(?:-\d{4})?\b")),
    ("en_GB", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")),
    ("de_DE", re.compile(r"stra(?:ße|sse)\b|str\.|weg\b|platz\b|allee\b|gasse\b|ring\b \d", re.IGNORECASE)),
    (
        "fr_FR",
        re.compile(
            r"\b(?:rue|avenue|boulevard|impasse|chemin|quai) (?:de|du|des|la|le|d'|l')", re.IGNORECASE
        ),
    ),
    ("fr_FR", re.compile(r"\brue\b", re.IGNORECASE)),
    ("es_ES", re.compile(r"\b(?:calle|avenida|plaza|paseo|c/)", re.IGNORECASE)),
    ("it_IT", re.compile(r"\b(?:via|viale|piazza|corso|vicolo) ", re.IGNORECASE)),
    ("nl_NL", re.compile(r"(?:straat|laan|plein|gracht|kade)\b", re.IGNORECASE)),
    ("pl_PL", re.compile(r"\b(?:ulica|ul\.|aleja|al\.|plac) ", re.IGNORECASE)),
    ("pt_PT", re.compile(r"\b(?:rua|travessa|praça|largo) ", re.IGNORECASE)),
    ("sv_SE", re.compile(r"(?:gatan|vägen|torget)\b", re.IGNORECASE)),
    ("da_DK", re.compile(r"(?:gade|vej|allé)\b", re.IGNORECASE)),
)
_POST_CODE: Final = re.compile(r"\d{4,}|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
_LETTER: Final = re.compile(r"[^\W\d_]{2}")
_lock = threading.Lock()


def address(value: str, draw: Draw, locale: str = "") -> str:
    """Return an address with as many parts as the value has; "" for a post code alone."""
    if not _LETTER.search(value):
        return ""
    made = _made(locale or _locale(value), draw)
    street, line = " ".join(made["street"].split()), "\n" if "\n" in value else ", "
    if not any(c.isdigit() for c in value):
        return made["city"]
    parted = "," in value or "\n" in value or (_POST_CODE.search(value) and len(value.split()) > 3)
    return line.join((street, made["town"])) if parted else street


def location(value: str, draw: Draw, locale: str = "") -> str:
    """Return a town, or for a country another country."""
    own = locale or "en_US"
    countries = provider(own, "address").countries  # type: ignore[attr-defined] # every locale has them
    return str(draw.one(countries)) if value in countries else _made(own, draw)["city"]


def company(value: str, draw: Draw, locale: str = "") -> str:
    """Return the name of a house that nobody has founded."""
    return _made(locale or _locale(value), draw)["house"]


def _locale(value: str) -> str:
    return next((locale for locale, sign in _SIGNS if sign.search(value)), "en_US")


def _made(locale: str, draw: Draw) -> dict[str, str]:
    """Return a street with its number, a town, a town with its post code, and a house."""
    made: Any = _generator(locale)
    with _lock:
        made.seed_instance(draw.below(1 << 60))
        street, city, code, house = made.street_address(), made.city(), made.postcode(), made.company()
        if locale == "en_US":
            town = f"{city}, {made.state_abbr(include_territories=False)} {code}"
        else:
            town = f"{city}, {code}" if locale == "en_GB" else f"{code} {city}"
    return {"street": street, "city": city, "town": town, "house": house}


@cache
def _generator(locale: str) -> Generator:
    from faker import Generator  # noqa: PLC0415 - an extra that few policies need

    generator = Generator()
    for kind in ("person", "address", "company"):
        generator.add_provider(provider(locale, kind))
    return generator
