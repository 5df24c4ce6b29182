"""Which events of a stream can be taken without asking a detector: told before they are taken.

A shell keeps such events in the thread of its event loop; what a detector must see
goes to another one (docs/adr/0187). Nothing is changed by looking: texts are tried
on forks of their streams. To say "no" is always safe, so everything unusual is a "no".
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError
from guardrail.wire.document import JsonDocument, values_of
from guardrail.wire.events import DONE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.answer_said import Key
    from guardrail.json_stream import JsonStream
    from guardrail.repeated import Repeated
    from guardrail.wire.events import Channel, EventShape
    from guardrail.wire.framing import Framing

__all__ = ["Foresight"]

MOST: Final = 16  # events of one part: each costs the event loop some tens of microseconds
READ: Final = 2  # events of another form than the one before, which must be parsed
TEXTS: Final = 8  # texts of a stream that are looked at


class Foresight:
    """One look at a part of a stream. `read` has the documents that it parsed, by their events."""

    def __init__(
        self,
        shape: EventShape,
        framing: Framing,
        streams: Mapping[Key, JsonStream],
        *,
        repeated: tuple[Repeated, Channel] | None,
        fresh: Callable[[Channel], JsonStream],
    ) -> None:
        """Take what the answer knows; `fresh` makes the stream of a text that begins."""
        self._shape = shape
        self._own = False  # the shape is a copy, which may be told of events
        self._framing = framing
        self._streams = streams
        self._form = repeated
        self._fresh = fresh
        self._forks: dict[Key, JsonStream] = {}
        self.read: dict[bytes, tuple[str, JsonDocument]] = {}

    def takes(self, event: bytes) -> bool:
        """Tell whether the next event asks nothing of a detector."""
        if self._form is not None and (filled := self._form[0].match(event)):
            return self._piece(self._form[1], filled.text)
        self._form = None
        if len(self.read) >= READ or len(self._streams) > TEXTS:
            return False
        try:
            data = self._framing.data_of(event)
            if data is None:
                return True
            if data.strip() == DONE:
                return not self._holding()
            return self._document(event, self._known().prepare(data))
        except BodyError:
            return False

    def _document(self, event: bytes, data: str) -> bool:
        """Tell it of an event that is read in full: all is shape, but for pieces of texts."""
        shape = self._known()
        document = JsonDocument(data, shape.fields, lenient=True)
        self.read[event] = data, document
        pieces = [leaf for leaf in document.leaves if leaf.kind != "structural"]
        if not document.leaves or any(leaf.kind != "delta" or not leaf.names for leaf in pieces):
            return False
        values = values_of(document.leaves)
        ended = shape.ended(values)
        for leaf in pieces:
            channel = shape.channel(leaf.path, values)
            if not self._piece(channel, leaf.text):
                return False
        return not ended or not self._holding()

    def _piece(self, channel: Channel, text: str) -> bool:
        fork = self._forks.get(channel.key)
        if fork is None:
            stream = self._streams.get(channel.key)
            fork = self._forks[channel.key] = stream.fork() if stream else self._fresh(channel)
        return fork.waits(text)

    def _holding(self) -> bool:
        """Tell whether a text holds something: its end would be decided."""
        return any(stream.held for stream in (*self._streams.values(), *self._forks.values()))

    def _known(self) -> EventShape:
        """Return a shape that may be told of events before their time."""
        if not self._own:
            self._shape, self._own = deepcopy(self._shape), True
        return self._shape
