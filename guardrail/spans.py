"""Overlapping findings become disjoint ones that cover the same characters.

Rules, in this order:

1. findings of one entity that overlap become one finding (one value, one token);
2. of different entities that overlap, the stronger keeps its whole span:
   a certain one (score 1) before a guess, the longer before the shorter, then
   the higher score, then by name, so that the input's order never matters;
3. what the weaker one covers beside it stays covered, as findings of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from guardrail.types import Finding

__all__ = ["resolve", "trim"]

CERTAIN: Final = 1.0


def resolve(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return disjoint findings, sorted, that cover exactly what `findings` cover.

    Time is O(n log n) comparisons in the number of findings.
    """
    taken: list[Finding] = []
    for finding in sorted(_merge_same(findings), key=_strength):
        _place(finding, taken)
    return tuple(taken)


def trim(text: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that cover at least one letter, digit or symbol of `text`.

    Fragments that `resolve` leaves between two values, such as a space, are no
    value of anyone; white space at the edges of the others is let go.
    """
    kept = []
    for finding in findings:
        part = text[finding.start : finding.end]
        if not part or part.isspace():
            continue
        start = finding.start + len(part) - len(part.lstrip())
        end = finding.end - (len(part) - len(part.rstrip()))
        kept.append(replace(finding, start=start, end=end))
    return tuple(kept)


def _strength(finding: Finding) -> tuple[object, ...]:
    length = finding.end - finding.start
    certain = finding.score >= CERTAIN
    return (not certain, -length, -finding.score, finding.entity, finding.start, finding.recognizer)


def _merge_same(findings: Iterable[Finding]) -> list[Finding]:
    """Join overlapping findings of one entity; the stronger lends score and recognizer."""
    merged: list[Finding] = []
    order = sorted(findings, key=lambda f: (f.entity, f.start, f.end, -f.score, f.recognizer))
    for finding in order:
        if finding.end <= finding.start:
            continue
        last = merged[-1] if merged else None
        if last is None or last.entity != finding.entity or finding.start >= last.end:
            merged.append(finding)
            continue
        best = max(last, finding, key=lambda f: (f.score, f.recognizer))
        merged[-1] = replace(best, start=last.start, end=max(last.end, finding.end))
    return merged


def _place(finding: Finding, taken: list[Finding]) -> None:
    """Add what of `finding` is still free to `taken`, which stays sorted and disjoint."""
    first = bisect_right(taken, finding.start, key=_end)
    last = bisect_left(taken, finding.end, lo=first, key=_start)
    parts: list[Finding] = []
    at = finding.start
    for other in taken[first:last]:
        if at < other.start:
            parts.append(replace(finding, start=at, end=other.start))
        parts.append(other)
        at = other.end
    if at < finding.end:
        parts.append(replace(finding, start=at))
    taken[first:last] = parts


def _start(finding: Finding) -> int:
    return finding.start


def _end(finding: Finding) -> int:
    return finding.end
