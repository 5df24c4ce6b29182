"""The steps of one exchange that take time, in the order that the proof needs.

A shell calls them from worker threads. What goes on to the application was
recorded before: `open` returns when the ledger holds the entry. A whole answer
is recorded before it is sent, a stream at its end.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from guardrail.errors import BlockedError, BodyError, DetectionError, LedgerError, VaultError
from guardrail.wire.compression import Inflater, codings, inflate, readable
from guardrail.wire.headers import for_application, joined, replaced, single

if TYPE_CHECKING:
    from collections.abc import Callable

    from guardrail.errors import GuardrailError
    from guardrail.exchange import Exchange, Outcome
    from guardrail.guard import Guard
    from guardrail.holds import Holds
    from guardrail.types import Context
    from guardrail.wire.headers import HeaderList

__all__ = ["RETRY_SECONDS", "Steps", "outcome_of"]

RETRY_SECONDS: Final = 5
"""What a client is told to wait when the ledger or the vault cannot be written."""

_OPAQUE: Final = "application/octet-stream"
_BAD_GATEWAY: Final = 502


class Steps:
    """One exchange and the ledger; thread-safe, one step at a time.

    `limit` is the number of bytes of one body, packed or unpacked; `fields` are the
    names (lower-case) of the header fields that are texts. `holds` says how long a text of
    a stream may be held, if the shell calls `tick`; `form` is the protocol whose errors
    the caller reads. The lock holds when a cancelled task leaves a thread behind
    that still works.
    """

    def __init__(  # noqa: PLR0913 - the terms of one exchange
        self,
        guard: Guard,
        *,
        context: Context,
        protocol: str,
        limit: int,
        fields: frozenset[bytes] = frozenset(),
        holds: Holds | None = None,
        form: str = "",
    ) -> None:
        self.limit = limit
        self._form = form
        self.ticks = holds is not None  # whether `tick` can have anything to give
        self._fields = fields
        self._guard = guard
        self._context = context
        self._exchange: Exchange = guard.exchange(context=context, protocol=protocol, holds=holds)
        self._lock = threading.Lock()
        self._inflater: Inflater | None = None
        self._take: Callable[[bytes], bytes] | None = None  # what takes an answer that is not read
        self._opening: int | None = None  # the index of the entry that opened the exchange
        self._closed = False

    def query(self, raw: bytes) -> bytes:
        """Return the query string that may go on; to be called before `open`, which records it.

        Raises:
            BlockedError, DetectionError: the request must not go on.
        """
        with self._lock:
            return self._exchange.query(raw)

    def open(self, body: bytes, headers: HeaderList) -> tuple[bytes, HeaderList]:
        """Return the body and the headers that may go on; the entry that says so is durable.

        Raises:
            BodyError, BlockedError, DetectionError: the request must not go on.
            LedgerError: it cannot be recorded, so it must not go on either.
        """
        with self._lock:
            clean, decoded = body, False
            headers = replaced(headers, self._fields, self._exchange.field)
            if body:
                content_type, plain, decoded = self._plain(body, headers)
                clean = self._exchange.request(plain, content_type=content_type)
            self._opening = self._guard.record(self._exchange.opening()).index
            return clean, for_application(headers, body=clean, decoded=decoded, changed=clean != body)

    def names(self, headers: HeaderList) -> bool:
        """Tell whether a field among `headers` is a text."""
        return bool(self._fields) and any(key.lower() in self._fields for key, _ in headers)

    def named(self, headers: HeaderList) -> HeaderList:
        """Return the headers of an answer with the named fields guarded.

        Raises:
            BlockedError, DetectionError: the answer must not go on.
        """
        with self._lock:
            return replaced(headers, self._fields, partial(self._exchange.field, answered=True))

    def begin(self, headers: HeaderList, *, unread: tuple[str, ...] = ()) -> str:
        """Return how the answer with these headers is handled: "whole", "stream" or "pass".

        `unread` are media types ("image/*") that the application's owner lets pass unread.

        Raises:
            BodyError: it cannot be read, and the policy lets nothing pass unread.
        """
        with self._lock:
            media = single(headers, b"content-type").partition(";")[0].strip().lower()
            if {media, f"{media.partition('/')[0]}/*"} & set(unread):
                self._take = self._exchange.unread
                return "pass"
            content_type, names = self._reading(headers)
            kind = self._exchange.answer(content_type)
            if names and kind != "pass":
                self._inflater = Inflater(names, limit=self.limit, endless=kind == "stream")
            return kind

    def whole(self, body: bytes) -> bytes:
        """Return the guarded answer; it is recorded."""
        with self._lock:
            out = self._guarded(body, last=True)
            self._record_end("ok")
            return out

    def piece(self, data: bytes, *, last: bool) -> bytes:
        """Return what may be sent of a streamed answer; with the `last` one, all of it is recorded."""
        with self._lock:
            out = self._guarded(data, last=last)
            if last:
                self._record_end("ok")
            return out

    def at_once(self, data: bytes) -> tuple[bytes, bytes]:
        """Take what of `data` asks no detector: return what may be sent of it, and what of it is left.

        It waits for nothing, so that an event loop may call it. Raises as `piece` does.
        """
        if not self._lock.acquire(blocking=False):
            return b"", data
        try:
            if self._inflater:
                return b"", data
            size = len(data) if self._take else self._exchange.light(data)
            return (self._guarded(data[:size], last=False) if size else b""), data[size:]
        finally:
            self._lock.release()

    def tick(self) -> bytes:
        """Return what may be sent of a streamed answer because time has passed; raise as `piece` does."""
        with self._lock:
            return b"" if self._closed or self._take else self._exchange.tick()

    def close(self, outcome: Outcome) -> None:
        """Record the end of an exchange; once, and only if its beginning was recorded."""
        with self._lock:
            if self._opening is not None:
                self._record_end(outcome)

    def refuse(self, error: GuardrailError, *, answering: bool) -> tuple[int, HeaderList, bytes]:
        """Return status, headers and body of the refusal; it is recorded where the ledger works.

        With `answering`, the request was good and the application's answer is not:
        what a client cannot mend is a fault of the server (RFC 9110 §15.6.3).
        """
        with self._lock:
            with suppress(LedgerError):
                if self._opening is None:
                    # What was found is told by this entry, also where the request goes no further.
                    self._opening = self._guard.record(self._exchange.opening()).index
                self._record_end(outcome_of(error))
            refusal = self._exchange.refusal(error, form=self._form)
        status = refusal.status
        if answering and isinstance(error, BodyError | DetectionError):
            status = _BAD_GATEWAY
        headers = [
            (b"content-type", refusal.content_type.encode("latin-1")),
            (b"content-length", b"%d" % len(refusal.body)),
            (b"cache-control", b"no-store"),
        ]
        if isinstance(error, LedgerError | VaultError):
            headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
        return status, headers, refusal.body

    def _plain(self, body: bytes, headers: HeaderList) -> tuple[str, bytes, bool]:
        """Return the media type to read a request's body by, its plain bytes, and whether it was packed."""
        content_type, names = self._reading(headers)
        if not names:
            return content_type, body, False
        try:
            return content_type, inflate(body, names, limit=self.limit), True
        except BodyError:
            if not self._watches:
                raise
            return _OPAQUE, body, False

    def _reading(self, headers: HeaderList) -> tuple[str, tuple[str, ...]]:
        """Return the content type to read a body by, and the codings to undo first.

        A body in a coding that nobody knows is opaque, whatever it says it is:
        `on_unreadable` decides about it in the exchange, and it is counted as unread.
        """
        content_type = single(headers, b"content-type")
        try:
            names = codings(joined(headers, b"content-encoding"))
        except BodyError:
            if not self._watches:
                raise
            return _OPAQUE, ()
        if readable().issuperset(names):
            return content_type, names
        if not self._watches and self._guard.policy.setting("on_unreadable", self._context) != "pass":
            raise BodyError(
                "the body is in a content coding that cannot be undone",
                advice=f"send it plain, or with one of {', '.join(sorted(readable()))}",
                status=415,
            )
        return _OPAQUE, ()

    @property
    def _watches(self) -> bool:
        """Tell whether the policy only watches: then what cannot be read passes, counted."""
        return self._guard.policy.mode == "shadow"

    def _guarded(self, data: bytes, *, last: bool) -> bytes:
        if self._inflater:
            data = self._inflater.feed(data)
            if last:
                self._inflater.finish()
        if self._take:
            return self._take(data)
        out = self._exchange.response(data) if data else b""
        return out + self._exchange.finish() if last else out

    def _record_end(self, outcome: Outcome) -> None:
        if not self._closed:
            self._closed = True
            self._guard.record(self._exchange.closing(outcome, opening=self._opening))


def outcome_of(error: GuardrailError) -> Outcome:
    """Return the word of the ledger for how an exchange ended."""
    return "blocked" if isinstance(error, BlockedError) else "error"
