"""Hospitals, clinics and practices by name: where someone is treated says much of them.

The i2b2/UTHealth 2014 de-identification guidelines count hospitals among the
places that identify. A name is some capitalised words that end with a word for
such a house ("Mount Hope Medical Center", "LAKESIDE FAMILY PRACTICE PC"); the
word alone ("the hospital", "City Clinic hours" in prose of small letters) is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.secret_labels import around
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Facilities"]

SCORE: Final = 0.55
LONGEST: Final = 60  # code points before the word that are looked at
# What ends such a name. Each is tried in the case of a title and in capitals.
_HEADS: Final = (
    "Hospitals?",
    "(?:Medical|Health|Surgery|Surgical|Cancer|Trauma|Birth|Dialysis|Rehabilitation|Care) Cent(?:er|re)s?",
    "(?:Treatment|Recovery) Cent(?:er|re)s?",
    "(?:Cancer|Heart|Eye|Kidney|Spine) Institute|Behavioral Health",
    "(?:Nursing|Care|Funeral) Home",
    "(?:Outpatient |Dental |Eye |Community )?Clinics?",
    "Hospice|Infirmary|Sanatorium|Polyclinic",
    "(?:Family|Internal|Primary) (?:Practice|Medicine)(?: Associates| Physicians)?",
    "(?:Primary|Urgent|Medical|Family) Care(?: Associates)?|Pediatrics|Paediatrics|Dentistry",
    "(?:Medical|Health) (?:Associates|Group)|(?:Health(?: ?[Cc]are)?|Home ?[Cc]are|Rehabilitation) Services",
    "Internists|Physicians|Health ?[Cc]are|Wellness",
)
_LEGAL: Final = r"(?:,? (?:INC|Inc|LLC|PLLC|LLP|PC|P\.C|PA|CORP|Corp|CORPORATION|Corporation|Ltd|LTD)\b\.?)?"
# What says least stands last: the first that fits is taken.
_WORD: Final = re.compile("|".join(_HEADS))
_CAPITALS: Final = re.compile("|".join(head.replace("[Cc]", "C").upper() for head in _HEADS))
_HEAD: Final = re.compile(f"{_WORD.pattern}|{_CAPITALS.pattern}")
# One of these stands in each of them, in small letters.
_STEMS: Final = (
    *("hospi", "cente", "centre", "home", "clinic", "infirm", "sanator", "practice", "medicine", "care"),
    *("diatrics", "dentist", "medical ", "health ", "wellness", "institute", "internists", "physicians"),
    "services",
)
# "... for Children", "... of Saint Louis", "... Burlington": what may follow the word.
_MORE: Final = re.compile(
    rf"(?: (?:for|of|FOR|OF)(?: the| THE)?(?: [A-Z][\w'&.-]{{1,24}}){{1,3}})?{_LEGAL}(?![\w])"
)
_OF: Final = re.compile(r" (?:of|OF) ")  # "Community Health Center of Lowell": where it is tells which
_NAME: Final = re.compile(
    r"(?<![\w'&.-])(?:(?:the|The|THE) )?[A-Z][\w'\u2019&.-]{0,24}"
    r"(?: (?:(?:of|and|for|OF|AND|FOR) )?(?:&|[A-Z][\w'\u2019.-]{0,24})){0,4} \Z"
)
# One such word before is a kind of house, not its name: "Our Hospital", "Patient Clinic".
_KINDS: Final = frozenset(
    {"a", "an", "the", "our", "my", "your", "his", "her"}
    | {"their", "this", "that", "each", "any", "every", "no", "at"}
    | {"in", "to", "from", "near", "if", "when", "new", "general"}
    | {"local", "public", "private", "state", "city", "county", "university", "community"}
    | {"regional", "outpatient", "inpatient", "patient", "children", "childrens", "medical", "dental"}
    | {"eye", "day", "main", "emergency", "home", "health", "mental", "urgent"}
    | {"primary", "animal", "veterinary", "care", "family", "internal"}
)


class Facilities:
    """Finds houses of care by name."""

    name: Final = "guardrail/facility"
    entities: Final = frozenset({"LOCATION"})

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield names of hospitals, clinics and practices."""
        lower = text.lower()
        same = len(lower) == len(text)
        parts = around(lower, _STEMS, before=28, after=28) if same else [(0, len(text))]
        for head in (one for part in parts for one in _HEAD.finditer(text, *part)):
            if head.start() == 0 or text[head.start() - 1] != " ":
                continue
            low = max(head.start() - LONGEST, 0)
            name = _NAME.search(text, low, head.start())
            rest = _MORE.match(text, head.end()) if name is not None else None
            if name is not None and rest is not None and (_tells(name[0]) or _OF.match(rest[0])):
                yield Finding(name.start(), rest.end(), "LOCATION", SCORE, self.name)


def _tells(name: str) -> bool:
    """Tell whether a word before is of a name: not all of them are kinds of houses."""
    words = re.findall(r"[^\W\d_]+", name.lower())
    return any(word not in _KINDS for word in words)
