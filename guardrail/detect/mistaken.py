"""What finders take for a place or a people that is none, and persons that they take for one.

Each rule is a kind of error that both finders make in texts of many sources: a
degree behind a name, a language that is spoken or translated, a word made from a
mathematician's name, a person with a title. ADR 0140.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from guardrail.detect.given import COMMON
from guardrail.detect.lands import COUNTRIES, PEOPLES
from guardrail.detect.persons import TITLE
from guardrail.detect.places import is_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.types import Finding

__all__ = ["mended"]

DOUBTED: Final = 0.4
PERSON: Final = 0.75
SURE: Final = 0.9  # two finders agree
ACTED_ON: Final = 0.5
LONGEST_SHORT: Final = 4  # letters of an abbreviation
_POSTCODE: Final = re.compile(r",? \d{5}")
_DEGREES: Final = frozenset("MD DO PA RN NP MA MS CPA DDS DMD LPN CNA MBA JD RPH PHD".split())  # noqa: SIM905 - words
# Words from the names of mathematicians, and of times: no peoples.
_ADJECTIVES: Final = frozenset(
    """
    gaussian jacobian hessian bayesian cartesian newtonian boolean euclidean hamiltonian lagrangian laplacian
    markovian poissonian bernoullian riemannian abelian galoisian hermitian keynesian darwinian freudian
    orwellian kafkaesque shakespearean victorian elizabethan georgian edwardian jurassic olympian
    """.split()  # noqa: SIM905 - a list a word a line is unreadable
)
_LANGUAGES: Final = frozenset(
    """
    arabic bengali bulgarian cantonese catalan chinese croatian czech danish dutch english estonian farsi
    finnish french german greek hebrew hindi hungarian icelandic indonesian irish italian japanese korean
    latin latvian lithuanian malay mandarin norwegian persian polish portuguese punjabi romanian russian
    serbian slovak slovenian spanish swahili swedish tagalog tamil thai turkish ukrainian urdu vietnamese
    welsh
    """.split()  # noqa: SIM905 - a list a word a line is unreadable
)
_SPOKEN: Final = re.compile(
    r"\b(?:translat\w+|speak\w*|spoke|spoken|fluent|learn\w*|study\w*|writ\w+|respond\w*|reply|answer|teach\w*|taught"
    r"|language\w*|subtitles|in|into|to|from|and|or)[ :,]+(?:\w+ )?\Z",
    re.IGNORECASE,
)
# What follows a language that stands by itself; a noun behind it says that it is a people's.
_ALONE: Final = re.compile(
    r"\s*(?:\Z|[^\w\s]| (?:and|or|but|please|to|into|from"
    r"|language|lessons?|class(?:es)?|course|grammar|words?"
    r"|text|version|subtitles|translation|speakers?|with|at|as|for|on|too|well|fluently)\b)"
)


def mended(text: str, people: Sequence[Finding], found: Sequence[Finding]) -> list[Finding]:
    """Return the findings without what is no place and no people; a titled place is a person."""
    ends = sorted(person.end for person in people if person.score >= ACTED_ON)
    kept = []
    for finding in found:
        if finding.entity == "LOCATION":
            kept += _place(text, ends, finding)
        elif finding.entity == "NRP":
            kept.append(_people(text, finding))
        else:
            kept.append(finding)
    return kept


def _place(text: str, ends: list[int], finding: Finding) -> list[Finding]:
    part = text[finding.start : finding.end]
    if sum(map(str.isalpha, part)) < 2:  # a full stop, a letter
        return []
    if part.replace(".", "").upper() in _DEGREES and _follows(text, ends, finding):
        return []
    titled = TITLE.search(text, max(finding.start - 24, 0), finding.start) is not None
    if titled and part[0].isupper() and finding.score < SURE and not is_place(part):
        return [replace(finding, entity="PERSON", score=PERSON)]
    return [finding]


def _follows(text: str, ends: list[int], finding: Finding) -> bool:
    """Tell whether a person's name ends right before, and no postcode follows."""
    at = bisect_left(ends, finding.start + 1) - 1
    near = at >= 0 and text[ends[at] : finding.start] in {", ", " ", ","}
    return near and _POSTCODE.match(text, finding.end) is None


def _people(text: str, finding: Finding) -> Finding:
    part = text[finding.start : finding.end]
    word = part.lower()
    if word in _ADJECTIVES:
        return replace(finding, score=DOUBTED)
    if word in _LANGUAGES and _ALONE.match(text, finding.end):
        if _SPOKEN.search(text, max(finding.start - 32, 0), finding.start):
            return replace(finding, score=DOUBTED)
        return finding
    if word in COMMON and word not in PEOPLES | COUNTRIES and part[0].isupper() and finding.score < SURE:
        return replace(finding, entity="PERSON", score=PERSON)
    return finding
