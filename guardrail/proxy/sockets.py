"""Websockets to a provider (Realtime): messages both ways, each guarded by the middleware around it.

One connection to the provider per connection of a client. The handshake is the
provider's: it is opened first, and what refuses there is refused here. Redirects
are not followed: keys would follow them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus, WebSocketException

from guardrail.proxy.faults import UpstreamError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send
    from websockets.asyncio.client import ClientConnection

    from guardrail.wire.headers import HeaderList

__all__ = ["relay"]

MAX_MESSAGE: Final = 50_000_000  # bytes; the guard's own limit is lower
OPEN: Final = 10.0  # seconds for a handshake
_NO_CODE: Final = frozenset({1005, 1006, 1015})  # never sent in a close frame (RFC 6455 §7.4.1)


class _Connect(connect):
    """Opens a connection where it was asked to, and nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Return the redirect as the refusal that it is."""
        return exc


async def relay(
    scope: Scope, ends: tuple[Receive, Send], *, url: str, headers: HeaderList, context: ssl.SSLContext
) -> None:
    """Serve one websocket, whose `ends` these are, by another at `url` (ws or wss).

    Raises:
        UpstreamError: there is no connection, or it broke.
    """
    receive, send = ends
    if (await receive())["type"] != "websocket.connect":
        return
    connection = await _opened(scope, url, headers, context)
    try:
        await send({"type": "websocket.accept", "subprotocol": connection.subprotocol, "headers": []})
        up = asyncio.ensure_future(_up(receive, connection))
        down = asyncio.ensure_future(_down(send, connection))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                if not task.done():
                    task.cancel()
            results = await asyncio.gather(up, down, return_exceptions=True)
        for failed in results:
            if isinstance(failed, Exception):
                raise failed
    finally:
        await connection.close()


async def _opened(scope: Scope, url: str, headers: HeaderList, context: ssl.SSLContext) -> ClientConnection:
    options: Mapping[str, object] = {"ssl": context} if url.startswith("wss:") else {}
    sent = [(key.decode("latin-1"), value.decode("latin-1")) for key, value in headers]
    try:
        return await _Connect(
            url,
            subprotocols=scope.get("subprotocols") or None,
            additional_headers=sent,
            user_agent_header=None,
            proxy=None,
            open_timeout=OPEN,
            max_size=MAX_MESSAGE,
            **options,  # type: ignore[arg-type]
        )
    except TimeoutError:
        raise UpstreamError(
            "the upstream did not open the connection in time", status=504, kind="upstream_timeout"
        ) from None
    except InvalidStatus as refused:
        status = refused.response.status_code
        raise UpstreamError(
            "the upstream refused the connection",
            status=status if status >= 400 else 502,
            kind="upstream_refused",
        ) from None
    except (OSError, WebSocketException):
        raise UpstreamError(
            "the upstream cannot be reached", status=502, kind="upstream_unreachable"
        ) from None


async def _up(receive: Receive, connection: ClientConnection) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code") or 1000
            await connection.close(1000 if code in _NO_CODE else code)
            return
        said = message["text"] if message.get("text") is not None else message["bytes"]
        try:
            await connection.send(said)
        except ConnectionClosed:
            return  # the other direction tells how


async def _down(send: Send, connection: ClientConnection) -> None:
    try:
        while True:
            said = await connection.recv()
            kind = "text" if isinstance(said, str) else "bytes"
            await send({"type": "websocket.send", kind: said})
    except ConnectionClosedOK as closed:
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1000, "")
        await send({"type": "websocket.close", "code": 1000 if code in _NO_CODE else code, "reason": reason})
    except ConnectionClosed as closed:
        if closed.rcvd is None:
            raise UpstreamError(
                "the upstream broke off the connection", status=502, kind="upstream_unreachable"
            ) from None
        await send({"type": "websocket.close", "code": closed.rcvd.code, "reason": closed.rcvd.reason})
