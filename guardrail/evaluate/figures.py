"""From the scores of texts to the figures that are shown: per label, and of all labels together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.evaluate.intervals import Estimate, f_score, proportion, rate
from guardrail.evaluate.metrics import Tally, TextScore, total

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Figures", "Group", "group"]

PER_CHARS: Final = 1000
_EMPTY: Final = Tally()


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one label, or of all. None: there was nothing to measure.

    `covered` is the part of the gold characters that is covered; `full`, `part`
    and `missed` are parts of the gold spans; `wrong` is false positives per
    1,000 characters of text.
    """

    counts: Tally
    precision: Estimate | None
    recall: Estimate | None
    f1: Estimate | None
    f2: Estimate | None
    wrong: Estimate | None
    covered: Estimate | None
    full: Estimate | None
    part: Estimate | None
    missed: Estimate | None


@dataclass(frozen=True, slots=True)
class Group:
    """The figures over some texts."""

    texts: int
    chars: int
    overall: Figures
    labels: Mapping[str, Figures]
    out_of_scope: Mapping[str, int]


def group(scores: Sequence[TextScore], ignore: frozenset[str]) -> Group:
    """Sum the scores of texts up."""
    outside: Counter[str] = Counter()
    for score in scores:
        outside.update(score.out_of_scope)
    names = sorted({label for score in scores for label in score.labels})
    labels = {
        name: _figures([(score.labels.get(name, _EMPTY), score.chars) for score in scores]) for name in names
    }
    overall = _figures([(total(score.labels, ignore), score.chars) for score in scores])
    chars = sum(score.chars for score in scores)
    return Group(len(scores), chars, overall, labels, dict(outside.most_common()))


def _figures(parts: Sequence[tuple[Tally, int]]) -> Figures:
    tallies = [tally for tally, _ in parts if tally is not _EMPTY]

    def share(of: Callable[[Tally], tuple[int, int]]) -> Estimate | None:
        return proportion([of(tally) for tally in tallies])

    both = [((t.correct, t.predicted), (t.found, t.gold)) for t in tallies]
    return Figures(
        counts=sum(tallies, Tally()),
        precision=share(lambda t: (t.correct, t.predicted)),
        recall=share(lambda t: (t.found, t.gold)),
        f1=f_score(both, 1),
        f2=f_score(both, 2),
        wrong=rate([(t.predicted - t.correct, chars) for t, chars in parts], per=PER_CHARS),
        covered=share(lambda t: (t.covered, t.chars)),
        full=share(lambda t: (t.full, t.spans)),
        part=share(lambda t: (t.part, t.spans)),
        missed=share(lambda t: (t.missed, t.spans)),
    )
