"""Two name finders are better than one: what each is good at, taken together.

Our own model finds people, places and addresses in any letter case; spaCy finds
public figures, countries and nationalities, errs more often, and fails on
machines' text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from guardrail.detect.called import called
from guardrail.detect.lands import is_people, lands
from guardrail.detect.mistaken import mended
from guardrail.detect.persons import Trust, persons
from guardrail.detect.places import is_place, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from guardrail.detect.prose import Lines
    from guardrail.types import Finding

__all__ = ["NAMED_IN_TABLES", "NameFinder", "Trust", "combine", "label_words", "trust_in", "with_numbers"]

NAMED_IN_TABLES: Final = frozenset({"LOCATION", "NRP"})  # what `combine` finds beside any finder
AGREED: Final = 0.9
SURE: Final = 0.85
SUPPORTED: Final = 0.3  # so much of another finder's opinion makes a finding certain
SURE_ALONE: Final = 0.8
TRACED: Final = 0.3  # below it a finding only supports others'
DOUBTED: Final = 0.45  # one finder alone, against the silence of the other
KNOWN: Final = 0.7  # a place that is listed
CERTAIN_NUMBER: Final = 0.9
REFUSED: Final = 0.1  # a pattern's score for another number in the form of a telephone's
NUMBERS: Final = frozenset({"PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE"})
PLACES: Final = frozenset({"ADDRESS", "LOCATION"})
RIVALS: Final = frozenset({"ADDRESS", "NRP"})  # families that a person may be taken for
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


def trust_in(finder: object, language: str = "") -> Trust:
    """Return how much the finder's opinion on persons weighs: its own `trust`, or that of an average one.

    A finder that knows English best has another `abroad`, for texts in other languages.
    """
    trust = getattr(finder, "abroad" if language not in {"", "en"} else "trust", None)
    if trust is None:
        trust = getattr(finder, "trust", None)
    return trust if isinstance(trust, Trust) else Trust()


def combine(
    text: str, lines: Lines, answers: Sequence[Sequence[Finding]], trusts: Sequence[Trust] = ()
) -> list[Finding]:
    """Return what is plausible of all finders' findings; `trusts` go with the answers.

    Persons are judged word by word in the light of everything (`persons`). Of
    the rest, what two finders agree on is more certain. Where one span is taken
    for a person and for a place, the surer reading decides.
    """
    plausible = [sorted((f for f in a if _plausible(text, lines, f)), key=_start) for a in answers]
    people = persons(text, lines, plausible, trusts or [Trust()] * len(answers))
    others = sorted(
        (f for a in plausible for f in a if f.entity != "PERSON" and f.score >= TRACED), key=_start
    )
    full = list(_unseen(called(text, lines), others)) if answers else []
    people = sorted([*people, *_unseen(full, people)], key=_start)
    found: list[Finding] = []
    for place, answer in enumerate(plausible):
        mine = [f for f in answer if f.entity != "PERSON" and f.score >= TRACED]
        others = sorted((f for at, other in enumerate(plausible) if at != place for f in other), key=_start)
        for finding, beside in _overlaps(mine, others):
            part = text[finding.start : finding.end]
            number = " " not in part and any(map(str.isdigit, part))  # a code or a count as well as a house
            score = _agreed(finding, beside, alone=len(answers) == 1 and not number, doubtful=number)
            found.append(replace(finding, score=score))
    if answers:
        found = mended(text, people, [_known(text, finding) for finding in found])
        found += _unseen(lands(text, lines), found)
        found += _unseen(places(text, lines), found)
    taken = [finding for finding in found if finding.entity == "PERSON"]  # places that are persons
    found = [finding for finding in found if finding.entity != "PERSON"]
    people = sorted([*people, *_unseen(taken, people)], key=_start)
    return _decided(people, sorted(found, key=_start))


def _known(text: str, finding: Finding) -> Finding:
    """Return a doubtful place surer where the table knows it; the name of a people is no place."""
    if finding.entity == "LOCATION" and is_people(text[finding.start : finding.end].lower()):
        return replace(finding, entity="NRP")
    if finding.entity == "LOCATION" and finding.score < KNOWN and is_place(text[finding.start : finding.end]):
        return replace(finding, score=KNOWN)
    return finding


def _unseen(more: Iterable[Finding], found: list[Finding]) -> Iterator[Finding]:
    """Yield those of `more` that lie in none of `found`."""
    held = sorted(found, key=_start)
    for finding, beside in _overlaps(list(more), held):
        # What a firm or an office is called may tell of a people: "the Finnish Border Guard".
        if not beside or (finding.entity == "NRP" and all(f.entity == "ORGANIZATION" for f in beside)):
            yield finding


def _decided(people: list[Finding], rest: list[Finding]) -> list[Finding]:
    """Return both without those against which a surer reading of the same characters decides."""
    lost: set[int] = set()
    kept = []
    for person, beside in _overlaps(people, rest):
        rivals = [other for other in beside if _family(other) in RIVALS]
        if any(_decides(other, person) for other in rivals):
            continue
        lost.update(id(other) for other in rivals if other.end <= person.end or other.entity != "ADDRESS")
        kept.append(person)
    return kept + [finding for finding in rest if id(finding) not in lost]


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
    if not doubtful:
        return finding.score
    if finding.recognizer in {"rampart", "guardrail-names"}:
        return finding.score if finding.score >= SURE_ALONE else min(finding.score, DOUBTED)
    return finding.score if support > 0 else DOUBTED


def _start(finding: Finding) -> int:
    return finding.start


def _family(finding: Finding) -> str:
    return "ADDRESS" if finding.entity in PLACES else finding.entity


def _decides(other: Finding, person: Finding) -> bool:
    """Tell whether the place or nationality is what is meant, not the person."""
    covers = other.start <= person.start and person.end <= other.end
    if other.entity == "ADDRESS" and covers and other.end - other.start > person.end - person.start:
        return person.score < SURE or other.score >= SURE  # a street that bears a name
    return other.score > person.score


def _plausible(text: str, lines: Lines, finding: Finding) -> bool:
    """Tell whether the finding can be what it says: not a piece of code, of a log or of a number."""
    part = text[finding.start : finding.end]
    prose = lines.kind(finding.start) == "prose"
    if finding.entity == "PHONE_NUMBER":
        return prose and 7 <= sum(map(str.isdigit, part)) <= 15 and not _inside_number(text, finding)
    if finding.entity == "ADDRESS":
        worded = prose or any(map(str.isalpha, part))
        return worded and _MEASURE.fullmatch(part) is None and not _is_identifier(text, finding)
    spaced, spacy = " " in part, finding.recognizer.startswith("spacy/")
    if spacy and (not prose or (not spaced and part.islower())):
        return False  # it knows names by their capital letters, and prose alone
    if finding.entity == "PERSON":
        return True  # `persons` looks at each of its words
    return _is_word(part) and not _is_programs(text, finding, prose=prose)


def _is_word(part: str) -> bool:
    return any(map(str.isalpha, part)) and _NOT_IN_A_NAME.search(part) is None


def _is_programs(text: str, finding: Finding, *, prose: bool) -> bool:
    """Tell whether the span is a level, a constant or an identifier of a program."""
    single = " " not in text[finding.start : finding.end]
    if single and not prose and text[finding.start : finding.end].isupper():
        return True
    return (single or not prose) and _is_identifier(text, finding)


def _inside_number(text: str, finding: Finding) -> bool:
    """Tell whether digits go on before or after the span: it is a piece of a longer number."""
    return _DIGIT_BEFORE.search(text[max(finding.start - 2, 0) : finding.start]) is not None or (
        _DIGIT_AFTER.match(text, finding.end) is not None
    )


def _is_identifier(text: str, finding: Finding) -> bool:
    """Tell whether the span is a piece of a longer word of a program."""
    before = text[max(finding.start - 1, 0) : finding.start]
    return before in _IDENTIFIER_BEFORE or _IDENTIFIER_AFTER.match(text, finding.end) is not None
