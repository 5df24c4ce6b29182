"""One websocket: its handshake is guarded as an exchange of its own, its messages both ways."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from guardrail.asgi.http import AnswerEndedError, Responder, is_ours
from guardrail.asgi.pool import heard
from guardrail.errors import DetectionError, GuardrailError
from guardrail.steps import outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from guardrail.asgi.pool import Pool
    from guardrail.exchange import Outcome
    from guardrail.socket_steps import SocketSteps
    from guardrail.steps import Steps

__all__ = ["Socket"]

_DENIAL: Final = "websocket.http.response"
_REASON: Final = 123  # bytes of a close frame's reason (RFC 6455 §5.5)
# A client that closes or leaves its page. Uvicorn says 1005 of a lost connection; hypercorn says 1006 of any.
_CLEAN: Final = frozenset({1000, 1001})


class Socket:
    """One connection. Its owner gives the steps of its handshake and those of its messages."""

    def __init__(
        self, steps: Steps, messages: SocketSteps, pool: Pool, *, scope: Scope, ends: tuple[Receive, Send]
    ) -> None:
        self._steps = steps
        self._messages = messages
        self._pool = pool
        self._scope = scope
        self._receive, self._send = ends
        self._denying = Responder(
            steps, pool, scope={**scope, "method": "GET"}, ends=(self._receive, self._denied)
        )
        self._turn = asyncio.Lock()  # one message down at a time, in the order of the application
        self._ready: deque[Message] = deque()  # guarded messages that the application has not asked for
        self._coming: asyncio.Task[Message] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepted = False
        self._over = False  # nothing more may be sent
        self._left: Outcome | None = None  # how the client went

    async def __call__(self, app: ASGIApp) -> None:
        """Guard the handshake, run the application, and see that both ends are in the ledger."""
        try:
            scope = await self._guarded_scope()
            if scope is not None:
                await self._run(app, scope)
        except asyncio.CancelledError:
            await self._give_up("disconnected")
            raise
        finally:
            self._stop()

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._from_client, self._from_application)
            if self._accepted:
                # The server closes for an application that only returns.
                await self._release(self._messages.finish)
        except Exception as error:
            await self._give_up(self._left or "error")
            if self._over and is_ours(error):
                return
            raise
        await self._give_up(self._left or ("ok" if self._accepted or self._over else "error"))

    # --- the handshake

    async def _guarded_scope(self) -> Scope | None:
        try:
            query, headers = await self._pool.run(self._open)
        except GuardrailError as error:
            await self._receive()  # `websocket.connect`
            await self._refuse(error)
            return None
        kept = {
            name: value
            for name, value in (self._scope.get("extensions") or {}).items()
            if not name.startswith("websocket.") or name == _DENIAL
        }
        return {**self._scope, "query_string": query, "headers": headers, "extensions": kept}

    def _open(self) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Return query and headers that may go on; in one of the guard's threads."""
        query = self._scope.get("query_string", b"")
        query = self._steps.query(query) if query else query
        return query, self._steps.open(b"", list(self._scope["headers"]))[1]

    def _begin(self) -> None:
        """Record that the handshake was good, and that messages follow."""
        self._steps.close("ok")
        self._messages.open()

    # --- from the client

    async def _from_client(self) -> Message:
        """Stand for `receive`. An application that stops waiting loses no message by it."""
        if self._ready:
            return self._ready.popleft()
        if self._coming is None:
            self._coming = asyncio.create_task(self._next())
            self._coming.add_done_callback(heard)
        message = await asyncio.shield(self._coming)
        self._coming = None
        return message

    async def _next(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._left = "ok" if message.get("code") in _CLEAN else "disconnected"
                reason = await self._said(message.get("reason"))
                return {**message, "reason": reason} if "reason" in message else message
            if message["type"] != "websocket.receive":
                return message
            # Hypercorn gives both keys, one of them None.
            said = message["text"] if message.get("text") is not None else message["bytes"]
            try:
                out = await self._pool.run(self._messages.up, said)
            except GuardrailError as error:
                async with self._turn:
                    code, reason = await self._refuse(error)
                return {"type": "websocket.disconnect", "code": code, "reason": reason}
            self._ready.extend(_as_message("websocket.receive", one) for one in out)
            if self._ready:
                return self._ready.popleft()

    # --- from the application

    async def _from_application(self, message: Message) -> None:
        """Stand for `send`. A message that is begun is finished, whoever stops waiting for it."""
        sending = asyncio.create_task(self._in_turn(message))
        sending.add_done_callback(heard)
        await asyncio.shield(sending)

    async def _in_turn(self, message: Message) -> None:
        async with self._turn:
            if self._over:
                raise AnswerEndedError("the connection has ended")
            try:
                await self._message(message)
            except GuardrailError as error:
                await self._refuse(error)
                raise AnswerEndedError("the connection was closed by the guard") from None

    async def _message(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.accept":
            if headers := list(message.get("headers", [])):
                message = {**message, "headers": await self._pool.run(self._steps.named, headers)}
            await self._pool.run(self._begin)
            self._accepted = True
            await self._pass_on(message)
        elif kind == "websocket.send":
            said = message["text"] if message.get("text") is not None else message["bytes"]
            await self._forward(await self._pool.run(self._messages.down, said))
            self._wait_for_silence()
        elif kind == "websocket.close":
            await self._close(message)
        elif kind.startswith(f"{_DENIAL}."):
            await self._denying.answer({**message, "type": kind.removeprefix("websocket.")})
        else:
            raise DetectionError("the application sends in a way that cannot be guarded")

    async def _close(self, message: Message) -> None:
        """Send what is held, record the end, and close."""
        if self._accepted:
            await self._forward(await self._pool.run(self._messages.finish))
        reason = await self._said(message.get("reason"))
        self._over = True
        await self._pool.run(self._messages.close if self._accepted else self._steps.close, "ok")
        await self._pass_on({**message, "reason": reason})

    async def _said(self, reason: str | None) -> str:
        new = await self._pool.run(self._messages.said, reason or "")
        return new.encode()[:_REASON].decode("utf-8", "ignore")

    async def _denied(self, message: Message) -> None:
        """Send a part of the answer that stands in a handshake's place."""
        self._over = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send({**message, "type": f"websocket.{message['type']}"})

    def _wait_for_silence(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._messages.idle_after, self._silent)

    def _silent(self) -> None:
        task = asyncio.create_task(self._release(self._messages.idle))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(heard)

    async def _release(self, held: Callable[[], list[str | bytes]]) -> None:
        """Send what is held."""
        async with self._turn:
            if self._over or self._left:
                return
            try:
                await self._forward(await self._pool.run(held))
            except GuardrailError as error:
                await self._refuse(error)

    # --- ends

    async def _refuse(self, error: GuardrailError) -> tuple[int, str]:
        """End the connection as the policy or a fault demands; return code and reason."""
        words, code, reason = self._messages.farewell(error)
        if self._over or self._left:
            return code, reason
        self._over = True
        if not self._accepted:
            await self._deny(error)
            return code, reason
        with suppress(GuardrailError):
            await self._pool.run(self._messages.close, outcome_of(error))
        with suppress(OSError):
            await self._forward(words)
            await self._pass_on({"type": "websocket.close", "code": code, "reason": reason})
        return code, reason

    async def _deny(self, error: GuardrailError) -> None:
        """Refuse the handshake: with an answer where the server can send one (403 else)."""
        status, headers, body = await self._pool.run(self._steps.refuse, error, answering=False)
        if _DENIAL in (self._scope.get("extensions") or {}):
            await self._send({"type": f"{_DENIAL}.start", "status": status, "headers": headers})
            await self._send({"type": f"{_DENIAL}.body", "body": body, "more_body": False})
        else:
            await self._send({"type": "websocket.close", "code": 1008})

    async def _forward(self, messages: list[str | bytes]) -> None:
        for one in messages:
            await self._pass_on(_as_message("websocket.send", one))

    async def _pass_on(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:
            self._left = self._left or "disconnected"
            raise

    async def _give_up(self, outcome: Outcome) -> None:
        """Record the ends that are not recorded yet."""
        with suppress(GuardrailError):
            await self._pool.run(self._steps.close, outcome)
        with suppress(GuardrailError):
            await self._pool.run(self._messages.close, outcome)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        for task in [*self._tasks, *([self._coming] if self._coming else [])]:
            task.cancel()


def _as_message(kind: str, said: str | bytes) -> Message:
    return {"type": kind, "text" if isinstance(said, str) else "bytes": said}
