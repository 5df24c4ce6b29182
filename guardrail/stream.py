"""Restore and scrub one text that arrives in pieces.

Rules (docs/adr/0040, 0154, 0155):

1. The output, joined, depends on the text alone, never on how it was cut: all
   decisions fall at boundaries that are a function of the text.
2. A boundary is the white space after a clause or a line, not closer than
   `SHORTEST` to the one before, not between digits (a number may go on) and not
   after a short capitalised word with a point (an abbreviation or an initial).
3. At a boundary, the text so far is looked at together with what came before
   it. What is found there and touches the boundary may go on behind it: it and
   what follows is held for the next boundary.
4. At most `LONGEST_HOLD` characters are held. Then what is harmless goes, but for
   the last `OVERLAP` characters: a value may begin in them. A value that is longer
   than the hold is acted on, and the rest of its run is dropped as it comes.
5. A token of this exchange becomes its value; what was restored is never
   scrubbed again. Everything between is.
6. A `fast` stream has one more kind of boundary: behind every word, where nothing
   is alive. Patterns are looked for there, names are not.
"""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Final

from guardrail import spelling
from guardrail.alive import Life, leading, marked
from guardrail.links import carried
from guardrail.spelling import LONGEST_SPELLING
from guardrail.weaving import Desk, Part, clipped, joined, weave, woven
from guardrail.withheld import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from guardrail.types import Decision

__all__ = ["LONGEST_HOLD", "OVERLAP", "Desk", "Part", "TextStream", "clipped", "joined", "weave", "woven"]

SHORTEST: Final = 16  # characters of a piece that is worth a look of its own
LONGEST_HOLD: Final = 4096  # characters; a private key of 4,096 bits has 3,300, an answer does not fit
OVERLAP: Final = 256  # characters that a forced cut keeps: a value that begins there is seen whole later
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
_WORD: Final = re.compile(r"(\S*)\s")
# A word at the end may go on, but not behind the end of a sentence.
_WORD_OR_END: Final = re.compile(r"(\S*)(?:\s|(?<=[.!?])\Z)")


class TextStream:
    """One text of an answer: feed it pieces, get back what is decided."""

    def __init__(self, desk: Desk, *, fast: bool = False, before: str = "", run: Run | None = None) -> None:
        """Take the desk; `before` is what came before this text, `run` what is withheld of it."""
        self._desk = desk
        self._fast = fast
        self._shortest = 1 if fast else SHORTEST
        self._before = before  # decided already; context for what comes
        self._text = ""  # not decided yet
        self._used = 0  # boundaries up to here in `_text` have had their turn
        self._told = 0  # so have the ends of words, in a fast stream
        self._life = Life()
        self._run = run  # what comes belongs to a value that was acted on

    @property
    def held(self) -> int:
        """Return how many characters wait for their boundary."""
        return len(self._text) + (self._run.held if self._run else 0)

    @property
    def run(self) -> Run | None:
        """Return the run that is withheld, if there is one."""
        return self._run

    def feed(self, piece: str) -> str:
        """Take the next piece; return the text that is decided now."""
        return joined(self.take(piece))

    def finish(self) -> str:
        """Return the rest: the text ends here."""
        return joined(self.rest())

    def fork(self) -> TextStream:
        """Return a copy to try pieces on (see `waits`)."""
        other = copy(self)
        other._life = copy(self._life)  # noqa: SLF001 - a copy of its own
        return other

    def waits(self, piece: str) -> bool:
        """Take a piece on trial, in a fork; tell whether no detector and no map of tokens is asked for it."""
        self._text += piece
        while self._run is None and len(self._text) <= LONGEST_HOLD:
            word = self._word() if self._fast else None
            if word is None:
                return self._boundary() is None
            window = self._before + self._text[:word]
            if marked(self._text[:word], self._before) or next(spelling.bodies(window), None) is not None:
                return False
            self._leave(word, window)
        return False

    def take(self, piece: str) -> list[Part]:
        """Take the next piece; return what is decided now, in parts."""
        out: list[Part] = []
        for at in range(0, len(piece), LONGEST_HOLD):  # what is copied for each step is bounded
            self._text += piece[at : at + LONGEST_HOLD]
            self._on(out)
        return out

    def _on(self, out: list[Part]) -> None:
        """Decide as far as there are boundaries."""
        while self._passed(out):
            word = self._word() if self._fast else None
            boundary = word or self._boundary()
            if boundary is not None:
                out += self._decide(boundary, names=word is None)
            elif len(self._text) > LONGEST_HOLD:
                out += self._cut(LONGEST_HOLD)
            else:
                return

    def rest(self) -> list[Part]:
        """Return the rest in parts: the text ends here."""
        out: list[Part] = []
        if self._passed(out, last=True) and self._text:
            out += self._release(len(self._text), *self._look(len(self._text)))
        return out

    def expire(self, late: Callable[[], str | None] | None) -> list[Part]:
        """Return what is held because its time is up, decided as it is.

        Where a value may begin in it, `late` tells what stands for that: its run is withheld from
        there on. With None it is decided like the rest. Without `late` that part is held on.
        """
        out: list[Part] = []
        if not self._passed(out) or not self._text:
            return out
        window, decisions = self._look(len(self._text))
        out += self._release(self._harmless(window, decisions) - len(self._before), window, decisions)
        if not self._text or late is None:
            return out
        stand_in = late()
        if stand_in is None:
            return out + self.rest()
        out.append(Part(stand_in, len(self._text), new=True))
        self._withhold(self._text)
        return out

    def _passed(self, out: list[Part], *, last: bool = False) -> bool:
        """Drop what belongs to a run that is withheld; tell whether text is left to be decided."""
        if self._run is None:
            return True
        came = self._run.held + len(self._text)
        left = self._run.feed(self._text, last=last)
        if left is not None:
            self._run = None
        self._text = left or ""
        dropped = came - len(self._text) - (self._run.held if self._run else 0)
        if dropped:
            out.append(Part("", dropped, new=True))
        return self._run is None

    def _word(self) -> int | None:
        """Return the end of the first word, before the next boundary, at which nothing is alive."""
        boundary = self._boundary() or LONGEST_HOLD
        for word in _WORD.finditer(self._text, self._told, boundary):
            self._told = word.end()
            going_on = self._life.add(word[1], leading(self._text, word.start(), self._before))
            if not going_on and not self._in_standin(word.end()):
                return word.end()
        return None

    def _boundary(self) -> int | None:
        """Return the next boundary that is not farther than the longest hold."""
        for gap in _GAP.finditer(self._text, max(0, self._used - 1), LONGEST_HOLD + 1):
            if gap.end() <= max(self._used, self._shortest - 1) or gap.end() > LONGEST_HOLD:
                continue
            if self._ends_clause(gap) and not self._in_standin(gap.end()):
                return gap.end()
            self._used = gap.end()
        # What was searched is not searched again; a gap may begin with the last character.
        self._used = max(self._used, len(self._text.rstrip()) - 1)
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

    def _in_standin(self, end: int) -> bool:
        """Tell whether the white space before `end` may stand inside a token, or another stand-in."""
        begins = max(0, end - LONGEST_SPELLING)
        if begins + spelling.alive(self._text[begins:end]) < end:
            return True
        return self._desk.begun(self._text[:end]) < end

    def _look(self, boundary: int, *, names: bool = True) -> tuple[str, list[Decision]]:
        """Return the text up to the boundary with what came before it, and the decisions on it."""
        window = self._before + self._text[:boundary]
        start = len(self._before)
        if not names and not marked(self._text[:boundary], self._before):
            return window, []
        found = self._desk.decide(window) if names else self._desk.decide(window, names=False)
        return window, [d for d in found if d.finding.end > start]

    def _decide(self, boundary: int, *, names: bool) -> list[Part]:
        """Release the text up to the boundary, but for what touches it."""
        window, decisions = self._look(boundary, names=names)
        start = len(self._before)
        end = max(start, min([len(window), *_touching(window, decisions)]))
        out = self._release(end - start, window, decisions)
        self._tell(boundary - (end - start))
        return out

    def _cut(self, size: int) -> list[Part]:
        """Decide a text without a boundary by force: what is harmless goes, and what fills all of it."""
        window, decisions = self._look(size)
        start = len(self._before)
        touching = min(_touching(window, decisions), default=None)
        if touching is not None and touching <= start:
            value = max((d for d in decisions if d.finding.start <= start), key=lambda d: d.finding.end)
            end = max(value.finding.end, start + 1)
            out = self._release(end - start, window, decisions)
            self._withhold(window[value.finding.start : end], keep=self._text)
            return out
        end = self._soft(window, decisions, start) if touching is None else touching
        out = self._release(end - start, window, decisions)
        self._tell(max(0, size - (end - start)))
        return out

    def _soft(self, window: str, decisions: Sequence[Decision], start: int) -> int:
        """Return where a window without a boundary is cut: at white space, and in no value or token."""
        most = len(window) - OVERLAP
        spaces = max(window.rfind(" ", start, most), window.rfind("\n", start, most))
        end = spaces + 1 if spaces > start else most
        first = max(start, end - LONGEST_SPELLING)
        begins = first + spelling.alive(window[first:end])
        end = begins if first < begins else end
        begins = self._desk.begun(window[:end])
        end = begins if start < begins else end
        spans = [(d.finding.start, d.finding.end) for d in decisions if d.action.type != "allow"]
        spans += [(place.start, place.end) for place in self._desk.tokens(window)]
        for first, last in sorted(spans, reverse=True):
            if first < end < last:
                end = first if first > start else last
        return end

    def _harmless(self, window: str, decisions: Sequence[Decision]) -> int:
        """Return up to where of a window without a boundary nothing may go on."""
        start = len(self._before)
        end = min([len(window), *(place for place in _touching(window, decisions) if place >= start)])
        life, harmless = Life(), start
        for word in _WORD_OR_END.finditer(window, 0, end):
            if word.start() < start:
                continue
            if not life.add(word[1], window[max(0, word.start() - 8) : word.start()]):
                harmless = word.end()
        return harmless

    def _release(self, size: int, window: str, decisions: Sequence[Decision]) -> list[Part]:
        """Carry out what was decided on the next `size` characters, and let them go."""
        start = len(self._before)
        end = start + size
        parts = woven(window, start=start, end=end, desk=self._desk, decisions=decisions) if size else []
        self._leave(size, window[:end])
        return parts

    def _leave(self, size: int, decided: str) -> None:
        """Let go of characters that are decided; `decided` is the text up to there."""
        self._before = _tail(decided)
        self._text = self._text[size:]
        self._tell(0)

    def _tell(self, place: int) -> None:
        """Take note that what of the text is left has had its turn up to here."""
        self._used = place
        self._life = Life()
        self._told = 0
        if self._fast and place:
            for word in _WORD.finditer(self._text, 0, place):
                self._life.add(word[1], leading(self._text, word.start(), self._before))
                self._told = word.end()

    def _withhold(self, acted: str, keep: str = "") -> None:
        """Drop what comes until the run of what was acted on ends."""
        self._run = Run(acted)
        self._text = keep
        self._before = carried(self._before)


def _touching(window: str, decisions: Sequence[Decision]) -> list[int]:
    """Return where the values begin that may go on behind the window."""
    edge = len(window.rstrip(_EDGE))
    return [d.finding.start for d in decisions if d.finding.end >= edge and d.action.type != "allow"]


def _tail(text: str) -> str:
    """Return the last words of `text` as context: they begin with a word, or with the link they stand in."""
    if len(text) <= LOOK_BACK:
        return text
    tail = text[-LOOK_BACK:]
    first_space = tail.find(" ")
    return carried(text) + (tail if first_space < 0 else tail[first_space + 1 :])
