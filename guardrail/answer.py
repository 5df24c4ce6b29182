"""The answer on its way back, restored and scrubbed: what comes whole, and plain text as it streams."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from guardrail.case import ChannelDesk
from guardrail.errors import BodyError
from guardrail.files.inside import open_inside
from guardrail.json_stream import JsonStream
from guardrail.offsets import Shift, beside, cites, moved
from guardrail.stream import joined
from guardrail.types import Passage
from guardrail.wire.document import FormDocument, JsonDocument, TextDocument, WithFiles, values_of
from guardrail.wire.erase import erased
from guardrail.wire.json import TOO_DEEP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.case import Case
    from guardrail.wire.document import Document, Leaves
    from guardrail.wire.json import Path
    from guardrail.wire.media import Media
    from guardrail.wire.protocol import ProtocolMap

    ToolOf: TypeAlias = Callable[[Path, Mapping[Path, str]], str | None]

__all__ = [
    "Answer",
    "PassedAnswer",
    "TextAnswer",
    "WholeAnswer",
    "desk_for",
    "new_texts",
    "stream_for",
    "woven",
]

MAX_ANSWER: Final = 50_000_000  # bytes of an answer that must be whole before it is read


class Answer(Protocol):
    """One answer: feed it the bytes that come, send the bytes that it gives."""

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return what may be sent now."""
        ...

    def light(self, chunk: bytes) -> int:
        """Return how many bytes of a chunk can be taken without asking a detector; nothing is changed."""
        ...

    def finish(self) -> bytes:
        """Return the rest; the answer ended cleanly."""
        ...

    def tick(self, now: float) -> bytes:
        """Return what must not be held any longer at this time of the clock."""
        ...


class PassedAnswer:
    """An answer that nobody reads, because the policy lets it pass; its size is counted."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def feed(self, chunk: bytes) -> bytes:
        """Return the bytes as they are."""
        self._case.unreadable("an answer of an unknown media type", chunk)
        return chunk

    def light(self, chunk: bytes) -> int:
        """Return all of it."""
        return len(chunk)

    def finish(self) -> bytes:
        """Return nothing more."""
        return b""

    def tick(self, now: float) -> bytes:
        """Return nothing: nothing is held."""
        del now
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

    def light(self, chunk: bytes) -> int:
        """Return none of it: the end of it is what counts."""
        del chunk
        return 0

    def tick(self, now: float) -> bytes:
        """Return nothing: the answer is not a stream."""
        del now
        return b""

    def finish(self) -> bytes:
        """Return the answer, restored and scrubbed; byte for byte the same where nothing is to be done."""
        if not self._body:
            return b""
        text = self._media.decode(bytes(self._body))
        document = self._read(erased(self._protocol, text))
        shifts: dict[Path, Shift] = {}
        changes = new_texts(self._case, document, self._protocol.tool, shifts=shifts)
        if shifts and cites(self._protocol.name, text):
            values = values_of(document.leaves)
            told = moved(
                document.leaves, lambda item: shifts.get(beside(item, values)), self._case.tally.move
            )
            changes = told | changes
        changed = document.render(changes)
        return bytes(self._body) if changed == text else self._media.encode(changed)

    def _read(self, text: str) -> Document:
        try:
            if self._media.form == "form":
                return FormDocument(text, charset=self._media.charset)
            return JsonDocument(text, WithFiles(self._protocol.response, open_inside), lenient=True)
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
        self._stream = stream_for(case, None)
        self._watch = case.tally.holds.watch()

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return the text that is decided."""
        late = self.tick(self._case.tally.holds.clock())
        text = self._decoder.decode(chunk)
        out = self._stream.feed(text)
        self._watch.note(len(text), self._stream.held)
        self._case.tally.hold(self._stream.held)
        return late + self._media.encode(out)

    def light(self, chunk: bytes) -> int:
        """Return all of it where it is ASCII, and no detector is asked for it."""
        whole = chunk.isascii() and self._decoder.getstate() == (b"", 0)
        plain = whole and not self._watch.overdue(self._case.tally.holds.clock())
        return len(chunk) if plain and self._stream.fork().waits(chunk.decode("ascii")) else 0

    def tick(self, now: float) -> bytes:
        """Return what was held for too long, as the policy says."""
        if not self._watch.overdue(now):
            return b""
        out = joined(self._stream.expire(None if self._case.tally.holds.gentle else self._case.late))
        self._watch.note(0, self._stream.held)
        self._watch.look()
        return self._media.encode(out)

    def finish(self) -> bytes:
        """Return the text that was held."""
        text = self._decoder.decode(b"", final=True)
        out = self._stream.feed(text) + self._stream.finish()
        self._watch.note(len(text), 0)
        return self._media.encode(out)


def new_texts(
    case: Case,
    document: Leaves,
    tool_of: ToolOf,
    *,
    skip: frozenset[int] = frozenset(),
    shifts: dict[Path, Shift] | None = None,
) -> dict[int, str]:
    """Return what replaces the leaves of a document that are texts of their own; `skip` are not.

    `tool_of` tells, from a path and all values, the tool that a text goes to. Into
    `shifts` goes how the places in the texts moved that change.

    Raises:
        BlockedError: a decision blocks the answer.
    """
    values = values_of(document.leaves)
    desks = {}
    for at, leaf in enumerate(document.leaves):
        if at not in skip and case.wants(leaf):
            desks[at] = desk_for(case, tool_of(leaf.path, values))
    return woven(case, document, desks, shifts)


def woven(
    case: Case,
    document: Leaves,
    desks: Mapping[int, ChannelDesk],
    shifts: dict[Path, Shift] | None = None,
) -> dict[int, str]:
    """Return the new texts of the leaves that have a desk, where they change."""
    leaves = [document.leaves[at] for at in desks]
    if not leaves:
        return {}
    decided = case.decide(
        [Passage(leaf.text, leaf.hint, leaf.names) for leaf in leaves],
        [desk.channel for desk in desks.values()],
    )
    changes = {}
    for (at, desk), leaf, decisions in zip(desks.items(), leaves, decided, strict=True):
        parts = desk.parts(leaf.text, decisions)
        new = joined(parts)
        if new != leaf.text:
            changes[at] = new
            if shifts is not None:
                shifts[leaf.path] = Shift(parts)
    return changes


def desk_for(case: Case, tool: str | None) -> ChannelDesk:
    """Return the desk of a text that goes to the tool of this name, or (None) to the user."""
    if tool is None:
        return ChannelDesk(case)
    return ChannelDesk(case, channel="tool", destination=f"tool:{tool}")


def stream_for(case: Case, tool: str | None, *, hint: str = "", quoted: bool = False) -> JsonStream:
    """Return the stream of such a text, as `hint` calls it; a `quoted` one is JSON by its protocol."""
    case.tally.stream = "fast" if case.fast else "strict"
    return JsonStream(desk_for(case, tool), hint=hint, fast=case.fast, quoted=quoted)
