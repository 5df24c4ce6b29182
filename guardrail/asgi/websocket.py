"""Websockets: refused unless their path is exempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from guardrail.asgi.pool import Pool
    from guardrail.steps import Steps

__all__ = ["Socket"]


class Socket:
    """One websocket."""

    def __init__(self, steps: Steps, pool: Pool, scope: Scope, *, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        del steps, pool, scope

    async def __call__(self, app: ASGIApp) -> None:
        """Close the handshake with "policy violation" (RFC 6455 §7.4.1); the server answers 403."""
        del app
        await self._receive()
        await self._send({"type": "websocket.close", "code": 1008})
