"""A table of patterns as a recognizer; written dates and ages are such tables.

Each pattern is bounded, so that its time is linear in the text. Where a pattern
has a group `v`, the group is the finding, and the rest its label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["AGES", "DATES", "Shape", "Table"]

Shape: TypeAlias = "tuple[str, float, str, Callable[[str], bool] | None]"
"""An entity, the score of its matches, a pattern, and a check that a match must pass."""


@dataclass(frozen=True, slots=True)
class Table:
    """Shapes that are tried one after the other."""

    name: str
    entities: frozenset[str]
    shapes: tuple[tuple[str, float, re.Pattern[str], Callable[[str], bool] | None], ...]

    @classmethod
    def of(cls, name: str, shapes: tuple[Shape, ...]) -> Table:
        """Compile the shapes."""
        compiled = tuple((entity, score, re.compile(text), check) for entity, score, text, check in shapes)
        return cls(name, frozenset(shape[0] for shape in shapes), compiled)

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the matches that pass their check."""
        for entity, score, pattern, check in self.shapes:
            for match in pattern.finditer(text):
                group = "v" if pattern.groupindex else 0
                if check is None or check(match[group]):
                    yield Finding(*match.span(group), entity, score, self.name)


_MONTH: Final = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])(?i:st|nd|rd|th)?"
_YEAR: Final = r"(?:1[89]|20)\d\d"
DATES: Final[tuple[Shape, ...]] = (
    ("DATE_TIME", 0.6, rf"\b{_MONTH}\.? {{0,2}}{_DAY}(?:,? {{1,2}}{_YEAR})\b", None),
    ("DATE_TIME", 0.6, rf"\b{_DAY}(?: of)?[ -]{_MONTH}\.?,?[ -]{_YEAR}\b", None),
    ("DATE_TIME", 0.5, rf"\b{_MONTH}\.? {_DAY}\b(?![\w/:]|\.\d)", None),
    ("DATE_TIME", 0.5, rf"\b{_DAY}(?: of)? {_MONTH}\b", None),
    ("DATE_TIME", 0.5, rf"\b{_MONTH}\.?,? {_YEAR}\b", None),
)
AGES: Final[tuple[Shape, ...]] = (
    ("AGE", 0.7, r"\b(?P<v>1?\d{1,2})[ -]?(?i:years?[ -]olds?|y/?o|yrs?[ -]old)\b", None),
    ("AGE", 0.65, r"\b(?i:aged|age[:=]?|age is|turn(?:ed|s|ing)) (?P<v>1?\d{1,2})\b(?![\d%./:-])", None),
)
