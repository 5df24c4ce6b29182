"""One HTTP exchange: its request is read and guarded, its answer as it comes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from guardrail.asgi.pool import heard
from guardrail.errors import BodyError, DetectionError, GuardrailError
from guardrail.steps import outcome_of
from guardrail.wire.headers import DIGESTS, for_client, length, stated, without

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from guardrail.asgi.pool import Pool
    from guardrail.exchange import Outcome
    from guardrail.steps import Steps
    from guardrail.wire.headers import HeaderList

__all__ = ["KEPT_EXTENSIONS", "AnswerEndedError", "Responder", "is_ours"]

KEPT_EXTENSIONS: Final = frozenset({"http.response.early_hint", "http.response.trailers"})
"""Of the ways to send an answer; `pathsend` and `zerocopysend` would carry a file past the guard."""

TICK_SECONDS: Final = 1.0
"""How often a silent stream is asked whether what it holds has waited long enough."""

_BODILESS: Final = frozenset({204, 304})
_RANGES: Final = frozenset({b"accept-ranges"})


class AnswerEndedError(OSError):
    """Tells the application that nobody reads on: an `OSError`, as of a client that left (ASGI 2.4)."""


class Responder:
    """One exchange: its request is read, its answer wrapped. Lives as long as they do."""

    def __init__(
        self,
        steps: Steps,
        pool: Pool,
        *,
        scope: Scope,
        ends: tuple[Receive, Send],
        unread: tuple[str, ...] = (),
    ) -> None:
        self._steps = steps
        self._pool = pool
        self._scope = scope
        self._receive, self._send = ends
        self._unread = unread
        self._replay: Message | None = None
        self._start: Message = {}
        self._kind = ""  # how the answer is handled; "" while that is not yet known
        self._held = bytearray()
        self._came = 0  # bytes of the answer so far
        self._started = False
        self._ended = False
        self._torn = False
        self._refused = False
        self._gone = False
        self._failure: GuardrailError | None = None
        self._turn = asyncio.Lock()
        self._quiet = False  # no part came since the last tick
        self._ticking: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()  # no part of the answer is being guarded
        self._idle.set()

    async def __call__(self, app: ASGIApp) -> None:
        """Guard the request, run the application on it, and see that the exchange ends in the ledger."""
        try:
            scope = await self._guarded_scope()
            if scope is not None:
                await self._run(app, scope)
        except asyncio.CancelledError:
            # Granian ends the task when the client leaves.
            await self._give_up("disconnected")
            raise
        finally:
            if self._ticking is not None:
                self._ticking.cancel()

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._replayed, self.answer)
        except Exception as error:
            await self._give_up("disconnected" if self._gone else "error")
            if self._refused and is_ours(error):
                return
            raise
        if self._failure:
            # The application may have swallowed it: the server must still cut the connection.
            raise self._failure
        if self._torn or not self._ended:
            await self._give_up("disconnected" if self._gone else "error")

    # --- the request

    async def _guarded_scope(self) -> Scope | None:
        """Return the application's scope; None where the request was refused or the client has left."""
        headers = list(self._scope["headers"])
        try:
            if length(headers) > self._steps.limit:
                raise _too_large("request")
            body = await self._collect()
            if body is None:
                return None
            query, body, headers = await self._pool.run(self._open, body, headers)
        except GuardrailError as error:
            await self._refuse(error)
            return None
        self._replay = {"type": "http.request", "body": body, "more_body": False}
        return {**self._scope, "headers": headers, "query_string": query, **_offered(self._scope)}

    def _open(self, body: bytes, headers: HeaderList) -> tuple[bytes, bytes, HeaderList]:
        """Return query, body and headers that may go on; in one of the guard's threads."""
        query = self._scope.get("query_string", b"")
        return (self._steps.query(query) if query else query, *self._steps.open(body, headers))

    async def _collect(self) -> bytes | None:
        """Return the whole body; None if the client leaves before its end."""
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > self._steps.limit:
                raise _too_large("request")
            if not message.get("more_body", False):
                return bytes(body)

    async def _replayed(self) -> Message:
        """Stand for `receive`: the guarded body once, then what really comes."""
        if self._replay is not None:
            message, self._replay = self._replay, None
            return message
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._gone = True
            # An application that is cancelled inside `send` leaves the generator of its answer open until
            # the garbage is collected, and with it the connection to its model: let it first return there.
            await self._idle.wait()
        return message

    # --- the answer

    async def answer(self, message: Message) -> None:
        """Stand for `send`."""
        if self._ended:
            raise AnswerEndedError("the answer has ended")
        self._idle.clear()
        try:
            async with self._turn:
                await self._message(message)
        except asyncio.CancelledError:
            # What this part became is lost: whatever came after it would follow a gap.
            self._ended = self._torn = True
            raise
        finally:
            self._idle.set()

    async def _message(self, message: Message) -> None:
        kind = message["type"]
        try:
            if kind == "http.response.start":
                self._start = message
            elif kind == "http.response.body":
                await self._body(bytes(message.get("body", b"")), more=message.get("more_body", False))
            elif kind == "http.response.trailers":
                headers = await self._named(without(message.get("headers", []), DIGESTS))
                await self._pass_on({**message, "headers": headers})
                self._ended = not message.get("more_trailers", False)
            elif kind == "http.response.early_hint":
                await self._pass_on(message)
            else:
                raise DetectionError("the application sends its answer in a way that cannot be guarded")
        except GuardrailError as error:
            await self._break_off(error, more=message.get("more_body", False))

    async def _body(self, data: bytes, *, more: bool) -> None:
        if not self._kind:
            if more and not data:
                return  # nothing to look at yet: the start is held on
            self._kind = await self._choose(data)
        self._measure(len(data), more=more)
        if self._kind == "whole":
            await self._hold(data, more=more)
        elif data or not more:
            await self._part(data, more=more)

    def _measure(self, size: int, *, more: bool) -> None:
        """Refuse an answer that is not as long as it says: it broke off, or is not the one it says.

        Servers differ: one cuts the connection, one lets the client wait for the rest (RFC 9110 §8.6).
        """
        self._came += size
        said = stated(self._start.get("headers", []))
        if said is None or self._is_bodiless():
            return
        if self._came > said or (not more and self._came < said):
            raise BodyError(
                "the answer of the application is not as long as it says", advice="mend its content-length"
            )

    def _is_bodiless(self) -> bool:
        return self._scope["method"] == "HEAD" or self._start["status"] in _BODILESS

    async def _choose(self, data: bytes) -> str:
        """Return how the answer is handled, at its first bytes; guard the fields that are texts."""
        headers = await self._named(list(self._start.get("headers", [])))
        self._start = {**self._start, "headers": headers}
        if not data or self._is_bodiless():
            return "bare"
        if self._start["status"] == 206:
            # The request asked for no range: a value cut at its edge could not be found.
            raise DetectionError("the application answers with a part of its content")
        return self._pool.here(self._steps.begin, headers, unread=self._unread)

    async def _named(self, headers: HeaderList) -> HeaderList:
        return await self._pool.run(self._steps.named, headers) if self._steps.names(headers) else headers

    async def _hold(self, data: bytes, *, more: bool) -> None:
        """Keep the parts of a whole answer; at its end, guard and send it."""
        self._held += data
        if len(self._held) > self._steps.limit:
            raise _too_large("answer")
        if more:
            return
        body = await self._pool.run(self._steps.whole, bytes(self._held))
        size = None if self._start.get("trailers") else len(body)
        await self._forward(body, more=False, size=size, changed=body != self._held)

    async def _part(self, data: bytes, *, more: bool) -> None:
        """Guard and send a part of a streamed answer, or of one without a body."""
        if self._kind == "bare":
            # HEAD, 204, 304: bytes sent all the same were never looked at.
            if not more:
                await self._pool.run(self._steps.close, "ok")
            await self._forward(b"", more=more, changed=False)
            return
        self._quiet = False
        out, data = self._pool.here(self._steps.at_once, data)
        if data or not more:
            if out:
                await self._forward(out, more=True, changed=self._kind == "stream")
            out = await self._pool.run(self._steps.piece, data, last=not more)
        if self._steps.ticks and self._kind == "stream" and more and self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())
            self._ticking.add_done_callback(heard)
        await self._forward(out, more=more, changed=self._kind == "stream")

    async def _forward(self, body: bytes, *, more: bool, changed: bool, size: int | None = None) -> None:
        if not self._started:
            headers: HeaderList = list(self._start.get("headers", []))
            headers = for_client(headers, length=size) if changed else without(headers, _RANGES)
            self._started = True
            await self._pass_on({**self._start, "headers": headers})
        if body or not more:
            await self._pass_on({"type": "http.response.body", "body": body, "more_body": more})
        self._ended = not more and not self._start.get("trailers", False)

    async def _tick(self) -> None:
        """Let what a stream holds come out in time while the application is silent."""
        while True:
            self._quiet = True
            await asyncio.sleep(TICK_SECONDS)
            if not self._quiet:
                continue
            async with self._turn:
                if self._ended:
                    return
                try:
                    if out := await self._pool.run(self._steps.tick):
                        await self._forward(out, more=True, changed=True)
                except GuardrailError as error:
                    await self._break_off(error, more=False)

    # --- ends

    async def _break_off(self, error: GuardrailError, *, more: bool) -> None:
        """End an answer that cannot be given: refuse it, or cut it off where it has started."""
        if self._started:
            self._ended = True
            self._failure = error
            await self._give_up(outcome_of(error))
            raise error
        await self._refuse(error, answering=True)
        if more:
            # An application that streams on for ever must hear that it need not.
            raise AnswerEndedError("the answer was refused")

    async def _refuse(self, error: GuardrailError, *, answering: bool = False) -> None:
        """Send the refusal as the whole answer."""
        self._ended = self._refused = self._started = True
        status, headers, body = await self._pool.run(self._steps.refuse, error, answering=answering)
        await self._pass_on({"type": "http.response.start", "status": status, "headers": headers})
        await self._pass_on({"type": "http.response.body", "body": body, "more_body": False})

    async def _pass_on(self, message: Message) -> None:
        """Send, and remember when the server says that the client has left (ASGI 2.4)."""
        try:
            await self._send(message)
        except OSError:
            self._gone = True
            raise

    async def _give_up(self, outcome: Outcome) -> None:
        """Record an end that is none; the error that led here matters more than a ledger that fails too."""
        with suppress(GuardrailError):
            await self._pool.run(self._steps.close, outcome)


def _offered(scope: Scope) -> Scope:
    """Return the extensions of `scope`, if it has any, without the ways to send past the guard."""
    if not scope.get("extensions"):
        return {}
    kept = {name: value for name, value in scope["extensions"].items() if _is_kept(name)}
    return {"extensions": kept}


def _is_kept(extension: str) -> bool:
    return not extension.startswith("http.response.") or extension in KEPT_EXTENSIONS


def is_ours(error: BaseException | None) -> bool:
    """Tell whether an exception follows from the end that we set to an answer."""
    while error is not None:
        if isinstance(error, AnswerEndedError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _too_large(what: str) -> BodyError:
    return BodyError(
        f"the body of the {what} is too large to be guarded",
        advice="make it smaller, or raise `max_body`",
        status=413,
    )
