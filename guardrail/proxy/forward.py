"""The application behind the guard: it sends each request to its provider and streams the answer back.

It sees only what the guard let pass. One attempt per request: retries are the
client's, as are keys. Redirects are answers like others. A part of the answer is
read when the part before it has been taken (back-pressure), and a client that
leaves ends the connection to the provider.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httpx2

from guardrail.proxy.ahead import read_ahead
from guardrail.proxy.faults import UpstreamError
from guardrail.proxy.sockets import relay
from guardrail.wire.headers import joined, without

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from starlette.types import Receive, Scope, Send

    from guardrail.proxy.upstreams import Upstream, Upstreams
    from guardrail.wire.headers import HeaderList

__all__ = ["Forwarder", "aside", "trusted"]

CONNECT: Final = 10.0  # seconds
SEND: Final = 60.0  # seconds that a provider may leave our bytes unread
MAX_CONNECTIONS: Final = 1_000
MAX_IDLE: Final = 100
# Seconds that a connection waits for its next request: less than a server may (uvicorn: 5), for it must not
# close one that a request has just been put on. A POST cannot be sent again.
IDLE: Final = 4.0

# RFC 9110 §7.6.1, and what a proxy of old understood.
_HOP: Final = frozenset(
    b"connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer "
    b"transfer-encoding upgrade".split()
)
# Ours to say (host, length), or of nobody's business: addresses of clients are personal data, and a
# browser sends the cookies of every service on this host, whatever its port.
_OURS: Final = frozenset(
    b"host content-length expect cookie forwarded via x-forwarded-for x-forwarded-host x-forwarded-port "
    b"x-forwarded-proto x-forwarded-prefix x-real-ip x-client-ip true-client-ip cf-connecting-ip".split()
)
_DOWN: Final = _HOP | {b"alt-svc"}  # it names another way to the provider, past the guard
# Of the websocket's handshake each side makes its own.
_HANDSHAKE: Final = frozenset(
    b"sec-websocket-key sec-websocket-version sec-websocket-extensions sec-websocket-protocol".split()
)
# Google's keys, by their published forms: nothing else passes the guard in their place.
_KEY: Final = re.compile(rb"(?:^|&)(key=(?:AIza[A-Za-z0-9_-]{35}|AQ\.[A-Za-z0-9_-]{20,200}))(?=&|$)")
_ASIDE: Final = "guardrail.proxy.key"
_MODEL_IN_PATH: Final = re.compile(r"/models/([^/:]+)")
_MODEL_IN_QUERY: Final = re.compile(r"(?:^|&)model=([A-Za-z0-9._:/@-]+)(?=&|$)")


def trusted(ca_file: str | None = None) -> ssl.SSLContext:
    """Return how providers are verified: by the certificates that come with Python, and those of `ca_file`.

    Raises:
        OSError: `ca_file` cannot be read.
    """
    context = httpx2.create_ssl_context(trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def transport(context: ssl.SSLContext) -> httpx2.AsyncHTTPTransport:
    """Return the pool of connections: HTTP/1.1, certificates verified, no proxy of the environment.

    It is the pool itself and not a client: a client would follow redirects, keep
    cookies of one caller for the next, and write each URL, keys included, to the log.
    """
    limits = httpx2.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_IDLE, keepalive_expiry=IDLE
    )
    return httpx2.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)


def aside(scope: Scope) -> Scope:
    """Return a scope whose query holds no key of Google's: it is no text, and goes past the guard to them."""
    query: bytes = scope.get("query_string", b"")
    found = _KEY.search(query)
    if found is None:
        return scope
    state = {**scope.get("state", {}), _ASIDE: found[1]}
    return {
        **scope,
        "query_string": (query[: found.start()] + query[found.end() :]).lstrip(b"&"),
        "state": state,
    }


class Forwarder:
    """Forward requests to the upstreams; shared by all requests."""

    def __init__(
        self,
        upstreams: Upstreams,
        context: ssl.SSLContext,
        *,
        timeout: float = 600.0,
        dropped: frozenset[bytes] = frozenset(),
    ) -> None:
        """Take the upstreams and how they are verified.

        `timeout` is how long a provider may be silent, in seconds; `dropped` names
        headers that are meant for the proxy alone, in lower case.
        """
        self._upstreams = upstreams
        self._context = context
        self._pool = transport(context)
        self._timeout = {"connect": CONNECT, "read": timeout, "write": SEND, "pool": CONNECT}
        self._dropped = dropped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one websocket.

        Raises:
            UpstreamError: there is no answer, or it broke off.
        """
        if scope["type"] == "websocket":
            url = self._target(scope, b"")
            headers = _end_to_end(scope["headers"], _HOP | _OURS | _HANDSHAKE | self._dropped)
            address = str(url).replace("http", "ws", 1)
            await relay(scope, (receive, send), url=address, headers=headers, context=self._context)
            return
        body = await _whole(receive)
        if body is None:
            return
        request = self._request(scope, body)
        answering = asyncio.ensure_future(self._answer(request, send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Of two that are done, an answer that failed must say so.
            failed = await _ended(answering, cancel=not answering.done())
            await _ended(leaving, cancel=True)
        if failed:
            raise failed

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    def _target(self, scope: Scope, body: bytes) -> httpx2.URL:
        upstream, path = self._chosen(scope, body)
        query = b"&".join(filter(None, (scope.get("query_string"), scope.get("state", {}).get(_ASIDE))))
        return httpx2.URL(
            scheme=upstream.scheme,
            host=upstream.host,
            port=upstream.port,
            raw_path=upstream.base.encode() + path + (b"?" + query if query else b""),
        )

    def _request(self, scope: Scope, body: bytes) -> httpx2.Request:
        url = self._target(scope, body)
        headers = _end_to_end(scope["headers"], _HOP | _OURS | self._dropped)
        # With `content=None` a GET says nothing of a length that it does not have.
        content = body if body or scope["method"] in {"POST", "PUT", "PATCH"} else None
        extensions = {"timeout": self._timeout}
        return httpx2.Request(scope["method"], url, headers=headers, content=content, extensions=extensions)

    def _chosen(self, scope: Scope, body: bytes) -> tuple[Upstream, bytes]:
        """Return the upstream of a request, and the path to ask it for, as the client wrote it."""
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1")
        upstream = self._upstreams.for_path(path)
        if upstream is not None:
            return upstream, raw[len(upstream.prefix) :] or b"/"
        model = _model(scope, path, body) if self._upstreams.by_model else ""
        upstream = self._upstreams.for_model(model)
        if upstream is None:
            raise UpstreamError(
                "no upstream of this proxy takes this path or this model",
                status=404,
                kind="upstream_unknown",
                advice="see which upstreams `guardrail proxy` was started with",
            )
        return upstream, raw

    async def _answer(self, request: httpx2.Request, send: Send) -> None:
        try:
            response = await self._pool.handle_async_request(request)
            try:
                headers = _end_to_end(response.headers.raw, _DOWN)
                await send(
                    {"type": "http.response.start", "status": response.status_code, "headers": headers}
                )
                await self._parts(response, send)
            finally:
                with suppress(httpx2.TransportError):
                    await response.aclose()
        except httpx2.PoolTimeout:
            raise UpstreamError(
                "the proxy has no free connection to its upstream", status=503, kind="upstream_busy"
            ) from None
        except httpx2.TimeoutException:
            raise UpstreamError(
                "the upstream did not answer in time", status=504, kind="upstream_timeout"
            ) from None
        except httpx2.TransportError:
            raise UpstreamError(
                "the upstream cannot be reached or broke off its answer",
                status=502,
                kind="upstream_unreachable",
            ) from None

    async def _parts(self, response: httpx2.Response, send: Send) -> None:
        async def take(part: bytes) -> None:
            await send({"type": "http.response.body", "body": part, "more_body": True})

        await read_ahead(response.aiter_raw(), take)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _whole(receive: Receive) -> bytes | None:
    """Return the body that the guard let pass; None where the client has left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


async def _left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(task: asyncio.Future[None], *, cancel: bool) -> BaseException | None:
    """Wait for a task; return what it failed with, if anything."""
    if cancel:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait({task})
    return None if task.cancelled() or not task.done() else task.exception()


def _end_to_end(headers: HeaderList, gone: frozenset[bytes]) -> HeaderList:
    """Return the headers that are for the other side, in lower case: not those of one connection."""
    named = {name.strip().lower().encode("latin-1") for name in joined(headers, b"connection").split(",")}
    return [(key.lower(), value) for key, value in without(headers, gone, frozenset(named))]


def _model(scope: Scope, path: str, body: bytes) -> str:
    """Return the model that a request names, in path (Gemini), query (Realtime) or body; "" for none."""
    if found := _MODEL_IN_PATH.search(path) or _MODEL_IN_QUERY.search(
        scope["query_string"].decode("latin-1")
    ):
        return found[1]
    if b"json" not in b"".join(value for key, value in scope["headers"] if key.lower() == b"content-type"):
        return ""
    try:
        document: Mapping[str, object] | object = json.loads(body)
    except ValueError:
        return ""
    name = document.get("model") if isinstance(document, dict) else None
    return name if isinstance(name, str) else ""
