"""The parts of a `multipart/form-data` body; and the body with some replaced.

Source: RFC 7578, and RFC 2046 §5.1; cut by python-multipart, which the
application behind us most likely reads it with. What goes on is written anew
from the parts that were read, in their order and with their boundary: a parser
that reads the original in another way never sees it. Bodies as clients write
them come out byte for byte the same.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Part", "boundary_of", "read", "write"]

MAX_PARTS: Final = 1_000
MAX_HEADERS: Final = 16  # of one part
MAX_HEADER: Final = 8_192  # bytes of one header

_SILENT: Final = logging.Logger("silent", logging.CRITICAL + 1)  # noqa: LOG001 - nobody else may reach it
_BOUNDARY: Final = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
# What else stands there has no meaning (RFC 7578 §4.8): it goes no further.
_KEPT: Final = frozenset({b"content-disposition", b"content-type", b"content-transfer-encoding"})
_EXTENDED: Final = re.compile(
    rb"name\*[0-9]*\*?\s*="
)  # RFC 2231: a second name, which another reader might believe
_PLAIN: Final = frozenset({"", "7bit", "8bit", "binary"})
_ESCAPES: Final = {'"': "%22", "\r": "%0D", "\n": "%0A"}  # WHATWG HTML, "multipart/form-data"


@dataclass(slots=True)
class Part:
    """One part: its headers as they stand there, its content, and what its headers say of it."""

    headers: list[tuple[bytes, bytes]] = field(default_factory=list, repr=False)
    content: bytes = field(default=b"", repr=False)
    name: str = field(default="", repr=False)
    filename: str | None = field(default=None, repr=False)
    media: str = ""

    def renamed(self, name: str, filename: str | None) -> Part:
        """Return the part under another name, or with another name of its file."""
        said = f'form-data; name="{_escaped(name)}"'
        if filename is not None:
            said += f'; filename="{_escaped(filename)}"'
        headers = [
            (key, said.encode("utf-8") if key.lower() == b"content-disposition" else value)
            for key, value in self.headers
        ]
        return Part(headers, self.content, name, filename, self.media)


class _Collector:
    """What python-multipart calls while it reads."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._content = bytearray()
        self._key, self._value = bytearray(), bytearray()

    def begin(self) -> None:
        if len(self.parts) >= MAX_PARTS:
            raise BodyError("the form has too many parts", advice="send fewer", status=413)
        self.parts.append(Part())
        self._content.clear()

    def key(self, data: bytes, start: int, end: int) -> None:
        self._key += data[start:end]

    def value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header(self) -> None:
        headers = self.parts[-1].headers
        if len(headers) >= MAX_HEADERS or len(self._key) + len(self._value) > MAX_HEADER:
            raise BodyError("a part of the form has too many headers", advice="send fewer", status=413)
        headers.append((bytes(self._key), bytes(self._value).strip(b" \t")))
        self._key.clear()
        self._value.clear()

    def data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def part(self) -> None:
        self.parts[-1].content = bytes(self._content)
        _describe(self.parts[-1])

    def end(self) -> None:
        self.ended = True


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that a Content-Type tells; raise `BodyError` (400) where it tells none."""
    try:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    except (ValueError, UnicodeError):
        boundary = b""
    if not _BOUNDARY.fullmatch(boundary):
        raise BodyError("the form has no boundary", advice="send the boundary in its Content-Type")
    return boundary


def read(body: bytes, boundary: bytes) -> list[Part]:
    """Return the parts of the body, in order.

    Raises:
        BodyError: it is no such form (400), a part is in a transfer encoding
            (415; RFC 7578 §4.7 forbids it), or there are too many (413).
    """
    seen = _Collector()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": seen.begin,
            "on_part_data": seen.data,
            "on_part_end": seen.part,
            "on_header_field": seen.key,
            "on_header_value": seen.value,
            "on_header_end": seen.header,
            "on_end": seen.end,
        },
    )
    parser.logger = _SILENT  # it tells bytes that it did not expect
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise _broken() from None
    if not seen.ended:
        raise _broken()
    return seen.parts


def write(parts: Sequence[Part], boundary: bytes) -> bytes:
    """Return the body of these parts.

    Raises:
        BodyError: the boundary stands in a part: it would end there (400).
    """
    mark = b"--" + boundary
    out = []
    for part in parts:
        if b"\r\n" + mark in b"\r\n" + part.content:
            raise _broken()
        out += [mark, b"\r\n", *(key + b": " + value + b"\r\n" for key, value in part.headers)]
        out += [b"\r\n", part.content, b"\r\n"]
    return b"".join([*out, mark, b"--\r\n"])


def _describe(part: Part) -> None:
    part.headers = [(key, value) for key, value in part.headers if key.lower() in _KEPT]
    headers = {key.lower(): value for key, value in part.headers}
    if len(headers) != len(part.headers):
        raise _broken()  # two readers might believe two of them
    encoding = headers.get(b"content-transfer-encoding", b"").decode("latin-1").strip().lower()
    if encoding not in _PLAIN:
        raise BodyError("a part of the form is encoded", advice="send the part as it is", status=415)
    disposition, options = parse_options_header(headers.get(b"content-disposition", b""))
    if disposition != b"form-data":
        raise _broken()
    try:
        part.name = options.get(b"name", b"").decode("utf-8")
        filename = options.get(b"filename")
        part.filename = filename.decode("utf-8") if filename is not None else None
    except UnicodeDecodeError:
        raise BodyError("a name in the form is not UTF-8", advice="send UTF-8") from None
    part.media = headers.get(b"content-type", b"").decode("latin-1")
    if _EXTENDED.search(headers[b"content-disposition"]):
        part.headers = part.renamed(part.name, part.filename).headers


def _broken() -> BodyError:
    return BodyError("the form is broken", advice="send multipart/form-data as RFC 7578 has it")


def _escaped(name: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in name)
