"""Two name finders are better than one: what each is good at, taken together.

Rampart finds what people say of themselves, in any letter case; spaCy finds
public figures, countries and nationalities, and errs more often.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.types import Finding

__all__ = ["NameFinder", "combine", "label_words"]

AGREED: Final = 0.9
# Field names that say that the value is a name or an address.
_LABELS: Final = frozenset(
    "name names firstname lastname surname fullname customer patient client employee recipient sender contact "
    "address street city zip postcode".split()
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


def combine(text: str, answers: Sequence[Sequence[Finding]]) -> list[Finding]:
    """Return the findings of all finders; a span that two agree on is more certain."""
    found: list[Finding] = []
    for place, answer in enumerate(answers):
        others = [f for at, other in enumerate(answers) if at != place for f in other]
        for finding in answer:
            if any(_agree(finding, other) for other in others):
                found.append(replace(finding, score=max(finding.score, AGREED)))
            else:
                found.append(finding)
    return found


def _agree(a: Finding, b: Finding) -> bool:
    return a.entity == b.entity and a.start < b.end and b.start < a.end
