"""Two name finders are better than one: what each is good at, taken together.

Rampart finds what people say of themselves, in any letter case; spaCy finds
public figures, countries and nationalities, errs more often, and fails on
machines' text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardrail.detect.prose import Lines
    from guardrail.types import Finding

__all__ = ["NameFinder", "combine", "label_words", "with_numbers"]

AGREED: Final = 0.9
SURE: Final = 0.85
SUPPORTED: Final = 0.3  # so much of another finder's opinion makes a finding certain
SURE_ALONE: Final = 0.8
TRACED: Final = 0.3  # below it a finding only supports others'
DOUBTED: Final = 0.45  # one finder alone, against the silence of the other
CERTAIN_NUMBER: Final = 0.9
REFUSED: Final = 0.1  # a pattern's score for another number in the form of a telephone's
NUMBERS: Final = frozenset({"PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE"})
PLACES: Final = frozenset({"ADDRESS", "LOCATION"})
_NOT_IN_A_NAME: Final = re.compile(r"[\d_/\\@#$%*=+<>{}\[\]()|~^:;\"`]")
_IDENTIFIER_BEFORE: Final = frozenset("._/@$*#\\")
_IDENTIFIER_AFTER: Final = re.compile(r"[(*\[_/$=\\]|\.\w|-?\d|:\S")
_DIGIT_BEFORE: Final = re.compile(r"\d[ -]?\Z")
_DIGIT_AFTER: Final = re.compile(r"[ -]?\d")
_UNITS: Final = "ms|s|sec|seconds?|min|minutes?|hours?|[kmgt]i?b|bytes|px|pt|kg|km|cm|mm|rpm|hz"
_MEASURE: Final = re.compile(rf"\d[\d.,]*\s?(?:{_UNITS})")
# Field names that say that the value is a name or an address.
_LABELS: Final = frozenset(
    {
        "name",
        "names",
        "firstname",
        "lastname",
        "surname",
        "fullname",
        "customer",
        "patient",
        "client",
        "employee",
    }
    | {"employee", "recipient", "sender", "contact", "address", "street", "city", "zip", "postcode"}
)


class NameFinder(Protocol):
    """A model that finds names, places and the like in running text."""

    @property
    def entities(self) -> frozenset[str]:
        """Return the entities that it can find."""
        ...

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings of each text."""
        ...


def label_words() -> frozenset[str]:
    """Return the words by which a field name says that its value is a name or an address."""
    return _LABELS


def combine(text: str, lines: Lines, answers: Sequence[Sequence[Finding]]) -> list[Finding]:
    """Return what is plausible of all finders' findings; one that two agree on is more certain.

    Where one takes a span for a person and the other for a place, the surer one decides.
    """
    plausible = [sorted((f for f in a if _plausible(text, lines, f)), key=_start) for a in answers]
    found: list[Finding] = []
    for place, answer in enumerate(plausible):
        others = sorted((f for at, other in enumerate(plausible) if at != place for f in other), key=_start)
        for finding, beside in _overlaps(answer, others):
            if finding.score < TRACED:
                continue
            part = text[finding.start : finding.end]
            number = " " not in part and any(map(str.isdigit, part))  # a code or a count as well as a house
            score = _agreed(finding, beside, alone=len(answers) == 1 and not number, doubtful=number)
            if score == finding.score and any(_stronger(other, finding) for other in beside):
                continue
            found.append(replace(finding, score=score))
    return found


def with_numbers(patterns: list[Finding], names: list[Finding]) -> list[Finding]:
    """Return both; a telephone number that a model sees gives its weight to the pattern that covers it.

    The pattern knows where a number ends, the model knows whether it is one.
    Where no pattern reads a number, the model must be sure.
    """
    seen = [f for f in names if f.entity == "PHONE_NUMBER"]
    if not seen:
        return patterns + names
    found = [f for f in names if f.entity != "PHONE_NUMBER"]
    for finding in patterns:
        beside = [f for f in seen if f.start < finding.end and finding.start < f.end]
        if finding.entity == "PHONE_NUMBER" and beside and finding.score > REFUSED:
            found.append(replace(finding, score=max(finding.score, *(f.score for f in beside))))
        else:
            found.append(finding)
    digits = [f for f in patterns if f.entity in NUMBERS]
    alone = [f for f in seen if not any(f.start < d.end and d.start < f.end for d in digits)]
    return found + [f for f in alone if f.score >= CERTAIN_NUMBER]


def _overlaps(findings: list[Finding], others: list[Finding]) -> Iterator[tuple[Finding, list[Finding]]]:
    """Yield each finding with those of `others` that overlap it; both sorted, neither overlapping itself."""
    at = 0
    for finding in findings:
        while at < len(others) and others[at].end <= finding.start:
            at += 1
        beside = []
        for other in others[at:]:
            if other.start >= finding.end:
                break
            beside.append(other)
        yield finding, beside


def _agreed(finding: Finding, beside: list[Finding], *, alone: bool, doubtful: bool) -> float:
    """Return the score in the light of what other finders say of the same span."""
    if alone:
        return finding.score
    support = max((other.score for other in beside if _family(other) == _family(finding)), default=0.0)
    if support >= SUPPORTED:
        return max(finding.score, AGREED)
    if finding.entity != "PERSON" and not doubtful:
        return finding.score
    if finding.recognizer == "rampart":
        return finding.score if finding.score >= SURE_ALONE else min(finding.score, DOUBTED)
    return finding.score if support > 0 else DOUBTED


def _start(finding: Finding) -> int:
    return finding.start


def _family(finding: Finding) -> str:
    return "ADDRESS" if finding.entity in PLACES else finding.entity


def _stronger(a: Finding, b: Finding) -> bool:
    """Tell whether `a` decides against `b`, of another entity, that overlaps it."""
    kinds = {_family(a), _family(b)}
    if kinds == {"PERSON", "ADDRESS"}:
        return a.score >= SURE or (
            b.score < SURE and _family(a) == "ADDRESS" and a.recognizer != b.recognizer
        )
    return kinds == {"PERSON", "NRP"} and a.entity == "NRP" and b.score < 0.97


def _plausible(text: str, lines: Lines, finding: Finding) -> bool:
    """Tell whether the finding can be what it says: not a piece of code, of a log or of a number."""
    part = text[finding.start : finding.end]
    prose = lines.kind(finding.start) == "prose"
    if finding.entity == "PHONE_NUMBER":
        return prose and 7 <= sum(map(str.isdigit, part)) <= 15 and not _inside_number(text, finding)
    if finding.entity == "ADDRESS":
        worded = prose or any(map(str.isalpha, part))
        return worded and _MEASURE.fullmatch(part) is None and not _is_identifier(text, finding)
    if _NOT_IN_A_NAME.search(part) or not any(map(str.isalpha, part)):
        return False
    single, spacy = " " not in part, finding.recognizer.startswith("spacy/")
    if spacy and ((single and part.islower()) or not prose):
        return False  # it knows names by their capital letters, and prose alone
    if not prose and single and part.isupper():
        return False
    return not ((single or not prose) and _is_identifier(text, finding))


def _inside_number(text: str, finding: Finding) -> bool:
    """Tell whether digits go on before or after the span: it is a piece of a longer number."""
    return _DIGIT_BEFORE.search(text[max(finding.start - 2, 0) : finding.start]) is not None or (
        _DIGIT_AFTER.match(text, finding.end) is not None
    )


def _is_identifier(text: str, finding: Finding) -> bool:
    """Tell whether the span is a piece of a longer word of a program."""
    before = text[max(finding.start - 1, 0) : finding.start]
    return before in _IDENTIFIER_BEFORE or _IDENTIFIER_AFTER.match(text, finding.end) is not None
