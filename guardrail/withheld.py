"""A run that is withheld: a secret or an encoded text that is longer than a stream may hold.

What stands for it went out when it was recognised; the rest is dropped until the
run ends, and nothing of it is kept. Where it ends is a function of its text:

- a run without white space ends at white space, a quote, an angle or a bracket;
- of lines of 40 or more base64 digits (RFC 2045 §6.8), the next line belongs to
  it, and of the line after those a shorter one;
- an armored key (RFC 7468) goes on over its lines to its END mark, or to the
  first word that is none of its lines.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Run"]

_ENCODED: Final = 40  # digits of a line whose next line belongs to it
_LONGEST_MARK: Final = 96  # characters of an END mark
_WIDEST_GAP: Final = 64  # characters of white space between two lines
_STOP: Final = re.compile(r"[\s\"'<>)`]")
_DIGITS_BEFORE: Final = re.compile(r"[A-Za-z0-9+/_=-]*\Z")
_DIGITS: Final = re.compile(r"[A-Za-z0-9+/_=-]*")
_GAP: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"[A-Z]?[a-z]{1,11}")
_END: Final = re.compile(r"-{4,5} ?END[A-Z0-9 ]{0,64}-{4,5}")
_END_BEGINS: Final = re.compile(r"-{0,5} ?(?:E(?:N(?:D[A-Z0-9 ]{0,64}-{0,4})?)?)?")
_MARK_BEFORE: Final = re.compile(r"-{4,5} ?END\Z")


class Run:
    """What follows the part of a run that was acted on. Feed it until it gives text back."""

    def __init__(self, acted: str) -> None:
        """Take the part of the run that something stands for already."""
        self._armored = "PRIVATE KEY" in acted[:256]
        self._tail = acted[-_ENCODED:]  # the last characters of the run
        self._pending = ""  # white space and the beginning of a line of which nothing is known yet

    @property
    def held(self) -> int:
        """Return how many characters may still be text."""
        return len(self._pending)

    def feed(self, piece: str, *, last: bool = False) -> str | None:
        """Take what follows; return the text behind the run, None while it goes on.

        `last` says that nothing follows the piece.
        """
        text = self._pending + piece
        self._pending = ""
        at = 0
        while at < len(text):
            if not text[at].isspace():
                stop = _STOP.search(text, at)
                end = stop.start() if stop else len(text)
                self._tail = (self._tail + text[max(at, end - _ENCODED) : end])[-_ENCODED:]
                if end < len(text) and not text[end].isspace():
                    return text[end:]
                at = end
                continue
            after = self._line(text, at, last=last)
            if after is None:
                self._pending = text[at:]
                return None
            if after <= at:
                return text[at:] if after == at else text[-after:]
            at = after
        return None

    def _line(self, text: str, at: int, *, last: bool) -> int | None:
        """Return where the next line ends as far as it belongs to the run.

        `at`: it does not belong to it. Minus a place: the run ends there. None: more must come first.
        """
        gap = _GAP.match(text, at)
        start = gap.end() if gap else at
        if start == len(text) and not last and self._goes_on(text[at:]):
            return None
        if not self._goes_on(text[at:start], whole=True):
            return at
        if self._armored and (mark := self._mark(text, at, start, last=last)) != start:
            return mark
        digits = _DIGITS.match(text, start)
        end = digits.end() if digits else start
        if end == len(text) and not last and end - start < _ENCODED:
            return None
        return self._digits(text, at, start, end)

    def _goes_on(self, space: str, *, whole: bool = False) -> bool:
        """Tell whether a line of the run may follow this white space."""
        if self._armored or len(space) > _WIDEST_GAP:
            return len(space) <= _WIDEST_GAP
        return self._encoded() and (not whole or "\n" in space or "\r" in space)

    def _digits(self, text: str, at: int, start: int, end: int) -> int:
        """Return the end of a line of digits, where it belongs to the run."""
        if end - start >= _ENCODED:
            self._tail = text[end - _ENCODED : end]
            return end
        whole = end == len(text) or _STOP.match(text, end) is not None
        if not whole or end - start < 2 or _WORD.fullmatch(text, start, end):
            return at
        if not self._armored:
            return -end
        self._tail = text[start:end]
        return end

    def _mark(self, text: str, at: int, start: int, *, last: bool) -> int | None:
        """Return minus the end of the END mark that begins here, None while it may come, `start` if none."""
        before = _MARK_BEFORE.search(self._tail)
        # Where the lines are parted by "\\n", the mark begins within the line before.
        own = (before[0] + text[at:]) if before else text[start:]
        shift = at - len(before[0]) if before else start
        found = _END.match(own)
        if found:
            return -(found.end() + shift)
        begun = _END_BEGINS.match(own[:_LONGEST_MARK])
        if not last and begun and begun.end() == len(own):
            return None
        return start

    def _encoded(self) -> bool:
        digits = _DIGITS_BEFORE.search(self._tail)
        return digits is not None and len(digits[0]) >= _ENCODED
