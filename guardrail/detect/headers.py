"""What a column of a table in a text is called: the name stands once, the values below it.

Lines of cells (CSV, tabs, pipes, columns set apart by spaces), SQL's INSERT and
HTML's rows. A table of lines begins with a line of at least two names without
digits, and goes on as long as the lines have as many cells; one line that has not
may stand between them. Linear: each line is read once, when a text is first asked
about, and long lines are no tables.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cell", "Headers"]

_NAME: Final = re.compile(r"[\"'`\s*]{0,3}[^\W\d][^\d,;\t|:{}()\[\]<>=]{0,40}")
_TITLE: Final = re.compile(r"[\"'`\s*]{0,3}[^\W\d][^,;\t|:{}\[\]<>=]{0,40}")  # "Phone (home)", "Phone 1"
_SET_APART: Final = re.compile(r"[^\W\d][^\d,;\t|:{}\[\]<>=.!?]{0,30}\.?")
_RULE: Final = re.compile(r"[-=+|: ]{3,}")
_GAP: Final = re.compile(r" {2,}")
MAX_LINE: Final = 2000  # code points
MAX_CELLS: Final = 100
DELIMITERS: Final = "|\t;,"
SPACES: Final = " "
SQL: Final = "sql"
HTML: Final = "html"
_INSERT: Final = re.compile(
    r"\bINSERT\s{1,3}(?:IGNORE\s)?INTO\s{1,3}[\w.`\"\[\]]{1,80}\s{0,3}\((?P<names>[^()]{3,1500})\)\s{0,3}VALUES\b",
    re.IGNORECASE,
)
_VALUES: Final = re.compile(r"[\s,]{0,20}\((?P<v>(?:'(?:[^'\\]|\\.){0,400}'|[^'()]){1,900})\)")
_CELL: Final = re.compile(r"(?:'(?:[^'\\]|\\.)*'|[^',])+|(?<=,)(?=,)")
_AROUND: Final = " \t\n\r\"'`*"
_TAG: Final = re.compile(r"<(?P<tag>tr|th|td|dt|dd)\b[^<>]{0,300}>", re.IGNORECASE)
_INNER: Final = re.compile(r"<[^<>]{0,300}>")
_CLOSING: Final = re.compile(r"</(?:tr|th|td|dt|dd|table)\b", re.IGNORECASE)
MAX_CELL: Final = 500


class Cell(NamedTuple):
    """A value in a table: its span without quotes and spaces, and the name of its column."""

    start: int
    end: int
    name: str


class _Row(NamedTuple):
    start: int
    end: int
    kind: str  # a delimiter, SPACES, SQL or HTML
    names: tuple[str, ...]
    places: tuple[int, ...] = ()  # of columns that are set apart by spaces


_NONE: Final = _Row(0, 0, "", ())


class Headers:
    """The tables of a text; a text without a header line costs one look at its lines."""

    __slots__ = ("_last", "_read", "_rows", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._read = False
        self._starts: list[int] = []
        self._rows: list[_Row] = []
        self._last: tuple[int, list[Cell]] = (-1, [])

    def label(self, place: int) -> str:
        """Return the name of the column that `place` lies in; "" outside tables and in header lines."""
        self._find()
        at = bisect_right(self._starts, place) - 1
        if at < 0 or place >= self._rows[at].end:
            return ""
        if self._last[0] != at:
            self._last = (at, list(_cells(self._text, self._rows[at])))
        return next((cell.name for cell in self._last[1] if cell.start <= place < cell.end), "")

    def cells(self) -> Iterator[Cell]:
        """Yield the cells of all rows that have a name, in order."""
        self._find()
        for row in self._rows:
            yield from (cell for cell in _cells(self._text, row) if cell.name and cell.end > cell.start)

    def _find(self) -> None:
        """Note the rows of all tables."""
        if self._read:
            return
        self._read = True
        text = self._text
        rows = list(_lines(text)) if any(mark in text for mark in (*DELIMITERS, "  ")) else []
        if "</t" in text or "<td" in text or "<dd" in text or "<TD" in text:
            rows += _html(text)
        if "(" in text and "insert" in text.lower():
            rows += _sql(text)
        self._rows = sorted(rows)
        self._starts = [row.start for row in self._rows]


def _lines(text: str) -> Iterator[_Row]:
    """Yield the rows of tables of lines."""
    head, start, missed = _NONE, 0, False
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        end = start + len(line)
        if head.names:
            if _is_row(line, head):
                yield head._replace(start=start, end=end)
                missed = False
            elif missed or not line.strip():
                head = _NONE
            else:
                missed = True
        if not head.names:
            head, missed = _header(line), False
        start = end


def _is_row(line: str, head: _Row) -> bool:
    """Tell whether a line can be a row; a rule such as `|---|---|` is one as well."""
    if len(line) > MAX_LINE:
        return False
    if head.kind == SPACES:
        return (
            len(_GAP.split(line.strip())) >= min(2, len(head.names))
            or _RULE.fullmatch(line.strip()) is not None
        )
    if '"' in line and head.kind in ",;\t":
        return len(_split(line.rstrip("\r\n"), head.kind)) == len(head.names)
    return line.count(head.kind) == len(head.names) - 1


def _header(line: str) -> _Row:
    """Return what a header line says of the rows below it, or nothing."""
    if len(line) > MAX_LINE:
        return _NONE
    for delimiter in DELIMITERS:
        cells = line.rstrip("\r\n").split(delimiter)
        if not 2 <= len(cells) <= MAX_CELLS:
            continue
        name = _TITLE if delimiter in "|\t" else _NAME
        if all(name.fullmatch(cell) or not cell.strip() for cell in cells[1:-1]) and all(
            name.fullmatch(cell) or (not cell.strip() and delimiter == "|") for cell in (cells[0], cells[-1])
        ):
            return _Row(0, 0, delimiter, tuple(cell.strip(" \"'`*") for cell in cells))
    bare = line.strip()
    if "  " not in bare:
        return _NONE
    spans = list(re.finditer(r"\S+(?: \S+){0,5}", line))
    if not 2 <= len(spans) <= MAX_CELLS or not all(_SET_APART.fullmatch(span[0]) for span in spans):
        return _NONE
    return _Row(0, 0, SPACES, tuple(span[0] for span in spans), tuple(span.start() for span in spans))


def _cells(text: str, row: _Row) -> Iterator[Cell]:
    """Yield the cells of a row with their columns' names."""
    if row.kind == HTML:
        yield _trimmed(text, row.start, row.end, row.names[0])
        return
    if row.kind == SPACES:
        yield from _set_apart(text, row)
        return
    line = text[row.start : row.end].rstrip("\r\n")
    spans = [match.span() for match in _CELL.finditer(line)] if row.kind == SQL else _split(line, row.kind)
    for (start, end), name in zip(spans, row.names, strict=False):
        yield _trimmed(text, row.start + start, row.start + end, name)


def _set_apart(text: str, row: _Row) -> Iterator[Cell]:
    """Yield cells that spaces part: in their order where each column has one, else as they stand."""
    line = text[row.start : row.end]
    spans = [match.span() for match in re.finditer(r"\S+(?: \S+)*", line)]
    for at, (start, end) in enumerate(spans):
        column = at if len(spans) == len(row.names) else max(bisect_right(row.places, start) - 1, 0)
        yield Cell(row.start + start, row.start + end, row.names[column])


def _split(line: str, delimiter: str) -> list[tuple[int, int]]:
    """Return the spans of the cells; in a cell that begins with a quote, a delimiter may stand (RFC 4180)."""
    spans, start, quoted = [], 0, False
    for match in re.finditer(rf"[\"{re.escape(delimiter)}]", line):
        place = match.start()
        if match[0] == '"':
            quoted = not quoted if line[start : place + 1].lstrip().startswith('"') else quoted
        elif not quoted:
            spans.append((start, place))
            start = place + 1
    return [*spans, (start, len(line))]


def _trimmed(text: str, start: int, end: int, name: str) -> Cell:
    """Return the cell without the spaces, quotes and emphasis around its value."""
    while start < end and text[start] in _AROUND:
        start += 1
    while end > start and text[end - 1] in _AROUND:
        end -= 1
    return Cell(start, end, name)


def _sql(text: str) -> Iterator[_Row]:
    """Yield the rows of `INSERT INTO t (a, b) VALUES (1, 2), (3, 4)`."""
    for insert in _INSERT.finditer(text):
        names = tuple(name.strip(" \"'`[]\n\r\t") for name in insert["names"].split(","))
        at = insert.end()
        while match := _VALUES.match(text, at):
            at = match.end()
            yield _Row(*match.span("v"), SQL, names)


def _html(text: str) -> Iterator[_Row]:
    """Yield the cells of HTML's tables and lists of terms: a heading names its column, or what follows it."""
    columns: list[str] = []
    titles: list[str] = []
    at = 0
    for match in _TAG.finditer(text):
        tag = match["tag"].lower()
        stop = _CLOSING.search(text, match.end(), match.end() + MAX_CELL)
        if tag == "tr":
            columns = titles if len(titles) > 1 else columns
            titles, at = [], 0
        elif stop is None:
            continue
        elif tag in {"th", "dt"}:
            titles = [*titles[-MAX_CELLS:], _INNER.sub("", text[match.end() : stop.start()]).strip(" :\n")]
        else:
            name = titles[-1] if titles else columns[at] if at < len(columns) else ""
            at += 1
            start, end = match.end(), stop.start()
            while (inner := _INNER.match(text, start, end)) is not None:
                start = inner.end()
            closing = text.find("<", start, end)
            if name and end > start:
                yield _Row(start, closing if closing >= 0 else end, HTML, (name,))
