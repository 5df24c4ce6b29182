"""Put a text together again: tokens restored, decisions carried out, and everything between as it came."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.types import Decision
    from guardrail.vault.memory import Restored

__all__ = ["Desk", "Part", "clipped", "joined", "weave", "woven"]


class Desk(Protocol):
    """Who decides and acts for a stream: one channel of one exchange."""

    def decide(self, text: str, *, names: bool = True) -> Sequence[Decision]:
        """Return disjoint decisions on `text`, sorted; without `names`, of patterns alone."""
        ...

    def act(self, text: str, decision: Decision) -> str:
        """Return what stands in the place of the decision's value."""
        ...

    def tokens(self, text: str) -> Sequence[Restored]:
        """Return the tokens in `text`, sorted, with the values that may be restored."""
        ...

    def begun(self, text: str) -> int:
        """Return where the end of `text` begins that more could make a stand-in of, or its length."""
        ...

    def count(self, decisions: Iterable[Decision], places: Iterable[Restored]) -> None:
        """Take note of what was decided for good."""
        ...


class Part(NamedTuple):
    """A piece of what leaves a stream: it stands for the next `size` characters of what came.

    What is not `new` is what came, as it came.
    """

    text: str
    size: int
    new: bool


def joined(parts: Iterable[Part]) -> str:
    """Return the text of the parts."""
    return "".join([part.text for part in parts])


def weave(text: str, *, start: int, end: int, desk: Desk, decisions: Sequence[Decision]) -> str:
    """Return `text[start:end]` with its tokens restored and the decisions between them carried out."""
    return joined(woven(text, start=start, end=end, desk=desk, decisions=decisions))


def woven(text: str, *, start: int, end: int, desk: Desk, decisions: Sequence[Decision]) -> list[Part]:
    """Return the same in parts."""
    places = [place for place in desk.tokens(text) if place.start >= start and place.end <= end]
    carried = clipped(decisions, places, start=start, end=end)
    desk.count(carried, places)
    cuts: list[tuple[int, int, str]] = [
        (place.start, place.end, place.value) for place in places if place.value is not None
    ]
    cuts += [(d.finding.start, d.finding.end, desk.act(text, d)) for d in carried if d.action.type != "allow"]
    parts = []
    at = start
    for cut_start, cut_end, new in sorted(cuts):
        if at < cut_start:
            parts.append(Part(text[at:cut_start], cut_start - at, new=False))
        parts.append(Part(new, cut_end - cut_start, new=True))
        at = cut_end
    if at < end:
        parts.append(Part(text[at:end], end - at, new=False))
    return parts


def clipped(
    decisions: Sequence[Decision], places: Sequence[Restored], *, start: int, end: int
) -> list[Decision]:
    """Return the parts of the decisions that lie in start..end and outside of tokens that shield."""
    parts = []
    for decision in decisions:
        at = max(start, decision.finding.start)
        stop = min(end, decision.finding.end)
        for place in places:
            if not place.shields or place.end <= at or place.start >= stop:
                continue
            if at < place.start:
                parts.append(_part(decision, at, place.start))
            at = place.end
        if at < stop:
            parts.append(_part(decision, at, stop))
    return parts


def _part(decision: Decision, start: int, end: int) -> Decision:
    return replace(decision, finding=replace(decision.finding, start=start, end=end))
