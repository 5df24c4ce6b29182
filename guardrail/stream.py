"""Restore and scrub one text that arrives in pieces.

Rules (docs/adr/0040):

1. The output, joined, depends on the text alone, never on how it was cut: all
   decisions fall at boundaries that are a function of the text.
2. A boundary is the white space after a clause or a line, not closer than
   `SHORTEST` to the one before, not between digits (a number may go on) and not
   after a short capitalised word with a point (an abbreviation or an initial).
3. At a boundary, the text so far is looked at together with what came before
   it. What is found there and touches the boundary may go on behind it: it and
   what follows is held for the next boundary.
4. At most `LONGEST_HOLD` characters are held; then they are decided as they are.
5. A token of this exchange becomes its value; what was restored is never
   scrubbed again. Everything between is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from guardrail.tokens import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.types import Decision
    from guardrail.vault.memory import Restored

__all__ = ["LONGEST_HOLD", "Desk", "TextStream", "clipped", "weave"]

SHORTEST: Final = 16  # characters of a piece that is worth a look of its own
LONGEST_HOLD: Final = 4096  # characters; a private key of 4,096 bits has 3,300, an answer does not fit
LOOK_BACK: Final = 160  # characters of what was decided, shown to the detectors as context

# White space between words, or the end of a sentence in a script that sets none.
_GAP: Final = re.compile(r"(?<=\S)\s++(?=\S)|(?<=[。！？])(?=[^\s。！？])")
_LINE: Final = 90  # characters; lines of encoded text have 64 or 76
_CLAUSE_ENDS: Final = frozenset(".!?;:…。！？")
_CLOSERS: Final = ")]}\"'*_»”’"
_EDGE: Final = " \t\r\n.,;:!?…。！？" + _CLOSERS
_NUMBER_GOES_ON: Final = frozenset("0123456789-+(/")
# "Main St. Springfield", "J. R. Miller": such a point ends no clause. (Nor does one before a digit.)
_ABBREVIATION: Final = re.compile(r"(?<!\w)[^\W\d_a-z]\w{0,3}\.\Z")
# A line of nothing but base64 digits: the next one may belong to it (docs/adr/0026).
_ENCODED_LINE: Final = re.compile(r"(?:^|\s)[A-Za-z0-9+/_-]{40,}\Z")
# What may be the beginning of a token: it is never cut by force.
_TOKEN_BEGINS: Final = re.compile(r"<?[A-Za-z0-9_]*\Z", re.ASCII)


class Desk(Protocol):
    """Who decides and acts for a stream: one channel of one exchange."""

    def decide(self, text: str) -> Sequence[Decision]:
        """Return disjoint decisions on `text`, sorted."""
        ...

    def act(self, text: str, decision: Decision) -> str:
        """Return what stands in the place of the decision's value."""
        ...

    def tokens(self, text: str) -> Sequence[Restored]:
        """Return the tokens in `text`, sorted, with the values that may be restored."""
        ...

    def count(self, decisions: Iterable[Decision], places: Iterable[Restored]) -> None:
        """Take note of what was decided for good."""
        ...


def weave(text: str, *, start: int, end: int, desk: Desk, decisions: Sequence[Decision]) -> str:
    """Return `text[start:end]` with its tokens restored and the decisions between them carried out."""
    places = [place for place in desk.tokens(text) if place.start >= start and place.end <= end]
    carried = clipped(decisions, places, start=start, end=end)
    desk.count(carried, places)
    cuts: list[tuple[int, int, str]] = [
        (place.start, place.end, place.value) for place in places if place.value is not None
    ]
    cuts += [(d.finding.start, d.finding.end, desk.act(text, d)) for d in carried]
    parts = []
    at = start
    for cut_start, cut_end, new in sorted(cuts):
        parts += [text[at:cut_start], new]
        at = cut_end
    return "".join([*parts, text[at:end]])


def clipped(
    decisions: Sequence[Decision], places: Sequence[Restored], *, start: int, end: int
) -> list[Decision]:
    """Return the parts of the decisions that lie in start..end and outside of every token."""
    parts = []
    for decision in decisions:
        at = max(start, decision.finding.start)
        stop = min(end, decision.finding.end)
        for place in places:
            if place.end <= at or place.start >= stop:
                continue
            if at < place.start:
                parts.append(_part(decision, at, place.start))
            at = place.end
        if at < stop:
            parts.append(_part(decision, at, stop))
    return parts


def _part(decision: Decision, start: int, end: int) -> Decision:
    return replace(decision, finding=replace(decision.finding, start=start, end=end))


class TextStream:
    """One text of an answer: feed it pieces, get back what is decided."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._before = ""  # decided already; context for what comes
        self._text = ""  # not decided yet
        self._used = 0  # boundaries up to here in `_text` have had their turn

    @property
    def held(self) -> int:
        """Return how many characters wait for their boundary."""
        return len(self._text)

    def feed(self, piece: str) -> str:
        """Take the next piece; return the text that is decided now."""
        self._text += piece
        out = []
        while True:
            boundary = self._boundary()
            if boundary is not None:
                out.append(self._decide(boundary, may_go_on=True))
            elif len(self._text) > LONGEST_HOLD:
                out.append(self._decide(self._forced(), may_go_on=False))
            else:
                return "".join(out)

    def finish(self) -> str:
        """Return the rest: the text ends here."""
        return self._decide(len(self._text), may_go_on=False) if self._text else ""

    def _boundary(self) -> int | None:
        """Return the next boundary that is not farther than the longest hold."""
        for gap in _GAP.finditer(self._text, max(0, self._used - 1), LONGEST_HOLD + 1):
            if gap.end() <= max(self._used, SHORTEST - 1) or gap.end() > LONGEST_HOLD:
                continue
            if self._ends_clause(gap):
                return gap.end()
            self._used = gap.end()
        return None

    def _ends_clause(self, gap: re.Match[str]) -> bool:
        before = self._text[max(0, gap.start() - 12) : gap.start()]
        following = self._text[gap.end()]
        if "\n" in gap[0]:
            if _ENCODED_LINE.search(self._text, max(0, gap.start() - _LINE), gap.start()):
                return False
            return not (before[-1] in _NUMBER_GOES_ON and following in _NUMBER_GOES_ON)
        before = before.rstrip(_CLOSERS)
        if before[-1:] == "." and (following.isdigit() or _ABBREVIATION.search(before)):
            return False
        return before[-1:] in _CLAUSE_ENDS

    def _forced(self) -> int:
        """Return where a text without a boundary is cut: at a space, or before what may become a token."""
        text = self._text[:LONGEST_HOLD]
        space = max(text.rfind(" "), text.rfind("\n"))
        if space > 0:
            return space + 1
        begins = _TOKEN_BEGINS.search(text, LONGEST_HOLD - LONGEST)
        if begins and LONGEST_HOLD - LONGEST < begins.start() < LONGEST_HOLD:
            return begins.start()
        return LONGEST_HOLD

    def _decide(self, boundary: int, *, may_go_on: bool) -> str:
        window = self._before + self._text[:boundary]
        start, end = len(self._before), len(window)
        decisions = [d for d in self._desk.decide(window) if d.finding.end > start]
        if may_go_on:
            edge = len(window.rstrip(_EDGE))
            touching = [
                d.finding.start for d in decisions if d.finding.end >= edge and d.action.type != "allow"
            ]
            end = max(start, min([end, *touching]))
        out = weave(window, start=start, end=end, desk=self._desk, decisions=decisions) if end > start else ""
        self._before = _tail(window[:end])
        self._text = window[end:] + self._text[boundary:]
        self._used = boundary - (end - start)
        return out


def _tail(text: str) -> str:
    """Return the last words of `text` as context, not beginning inside a word."""
    if len(text) <= LOOK_BACK:
        return text
    tail = text[-LOOK_BACK:]
    first_space = tail.find(" ")
    return tail if first_space < 0 else tail[first_space + 1 :]
