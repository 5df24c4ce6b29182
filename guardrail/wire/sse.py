"""Server-sent events: cut a byte stream into whole events, and put new data into one.

Source: WHATWG HTML, "Server-sent events". Lines end with LF, CRLF or CR; an
empty line ends an event. What follows the last empty line is no event: a
browser discards it, and so does the guard.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_EVENT", "EventReader", "data_of", "framing_of", "with_data"]

MAX_EVENT: Final = 4_000_000  # bytes of one event; an endless line must not fill the memory
AHEAD: Final = 16_384  # bytes that are looked at before they are taken

_LF: Final = 0x0A
_BOM: Final = b"\xef\xbb\xbf"
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


class EventReader:
    """Collect bytes until an event is whole. The cuts of the input never show in the output."""

    def __init__(self, *, max_event: int = MAX_EVENT) -> None:
        self._max_event = max_event
        self._buffer = bytearray()
        self._line_start = 0
        self._searched = 0

    def feed(self, chunk: bytes, *, final: bool = False) -> Iterator[bytes]:
        """Yield every event that `chunk` completes, as it was sent, with its empty line.

        `final` says that the stream ends here: a CR at its end is a line end.

        Raises:
            BodyError: one event is larger than `max_event` bytes (413).
        """
        # One event, whole: what a provider sends in a chunk of its own.
        one = not self._buffer and 0 < chunk.find(b"\n\n") == len(chunk) - 2 <= self._max_event - 2
        if one and chunk[0] != _LF and b"\r" not in chunk:
            yield chunk
            return
        self._buffer += chunk
        while (end := self._event_end(final=final)) is not None:
            if end > self._max_event:
                break
            event = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._line_start = self._searched = 0
            yield event
        if len(self._buffer) > self._max_event:
            raise BodyError("an event of the stream is too large", advice="send smaller events", status=413)

    def ahead(self, chunk: bytes) -> list[tuple[bytes, int]] | None:
        """Return the events that `chunk` would complete, each with where it ends in `chunk`.

        Nothing is taken. None where it cannot be told simply.
        """
        before = len(self._buffer)
        if before + len(chunk) > AHEAD or b"\r" in chunk or b"\r" in self._buffer:
            return None
        data = bytes(self._buffer) + chunk
        events = []
        start = line = 0
        while (end := data.find(b"\n", line)) >= 0:
            empty, line = end == line, end + 1
            if empty:
                events.append((data[start:line], line - before))
                start = line
        return events

    def rest(self) -> bytes:
        """Return what is not an event yet."""
        return bytes(self._buffer)

    def _event_end(self, *, final: bool) -> int | None:
        """Return where the first event ends, or None while it is not whole."""
        while match := _LINE_END.search(self._buffer, self._searched):
            # A CR at the end of what is here may be half of a CRLF: wait for the next byte.
            if match[0] == b"\r" and match.end() == len(self._buffer) and not final:
                self._searched = match.start()
                return None
            empty = match.start() == self._line_start
            self._line_start = self._searched = match.end()
            if empty:
                return match.end()
        self._searched = len(self._buffer)
        return None


def data_of(event: bytes) -> str | None:
    """Return the event's data (its lines joined by LF), or None for a comment or a bare field.

    Raises:
        BodyError: the event is not UTF-8 (400).
    """
    lines = [value for name, value in _fields(event) if name == b"data"]
    if not lines:
        return None
    try:
        return b"\n".join(lines).decode("utf-8")
    except UnicodeDecodeError:
        raise BodyError("an event of the stream is not UTF-8", advice="send UTF-8") from None


def framing_of(event: bytes) -> bytes:
    """Return what of the event is neither data nor a line end: its name, id, comments and foreign fields."""
    return b"".join(line for line, _ in _lines(event.removeprefix(_BOM)) if _field(line)[0] != b"data")


def with_data(event: bytes, data: str) -> bytes:
    """Return the event with other data in place of its own; an event without data stays as it is.

    Its other lines and their order stay, and its line ends where they are all
    alike: where a CR and an LF of two lines came to stand side by side, they
    would be one line end, and the event would go on. A CR in `data` begins a
    new line of data: it must not begin a field.
    """
    mark = _BOM if event.startswith(_BOM) else b""
    lines = list(_lines(event.removeprefix(_BOM)))
    ends = {line_end for _, line_end in lines if line_end}
    end = ends.pop() if len(ends) == 1 else b"\n"
    out = [mark]
    written = False
    for line, line_end in lines:
        if _field(line)[0] != b"data":
            out.append(line + (line_end and end))
        elif not written:
            out += [b"data: " + part + end for part in _LINE_END.split(data.encode("utf-8", "replace"))]
            written = True
    return b"".join(out)


def _lines(event: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for match in _LINE_END.finditer(event):
        yield event[at : match.start()], match[0]
        at = match.end()
    if at < len(event):
        yield event[at:], b""


def _fields(event: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line, _ in _lines(event.removeprefix(_BOM)):
        yield _field(line)


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")
