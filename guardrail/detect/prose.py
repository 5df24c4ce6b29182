"""Which lines of a text were written by or for machines: code and logs.

A name finder that was trained on prose takes class names, host names and log
levels for people there, and a clock for a telephone number.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, Literal

__all__ = ["Kind", "Lines"]

Kind = Literal["prose", "code", "log"]

_CODE: Final = re.compile(
    r"""
      [{};]\s*$ | [=!]= | [-=]> | \w\(\) | ::\w | \w\.\w+\( | \w\(\w*\)?[,:;]?$
    | ^\s*@\w+(?:\(|\s*$) | && | \|\|
    | ^\s*(?:def|class|import|from\s\S+\simport|return|public|private|const|let|var|func|raise)\b
    | ^\s*(?:except|elif|else:|try:) | ^\s*(?:if|for|while|with|async|assert)\b.*[:{(]\s*$
    | ^\s*[\w.\[\]'"]+\s*[-+*/|]?=[^=] | \b\w+_\w+\( | ^\s*(?://|/\*|<!--|\"{3}|'{3})
    """,
    re.VERBOSE,
)
_LOG: Final = re.compile(
    r"""
      ^\W{0,2}(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d[-/.]\d\d(?:\d\d)?|\d\d-\d\d|\d{6,13})
        [T ,_.:-]{1,3}(?!\d\d:\d\d:?[ ]-?[ ]?[A-Z][a-z]+[ ][a-z]+[ ])  # no diary's line, no note's
        (?!\d\d:\d\d:\d\dZ(?:\s*$|[ ]-[ ][A-Z][a-z]+[ ][a-z]+))\d{2,6}[:. ]
    | ^\W{0,2}(?:[A-Z][a-z]{2}\s)?[A-Z][a-z]{2}\s+\d{1,2}\s\d\d:\d\d | ^\W{0,2}\d\d:\d\d:\d\d | ^-\s\d{10}\s
    | \b(?:INFO|WARN|WARNING|ERROR|DEBUG|FATAL|TRACE|NOTICE|SEVERE|CRITICAL)\b | \w\[\d+\]:
    | (?:\b\w+=[^\s=]*[\s,;]+){2}
    """,
    re.VERBOSE,
)
_DATA: Final = re.compile(r"[\"']\w+[\"']\s*:\s*[\"'\d]")  # a record: what stands in it may be anyone's
MAX_LINE: Final = 400  # code points that are looked at: the verdict must not cost more than the line


class Lines:
    """The lines of a text, each judged by itself, when first asked for."""

    __slots__ = ("_kinds", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []
        self._kinds: list[Kind | None] = []

    def kind(self, place: int) -> Kind:
        """Return what the line at `place` was written as."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
            self._kinds = [None] * len(self._starts)
        row = bisect_right(self._starts, place) - 1
        kind = self._kinds[row]
        if kind is None:
            start = self._starts[row]
            end = self._starts[row + 1] - 1 if row + 1 < len(self._starts) else len(self._text)
            kind = self._kinds[row] = _kind(self._text[start : min(end, start + MAX_LINE)])
        return kind


def _kind(line: str) -> Kind:
    if _LOG.search(line):
        return "log"
    if _CODE.search(line) and not _DATA.search(line):
        return "code"
    return "prose"
