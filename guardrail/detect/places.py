"""Cities, and countries in ten languages: a table that speaks where the finders read no language well.

`data/places.txt` holds the cities of GeoNames (CC BY 4.0) from 100,000 people on,
from 30,000 in Europe, North America, Australia and New Zealand, with the countries
and cities of the CLDR (Unicode License) in the languages that are served. Left
out are common English words (Reading, Nice), given names and names shorter than
four letters. Linear in the text; letters with marks match those without.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.prose import Lines

__all__ = ["is_place", "listed", "places"]

NAME: Final = "guardrail/places"
SCORE: Final = 0.6
AFTER_PREPOSITION: Final = 0.75
SMALL: Final = 0.55  # in small letters, after a preposition
LEAST_SMALL: Final = 5  # letters of such a one
MAX_WORDS: Final = 4
_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]{2,})?")
_GAP: Final = re.compile(r"\.? |-")
_FIRST: Final = re.compile(
    rf"(?<![^\W\d_])(?<![._@$#\\/\-'\u2019&=]){_WORD.pattern}"
)  # no piece of something longer
_PIECE_AFTER: Final = re.compile(r"[(_$=\\@/&]|\.\w|-\w|['\u2019](?!s\b)\w")
# "in", "from", "to" and their like in the languages that are served.
_PREPOSITION: Final = re.compile(
    r"(?<!\w)(?:in|from|to|near|at|nach|aus|bei|\u00e0|a|en|de|desde|em|do|da|di|w|we|z|ze|do|i|fr\u00e5n|till|fra|til"
    r"|uit|naar|te|van|von|um|pour|vers|para|hacia|per|od|ved|hos|om)[ ]\Z",
    re.IGNORECASE,
)
_CAPITAL_BESIDE: Final = re.compile(r" (?:of |& )?[A-Z\u00c0-\u00de][^\W\d_]")
_CAPITAL_BEFORE: Final = re.compile(r"(?<![.!?:\w] )(?<!\w)[A-Z\u00c0-\u00de][^\W\d_]+ \Z")
_LETTERS: Final = str.maketrans(
    {
        "\u0142": "l",
        "\u00f8": "o",
        "\u0111": "d",
        "\u0131": "i",
        "\u00df": "ss",
        "\u00e6": "ae",
        "\u0153": "oe",
        "\u2019": "'",
        "-": " ",
    }
)


@lru_cache(maxsize=1)
def listed() -> frozenset[str]:
    """Return the names of places, in small letters without marks."""
    return frozenset((files("guardrail.detect") / "data" / "places.txt").read_text("utf-8").split("\n"))


@lru_cache(maxsize=1)
def _firsts() -> frozenset[str]:
    """Return the first word of each."""
    return frozenset(name.partition(" ")[0] for name in listed())


def is_place(name: str) -> bool:
    """Tell whether the name is listed."""
    return _bare(name) in listed()


def _bare(name: str) -> str:
    lower = name.lower()
    if not lower.isascii():
        spread = unicodedata.normalize("NFKD", lower.translate(_LETTERS))
        lower = "".join(sign for sign in spread if not unicodedata.combining(sign))
    return lower.replace("-", " ").replace(". ", " ")


def places(text: str, lines: Lines) -> Iterator[Finding]:
    """Yield the listed places of running text, each the longest that its first word begins."""
    past = 0
    firsts = _firsts()
    for word in _FIRST.finditer(text):
        lower = word[0].lower()
        if (lower if lower.isascii() else _bare(lower)) not in firsts:
            continue
        start = word.start()
        if start < past:
            continue
        end = _end(text, word)
        if not end or _PIECE_AFTER.match(text, end) or lines.kind(start) != "prose":
            continue
        score = _score(text, start, end)
        if score:
            past = end
            yield Finding(start, end, "LOCATION", score, NAME)


def _end(text: str, word: re.Match[str]) -> int:
    """Return where the longest listed name ends that the word begins, or 0."""
    best, start, last = 0, word.start(), word.end()
    for _ in range(MAX_WORDS):
        if _bare(text[start:last]) in listed():
            best = last
        gap = _GAP.match(text, last)
        more = _WORD.match(text, gap.end()) if gap is not None else None
        if more is None:
            break
        last = more.end()
    return best


def _score(text: str, start: int, end: int) -> float:
    """Return how sure it is that the name means the place: a preposition before it says so."""
    after = _PREPOSITION.search(text, max(start - 8, 0), start) is not None
    if text[start].islower():
        return SMALL if after and end - start >= LEAST_SMALL else 0.0
    if after:
        return AFTER_PREPOSITION
    beside = _CAPITAL_BESIDE.match(text, end) or _CAPITAL_BEFORE.search(text, max(start - 24, 0), start)
    return 0.0 if beside else SCORE
