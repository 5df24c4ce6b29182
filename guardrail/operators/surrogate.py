"""Put a realistic stand-in in a value's place: the same one in its scope, and never anybody's.

What has no such stand-in is redacted. Spec: docs/spec/operators.md, "Surrogates".
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from guardrail.operators import names, places_drawn
from guardrail.operators.draw import Draw
from guardrail.operators.numbers import NUMBERS
from guardrail.operators.plain import placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from guardrail.operators.tools import Tools
    from guardrail.types import Decision

__all__ = ["DRAWN", "surrogate"]

_RUN: Final = re.compile(r"[^\W\d_]{2,}")
_HOSTS: Final = ("example.com", "example.net", "example.org")
_PLACES: Final[Mapping[str, Callable[[str, Draw, str], str]]] = {
    "ADDRESS": places_drawn.address,
    "LOCATION": places_drawn.location,
    "ORGANIZATION": places_drawn.company,
}
DRAWN: Final = frozenset({"PERSON", "EMAIL_ADDRESS", *NUMBERS, *_PLACES})
"""Entities that have surrogates."""


def surrogate(value: str, decision: Decision, tools: Tools) -> str:
    """Return a stand-in for the value, or `[TYPE]` where there is none.

    Option: `locale` ("de_DE"), for names and places; without it, the value tells.

    Raises:
        ConfigError: Faker is not installed.
    """
    entity, locale = decision.finding.entity, str(decision.action.option("locale"))
    if entity == "PERSON":
        name = names.person(value, tools, locale)
        made = tools.stand(entity, value, (name,), kind="surrogate") if name else ""
    elif entity in DRAWN:
        made = tools.stand(entity, value, _drawn(entity, value, tools, locale), kind="surrogate")
    else:
        made = ""
    return made or placeholder(entity)


def _drawn(entity: str, value: str, tools: Tools, locale: str) -> Iterator[str]:
    """Yield what may stand for the value, as far as it does not show it."""
    secret = (tools.near or tools.key)("surrogate")
    own = " ".join(value.casefold().split())
    for attempt in range(names.ATTEMPTS):
        draw = Draw(secret, entity, own, attempt=attempt)
        if entity == "EMAIL_ADDRESS":
            made = _email(value, secret, draw, locale)
        elif entity in NUMBERS:
            made = NUMBERS[entity](value, draw)
        else:
            made = _PLACES[entity](value, draw, locale)
        if not made:
            return
        if own not in made.casefold():
            yield made


def _email(value: str, secret: bytes, draw: Draw, locale: str) -> str:
    """Return an address at a host for examples; its names are mostly those that stand for the names in it."""
    local, _, host = value.rpartition("@")
    if not local or not host:
        return ""
    runs = _RUN.findall(local)[:3] or [local]
    words = [_plain(next(names.candidates(run, secret, locale), "")) for run in runs]
    number = draw.digits(2)
    return f"{'.'.join(filter(None, words))}{number}@{draw.one(_HOSTS)}"


def _plain(word: str) -> str:
    """Return a name in the letters of an address."""
    parted = unicodedata.normalize("NFKD", word.replace("ß", "ss").casefold())
    return "".join(letter for letter in parted if letter.isascii() and letter.isalpha())
