"""The texts of one XML document, with their places; and the document with some replaced.

As with JSON, only what changes is written anew. A document type declaration is
refused: it can name files and multiply entities without end (CWE-611, CWE-776).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Element", "Run", "XmlText", "quoted", "write"]

_TAG: Final = re.compile(rb"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>")
_FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEPTH: Final = 256


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its local name, its attributes, and the byte behind the name in its tag."""

    name: str
    attributes: Mapping[str, str] = field(repr=False)
    named: int
    number: int  # in the order of the document


@dataclass(frozen=True, slots=True)
class Run:
    """One text between two tags, or the value of an attribute; `start` and `end` are bytes.

    `within` are the elements around it, the outermost first.
    """

    start: int
    end: int
    text: str = field(repr=False)
    within: tuple[Element, ...] = field(repr=False)
    attribute: str = ""


class XmlText:
    """Read one document: its runs, in order."""

    def __init__(self, data: bytes, wanted: Callable[[Element, str, str], bool]) -> None:
        """Read it; `wanted` tells of an element, and of an attribute its local name and value, if it is text.

        Raises:
            BodyError: it is not XML in UTF-8, declares a type, or is nested too deep.
        """
        self.runs: list[Run] = []
        self.elements: list[Element] = []  # all of them, in the order of the document
        self._data = data
        self._wanted = wanted
        self._open: list[Element] = []
        self._text: list[str] = []
        self._begin = -1
        parser = expat.ParserCreate("utf-8")
        self._parser = parser
        parser.buffer_text = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartCdataSectionHandler = self._cdata
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._flush
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        try:
            parser.Parse(data, True)
        except expat.ExpatError:
            raise BodyError("a file holds XML that is broken", advice="save it anew and send that") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._flush()
        if len(self._open) >= _DEPTH:
            raise BodyError("a file holds XML that is nested too deep", advice="save it anew", status=413)
        element = Element(
            name.rpartition(":")[2], attributes, at + 1 + len(name.encode()), len(self.elements)
        )
        self.elements.append(element)
        self._open.append(element)
        texts = {
            name: value
            for name, value in attributes.items()
            if value and self._wanted(element, name.rpartition(":")[2], value)
        }
        if texts and (tag := _TAG.match(self._data, at)):
            self._attributes(texts, tag[0], at)

    def _attributes(self, texts: Mapping[str, str], tag: bytes, at: int) -> None:
        for name, value in texts.items():
            pattern = rb"\s" + re.escape(name.encode()) + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
            if found := re.search(pattern, tag):
                start, end = found.span(1 if found[1] is not None else 2)
                self.runs.append(Run(at + start, at + end, value, tuple(self._open), name.rpartition(":")[2]))

    def _end(self, name: str) -> None:
        del name
        self._flush()
        self._open.pop()

    def _characters(self, text: str) -> None:
        if self._begin < 0:
            self._begin = self._parser.CurrentByteIndex
        self._text.append(text)

    def _cdata(self) -> None:
        if self._begin < 0:
            self._begin = self._parser.CurrentByteIndex

    def _flush(self, *_: str) -> int:
        at = self._parser.CurrentByteIndex
        if self._text:
            self.runs.append(Run(self._begin, at, "".join(self._text), tuple(self._open)))
        self._text = []
        self._begin = -1
        return at


def write(data: bytes, changes: Mapping[tuple[int, int], bytes]) -> bytes:
    """Return the document with the bytes at some places replaced."""
    parts = []
    at = 0
    for (start, end), new in sorted(changes.items()):
        parts += [data[at:start], new]
        at = end
    return b"".join([*parts, data[at:]])


def quoted(text: str) -> bytes:
    """Return a text as it stands in a document; what XML 1.0 has no form for is left out."""
    return escape(_FORBIDDEN.sub("", text), {'"': "&quot;", "'": "&apos;"}).encode("utf-8")


def _refuse(*_: object) -> None:
    raise BodyError(
        "a file holds XML with a document type or entities of its own",
        advice="save it anew without them and send that",
    )
