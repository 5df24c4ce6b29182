"""How the events of an answer are set apart on the wire: server-sent events, lines, or messages of a socket.

A frame is the bytes of one event as they came. What an event means is not told
here, only where it begins and ends, and where its data stands in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from guardrail.errors import BodyError
from guardrail.wire import sse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["EVENTS", "LINES", "MESSAGES", "SEQUENCE", "Framing", "Message", "Reader", "packed", "unpacked"]


class Reader(Protocol):
    """Who cuts a byte stream into frames."""

    def feed(self, chunk: bytes, *, final: bool = False) -> Iterator[bytes]:
        """Yield every frame that `chunk` completes; `final` says that the stream ends here."""
        ...

    def ahead(self, chunk: bytes) -> list[tuple[bytes, int]] | None:
        """Return the frames that `chunk` would complete, each with where it ends in `chunk`; take nothing.

        None where it cannot be told simply.
        """
        ...

    def rest(self) -> bytes:
        """Return what is no frame yet."""
        ...


class Framing(Protocol):
    """One way to set events apart."""

    def reader(self) -> Reader:
        """Return a new reader for one stream."""
        ...

    def data_of(self, frame: bytes) -> str | None:
        """Return the data of a frame, None where it has none; raise `BodyError` where it is not UTF-8."""
        ...

    def framing_of(self, frame: bytes) -> bytes:
        """Return what of the frame is neither data nor a line end."""
        ...

    def with_data(self, frame: bytes, data: str) -> bytes:
        """Return the frame with other data in place of its own."""
        ...

    def blank(self, name: str = "") -> bytes:
        """Return an empty frame for an event of ours, with its name where frames have names."""
        ...


class _Events:
    """Server-sent events."""

    def reader(self) -> Reader:
        return sse.EventReader()

    def data_of(self, frame: bytes) -> str | None:
        return sse.data_of(frame)

    def framing_of(self, frame: bytes) -> bytes:
        return sse.framing_of(frame)

    def with_data(self, frame: bytes, data: str) -> bytes:
        return sse.with_data(frame, data)

    def blank(self, name: str = "") -> bytes:
        return f"event: {name}\ndata: \n\n".encode() if name else b"data: \n\n"


EVENTS: Final[Framing] = _Events()


class _Lines:
    """Lines of JSON, or JSON texts after record separators (RFC 7464)."""

    def __init__(self, mark: bytes = b"") -> None:
        self._mark = mark

    def reader(self) -> Reader:
        return _LineReader(self._mark)

    def data_of(self, frame: bytes) -> str | None:
        try:
            return frame.strip(_LINE_PADDING).decode("utf-8") or None
        except UnicodeDecodeError:
            raise BodyError("a line of the answer is not UTF-8", advice="send UTF-8") from None

    def framing_of(self, frame: bytes) -> bytes:
        del frame
        return b""

    def with_data(self, frame: bytes, data: str) -> bytes:
        if not data:
            return b""  # plain text that is held: its line comes with it
        bare = frame.strip(_LINE_PADDING)
        before, _, after = frame.partition(bare) if bare else (frame[: len(self._mark)], b"", b"\n")
        return before + data.encode("utf-8", "replace") + after

    def blank(self, name: str = "") -> bytes:
        del name
        return self._mark + b"\n"


_LINE_PADDING: Final = b" \t\r\n\x1e"
_SEPARATOR: Final = b"\x1e"
_LINE_END: Final = 0x0A
LINES: Final[Framing] = _Lines()
SEQUENCE: Final[Framing] = _Lines(_SEPARATOR)


class _LineReader:
    """Cut at line ends, or before each record separator. The last line needs no end of its own."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._buffer = bytearray()
        self._searched = 0
        self.unended = False  # the stream stopped within a line

    def feed(self, chunk: bytes, *, final: bool = False) -> Iterator[bytes]:
        self._buffer += chunk
        while True:
            at = self._buffer.find(self._mark or b"\n", max(self._searched, 1 if self._mark else 0))
            if at < 0:
                break
            end = at if self._mark else at + 1
            yield self._cut(end)
        self._searched = len(self._buffer)
        if self._searched > sse.MAX_EVENT:
            raise BodyError("a line of the answer is too large", advice="send smaller lines", status=413)
        if final and self._buffer:
            # So that another line may follow; who sends them on takes the end away again.
            self.unended = not self._mark and not self._buffer.endswith(b"\n")
            self._buffer += b"\n" if self.unended else b""
            yield self._cut(len(self._buffer))

    def ahead(self, chunk: bytes) -> list[tuple[bytes, int]] | None:
        before = len(self._buffer)
        if self._mark or before + len(chunk) > sse.AHEAD:
            return None
        ends = [at + 1 for at, byte in enumerate(chunk) if byte == _LINE_END]
        data = bytes(self._buffer) + chunk
        return [
            (data[before + start if start else 0 : before + end], end)
            for start, end in zip([0, *ends], ends, strict=False)
        ]

    def rest(self) -> bytes:
        return bytes(self._buffer)

    def _cut(self, end: int) -> bytes:
        frame = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._searched = 0
        if len(frame) > sse.MAX_EVENT:
            raise BodyError("a line of the answer is too large", advice="send smaller lines", status=413)
        return frame


Message = str | bytes
_HEAD: Final = 9  # bytes: b"t" or b"b" for text or binary, then the length


class _Messages:
    """Messages of a websocket: each is an event, with its kind and length before it on the way through."""

    def reader(self) -> Reader:
        return _MessageReader()

    def data_of(self, frame: bytes) -> str | None:
        try:
            return frame[_HEAD:].decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise BodyError("a message is not UTF-8", advice="send UTF-8") from None

    def framing_of(self, frame: bytes) -> bytes:
        del frame
        return b""

    def with_data(self, frame: bytes, data: str) -> bytes:
        return _frame(frame[:1], data.encode("utf-8", "surrogatepass"))

    def blank(self, name: str = "") -> bytes:
        del name
        return _frame(b"t", b"")


MESSAGES: Final[Framing] = _Messages()


class _MessageReader:
    """Cut packed messages apart."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, chunk: bytes, *, final: bool = False) -> Iterator[bytes]:
        del final
        self._buffer += chunk
        while len(self._buffer) >= _HEAD:
            end = _HEAD + int.from_bytes(self._buffer[1:_HEAD])
            if len(self._buffer) < end:
                return
            frame, self._buffer = self._buffer[:end], self._buffer[end:]
            yield frame

    def ahead(self, chunk: bytes) -> None:
        del chunk

    def rest(self) -> bytes:
        return self._buffer


def packed(message: Message) -> bytes:
    """Return a message of a socket as a frame."""
    if isinstance(message, str):
        return _frame(b"t", message.encode("utf-8", "surrogatepass"))
    return _frame(b"b", message)


def unpacked(frames: bytes) -> Iterable[Message]:
    """Yield the messages of some frames, each in the kind that it came in."""
    for frame in _MessageReader().feed(frames):
        data = frame[_HEAD:]
        yield data.decode("utf-8", "surrogatepass") if frame[:1] == b"t" else data


def _frame(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(_HEAD - 1) + data
