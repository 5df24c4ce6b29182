"""The body of an answer as it is read: each part goes through the guard, at the pace of its reader.

Nothing is read ahead and nothing is flushed: where the provider breaks off or
the guard refuses, what was held stays held, and the ledger says how it ended.
The classes are made for the library they belong to: clients ask their streams
for the type.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from guardrail.errors import GuardrailError
from guardrail.steps import outcome_of
from guardrail.transport.threads import end, end_later, outcome_in_loop, piece_later, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import timedelta
    from types import ModuleType

    import httpx2

    from guardrail.steps import Steps

__all__ = ["async_body", "async_whole", "body", "whole"]


_MARK: Final = re.compile(rb"(?:\A|\n)(?:data: ?\[DONE\]|event: ?message_stop\r?\ndata:[^\r\n]*)\s*\Z")


class _Timed:
    """Has the time that the stream below took: newer clients look for it at the stream."""

    _inner: httpx2.SyncByteStream | httpx2.AsyncByteStream

    @property
    def elapsed(self) -> timedelta | None:
        """Return it once the stream below is closed."""
        return getattr(self._inner, "elapsed", None)


class _Guarded(_Timed):
    """A stream that passes the guard.

    With `marked` it is of a protocol that ends with a mark. Clients stop reading there: the exchange
    is recorded before the mark is given, and nothing follows it.
    """

    def __init__(
        self, inner: httpx2.SyncByteStream | httpx2.AsyncByteStream, steps: Steps, *, marked: bool
    ) -> None:
        self._inner = inner
        self._steps = steps
        self._marked = marked

    def _ends(self, out: bytes) -> bool:
        return self._marked and _MARK.search(out) is not None


class _Body(_Guarded):
    """What the guard lets pass of the stream below, for threads."""

    _inner: httpx2.SyncByteStream

    def __iter__(self) -> Iterator[bytes]:
        steps, ended = self._steps, False
        try:
            for data in self._inner:
                if ended:
                    continue
                out = run(steps.piece, data, last=False)
                if ended := self._ends(out):
                    out += run(steps.piece, b"", last=True)
                if out:
                    yield out
            if not ended and (out := run(steps.piece, b"", last=True)):
                yield out
        except GuardrailError as error:
            end(self._steps, outcome_of(error))
            raise
        except GeneratorExit:
            raise  # the reader stops: `close` says so
        except BaseException:
            end(self._steps, "error")
            raise

    def close(self) -> None:
        """Close the stream below; an answer that was not read to its end ends here."""
        try:
            self._inner.close()
        finally:
            end(self._steps, "disconnected")


class _AsyncBody(_Guarded):
    """The same for event loops."""

    _inner: httpx2.AsyncByteStream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = self._inner.__aiter__()
        steps, ended = self._steps, False
        try:
            async for data in parts:
                if ended:
                    continue
                out = await piece_later(steps, data, last=False)
                if ended := self._ends(out):
                    out += await piece_later(steps, b"", last=True)
                if out:
                    yield out
            if not ended and (out := await piece_later(steps, b"", last=True)):
                yield out
        except GuardrailError as error:
            await end_later(self._steps, outcome_of(error))
            raise
        except GeneratorExit:
            raise  # the reader stops: `aclose` says so
        except BaseException as error:
            await end_later(self._steps, outcome_in_loop(error))
            raise
        finally:
            if hasattr(parts, "aclose"):
                await parts.aclose()

    async def aclose(self) -> None:
        """Close the stream below; an answer that was not read to its end ends here."""
        try:
            await self._inner.aclose()
        finally:
            await end_later(self._steps, "disconnected")


class _Whole(_Timed):
    """Content in the place of a stream that has been read."""

    _inner: httpx2.SyncByteStream

    def __init__(self, inner: httpx2.SyncByteStream, content: bytes) -> None:
        self._inner = inner
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content

    def close(self) -> None:
        """Close the stream below."""
        self._inner.close()


class _AsyncWhole(_Timed):
    """The same for event loops."""

    _inner: httpx2.AsyncByteStream

    def __init__(self, inner: httpx2.AsyncByteStream, content: bytes) -> None:
        self._inner = inner
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content

    async def aclose(self) -> None:
        """Close the stream below."""
        await self._inner.aclose()


@cache
def _of(library: ModuleType, kind: type) -> type:
    """Return a class as one of the library's streams."""
    base = library.AsyncByteStream if hasattr(kind, "aclose") else library.SyncByteStream
    return type(kind.__name__.lstrip("_"), (kind, base), {})


def body(
    library: ModuleType, inner: httpx2.SyncByteStream, steps: Steps, *, marked: bool
) -> httpx2.SyncByteStream:
    """Return a stream that gives what the guard lets pass of `inner`."""
    return cast("httpx2.SyncByteStream", _of(library, _Body)(inner, steps, marked=marked))


def async_body(
    library: ModuleType, inner: httpx2.AsyncByteStream, steps: Steps, *, marked: bool
) -> httpx2.AsyncByteStream:
    """Return the same for an event loop."""
    return cast("httpx2.AsyncByteStream", _of(library, _AsyncBody)(inner, steps, marked=marked))


def whole(library: ModuleType, inner: httpx2.SyncByteStream, content: bytes) -> httpx2.SyncByteStream:
    """Return a stream that gives `content` in the place of `inner`, which has been read."""
    return cast("httpx2.SyncByteStream", _of(library, _Whole)(inner, content))


def async_whole(library: ModuleType, inner: httpx2.AsyncByteStream, content: bytes) -> httpx2.AsyncByteStream:
    """Return the same for an event loop."""
    return cast("httpx2.AsyncByteStream", _of(library, _AsyncWhole)(inner, content))
