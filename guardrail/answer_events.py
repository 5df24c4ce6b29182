"""An answer of server-sent events: each of its texts restored and scrubbed as it streams."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.answer import desk_for, new_texts, stream_for, woven
from guardrail.answer_said import Key, Said, Waiting
from guardrail.errors import BlockedError, BodyError
from guardrail.foresight import MOST, Foresight
from guardrail.json_stream import JsonStream
from guardrail.offsets import Shift, beside, cites, moved
from guardrail.repeated import Repeated
from guardrail.stream import joined
from guardrail.wire.document import JsonDocument, TextDocument, values_of, words
from guardrail.wire.events import DONE
from guardrail.wire.framing import EVENTS, LINES, MESSAGES, SEQUENCE
from guardrail.wire.json import TOO_DEEP
from guardrail.wire.protocol import GENERIC
from guardrail.wire.shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from guardrail.case import Case
    from guardrail.holds import Watch
    from guardrail.repeated import Between, Filled
    from guardrail.stream import Part
    from guardrail.wire.document import Document, Leaf
    from guardrail.wire.events import Channel
    from guardrail.wire.framing import Framing
    from guardrail.wire.json import Path
    from guardrail.wire.protocol import ProtocolMap

__all__ = ["EventAnswer"]

MAX_ENDED: Final = 10_000  # ends of texts of one connection that are remembered
MAX_CHANNELS: Final = 256  # texts of one stream; a hostile one could open a new text with every event

# What is JSON, and in a stream of plain text is text.
_SCALAR: Final = re.compile(r"\s*+(?:[0-9.eE+-]+|true|false|null|NaN|-?Infinity)\s*+")
_TYPE: Final = re.compile(r'\{"type": ?"([a-z_.-]{1,80})"')  # of events of ours, whose type comes first


class EventAnswer:
    """Events as they stream, server-sent or framed otherwise: each text of the answer in its own channel."""

    def __init__(self, case: Case, protocol: ProtocolMap, framing: Framing = EVENTS) -> None:
        self._case = case
        self._name = protocol.name
        self._shape = shape_of(protocol, records=framing in {LINES, SEQUENCE})
        self._framing = framing
        self._reader = framing.reader()
        # A message of a socket must not arrive twice for want of its end.
        self._waits = self._shape.numbered or framing is MESSAGES
        self._streams: dict[Key, JsonStream] = {}
        self._watches: dict[Key, Watch] = {}
        self._shifts: dict[Key, Shift] = {}
        self._channels: dict[Key, Channel] = {}
        self._last: dict[Key, tuple[bytes, str]] = {}  # the event that a tail is modelled on
        self._said = Said(repeats=bool(protocol.event.snapshot))
        self._plain: JsonStream | None = None
        self._plain_event = framing.blank()
        self._ended: set[str] = set()  # the groups that have had their end
        self._waiting: Waiting | None = None
        self._repeated: tuple[Repeated, Channel] | None = None  # the form of the event before
        self._read: dict[bytes, tuple[str, JsonDocument | None]] = {}  # what `light` has parsed already
        self._stopped = False
        self.blocked: BlockedError | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return whole events. After a block, the stream is over and the rest is dropped."""
        if self._stopped:
            return b""
        holds = self._case.tally.holds
        out = [] if holds.limit is None else [self.tick(holds.clock())]
        for event in self._reader.feed(chunk):
            if self.blocked is not None:
                break
            try:
                out.append(self._next(event))
            except BlockedError as error:
                out.append(self._stop(error))
        self._case.tally.hold(sum(stream.held for stream in self._streams.values()))
        return b"".join(out)

    def light(self, chunk: bytes) -> int:
        """Return how many bytes of a chunk can be taken without asking a detector. Nothing is changed."""
        events = None if self._stopped or self._plain is not None else self._reader.ahead(chunk)
        now = self._case.tally.holds.clock()
        if events is None or any(watch.overdue(now) for watch in self._watches.values()):
            return 0
        view = Foresight(
            self._shape,
            self._framing,
            self._streams,
            repeated=self._repeated,
            fresh=lambda channel: stream_for(self._case, None, quoted=channel.quoted),
        )
        size = 0
        for event, end in events[:MOST]:
            if not view.takes(event):
                break
            size = end
        else:
            size = len(chunk) if len(events) <= MOST else size
        self._read = dict(view.read)
        return size

    def finish(self) -> bytes:
        """Return what the channels still hold. Half an event at the end is no event: it is dropped."""
        if self._stopped:
            return b""
        try:
            last = b"".join(self._next(event) for event in self._reader.feed(b"", final=True))
            if rest := self._reader.rest():
                self._case.tally.skip("cut_event", rest)
            return last + self._flush()
        except BlockedError as error:
            return self._stop(error)

    def tick(self, now: float) -> bytes:
        """Return what was held for too long, as the policy's `on_error` says; or the end of the stream."""
        late = [key for key, watch in self._watches.items() if watch.overdue(now)]
        if not late or self._stopped:
            return b""
        try:
            tails = [self._tail(key, stream=self._expired, ended=False) for key in late]
            for key in late:
                self._watches[key].look()
            return self._released(tails)
        except BlockedError as error:
            return self._stop(error)

    def _expired(self, stream: JsonStream) -> list[Part]:
        return stream.expire(None if self._case.tally.holds.gentle else self._case.late)

    def release(self) -> bytes:
        """Return what the channels hold, decided as it stands: the stream pauses, and a reader waits."""
        if self._stopped:
            return b""
        try:
            return self._flush(ended=False)
        except BlockedError as error:
            return self._stop(error)

    def forget(self) -> None:
        """Let go of the texts that have ended: a connection may go on for days."""
        for key in [
            key for key, stream in self._streams.items() if key[0] in self._ended and not stream.held
        ]:
            self._repeated = None
            del self._streams[key], self._channels[key], self._watches[key], self._shifts[key]
            self._last.pop(key, None)
        if len(self._ended) > MAX_ENDED:
            self._ended.clear()
            self._repeated = None
        self._said.forget()

    def _next(self, event: bytes) -> bytes:
        """Return what goes out for the next event."""
        if self._repeated:
            form, channel = self._repeated
            if filled := form.match(event):
                return self._alike(event, form, filled, channel)
            self._repeated = None
        return self._event(event)

    def _event(self, event: bytes) -> bytes:
        data = self._framing.data_of(event)
        # Names, ids and comments of events are passed as they are, and told.
        self._case.tally.skip("framing", self._framing.framing_of(event))
        if data is None:
            return self._released() + event
        if data.strip() == DONE:
            return self._flush() + event
        data = self._shape.prepare(data)
        if self._plain is not None and _SCALAR.fullmatch(data):
            return self._plain_text(event, data)  # a word or a number of the text, though JSON has them too
        read = self._read.pop(event, ("", None))
        try:
            document = (read[0] == data and read[1]) or JsonDocument(data, self._shape.fields, lenient=True)
        except BodyError as error:
            if error.status == TOO_DEEP:
                raise
            return self._plain_text(event, data)
        if not document.leaves:
            return self._released() + event
        return self._json(event, data, document)

    def _json(self, event: bytes, data: str, document: JsonDocument) -> bytes:
        values = values_of(document.leaves)
        # A text ends once: an end in every event would let a value through piece by piece.
        ended = self._shape.ended(values) - self._ended
        self._ended |= ended
        changes, places = self._pieces(document, values, ended)
        tails = [self._tail(key) for key in self._streams if key[0] in ended and key not in places]
        changes |= self._again(document, values)
        changes |= new_texts(self._case, document, self._shape.tool, skip=frozenset(changes))
        if cites(self._name, data):
            changes = self._places(document, values) | changes
        out = document.render(changes)
        for key in places:
            self._last[key] = (event, out)
        if len(places) == 1 and not ended:
            self._remember(event, data, document, *places)
        before = self._released(tails)
        if self._waits and any(self._streams[key].held for key in places):
            self._waiting = Waiting(event, document, changes, places)
            return before
        return before + self._sent(event, out)

    def _alike(self, event: bytes, form: Repeated, filled: Filled | Between, channel: Channel) -> bytes:
        """Return an event that is as the one before it, but for its piece of the same text."""
        tally = self._case.tally
        if form.framing:
            tally.passed["framing"] += form.framing
        tally.passed["structural"] += form.structural + filled.varying
        stream = self._streams[channel.key]
        parts = stream.take(filled.text)
        self._shifts[channel.key].add(parts)
        text = joined(parts)
        self._watches[channel.key].note(len(filled.text), stream.held)
        self._said.add(channel.key, filled.text, text)
        before = self._released()
        if self._waits and stream.held:
            self._waiting = Waiting(event, filled, {0: text}, {channel.key: 0})
            return before
        if self._shape.numbered:
            return before + self._sent(event, filled.render({0: text}))
        return before + (event if text == filled.text else filled.event(text))

    def _remember(self, event: bytes, data: str, document: JsonDocument, key: Key) -> None:
        """Remember the form of an event that is one piece of a text and ends nothing."""
        form = Repeated.of(event, data, document, self._framing.with_data)
        if form:
            form.framing = len(self._framing.framing_of(event))
            self._repeated = form, self._channels[key]

    def _pieces(
        self, document: JsonDocument, values: Mapping[Path, str], ended: frozenset[str]
    ) -> tuple[dict[int, str], dict[Key, int]]:
        """Feed every piece of the event to its channel; return what may be sent of each, and its channel."""
        changes: dict[int, str] = {}
        places: dict[Key, int] = {}
        for at, leaf in enumerate(document.leaves):
            if not leaf.names or not self._is_piece(leaf):
                continue
            channel = self._shape.channel(leaf.path, values)
            stream = self._stream(channel)
            parts = stream.take(leaf.text)
            if channel.group in ended:
                parts += stream.rest()
            self._shifts[channel.key].add(parts)
            changes[at] = joined(parts)
            self._watches[channel.key].note(len(leaf.text), stream.held)
            places[channel.key] = at
            self._said.add(channel.key, leaf.text, changes[at])
            if channel.group in ended:
                self._said.end(channel, self._shifts[channel.key])
        return changes, places

    def _is_piece(self, leaf: Leaf) -> bool:
        """Tell whether a leaf goes through its channel; what no type knows does where that is scrubbed."""
        if leaf.kind != "loose":
            return leaf.kind == "delta"
        scrubbed = self._case.border.policy.setting("unknown_field", self._case.context) == "scrub"
        if scrubbed:
            self._case.tally.unknown(leaf.text)
        return scrubbed

    def _stream(self, channel: Channel) -> JsonStream:
        stream = self._streams.get(channel.key)
        if stream is None:
            if len(self._streams) >= MAX_CHANNELS:
                raise BodyError(
                    "the stream has too many texts at once", advice="ask for fewer choices", status=413
                )
            named = [step for step in channel.steps if isinstance(step, str)]
            stream = self._streams[channel.key] = stream_for(
                self._case,
                channel.tool if channel.call else None,
                hint=words(named[-1]) if named else "",
                quoted=channel.quoted,
            )
            self._channels[channel.key] = channel
            self._watches[channel.key] = self._case.tally.holds.watch()
            self._shifts[channel.key] = Shift()
        return stream

    def _again(self, document: JsonDocument, values: Mapping[Path, str]) -> dict[int, str]:
        """Return what stands for the texts that this event repeats whole: exactly what went out of them."""
        changes = {}
        for at, leaf in enumerate(document.leaves):
            if leaf.kind != "snapshot" or not leaf.names:
                continue
            tool = self._shape.tool(leaf.path, values)
            said = self._said.again(tool, leaf.text)
            changes[at] = self._whole(leaf, tool) if said is None else said
        return changes

    def _places(self, document: JsonDocument, values: Mapping[Path, str]) -> dict[int, str]:
        """Return the places that this event tells of a text, where they moved with it."""

        def shift_of(item: Path) -> Shift | None:
            key = self._shape.cited(item, values)
            if key is not None:
                return self._shifts.get(key)
            text = values.get(beside(item, values))
            return None if text is None else self._said.shift(text)

        return moved(document.leaves, shift_of, self._case.tally.move)

    def _whole(self, leaf: Leaf, tool: str | None) -> str:
        """Return a text that came in no pieces, restored and scrubbed as in a whole answer."""
        document: Document
        try:
            document = JsonDocument(leaf.text, GENERIC.response, lenient=True)
        except BodyError:
            document = TextDocument(leaf.text)
        desk = desk_for(self._case, tool)
        wanted = {at: desk for at, one in enumerate(document.leaves) if self._case.wants(one)}
        return document.render(woven(self._case, document, wanted))

    def _plain_text(self, event: bytes, data: str) -> bytes:
        if self._plain is None:
            self._plain = stream_for(self._case, None)
        self._plain_event = event
        return self._released() + self._framing.with_data(event, self._plain.feed(data))

    def _tail(
        self, key: Key, *, ended: bool = True, stream: Callable[[JsonStream], list[Part]] = JsonStream.rest
    ) -> tuple[bytes, str] | None:
        """Return one more event, and its data, with what the channel still holds; None where there is none.

        Where the last event of the channel still waits, it takes the rest.
        """
        parts = stream(self._streams[key])
        self._shifts[key].add(parts)
        text = joined(parts)
        self._watches[key].note(0, self._streams[key].held)
        channel = self._channels[key]
        self._said.add(key, "", text)
        if ended:
            self._said.end(channel, self._shifts[channel.key])
        if not text:
            return None
        if self._waiting and key in self._waiting.places:
            self._waiting.changes[self._waiting.places[key]] += text
            return None
        event, data = self._last[key]
        tail = self._shape.tail(data, channel, text)
        return self._framed(event, tail), tail

    def _flush(self, *, ended: bool = True) -> bytes:
        tails = [self._tail(key, ended=ended) for key in self._streams]
        rest = self._plain.finish() if self._plain else ""
        return self._released(tails) + (self._framing.with_data(self._plain_event, rest) if rest else b"")

    def _released(self, tails: Iterable[tuple[bytes, str] | None] = ()) -> bytes:
        """Return the event that waits, and tails behind it."""
        waiting, self._waiting = self._waiting, None
        out = [self._sent(waiting.event, waiting.document.render(waiting.changes))] if waiting else []
        out += [self._sent(*tail, added=True) for tail in tails if tail]
        return b"".join(out)

    def _sent(self, event: bytes, data: str, *, added: bool = False) -> bytes:
        """Return an event with this data, at its place in the stream."""
        data = self._shape.number(data, added=added)
        return event if data == self._framing.data_of(event) else self._framing.with_data(event, data)

    def _framed(self, event: bytes, data: str) -> bytes:
        """Return the frame of an event of ours: as `event`, or with its own name where events have names."""
        if not self._shape.named:
            return event
        name = _TYPE.match(data)
        return self._framing.blank(name[1] if name else "")

    def _stop(self, error: BlockedError) -> bytes:
        """Return the protocol's own end for a stream that the policy blocks. What was held is dropped."""
        self._stopped = True
        self.blocked = error.with_traceback(None)
        self._case.tally.blocked = True
        self._case.tally.reason = self._case.tally.reason or "policy"
        data = next((data for _, data in self._last.values()), "{}")
        ends = self._shape.stopped(data, sorted({group for group, _ in self._streams}), error.message)
        return self._released((self._framed(self._framing.blank(), end), end) for end in ends)
