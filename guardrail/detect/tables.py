"""Recognizers that are tables of patterns: secrets, card security codes, written dates, ages.

Each pattern is bounded, so that its time is linear in the text. Where a pattern
has a group `v`, the group is the finding, and the rest its label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["TABLES", "Table"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern, the score of its matches, and a check that a match must pass."""

    entity: str
    score: float
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Shapes that are tried one after the other."""

    name: str
    shapes: tuple[Shape, ...]

    @property
    def entities(self) -> frozenset[str]:
        """Return the entities of the shapes."""
        return frozenset(shape.entity for shape in self.shapes)

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the matches that pass their check."""
        for shape in self.shapes:
            for match in shape.pattern.finditer(text):
                group = "v" if shape.pattern.groupindex else 0
                if shape.check is None or shape.check(match[group]):
                    yield Finding(*match.span(group), shape.entity, shape.score, self.name)


def _shape(entity: str, score: float, pattern: str, check: Callable[[str], bool] | None = None) -> Shape:
    return Shape(entity, score, re.compile(pattern), check)


def _random(value: str) -> bool:
    """Tell whether the value mixes letters and digits, as generated keys do and words do not."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and len(set(value)) > 8


def _chosen(value: str) -> bool:
    """Tell whether the value can be a chosen password: not a word of prose or a piece of code."""
    if len(set(value)) < 3 or value.endswith(("(", "()", "{")) or value.startswith(("$", "<", "{", "%", "[")):
        return False
    symbols = sum(not char.isalnum() for char in value)
    mixed = value != value.lower() and value[1:] != value[1:].lower()
    return (
        any(map(str.isdigit, value)) or mixed or (symbols > 0 and not re.fullmatch(r"[\w.]+[.,;:!?]*", value))
    )


_LABELS: Final = r"(?i:pass(?:word|wd|phrase|code)|pwd|(?:api|access|secret|private|auth)[_ -]?(?:key|token)|client[_ -]?secret|secret|bearer|token)"
SECRETS: Final = Table(
    "guardrail/secret",
    (
        _shape("SECRET", 0.95, r"\bsk-(?:proj-|ant-[a-z0-9]{2,8}-|svcacct-|or-v1-)?[A-Za-z0-9_-]{16,256}", _random),
        _shape("SECRET", 0.95, r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"),
        _shape("SECRET", 0.95, r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{20,64})"),
        _shape("SECRET", 0.95, r"\bxox[abeoprs]-[A-Za-z0-9-]{10,255}"),
        _shape("SECRET", 0.95, r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255}\b"),
        _shape("SECRET", 0.95, r"\b(?:AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,255}|hf_[A-Za-z0-9]{30,64}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,255}|SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}|dop_v1_[a-f0-9]{64})"),
        _shape("SECRET", 0.95, r"\beyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,2048}"),
        _shape("SECRET", 1.0, r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----[A-Za-z0-9+/=\s\\:,.-]{0,20000}?(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----|\Z)"),
        _shape("SECRET", 0.9, r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,64}:(?P<v>[^\s@/]{3,128})@", lambda v: not v.startswith(("$", "<", "{"))),
        _shape("SECRET", 0.75, r"\b(?i:bearer)\s(?P<v>[A-Za-z0-9._~+/-]{20,2048}=*)", _random),
        _shape("SECRET", 0.85, rf"(?<![A-Za-z]){_LABELS}[\"']?\s{{0,3}}(?::|=|=>|\bis\b|\bwas\b)\s{{0,3}}[\"'`](?P<v>[^\s\"'`]{{4,256}})[\"'`]", _chosen),
        _shape("SECRET", 0.75, rf"(?<![A-Za-z]){_LABELS}[\"']?\s{{0,3}}(?::|=|=>|\bis\b|\bwas\b):?\s{{0,3}}(?P<v>[^\s\"'`,;)\]}}]{{4,256}})", _chosen),
    ),
)  # fmt: skip
CARD_CODES: Final = Table(
    "guardrail/card-code",
    (
        _shape(
            "CARD_SECURITY_CODE",
            0.9,
            r"\b(?i:cvv2?|cvc2?|csc|cv2|cid|(?:card )?(?:security|verification) (?:code|value|number))"
            r"(?:[\s\"']{0,2}(?i:code|number|no|num|is|was))?[\s\"':=#./()-]{0,5}(?P<v>\d{3,4})\b(?![-/.]\d)",
        ),
    ),
)

_MONTH: Final = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])(?i:st|nd|rd|th)?"
_YEAR: Final = r"(?:1[89]|20)\d\d"
DATES: Final = Table(
    "guardrail/date",
    (
        _shape("DATE_TIME", 0.6, rf"\b{_MONTH}\.? {{0,2}}{_DAY}(?:,? {{1,2}}{_YEAR})\b"),
        _shape("DATE_TIME", 0.6, rf"\b{_DAY}(?: of)?[ -]{_MONTH}\.?,?[ -]{_YEAR}\b"),
        _shape("DATE_TIME", 0.5, rf"\b{_MONTH}\.? {_DAY}\b(?![\w/:]|\.\d)"),
        _shape("DATE_TIME", 0.5, rf"\b{_DAY}(?: of)? {_MONTH}\b"),
        _shape("DATE_TIME", 0.5, rf"\b{_MONTH}\.?,? {_YEAR}\b"),
    ),
)
AGES: Final = Table(
    "guardrail/age",
    (
        _shape("AGE", 0.7, r"\b(?P<v>1?\d{1,2})[ -]?(?i:years?[ -]olds?|y/?o|yrs?[ -]old|year[ -]old)\b"),
        _shape("AGE", 0.65, r"\b(?i:aged|age[:=]?|age is|turn(?:ed|s|ing)) (?P<v>1?\d{1,2})\b(?![\d%./:-])"),
    ),
)
TABLES: Final = (SECRETS, CARD_CODES, DATES, AGES)
