"""The answer on its way back: restored and scrubbed, whole or as it streams."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final, Protocol

from guardrail.case import ChannelDesk
from guardrail.errors import BlockedError, BodyError
from guardrail.stream import TextStream
from guardrail.types import Passage
from guardrail.wire import sse
from guardrail.wire.document import FormDocument, JsonDocument, TextDocument, values_of
from guardrail.wire.events import DONE, shape_of, without_logprobs
from guardrail.wire.json import TOO_DEEP, quote
from guardrail.wire.openai import CHAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.case import Case
    from guardrail.wire.document import Document, Leaf
    from guardrail.wire.events import Channel as EventChannel
    from guardrail.wire.json import Path
    from guardrail.wire.media import Media
    from guardrail.wire.protocol import ProtocolMap

__all__ = ["Answer", "EventAnswer", "PassedAnswer", "TextAnswer", "WholeAnswer", "rewrite"]

MAX_ANSWER: Final = 50_000_000  # bytes of an answer that must be whole before it is read
MAX_CHANNELS: Final = 256  # texts of one stream; a hostile one could open a new text with every event

# What is JSON, and in a stream of plain text is text.
_SCALAR: Final = re.compile(r"\s*+(?:[0-9.eE+-]+|true|false|null|NaN|-?Infinity)\s*+")


class Answer(Protocol):
    """One answer: feed it the bytes that come, send the bytes that it gives."""

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return what may be sent now."""
        ...

    def finish(self) -> bytes:
        """Return the rest; the answer ended cleanly."""
        ...


class PassedAnswer:
    """An answer that nobody reads, because the policy lets it pass; its size is counted."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def feed(self, chunk: bytes) -> bytes:
        """Return the bytes as they are."""
        self._case.unreadable("an answer of an unknown media type", chunk)
        return chunk

    def finish(self) -> bytes:
        """Return nothing more."""
        return b""


class WholeAnswer:
    """A JSON document or a form: nothing is sent before all of it was read."""

    def __init__(self, case: Case, media: Media, protocol: ProtocolMap) -> None:
        self._case = case
        self._media = media
        self._protocol = protocol
        self._body = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Keep the bytes; raise `BodyError` (413) when they are too many."""
        self._body += chunk
        if len(self._body) > MAX_ANSWER:
            raise BodyError("the answer is too large", advice="stream it, or answer in parts", status=413)
        return b""

    def finish(self) -> bytes:
        """Return the answer, restored and scrubbed; byte for byte the same where nothing is to be done."""
        if not self._body:
            return b""
        text = self._media.decode(bytes(self._body))
        document = self._read(without_logprobs(text) if self._protocol is CHAT else text)
        changed = rewrite(self._case, document)
        return bytes(self._body) if changed == text else self._media.encode(changed)

    def _read(self, text: str) -> Document:
        try:
            if self._media.form == "form":
                return FormDocument(text, charset=self._media.charset)
            return JsonDocument(text, self._protocol.response, lenient=True)
        except BodyError as error:
            if error.status == TOO_DEEP:
                raise  # other parsers read on: an escape would hide a value there
            # It claims to be JSON and is not: every character of it is looked at as plain text.
            return TextDocument(text)


class TextAnswer:
    """Plain text as it streams."""

    def __init__(self, case: Case, media: Media) -> None:
        self._media = media
        self._decoder = codecs.getincrementaldecoder(media.charset)("replace")
        self._case = case
        self._stream = TextStream(ChannelDesk(case))

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return the text that is decided."""
        out = self._stream.feed(self._decoder.decode(chunk))
        self._case.tally.hold(self._stream.held)
        return self._media.encode(out)

    def finish(self) -> bytes:
        """Return the text that was held."""
        out = self._stream.feed(self._decoder.decode(b"", final=True))
        return self._media.encode(out + self._stream.finish())


class EventAnswer:
    """Server-sent events as they stream: each text of the answer in its own channel."""

    def __init__(self, case: Case, protocol: ProtocolMap) -> None:
        self._case = case
        self._shape = shape_of(protocol)
        self._reader = sse.EventReader()
        self._streams: dict[tuple[str, Path], TextStream] = {}
        self._channels: dict[tuple[str, Path], EventChannel] = {}
        self._last: dict[tuple[str, Path], tuple[bytes, str]] = {}  # the event that a tail is modelled on
        self._plain: TextStream | None = None
        self._plain_event = b"data: \n\n"
        self._ended: set[str] = set()  # the groups that have had their end
        self._stopped = False

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return whole events. After a block, the stream is over and the rest is dropped."""
        if self._stopped:
            return b""
        out = []
        for event in self._reader.feed(chunk):
            try:
                out.append(self._event(event))
            except BlockedError:
                self._stopped = True
                self._case.tally.blocked = True
                out.append(self._stop())
                break
        self._case.tally.hold(sum(stream.held for stream in self._streams.values()))
        return b"".join(out)

    def finish(self) -> bytes:
        """Return what the channels still hold. Half an event at the end is no event: it is dropped."""
        if self._stopped:
            return b""
        try:
            last = b"".join(self._event(event) for event in self._reader.feed(b"", final=True))
            if rest := self._reader.rest():
                self._case.tally.skip("cut_event", rest)
            return last + self._flush()
        except BlockedError:
            self._case.tally.blocked = True
            return self._stop()

    def _event(self, event: bytes) -> bytes:
        data = sse.data_of(event)
        # Names, ids and comments of events are passed as they are, and told.
        self._case.tally.skip("framing", sse.framing_of(event))
        if data is None:
            return event
        if data.strip() == DONE:
            return self._flush() + event
        data = self._shape.prepare(data)
        if self._plain is not None and _SCALAR.fullmatch(data):
            return self._plain_text(event, data)  # a word or a number of the text, though JSON has them too
        try:
            document = JsonDocument(data, self._shape.fields, lenient=True)
        except BodyError as error:
            if error.status == TOO_DEEP:
                raise
            return self._plain_text(event, data)
        if not document.leaves:
            return event
        return self._json(event, document)

    def _json(self, event: bytes, document: JsonDocument) -> bytes:
        values = values_of(document.leaves)
        # A text ends once: an end in every event would let a value through piece by piece.
        ended = self._shape.ended(values) - self._ended
        self._ended |= ended
        changes, fed = self._pieces(document, values, ended)
        changes |= _new_texts(self._case, document, skip=frozenset(changes))
        out = document.render(changes)
        for key in fed:
            self._last[key] = (event, out)
        tails = b"".join(self._tail(key) for key in list(self._streams) if key[0] in ended and key not in fed)
        same = not changes or out == sse.data_of(event)
        return tails + (event if same else sse.with_data(event, out))

    def _pieces(
        self, document: JsonDocument, values: Mapping[Path, str], ended: frozenset[str]
    ) -> tuple[dict[int, str], list[tuple[str, Path]]]:
        """Feed every piece of the event to its channel; return what may be sent of each, and the channels."""
        changes: dict[int, str] = {}
        fed = []
        for at, leaf in enumerate(document.leaves):
            if leaf.kind != "delta" or not leaf.names:
                continue
            channel = self._shape.channel(leaf.path, values)
            stream = self._stream(channel)
            text = stream.feed(leaf.text)
            changes[at] = text + stream.finish() if channel.group in ended else text
            fed.append(channel.key)
        return changes, fed

    def _stream(self, channel: EventChannel) -> TextStream:
        stream = self._streams.get(channel.key)
        if stream is None:
            if len(self._streams) >= MAX_CHANNELS:
                raise BodyError(
                    "the stream has too many texts at once", advice="ask for fewer choices", status=413
                )
            stream = self._streams[channel.key] = TextStream(_desk(self._case, channel.steps, channel.tool))
            self._channels[channel.key] = channel
        return stream

    def _plain_text(self, event: bytes, data: str) -> bytes:
        if self._plain is None:
            self._plain = TextStream(ChannelDesk(self._case))
        self._plain_event = event
        return sse.with_data(event, self._plain.feed(data))

    def _tail(self, key: tuple[str, Path]) -> bytes:
        """Return one more event with what the channel still holds, or nothing."""
        text = self._streams[key].finish()
        if not text:
            return b""
        event, data = self._last[key]
        return sse.with_data(event, self._shape.tail(data, self._channels[key], text))

    def _flush(self) -> bytes:
        out = b"".join(self._tail(key) for key in self._streams)
        rest = self._plain.finish() if self._plain else ""
        return out + (sse.with_data(self._plain_event, rest) if rest else b"")

    def _stop(self) -> bytes:
        """Return the protocol's own end for a stream that the policy blocks. What was held is dropped."""
        data = next((data for _, data in self._last.values()), "{}")
        groups = sorted({group for group, _ in self._streams})
        return b"".join(sse.with_data(b"data: \n\n", end) for end in self._shape.stopped(data, groups))


def rewrite(case: Case, document: Document) -> str:
    """Return a whole answer with its texts restored and scrubbed.

    Raises:
        BlockedError: a decision blocks the answer.
    """
    return document.render(_new_texts(case, document))


def _new_texts(case: Case, document: Document, *, skip: frozenset[int] = frozenset()) -> dict[int, str]:
    wanted = [(at, leaf) for at, leaf in enumerate(document.leaves) if at not in skip and case.wants(leaf)]
    if not wanted:
        return {}
    values = values_of(document.leaves)
    decided = case.decide(
        [Passage(leaf.text, leaf.hint, leaf.names) for _, leaf in wanted],
        ["tool" if _is_tool(leaf.path) else "completion" for _, leaf in wanted],
    )
    changes = {}
    for (at, leaf), decisions in zip(wanted, decided, strict=True):
        new = _leaf_desk(case, leaf, values).weave(leaf.text, decisions)
        if new != leaf.text:
            changes[at] = new
    return changes


def _is_tool(path: Path) -> bool:
    return "tool_calls" in path or "function_call" in path


def _leaf_desk(case: Case, leaf: Leaf, values: Mapping[Path, str]) -> ChannelDesk:
    if not _is_tool(leaf.path):
        return ChannelDesk(case)
    if "tool_calls" in leaf.path:
        call = leaf.path[: leaf.path.index("tool_calls") + 2]
        name = values.get((*call, "function", "name")) or values.get((*call, "custom", "name"), "")
    else:
        name = values.get((*leaf.path[: leaf.path.index("function_call") + 1], "name"), "")
    return ChannelDesk(case, channel="tool", destination=f"tool:{name}")


def _desk(case: Case, steps: Path, tool: str) -> ChannelDesk:
    """Return the desk of a channel: arguments of a function are JSON text, and go to the tool."""
    if not _is_tool(steps):
        return ChannelDesk(case)
    encode = _escaped if steps[-1:] == ("arguments",) else str  # the input of a custom tool is plain text
    return ChannelDesk(case, channel="tool", destination=f"tool:{tool}", encode=encode)


def _escaped(value: str) -> str:
    return quote(value)[1:-1]
