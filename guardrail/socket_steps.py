"""The steps of one websocket that take time, in the order that the proof needs.

A shell calls them from worker threads: `open` before the first message; then `up`
for each message of the client and `down` for each of the server, each direction
from one thread at a time; `close` at the end. What `up` returns was recorded
before: it may go on.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from guardrail.duplex import IDLE_SECONDS
from guardrail.errors import BodyError

if TYPE_CHECKING:
    from guardrail.errors import GuardrailError
    from guardrail.exchange import Outcome
    from guardrail.guard import Guard
    from guardrail.types import Context
    from guardrail.wire.framing import Message

__all__ = ["SocketSteps"]


class SocketSteps:
    """One websocket and the ledger.

    `limit` is the number of bytes of one message; `idle_after` the seconds of silence of the
    server after which the shell calls `idle`.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        context: Context,
        protocol: str,
        limit: int,
        idle_after: float = IDLE_SECONDS,
    ) -> None:
        self.idle_after = idle_after
        self._guard = guard
        self._context = context
        self._duplex = guard.duplex(context=context, protocol=protocol)
        self._limit = limit
        self._lock = threading.Lock()
        self._opening: int | None = None  # the index of the entry that opened the connection
        self._closed = False

    def open(self) -> None:
        """Record the beginning; on a `LedgerError` no message may go on."""
        with self._lock:
            self._opening = self._guard.record(self._duplex.opening()).index

    def up(self, message: Message) -> list[Message]:
        """Return what goes on to the server; the entry that says so is durable.

        Raises:
            BodyError, BlockedError, DetectionError: the message must not go on, nor any after it.
            LedgerError: it cannot be recorded, so it must not go on either.
        """
        self._measure(message)
        out = self._duplex.up(message)
        event = self._duplex.up_event()
        if event is not None:
            self._guard.record(event)
        return out

    def down(self, message: Message) -> list[Message]:
        """Return what goes on to the client now.

        Raises:
            BodyError, BlockedError, DetectionError: send `farewell`, and nothing after it.
        """
        self._measure(message)
        return self._duplex.down(message)

    def idle(self) -> list[Message]:
        """Return what is held, decided as it stands: the server is silent."""
        return self._duplex.idle()

    def finish(self) -> list[Message]:
        """Return what is held at a clean end."""
        return self._duplex.finish()

    def farewell(self, error: GuardrailError) -> tuple[list[Message], int, str]:
        """Return the last messages to the client, and code and reason of the close frame."""
        return self._duplex.farewell(), *self._duplex.close_code(error)

    def close(self, outcome: Outcome) -> None:
        """Record the end; once, and only if the beginning was recorded."""
        with self._lock:
            if self._opening is not None and not self._closed:
                self._closed = True
                self._guard.record(self._duplex.closing(outcome, opening=self._opening))

    def said(self, reason: str) -> str:
        """Return the reason of a close frame, guarded; it is free text."""
        if not reason:
            return reason
        return self._guard.clean(reason, channel="completion", context=self._context)[0]

    def _measure(self, message: Message) -> None:
        size = len(message.encode("utf-8", "surrogatepass")) if isinstance(message, str) else len(message)
        if size > self._limit:
            raise BodyError(
                "a message is too large to be guarded",
                advice="send it in parts, or raise `max_body`",
                status=413,
            )
