"""Tables in text (CSV, TSV): each cell is a text, told by the head of its column.

Source: RFC 4180, with any of the usual separators and line ends. Cells that do
not change keep their bytes. Formulas are text: nothing is worked out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from guardrail.wire.document import Leaf, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TableDocument"]

_SEPARATORS: Final = ",;\t|"
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_NO_HEAD: Final = re.compile(r"[0-9@]{2}|@")  # a column's head holds no numbers and no addresses


class TableDocument:
    """One table."""

    def __init__(self, text: str) -> None:
        """Read the cells; any text is a table of at least one."""
        self._text = text
        self._separator = _separator(text)
        rows = _rows(text, self._separator)
        self._cells = [cell for row in rows for cell in row]
        heads = [_value(text[start:end]) for start, end in rows[0]] if len(rows) > 1 else []
        if any(_NO_HEAD.search(head) for head in heads):
            heads = []
        leaves = []
        for at, row in enumerate(rows):
            for column, (start, end) in enumerate(row):
                is_head = at == 0 and bool(heads)
                hint = words(heads[column]) if at and column < len(heads) else ""
                leaves.append(Leaf(_value(text[start:end]), "text", hint=hint, names=not is_head))
        self.leaves: Sequence[Leaf] = leaves

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the table with some cells replaced."""
        parts = []
        at = 0
        for number in sorted(changes):
            start, end = self._cells[number]
            new = changes[number]
            if self._text[start : start + 1] == '"' or set(new) & {'"', "\r", "\n", self._separator}:
                new = '"' + new.replace('"', '""') + '"'
            parts += [self._text[at:start], new]
            at = end
        return "".join([*parts, self._text[at:]])


def _separator(text: str) -> str:
    """Return the one of the usual separators that the first line has most of."""
    line = _QUOTED.sub("", text[:20_000]).partition("\n")[0]
    return max(_SEPARATORS, key=line.count)


def _rows(text: str, separator: str) -> list[list[tuple[int, int]]]:
    """Return the places of the cells, row by row."""
    rows: list[list[tuple[int, int]]] = []
    row: list[tuple[int, int]] = []
    for found in _cell(separator).finditer(text):
        row.append(found.span(1))
        if found[2] != separator:
            rows.append(row)
            row = []
            if found.end() == len(text):
                break
    return rows or [[(0, len(text))]]


@lru_cache(maxsize=8)
def _cell(separator: str) -> re.Pattern[str]:
    """Return one cell, quoted or plain, and what ends it."""
    mark = re.escape(separator)
    return re.compile(rf'("(?:[^"]|"")*+(?:"[^{mark}\r\n]*+|\Z)|[^{mark}\r\n]*+)({mark}|\r\n|\n|\r|\Z)')


def _value(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
