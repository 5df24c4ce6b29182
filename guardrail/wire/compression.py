"""Undo content codings, within hard limits (RFC 9110 §8.4.1, RFC 1950, 1952, 7932, 8878, 9659).

A compressed body must never cost more memory than the limit says: the output
is asked for in bounded pieces, so a bomb is refused at the limit and is never
unpacked. gzip and deflate are always read; br and zstd where their libraries
are installed (the extra `compression`), and are refused where they are not.
Codings that nobody here knows are no fault of the sender: the policy's
`on_unreadable` decides about them.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from guardrail.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["KNOWN", "Inflater", "codings", "inflate", "readable"]

KNOWN: Final = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd"})

MAX_CODINGS: Final = 2
"""Codings on one body: more have no use but to multiply work."""

MAX_RATIO: Final = 200
"""Times that a body may grow, once it is past `FREE_BYTES`; JSON text grows 3 to 30 times."""

FREE_BYTES: Final = 65_536

MAX_MEMBERS: Final = 100
"""Gzip members or zstd frames in one body (of a stream: in one piece): empty ones attack the processor."""

MAX_WINDOW_LOG: Final = 23
"""A zstd frame's window of at most 8 MiB (RFC 9659 §3): a frame may ask for 2 GiB of memory."""

_WINDOW: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_MEMBERED: Final = frozenset({"gzip", "x-gzip", "zstd"})
_ZSTD: Final = ("compression.zstd", "backports.zstd")


@cache
def readable() -> frozenset[str]:
    """Return the codings that can be undone here."""
    found = set(_WINDOW)
    if _is_there("brotli"):
        found.add("br")
    if any(map(_is_there, _ZSTD)):
        found.add("zstd")
    return frozenset(found)


def codings(header: str) -> tuple[str, ...]:
    """Return the codings of a Content-Encoding header in the order they were applied, lower-case.

    Raises:
        BodyError: more codings than have a use, or one whose library is not installed (415).
    """
    names = tuple(name.strip().lower() for name in header.split(","))
    found = tuple(name for name in names if name and name != "identity")
    if len(found) > MAX_CODINGS:
        raise BodyError(
            "the body is encoded too many times over",
            advice=f"send a body with at most {MAX_CODINGS} content codings",
            status=415,
        )
    missing = sorted((KNOWN - readable()) & set(found))
    if missing:
        # Never passed as it is, whatever the policy says of what cannot be read: this could be.
        raise BodyError(
            f"the body is in the content coding {missing[0]}, whose library is not installed",
            advice="send it plain or with gzip; or install guardrail-pii[compression] where the guard runs",
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
        self._layers = [_Layer(name, limit, endless=endless) for name in reversed(names)]

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


class _Stream(Protocol):
    """What undoes one member of a coding; the objects of zlib and zstd have this form."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Layer:
    """One coding."""

    def __init__(self, name: str, limit: int, *, endless: bool) -> None:
        self._name = name
        self._limit = limit
        self._endless = endless
        self._make, self._broken = _decoder(name)
        self._stream = self._make()
        self._members = 1
        self._consumed = 0
        self._produced = 0

    @property
    def complete(self) -> bool:
        """Tell whether the coding has ended, or nothing was sent at all."""
        return self._stream.eof or not self._consumed

    def feed(self, data: bytes) -> bytes:
        self._consumed += len(data)
        if self._endless:
            self._members = 1
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
        except self._broken:
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
        """Begin the next member (RFC 1952 §2.2) or frame (RFC 8878 §3.1); other codings have one only."""
        self._members += 1
        if self._name not in _MEMBERED or self._members > MAX_MEMBERS:
            raise BodyError(
                "the compressed body has bytes after its end",
                advice="send one compressed body without padding",
            )
        self._stream = self._make()


class _Brotli:
    """A brotli decoder in zlib's form. It refuses bytes after the end itself."""

    unused_data = b""

    def __init__(self) -> None:
        self._decoder = import_module("brotli").Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._decoder.is_finished())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return what `data` adds; more than `max_length`, by one buffer at most, where there is more."""
        return bytes(self._decoder.process(data, output_buffer_limit=max_length))


def _decoder(name: str) -> tuple[Callable[[], _Stream], type[Exception]]:
    """Return what makes a decoder of the coding `name`, and what it raises for broken bytes."""
    if name == "br":
        return _Brotli, import_module("brotli").error
    if name == "zstd":
        zstd = import_module(next(filter(_is_there, _ZSTD)))
        options = {zstd.DecompressionParameter.window_log_max: MAX_WINDOW_LOG}
        return lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError
    window = _WINDOW[name]
    return lambda: zlib.decompressobj(window), zlib.error


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is not there either
        return False
