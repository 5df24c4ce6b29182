"""Where in a TOML source a key or a word stands, so that an error can point at it.

`tomllib` keeps no positions. This reads just enough of the syntax (strings,
comments, brackets, table headers) to find lines; it decides nothing, so the
worst that a strange source can do is an error that points a little too high.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Path", "Position", "Source"]

Path: TypeAlias = tuple[str | int, ...]

_OPAQUE: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\- ]+?)\s*\]\]?\s*")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the source: line and column count from 1; 0 where it is not known."""

    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return ""
        return f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"


class Source:
    """An index of one TOML text: the line on which each table and key is written."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._at: dict[Path, int] = {}
        for path, number in _keys(_OPAQUE.sub(_blank, text).split("\n")):
            self._at.setdefault(path, number)

    def find(self, path: Path, word: str = "") -> Position:
        """Return where `path` is written, or the nearest table around it.

        With `word` the position is that of the first whole occurrence of it between
        this key and the next one.
        """
        known = path
        while known and known not in self._at:
            known = known[:-1]
        if not known:
            return Position()
        first = self._at[known]
        name = word or next((str(part) for part in reversed(path) if isinstance(part, str)), "")
        for number in range(first, self._end(first) + 1):
            column = _column(self._lines[number - 1], name)
            if column:
                return Position(number, column)
        return Position(first)

    def key_at(self, line: int) -> str:
        """Return the key or table that is written on `line`, or nothing."""
        if not 1 <= line <= len(self._lines):
            return ""
        match = _KEY.match(self._lines[line - 1]) or _HEADER.match(self._lines[line - 1])
        return match[match.lastindex or 0] if match else ""

    def _end(self, first: int) -> int:
        later = (number - 1 for number in self._at.values() if number > first)
        return min(later, default=len(self._lines))


def _blank(match: re.Match[str]) -> str:
    """Keep the line breaks of a string or comment, so that line numbers stay right."""
    return "\n" * match[0].count("\n") or '""'


def _column(line: str, word: str) -> int:
    match = re.search(rf"(?<![A-Za-z0-9_-]){re.escape(word)}(?![A-Za-z0-9_-])", line) if word else None
    return match.start() + 1 if match else 0


def _keys(lines: list[str]) -> Iterator[tuple[Path, int]]:
    """Yield every table header and every key at the head of a line with its path."""
    table: Path = ()
    counts: dict[Path, int] = {}
    depth = 0
    for number, line in enumerate(lines, start=1):
        header = _HEADER.fullmatch(line) if depth == 0 else None
        if header:
            table = _table(header, counts)
            yield table, number
            continue
        key = _KEY.match(line) if depth == 0 else None
        if key:
            yield (*table, *re.split(r"\s*\.\s*", key[1])), number
        depth = max(0, depth + sum(line.count(c) for c in "[{") - sum(line.count(c) for c in "]}"))


def _table(header: re.Match[str], counts: dict[Path, int]) -> Path:
    """Return the path of a header; inside an array of tables, of its last table."""
    path: Path = ()
    parts = re.split(r"\s*\.\s*", header[2])
    for part in parts[:-1]:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, parts[-1])
    if header[1] == "[":
        return (*path, counts[path]) if path in counts else path
    counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path])
