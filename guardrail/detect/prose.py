"""Which lines of a text were written for machines: code, logs, tables of values.

A name finder that was trained on news takes class names, host names and log
levels for people. In such lines only findings with other support count.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

__all__ = ["Lines", "machine_lines"]

_CODE: Final = re.compile(
    r"""
      [{};]\s*$ | [=!]= | [-=]> | \(\) | ::\w | \w\.\w+\( | \w\(\w*\)? | ^\s*[@#]\w+ | &&|\|\|
    | ^\s*(?:def|class|import|from\s\S+\simport|return|elif|else:|for\s\w+\sin|public|private|const|let|var|func)\b
    | ^\s*[\w.\[\]'"]+\s*[-+*/|]?=[^=] | \w_\w+_\w | ^\s*(?:\#|//|/\*|\*|<!--|\"{3}|'{3})
    """,
    re.VERBOSE,
)
_LOG: Final = re.compile(
    r"""
      ^\W{0,2}(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d[-/.]\d\d(?:\d\d)?|\d{6,13}|[A-Z][a-z]{2}\s[A-Z][a-z]{2}\s+\d{1,2})[T\s,\-_.]
    | ^\W{0,2}[A-Z][a-z]{2}\s+\d{1,2}\s\d\d:\d\d | ^\W{0,2}\d\d:\d\d:\d\d
    | \b(?:INFO|WARN|WARNING|ERROR|DEBUG|FATAL|TRACE|NOTICE|SEVERE|CRITICAL)\b | \w\[\d+\]:
    | (?:\b\w+=[^\s=]+[\s,;]+){2}
    """,
    re.VERBOSE,
)
MAX_LINE: Final = 400  # code points that are looked at: the verdict must not cost more than the line


class Lines:
    """The spans of the lines that were written for machines."""

    __slots__ = ("_flags", "_starts")

    def __init__(self, starts: list[int], flags: list[bool]) -> None:
        self._starts = starts
        self._flags = flags

    def covers(self, place: int) -> bool:
        """Tell whether the line at `place` was written for machines."""
        return self._flags[bisect_right(self._starts, place) - 1]


def machine_lines(text: str) -> Lines:
    """Judge each line of `text` by itself."""
    starts, flags = [], []
    at = 0
    for line in text.split("\n"):
        starts.append(at)
        head = line[:MAX_LINE]
        flags.append(bool(_CODE.search(head) or _LOG.search(head)))
        at += len(line) + 1
    return Lines(starts, flags)
