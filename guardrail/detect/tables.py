"""A table of patterns as a recognizer; ages are such a table.

Each pattern is bounded, so that its time is linear in the text. Where a pattern
has a group `v`, the group is the finding, and the rest its label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.detect.secret_labels import around, pieces
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Anchor", "Shape", "Table"]

Shape: TypeAlias = "tuple[str, float, str, Callable[[str], bool] | None]"
"""An entity, the score of its matches, a pattern, and a check that a match must pass."""

Anchor: TypeAlias = "tuple[str, ...] | re.Pattern[str]"
"""What every match of a shape holds: one of some stems in small letters, or what a cheap pattern matches.

Such a pattern looks at nothing behind its match: at the end of a piece that would be cut off."""
REACH: Final = 64  # code points on either side of an anchor: no match with one is longer


@dataclass(frozen=True, slots=True)
class Table:
    """Shapes that are tried one after the other, each around its anchors if it has any."""

    name: str
    entities: frozenset[str]
    shapes: tuple[tuple[str, float, re.Pattern[str], Callable[[str], bool] | None], ...]
    needs: re.Pattern[str] | None = None
    anchors: tuple[Anchor | None, ...] = ()

    @classmethod
    def of(
        cls,
        name: str,
        shapes: tuple[Shape, ...],
        *,
        needs: re.Pattern[str] | None = None,
        anchors: tuple[Anchor, ...] = (),
    ) -> Table:
        """Compile the shapes; `needs` is what a text must hold for any of them to match (gates.py).

        `anchors` are one per shape, or none for all.
        """
        compiled = tuple((entity, score, re.compile(text), check) for entity, score, text, check in shapes)
        each = anchors or (None,) * len(shapes)
        return cls(name, frozenset(shape[0] for shape in shapes), compiled, needs, each)

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the matches that pass their check."""
        lower = text.lower()
        known: dict[Anchor, list[tuple[int, int]]] = {}
        for (entity, score, pattern, check), anchor in zip(self.shapes, self.anchors, strict=True):
            parts = [(0, len(text))]
            if anchor is not None and len(lower) == len(text):
                parts = known[anchor] = known.get(anchor) or _around(text, lower, anchor)
            for match in (match for part in parts for match in pattern.finditer(text, *part)):
                group = "v" if pattern.groupindex else 0
                if check is None or check(match[group]):
                    yield Finding(*match.span(group), entity, score, self.name)


def _around(text: str, lower: str, anchor: Anchor) -> list[tuple[int, int]]:
    """Return the pieces of the text around an anchor, disjoint and sorted.

    What matches in a piece holds an anchor itself, so that it lies well inside:
    the end of a piece is never taken for the end of the text.
    """
    if isinstance(anchor, tuple):
        return around(lower, anchor, before=REACH, after=REACH)
    return pieces(
        (found.start() for found in anchor.finditer(text)), before=REACH, after=REACH, end=len(text)
    )
