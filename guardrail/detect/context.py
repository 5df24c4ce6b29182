"""What stands beside a number tells what it is: labels and words before and after it.

Whole words only, a few words to each side, in time linear in the findings: a
bounded piece of text is read around each.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from guardrail.detect.ages_beside import beside_names
from guardrail.detect.headers import Headers
from guardrail.detect.ids_beside import label_words
from guardrail.detect.labels import PHONE_WORDS, label, telephone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.detect.prose import Lines
    from guardrail.types import Finding

__all__ = ["RULES", "in_context", "known_words"]

LABELLED: Final = "guardrail/id:label"  # ids.py: what a label directly before a number says of it
BEFORE: Final = 60  # code points
AFTER: Final = 30
WORDS_BEFORE: Final = 7
WORDS_AFTER: Final = 3
BORN: Final = 0.9  # a date that a label calls one of birth
DOUBTED: Final = 0.2  # a telephone below it is another number in the form of one
_AFTER_WORD: Final = re.compile(r"[^\W\d_]+")
_WORD: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
# A number that such a word names is the number of a thing, not of a person.
_THINGS: Final = frozenset(
    {"build", "commit", "revision", "rev", "version", "order", "invoice", "ticket", "case", "issue"}
    | {
        "tracking",
        "parcel",
        "sku",
        "product",
        "serial",
        "request",
        "ref",
        "transaction",
        "job",
        "task",
        "pid",
    }
    | {
        "port",
        "line",
        "lines",
        "bytes",
        "size",
        "rows",
        "ms",
        "seconds",
        "epoch",
        "timestamp",
        "ts",
        "offset",
    }
    | {"offset", "block", "blk", "thread", "session", "trace", "span", "hash", "checksum", "isbn", "quantity"}
    | {"count", "total", "price", "amount", "usd", "eur"}
)


Span = tuple[int, int, str, str, float]
"""Start, end, entity, recognizer and score of a reading."""


class Overlaps:
    """Spans to ask for those that overlap another: a number has few readings, a text many numbers."""

    __slots__ = ("_longest", "_spans")

    def __init__(self, spans: list[Span]) -> None:
        self._spans = spans  # sorted
        self._longest = max((span[1] - span[0] for span in spans), default=0)

    def beside(self, finding: Finding) -> list[Span]:
        """Return the spans that share a character with the finding."""
        low = bisect_left(self._spans, (finding.start - self._longest,))
        found = []
        for at in range(low, len(self._spans)):
            span = self._spans[at]
            if span[0] >= finding.end:
                break
            if span[1] > finding.start:
                found.append(span)
        return found


@dataclass(frozen=True, slots=True)
class Rule:
    """The words that support an entity, and the score that a finding beside one gets at least."""

    words: frozenset[str]
    score: float


def _rule(score: float, words: str) -> Rule:
    return Rule(frozenset(words.split()), score)


RULES: Final = {
    "US_SSN": _rule(0.85, "ssn ssns social security ss"),
    "US_ITIN": _rule(0.8, "itin taxpayer tax taxid tin"),
    "US_PASSPORT": _rule(0.75, "passport"),
    "US_DRIVER_LICENSE": _rule(0.7, "licence license dln permit"),
    "US_BANK_NUMBER": _rule(0.7, "account acct bank checking savings debit iban routing aba deposit"),
    "US_MBI": _rule(0.85, "medicare mbi beneficiary cms medicaid"),
    "US_NPI": _rule(0.85, "npi provider physician prescriber"),
    "MEDICAL_LICENSE": _rule(0.85, "dea medical certificate licence license prescriber registration"),
    "UK_NHS": _rule(0.9, "nhs"),
    "UK_NINO": _rule(0.9, "nino insurance ni"),
    "PHONE_NUMBER": Rule(PHONE_WORDS, 0.75),
    "CREDIT_CARD": _rule(0.9, "card credit visa mastercard amex"),
    "DATE_TIME": _rule(0.75, "dob birth born birthday birthdate died admitted discharged visit date"),
    "IP_ADDRESS": _rule(0.8, "ip ipv4 ipv6 address client host"),
    "MAC_ADDRESS": _rule(0.8, "mac ethernet hardware"),
    "URL": _rule(0.75, "url website site link homepage web"),
    "AGE": _rule(0.8, "patient male female man woman"),
}
# Identifiers that are read by their labels or by their checksums (ids.py).
_IDENTIFIERS: Final = frozenset(
    {
        "ID",
        "NATIONAL_ID",
        "TAX_ID",
        "HEALTH_ID",
        "BANK_ACCOUNT",
        "PASSPORT",
        "DRIVER_LICENSE",
        "LICENSE_PLATE",
    }
    | {"VEHICLE_ID", "DEVICE_ID", "MEDICAL_RECORD", "LICENSE_NUMBER"}
)
# What may stand before a number that a model takes for a house's.
_NUMBERED: Final = frozenset(
    {"no", "nr", "num", "number", "member", "account", "acct", "staff", "policy", "id"}
)
_NO_RULE: Final = Rule(frozenset(), 0.0)
# Between two readings of one number, words decide; these say nothing without them.
_NUMBERS: Final = (frozenset(RULES) | _IDENTIFIERS) - {
    "URL",
    "AGE",
    "IP_ADDRESS",
    "MAC_ADDRESS",
    "CREDIT_CARD",
}
_STAMPS: Final = frozenset({"DATE_TIME", "PHONE_NUMBER", "URL"})
# The name that a national form of a kind has: it is kept where both are read.
_SPECIAL: Final = {
    "US_PASSPORT": "PASSPORT",
    "US_DRIVER_LICENSE": "DRIVER_LICENSE",
    "US_BANK_NUMBER": "BANK_ACCOUNT",
    "US_MBI": "HEALTH_ID",
    "US_ITIN": "TAX_ID",
    "US_SSN": "NATIONAL_ID",
    "UK_NHS": "HEALTH_ID",
}


def in_context(text: str, lines: Lines, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with scores raised beside supporting words and lowered beside contrary ones.

    Where words support one reading of a number, the unsupported readings go. A
    label directly before a number outdoes words near it.
    """
    headers = Headers(text)
    judged = [_judge(text, lines, headers, finding) for finding in beside_names(text, findings)]
    supported = sorted(
        (
            (f.start, f.end, f.entity, f.recognizer, f.score)
            for f, held in judged
            if held and f.entity in _NUMBERS
        )
    )
    if not supported:
        return [finding for finding, _ in judged]
    spans = Overlaps(supported)
    certain = Overlaps(
        sorted((f.start, f.end, f.entity, f.recognizer, f.score) for f, _ in judged if f.score >= 1)
    )
    kept = []
    for finding, held in judged:
        rivals = spans.beside(finding)
        if finding.recognizer == LABELLED:
            if finding.entity == "IBAN_CODE" or (
                not certain.beside(finding) and not _specialised(finding, rivals)
            ):
                kept.append(finding)
        elif not _outdone(text, finding, rivals, held=held):
            kept.append(_lent(finding, rivals))
    return kept


def known_words() -> frozenset[str]:
    """Return every word that supports an entity."""
    return frozenset().union(*(rule.words for rule in RULES.values())) | label_words()


def _judge(text: str, lines: Lines, headers: Headers, finding: Finding) -> tuple[Finding, bool]:
    if finding.recognizer == LABELLED:
        return _in_line(lines, finding), True
    if finding.score >= 1 or (finding.entity not in RULES and finding.entity not in _IDENTIFIERS):
        return finding, False
    column = headers.label(finding.start)
    if column and not _rule_of(finding).words.isdisjoint(_words(column)):
        return replace(finding, score=max(finding.score, _rule_of(finding).score)), True
    if finding.entity in {"PHONE_NUMBER", "DATE_TIME"}:
        return _telephone_or_date(text, lines, finding)
    if _named_otherwise(text, finding):
        return finding, False
    return _beside(text, lines, finding)


def _rule_of(finding: Finding) -> Rule:
    return RULES.get(finding.entity, _NO_RULE)


def _beside(text: str, lines: Lines, finding: Finding) -> tuple[Finding, bool]:
    """Judge a finding by the words before and after it."""
    rule = _rule_of(finding)
    before = _words(text[max(finding.start - BEFORE, 0) : finding.start])[-WORDS_BEFORE:]
    after = _AFTER_WORD.findall(text[finding.end : finding.end + AFTER].lower())[:WORDS_AFTER]
    nearest = before[-2:]
    if finding.entity in _NUMBERS and not rule.words.isdisjoint([*before, *after]):
        things = [word for word in nearest if word in _THINGS]
        if not things or not rule.words.isdisjoint(nearest):
            return replace(finding, score=max(finding.score, rule.score)), True
    if finding.entity in _NUMBERS and finding.score < 0.7 and not _THINGS.isdisjoint(nearest):
        return replace(finding, score=min(finding.score, 0.3)), False
    if not rule.words.isdisjoint([*before[-3:], *after[:1]]):
        return replace(finding, score=max(finding.score, rule.score)), True
    return _unless_logged(text, lines, finding), False


def _telephone_or_date(text: str, lines: Lines, finding: Finding) -> tuple[Finding, bool]:
    """Judge a telephone number or a date, by its form already scored, whoever found it."""
    if finding.entity == "DATE_TIME":  # dates.py has read the label
        return _unless_logged(text, lines, finding), finding.score >= BORN
    words = telephone(text, finding.start, finding.end)
    if finding.score < DOUBTED or (words == -1 and text[finding.start] != "+"):
        return replace(finding, score=min(finding.score, 0.1)), False
    if words == 1:
        return replace(finding, score=max(finding.score, RULES["PHONE_NUMBER"].score)), True
    if words > 0:
        return finding, False
    if words < 0 and finding.score < 0.5:
        finding = replace(finding, score=min(finding.score, 0.3))
    return _unless_logged(text, lines, finding), False


def _named_otherwise(text: str, finding: Finding) -> bool:
    """Tell whether the label of a number names another kind: `patient phone: 943 476 5919`."""
    named = label(text, finding.start) if finding.entity in _NUMBERS else ()
    return (
        bool(named)
        and _rule_of(finding).words.isdisjoint(named)
        and any(not rule.words.isdisjoint(named) for entity, rule in RULES.items() if entity in _NUMBERS)
    )


def _unless_logged(text: str, lines: Lines, finding: Finding) -> Finding:
    """Lower a stamp in a log line: when it happened, not who did it."""
    logged = finding.entity in _STAMPS and finding.score < 0.7 and lines.kind(finding.start) == "log"
    return (
        replace(finding, score=min(finding.score, 0.4)) if logged and text[finding.start] != "+" else finding
    )


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _in_line(lines: Lines, finding: Finding) -> Finding:
    """Doubt what programs and logs call a number, unless its label names a person's."""
    if finding.score < 0.7 and lines.kind(finding.start) != "prose":
        return replace(finding, score=min(finding.score, 0.4))
    return finding


def _outdone(text: str, finding: Finding, rivals: list[Span], *, held: bool) -> bool:
    """Tell whether words support another reading of the same digits."""
    house = finding.entity == "ADDRESS" and _NUMBERED.issuperset(_words(text[finding.start : finding.end]))
    if not house and (finding.entity not in _NUMBERS or finding.score >= 1):
        return False
    others = [rival for rival in rivals if rival[2] != finding.entity]
    if not held:
        return bool(others)
    return any(rival[3] == LABELLED and not _is_special(finding, rival) for rival in others)


def _specialised(finding: Finding, rivals: list[Span]) -> bool:
    """Tell whether a national form of the same kind is read in the same place."""
    return any(
        rival[3] != LABELLED
        and _SPECIAL.get(rival[2]) == finding.entity
        and finding.score >= 0.5
        and rival[:2] == (finding.start, finding.end)
        for rival in rivals
    )


def _is_special(finding: Finding, rival: Span) -> bool:
    same = (finding.start, finding.end) == rival[:2]
    return same and rival[4] >= 0.5 and _SPECIAL.get(finding.entity) == rival[2]


def _lent(finding: Finding, rivals: list[Span]) -> Finding:
    """Give a reading the score of its label, where a label directly before it says the same."""
    scores = [
        rival[4]
        for rival in rivals
        if rival[3] == LABELLED and (rival[2] == finding.entity or _is_special(finding, rival))
    ]
    return replace(finding, score=max([finding.score, *scores])) if scores else finding
