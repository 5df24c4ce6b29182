"""The strings and numbers of a JSON document, with their places; and the document with some replaced.

Only what changes is written anew: every other byte of the document stays as it
was, duplicate keys, long numbers and white space included. The reader is
iterative (depth costs no stack) and accepts exactly the grammar of RFC 8259, so
no parser behind it can see a string that was not looked at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_DEPTH", "TOO_DEEP", "Path", "Raw", "Slot", "quote", "read", "write"]

Path: TypeAlias = tuple[str | int, ...]

MAX_DEPTH: Final = 200
TOO_DEEP: Final = 413  # the status of the error, which tells it from what is no JSON at all

_SPACES: Final = frozenset(" \t\n\r")
_SPACE: Final = re.compile(r"[ \t\n\r]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LITERAL: Final = re.compile(r"true|false|null")
_LENIENT: Final = re.compile(r"true|false|null|NaN|-?Infinity")
_BOM: Final = "\ufeff"
_DECODER: Final = json.JSONDecoder()
_NOTHING_YET: Final = -1  # the place of the last item in a container that was just opened
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Slot:
    """One string, number or key of the document.

    `start` and `end` are code points of the document and take in the quotes;
    `path` leads to the value (of a key: to the value that it names).
    """

    kind: Literal["string", "number", "key"]
    start: int
    end: int
    path: Path = field(repr=False)
    text: str = field(repr=False)


def read(document: str, *, max_depth: int = MAX_DEPTH, lenient: bool = False) -> list[Slot]:
    """Return every slot in the order of the document.

    `lenient` also takes what Python's parser takes: a byte order mark, NaN and Infinity. It is for
    documents that would else be read as plain text, where an escape hides a value from the guard.

    Raises:
        BodyError: not JSON (400), or nested deeper than `max_depth` (413).
    """
    return _Reader(document, max_depth, lenient=lenient).read()


class Raw(str):
    """What stands in a document as it is: a number that stays one."""

    __slots__ = ()


def write(document: str, changes: Mapping[Slot, str]) -> str:
    """Return the document with the text of some slots replaced.

    A number becomes a string: what stands for it is no number any more.
    """
    parts = []
    at = 0
    for slot in sorted(changes, key=lambda slot: slot.start):
        new = changes[slot]
        parts += [document[at : slot.start], new if isinstance(new, Raw) else quote(new)]
        at = slot.end
    return "".join([*parts, document[at:]])


def quote(text: str) -> str:
    """Return `text` as a JSON string; lone surrogates are escaped, as UTF-8 has no form for them."""
    if text.isascii() or not _SURROGATE.search(text):
        return encode_basestring(text)
    return encode_basestring_ascii(text)


class _Reader:
    """One pass over one document; `_path` and `_closers` grow and shrink with the nesting."""

    def __init__(self, document: str, max_depth: int, *, lenient: bool) -> None:
        self._document = document
        self._max_depth = max_depth
        self._literal = _LENIENT if lenient else _LITERAL
        self._at = 1 if lenient and document.startswith(_BOM) else 0
        self._slots: list[Slot] = []
        self._path: list[str | int] = []
        self._closers: list[str] = []

    def read(self) -> list[Slot]:
        self._value()
        while self._closers:
            self._next_item()
        self._space()
        if self._at != len(self._document):
            raise self._error("something follows the value")
        return self._slots

    def _value(self) -> None:
        """Read one value; of a container, read its opening: its items wait for their turn."""
        self._space()
        character = self._document[self._at : self._at + 1]
        if character == '"':
            self._string()
        elif character == "{":
            self._open("}")
        elif character == "[":
            self._open("]")
        elif literal := self._literal.match(self._document, self._at):
            self._at = literal.end()
        elif number := _NUMBER.match(self._document, self._at):
            self._slots.append(Slot("number", self._at, number.end(), tuple(self._path), number[0]))
            self._at = number.end()
        else:
            raise self._error("a value is missing or misspelt")

    def _open(self, closer: str) -> None:
        if len(self._closers) >= self._max_depth:
            raise BodyError(
                f"the JSON is nested deeper than {self._max_depth} levels",
                advice="send a flatter document",
                status=TOO_DEEP,
            )
        self._at += 1
        self._closers.append(closer)
        self._path.append(_NOTHING_YET)

    def _next_item(self) -> None:
        """Read the next item of the innermost container with the comma before it, or its end."""
        self._space()
        if self._closed():
            return
        if self._path[-1] != _NOTHING_YET:
            if self._document[self._at : self._at + 1] != ",":
                raise self._error("a comma or a closing bracket is missing")
            self._at += 1
        self._item()

    def _item(self) -> None:
        last = self._path[-1]
        if self._closers[-1] == "]":
            self._path[-1] = last + 1 if isinstance(last, int) else 0
            self._value()
            return
        self._space()
        start = self._at
        text = self._raw_string()
        self._path[-1] = text
        self._slots.append(Slot("key", start, self._at, tuple(self._path), text))
        self._space()
        if self._document[self._at : self._at + 1] != ":":
            raise self._error("a colon is missing")
        self._at += 1
        self._value()

    def _closed(self) -> bool:
        if self._document[self._at : self._at + 1] != self._closers[-1]:
            return False
        self._at += 1
        self._closers.pop()
        self._path.pop()
        return True

    def _string(self) -> None:
        start = self._at
        text = self._raw_string()
        self._slots.append(Slot("string", start, self._at, tuple(self._path), text))

    def _raw_string(self) -> str:
        if self._document[self._at : self._at + 1] != '"':
            raise self._error("a string is missing")
        try:
            text, self._at = _DECODER.raw_decode(self._document, self._at)
        except ValueError:  # json.JSONDecodeError holds the whole document: it goes no further
            raise self._error("a string is broken") from None
        return str(text)

    def _space(self) -> None:
        if self._document[self._at : self._at + 1] in _SPACES:
            match = _SPACE.match(self._document, self._at)
            self._at = match.end() if match else self._at

    def _error(self, what: str) -> BodyError:
        return BodyError(
            f"the body is not JSON: {what} at character {self._at}", advice="send valid JSON (RFC 8259)"
        )
