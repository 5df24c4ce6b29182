"""Undo gzip and deflate, within hard limits (RFC 9110 §8.4.1, RFC 1950, RFC 1952).

A compressed body must never cost more memory than the limit says: the output
is asked for in bounded pieces, so a bomb is refused at the limit and is never
unpacked. Codings that are not undone here (br, zstd, compress) are no fault of
the sender: the policy's `on_unreadable` decides about them.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["READABLE", "Inflater", "codings", "inflate"]

READABLE: Final = frozenset({"gzip", "x-gzip", "deflate"})

MAX_CODINGS: Final = 2
"""Codings on one body: more have no use but to multiply work."""

MAX_RATIO: Final = 200
"""Times that a body may grow, once it is past `FREE_BYTES`; JSON text grows 3 to 30 times."""

FREE_BYTES: Final = 65_536

MAX_MEMBERS: Final = 100
"""Gzip members in one body: ten thousand empty ones are an attack on the processor."""

_WINDOW: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def codings(header: str) -> tuple[str, ...]:
    """Return the codings of a Content-Encoding header in the order they were applied, lower-case.

    Raises:
        BodyError: more codings than have a use (415).
    """
    names = tuple(name.strip().lower() for name in header.split(","))
    found = tuple(name for name in names if name and name != "identity")
    if len(found) > MAX_CODINGS:
        raise BodyError(
            "the body is encoded too many times over",
            advice=f"send a body with at most {MAX_CODINGS} content codings",
            status=415,
        )
    return found


def inflate(body: bytes, names: Sequence[str], *, limit: int) -> bytes:
    """Return the whole body as it was before the codings `names`; at most `limit` bytes.

    Raises:
        BodyError: broken or truncated (400), or larger than the limits allow (413).
    """
    inflater = Inflater(names, limit=limit)
    return inflater.feed(body) + inflater.finish()


class Inflater:
    """Undo the codings of one body, piece by piece.

    `limit` (bytes) bounds all output; with `endless`, the output of one piece,
    for a stream that may be longer than any memory.
    """

    def __init__(self, names: Sequence[str], *, limit: int, endless: bool = False) -> None:
        self._layers = [_Layer(_WINDOW[name], limit, endless=endless) for name in reversed(names)]

    def feed(self, data: bytes) -> bytes:
        """Return what `data` adds to the body."""
        for layer in self._layers:
            data = layer.feed(data)
        return data

    def finish(self) -> bytes:
        """Return b"" at a proper end.

        Raises:
            BodyError: the body ends before its coding does (400).
        """
        if not all(layer.complete for layer in self._layers):
            raise BodyError(
                "the compressed body ends too early",
                advice="send the whole body; its end was lost on the way",
            )
        return b""


class _Layer:
    """One coding."""

    def __init__(self, window: int, limit: int, *, endless: bool) -> None:
        self._window = window
        self._limit = limit
        self._endless = endless
        self._stream = zlib.decompressobj(window)
        self._members = 1
        self._consumed = 0
        self._produced = 0

    @property
    def complete(self) -> bool:
        """Tell whether the coding has ended, or nothing was sent at all."""
        return self._stream.eof or not self._consumed

    def feed(self, data: bytes) -> bytes:
        self._consumed += len(data)
        out = bytearray()
        while data:
            if self._stream.eof:
                self._next_member()
            out += self._step(data, len(out))
            data = self._stream.unused_data
        return bytes(out)

    def _step(self, data: bytes, ahead: int) -> bytes:
        room = self._limit - (ahead if self._endless else self._produced)
        try:
            # One byte more than there is room for, so that "exactly full" is told from "too large".
            piece = self._stream.decompress(data, room + 1)
        except zlib.error:
            raise BodyError(
                "the compressed body is broken", advice="check the Content-Encoding of the body"
            ) from None
        self._produced += len(piece)
        if len(piece) > room or self._produced > max(FREE_BYTES, MAX_RATIO * self._consumed):
            raise BodyError(
                "the body is too large once it is unpacked",
                advice="send a smaller body, or raise the limit `max_body`",
                status=413,
            )
        return piece

    def _next_member(self) -> None:
        """Begin the next member of a gzip file (RFC 1952 §2.2); zlib streams have one only."""
        self._members += 1
        if self._window == _WINDOW["deflate"] or self._members > MAX_MEMBERS:
            raise BodyError(
                "the compressed body has bytes after its end",
                advice="send one compressed body without padding",
            )
        self._stream = zlib.decompressobj(self._window)
