"""Office Open XML (DOCX, XLSX, PPTX): every text of every part, rewritten in place.

Source: ECMA-376. A package is a ZIP archive of XML parts. Paragraphs are read
whole though their letters stand in many runs; cells are told by the head of
their column. Pictures, fonts, macros and embedded files are nobody's to read.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.errors import BodyError
from guardrail.files.document import check_size, unread
from guardrail.files.xml import XmlText, quoted, write
from guardrail.wire.document import Leaf, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardrail.files.limits import Clock, Limits
    from guardrail.files.xml import Element, Run

    _Heads: TypeAlias = "dict[tuple[int, int], str]"  # by part and element

__all__ = ["OfficeFile"]

_XML: Final = (".xml", ".rels", ".vml")
_PLAIN_RATIO: Final = 1_000_000  # bytes below which any ratio will do
# A paragraph, a shared string, a string in its cell, a comment: their runs are one text.
_WHOLE: Final = frozenset({"p", "si", "is", "text"})
_FLOW: Final = frozenset({"t", "delText"})
_GAPS: Final = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Attributes that are somebody's words. Of the others, those with an @ or a space are looked at.
_WORDS: Final = frozenset(
    {"author", "initials", "userName", "userId", "displayName", "email", "tooltip", "descr", "title"}
    | {"alt", "prompt", "promptTitle", "error", "errorTitle", "location", "Target"}
)
_NAMED: Final = frozenset(
    {"sheet", "docPr", "cNvPr", "property", "tableColumn", "definedName", "docVar", "author"}
)
_VALUED: Final = frozenset({"alias", "tag", "docVar"})
_SCHEMA: Final = ("http://schemas.", "http://purl.org/", "urn:")
_NUMBER: Final = re.compile(r"\s*[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?\s*")
_MOMENT: Final = re.compile(r"\s*\d{4}-\d\d-\d\d(?:T[0-9:.]+Z?)?\s*")
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_INDEXED: Final = frozenset({"s", "b", "e"})  # cells that hold the number of a string, a truth, an error


@dataclass(frozen=True, slots=True)
class _Text:
    """One text of a part: its runs with what stands between them, and, of a number, where its cell begins."""

    part: int
    runs: tuple[Run, ...]
    gaps: tuple[str, ...]  # before each run
    leaf: Leaf = field(repr=False)
    cell: tuple[int, int] | None = None

    def changes(self, new: str) -> Iterator[tuple[tuple[int, int], bytes]]:
        """Yield what is to be written where: what stays at both ends, stays in its runs."""
        if self.cell is not None:
            yield self.cell, b' t="str"' if self.cell[0] == self.cell[1] else b"str"
        old = self.leaf.text
        head = _common(old, new)
        tail = min(_common(old[::-1], new[::-1]), len(old) - head, len(new) - head)
        stop = len(old) - tail
        middle = new[head : len(new) - tail]
        end = 0
        for gap, run in zip(self.gaps, self.runs, strict=True):
            begin = end + len(gap)
            end = begin + len(run.text)
            text = run.text[: max(0, head - begin)]
            if end >= head:
                text, middle = text + middle, ""
            text += run.text[max(0, stop - begin) :]
            if text != run.text:
                yield (run.start, run.end), quoted(text)


def _common(one: str, other: str) -> int:
    size = min(len(one), len(other))
    return next((at for at in range(size) if one[at] != other[at]), size)


class OfficeFile:
    """A package: its parts in their order."""

    rewritable = True

    def __init__(self, data: bytes, limits: Limits, clock: Clock) -> None:
        """Read the package.

        Raises:
            BodyError: it is broken or hostile (400), or beyond the limits (413).
            ValueError: it is no such package.
        """
        self._entries = _unpacked(data, limits, clock)
        self._texts: list[_Text] = []
        self._unread: list[Leaf] = []
        parts: dict[int, XmlText] = {}
        for number, (entry, content) in enumerate(self._entries):
            clock.look()
            if entry.filename.endswith(_XML):
                parts[number] = XmlText(content, _is_words)
            elif content:
                self._unread.append(unread(len(content)))
        heads = _heads([entry.filename for entry, _ in self._entries], parts)
        for number, part in parts.items():
            clock.look()
            self._texts += _texts(number, part, heads)
        self.leaves: Sequence[Leaf] = [*(text.leaf for text in self._texts), *self._unread]
        check_size(self.leaves, limits)

    def encode(self, changes: Mapping[int, str]) -> bytes:
        """Return the package with some texts replaced; parts without a change keep their content."""
        by_part: dict[int, dict[tuple[int, int], bytes]] = {}
        for at, new in changes.items():
            text = self._texts[at]
            by_part.setdefault(text.part, {}).update(text.changes(new))
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for number, (entry, content) in enumerate(self._entries):
                new_content = write(content, by_part[number]) if number in by_part else content
                fresh = zipfile.ZipInfo(entry.filename, entry.date_time)
                fresh.compress_type, fresh.external_attr = entry.compress_type, entry.external_attr
                archive.writestr(fresh, new_content)
        return out.getvalue()

    def plain(self, changes: Mapping[int, str]) -> str:
        """Return the texts alone, one a line."""
        return "\n".join(changes.get(at, text.leaf.text) for at, text in enumerate(self._texts))


def _unpacked(data: bytes, limits: Limits, clock: Clock) -> list[tuple[zipfile.ZipInfo, bytes]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, UnicodeDecodeError):
        raise ValueError("no archive") from None
    names = [entry.filename for entry in entries]
    if "[Content_Types].xml" not in names:
        raise ValueError("no package")
    if len(names) != len(set(names)):
        # Two readers would see two documents.
        raise BodyError("a file has two entries of one name", advice="save it anew and send that")
    if any(entry.flag_bits & 1 for entry in entries):
        raise ValueError("encrypted")
    if len(entries) > limits.entries or sum(entry.file_size for entry in entries) > limits.unpacked:
        raise _bomb()
    unpacked = []
    for entry in entries:
        clock.look()
        crowded = entry.file_size > entry.compress_size * limits.ratio
        if entry.file_size > limits.entry or (crowded and entry.file_size > _PLAIN_RATIO):
            raise _bomb()
        try:
            unpacked.append((entry, archive.read(entry)))
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, zlib.error):
            raise BodyError("a file is broken", advice="save it anew and send that") from None
    return unpacked


def _bomb() -> BodyError:
    return BodyError("a file unpacks to too much", advice="send a smaller file", status=413)


def _is_words(element: Element, name: str, value: str) -> bool:
    """Tell whether an attribute is a text: somebody's words, an address, a link that leads out."""
    if value.startswith(_SCHEMA):
        return False
    if name in _WORDS or "@" in value:
        return not (name == "Target" and element.attributes.get("TargetMode") != "External")
    if name == "name":
        return element.name in _NAMED
    if _is_number_kind(element, name, value):
        return True  # no text, but a place that changes with its number
    return name == "val" and element.name in _VALUED


def _is_number_kind(element: Element, name: str, value: str) -> bool:
    """Tell whether an attribute says that a cell is a number; most writers leave it out."""
    return name == "t" and value == "n" and element.name == "c"


def _texts(number: int, part: XmlText, heads: _Heads) -> Iterator[_Text]:
    """Yield the texts of a part: whole paragraphs, and what stands alone."""
    groups: dict[int, list[Run]] = {}
    kinds: dict[int, tuple[int, int]] = {}
    for run in part.runs:
        if _is_number_kind(run.within[-1], run.attribute, run.text):
            kinds[run.within[-1].number] = (run.start, run.end)
            continue
        whole = next((one for one in reversed(run.within) if one.name in _WHOLE), None)
        if run.attribute or whole is None or run.within[-1].name not in _FLOW:
            if run.attribute or run.text.strip():
                yield _single(number, run, _head(number, run, heads), kinds)
        else:
            groups.setdefault(whole.number, []).append(run)
    for runs in groups.values():
        gaps = tuple(_gap(part, before, run) for before, run in pairwise([None, *runs]))
        text = "".join(gap + run.text for gap, run in zip(gaps, runs, strict=True))
        yield _Text(number, tuple(runs), gaps, Leaf(text, "text", hint=_head(number, runs[0], heads)))


def _gap(part: XmlText, before: Run | None, run: Run | None) -> str:
    """Return what a reader sees between two runs: tabs and line breaks are elements."""
    if before is None or run is None:
        return ""
    between = part.elements[before.within[-1].number + 1 : run.within[-1].number]
    return "".join(_GAPS.get(element.name, "") for element in between)


def _single(number: int, run: Run, head: str, kinds: Mapping[int, tuple[int, int]]) -> _Text:
    """Return a text that stands alone: an attribute, a cell, a property."""
    element = run.within[-1]
    if run.attribute:
        return _Text(number, (run,), ("",), Leaf(run.text, "text", hint=words(run.attribute)))
    cell = next((one for one in reversed(run.within) if one.name == "c" and "r" in one.attributes), None)
    if element.name == "v" and cell is not None:
        kind = cell.attributes.get("t", "n")
        leaf = Leaf(run.text, "structural" if kind in _INDEXED else "text", hint=head, names=kind == "str")
        place = kinds.get(cell.number) or (cell.named, cell.named)
        return _Text(number, (run,), ("",), leaf, cell=place if kind == "n" else None)
    figure = _NUMBER.fullmatch(run.text) or _MOMENT.fullmatch(run.text)
    leaf = Leaf(
        run.text, "structural" if figure and element.name not in _FLOW else "text", hint=words(element.name)
    )
    return _Text(number, (run,), ("",), leaf)


def _head(number: int, run: Run, heads: _Heads) -> str:
    return next(
        (heads[number, one.number] for one in reversed(run.within) if (number, one.number) in heads), ""
    )


def _heads(names: Sequence[str], parts: Mapping[int, XmlText]) -> _Heads:
    """Return, for cells and shared strings, what stands at the head of their column: their label."""
    shared = next((at for at, name in enumerate(names) if name.endswith("/sharedStrings.xml")), -1)
    strings: list[tuple[int, str]] = []
    if shared in parts:
        texts: dict[int, str] = {one.number: "" for one in parts[shared].elements if one.name == "si"}
        for run in parts[shared].runs:
            for one in run.within:
                if one.number in texts and not run.attribute:
                    texts[one.number] += run.text
        strings = list(texts.items())
    heads: _Heads = {}
    for number, part in parts.items():
        if "/worksheets/" in names[number]:
            _label(number, part, shared=shared, strings=strings, heads=heads)
    return heads


def _label(
    number: int, part: XmlText, *, shared: int, strings: Sequence[tuple[int, str]], heads: _Heads
) -> None:
    """Add the labels of one sheet: the words of its first row."""
    first = ""
    labels: dict[str, str] = {}
    for run in part.runs:
        cell = next((one for one in run.within if one.name == "c"), None)
        place = _CELL.fullmatch(cell.attributes.get("r", "")) if cell else None
        if cell is None or place is None or run.attribute or run.within[-1].name not in {"v", "t"}:
            continue
        column, row = place.groups()
        first = first or row
        at = int(run.text) if cell.attributes.get("t") == "s" and run.text.isdecimal() else -1
        string = strings[at] if 0 <= at < len(strings) else None
        if row == first:
            text = string[1] if string else run.text
            if not _NUMBER.fullmatch(text):
                labels[column] = words(text)
        elif column in labels:
            heads[number, cell.number] = labels[column]
            if string:
                heads.setdefault((shared, string[0]), labels[column])
