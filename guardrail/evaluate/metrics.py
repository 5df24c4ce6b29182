"""How one text is scored. Pure; docs/quality.md tells the rule in words.

All coverage is counted in characters that are not white space.

1. Predictions are resolved as presidio-anonymizer does it: of one span the
   highest score, and none that lies inside another.
2. Leakage looks at places only: what all predictions together cover of a gold span.
3. A gold span is *found* when predictions of a compatible label cover at least
   the threshold of it; a prediction is *correct* when gold spans of a compatible
   label cover at least the threshold of it.
4. A prediction counts for precision only if the row's source marks its label
   (`scope`), or if it is correct for a compatible label that the source marks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from guardrail.evaluate.labels import ACCEPTS, IGNORED, common, compatible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.evaluate.rows import Row, Span

__all__ = ["THRESHOLD", "Error", "Rule", "Tally", "TextScore", "resolve", "score", "total"]

THRESHOLD: Final = 0.5  # part of a span's characters


@dataclass(frozen=True, slots=True)
class Rule:
    """What is counted: predictions from a score on, labels that are left out, the threshold."""

    min_score: float = 0.5
    ignore: frozenset[str] = IGNORED
    threshold: float = THRESHOLD


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one label. From `spans` on they are about leakage; `chars` and `covered` are characters."""

    gold: int = 0
    found: int = 0
    predicted: int = 0
    correct: int = 0
    spans: int = 0
    chars: int = 0
    covered: int = 0
    full: int = 0
    part: int = 0
    missed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in _COUNTS))


_COUNTS: Final = tuple(Tally.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Error:
    """A span on which detection and the person differ; never its text.

    `kind`: "missed" (no character covered), "partly" (some are not covered),
    "wrong" (a prediction where the person marked nothing of the kind).
    """

    kind: str
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TextScore:
    """The counts of one text; `chars` is its length in code points."""

    chars: int
    labels: Mapping[str, Tally]
    out_of_scope: Mapping[str, int]
    errors: tuple[Error, ...] = ()


def total(labels: Mapping[str, Tally], ignore: frozenset[str]) -> Tally:
    """Return the sum over labels. An ignored label asks for nothing, but what is predicted of it counts."""
    tallies = (replace(t, gold=0, found=0) if label in ignore else t for label, t in labels.items())
    return sum(tallies, Tally())


def resolve(predictions: Iterable[Span]) -> list[Span]:
    """Return, sorted by place, the best of each span and none that lies inside an earlier one."""
    best: dict[tuple[int, int], Span] = {}
    for span in predictions:
        place = (span.start, span.end)
        if place not in best or span.score > best[place].score:
            best[place] = span
    kept: list[Span] = []
    for span in sorted(best.values(), key=lambda s: (s.start, -s.end)):
        if not kept or span.end > kept[-1].end:
            kept.append(span)
    return kept


def score(row: Row, predictions: Iterable[Span], rule: Rule) -> TextScore:
    """Score the predictions for one row; their labels may be a detector's own."""
    said = [replace(p, label=common(p.label)) for p in predictions if p.score >= rule.min_score]
    gold = _placed(row.text, row.spans)
    made = _placed(row.text, resolve(said))
    union = frozenset().union(*(_characters(row.text, span) for span in said))
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    errors: list[Error] = []
    for span, places in gold:
        tallies[span.label] += _asked(span, places, made, rule)
        if span.label not in rule.ignore:
            tallies[span.label] += _leaked(places, union, rule.threshold)
            errors += _left(span, places, union)
    outside: Counter[str] = Counter()
    for span, places in made:
        correct = _covered(places, gold, span.label, predicted=True) >= rule.threshold * len(places)
        if span.label not in row.scope and not (correct and ACCEPTS.get(span.label, _NONE) & row.scope):
            outside[span.label] += 1
            continue
        tallies[span.label] += Tally(predicted=1, correct=int(correct))
        if not correct:
            errors.append(Error("wrong", span.label, span.start, span.end))
    errors.sort(key=lambda e: (e.start, e.end, e.kind))
    return TextScore(len(row.text), dict(tallies), dict(outside), tuple(errors))


_NONE: Final[frozenset[str]] = frozenset()
_Placed = tuple["Span", frozenset[int]]


def _placed(text: str, spans: Iterable[Span]) -> list[_Placed]:
    """Return each span with its places; one of white space alone is no span."""
    return [(span, places) for span in spans if (places := _characters(text, span))]


def _characters(text: str, span: Span) -> frozenset[int]:
    return frozenset(at for at in range(span.start, span.end) if not text[at].isspace())


def _covered(places: frozenset[int], others: Sequence[_Placed], label: str, *, predicted: bool) -> int:
    """Return how many of the places the others of a compatible label cover together."""
    same: set[int] = set()
    for span, covering in others:
        pair = (span.label, label) if predicted else (label, span.label)
        if compatible(*pair):
            same |= covering & places
    return len(same)


def _asked(span: Span, places: frozenset[int], made: Sequence[_Placed], rule: Rule) -> Tally:
    found = _covered(places, made, span.label, predicted=False) >= rule.threshold * len(places)
    return Tally(gold=1, found=int(found))


def _leaked(places: frozenset[int], union: frozenset[int], threshold: float) -> Tally:
    covered = len(places & union)
    part = covered / len(places)
    return Tally(
        spans=1,
        chars=len(places),
        covered=covered,
        full=int(part == 1),
        part=int(part >= threshold),
        missed=int(covered == 0),
    )


def _left(span: Span, places: frozenset[int], union: frozenset[int]) -> list[Error]:
    covered = len(places & union)
    if covered == len(places):
        return []
    return [Error("partly" if covered else "missed", span.label, span.start, span.end)]
