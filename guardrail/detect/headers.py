"""What a column of a table in a text is called: CSV, tab-separated and piped tables.

A table begins with a line of at least two names without digits, and goes on as
long as the lines have as many cells. Linear: each line is read once, when a
text is first asked about, and long lines are no tables.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

__all__ = ["Headers"]

_NAME: Final = re.compile(r"[\"'\s]{0,3}[^\W\d][^\d,;\t|:{}()\[\]<>=]{0,40}")
MAX_LINE: Final = 2000  # code points
MAX_CELLS: Final = 100
DELIMITERS: Final = "|\t;,"


class Headers:
    """The tables of a text; a text without a header line costs one look at its lines."""

    __slots__ = ("_read", "_rows", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._read = False
        self._starts: list[int] = []
        self._rows: list[tuple[str, list[str]]] = []

    def label(self, place: int) -> str:
        """Return the name of the column that `place` lies in; "" outside tables and in header lines."""
        if not self._read:
            self._find()
        row = bisect_right(self._starts, place) - 1
        if row < 0:
            return ""
        delimiter, names = self._rows[row]
        if not names:
            return ""
        line = self._text.rfind("\n", max(place - MAX_LINE, 0), place) + 1
        column = self._text.count(delimiter, max(line, self._starts[row]), place)
        return names[column] if column < len(names) else ""

    def _find(self) -> None:
        """Note the lines at which tables begin and end."""
        self._read = True
        delimiter, start = "", 0
        names: list[str] = []
        for line in re.findall(r"[^\n]*\n|[^\n]+", self._text):
            if names and not _is_row(line, delimiter, len(names)):
                delimiter, names = "", []
                self._note(start, "", [])
            if not names:
                delimiter, names = _header(line)
                if names:
                    self._note(start + len(line), delimiter, names)
            start += len(line)

    def _note(self, start: int, delimiter: str, names: list[str]) -> None:
        if self._starts and self._starts[-1] == start:
            self._starts.pop()
            self._rows.pop()
        self._starts.append(start)
        self._rows.append((delimiter, names))


def _is_row(line: str, delimiter: str, cells: int) -> bool:
    """Tell whether a line can be a row; a rule such as `|---|---|` is one as well."""
    return len(line) <= MAX_LINE and line.count(delimiter) == cells - 1


def _header(line: str) -> tuple[str, list[str]]:
    """Return the delimiter and the names of a header line, or nothing."""
    if len(line) > MAX_LINE:
        return "", []
    for delimiter in DELIMITERS:
        cells = line.rstrip("\r\n").split(delimiter)
        if not 2 <= len(cells) <= MAX_CELLS:
            continue
        if all(_NAME.fullmatch(cell) or not cell.strip() for cell in cells[1:-1]) and all(
            _NAME.fullmatch(cell) or (not cell and delimiter == "|") for cell in (cells[0], cells[-1])
        ):
            return delimiter, [cell.strip(" \"'") for cell in cells]
    return "", []
