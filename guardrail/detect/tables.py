"""A table of patterns as a recognizer; ages are such a table.

Each pattern is bounded, so that its time is linear in the text. Where a pattern
has a group `v`, the group is the finding, and the rest its label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Shape", "Table"]

Shape: TypeAlias = "tuple[str, float, str, Callable[[str], bool] | None]"
"""An entity, the score of its matches, a pattern, and a check that a match must pass."""


@dataclass(frozen=True, slots=True)
class Table:
    """Shapes that are tried one after the other."""

    name: str
    entities: frozenset[str]
    shapes: tuple[tuple[str, float, re.Pattern[str], Callable[[str], bool] | None], ...]
    needs: re.Pattern[str] | None = None

    @classmethod
    def of(cls, name: str, shapes: tuple[Shape, ...], *, needs: re.Pattern[str] | None = None) -> Table:
        """Compile the shapes; `needs` is what a text must hold for any of them to match (gates.py)."""
        compiled = tuple((entity, score, re.compile(text), check) for entity, score, text, check in shapes)
        return cls(name, frozenset(shape[0] for shape in shapes), compiled, needs)

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the matches that pass their check."""
        for entity, score, pattern, check in self.shapes:
            for match in pattern.finditer(text):
                group = "v" if pattern.groupindex else 0
                if check is None or check(match[group]):
                    yield Finding(*match.span(group), entity, score, self.name)
