"""Guard the calls of aiohttp clients: google-genai's async client makes its own over it.

    from guardrail.integrations import aiohttp

    aiohttp.install(guard)                                              # every session of the process
    ClientSession(middlewares=(aiohttp.middleware(guard),))             # one session

What must not be sent, and an answer that must not be read, raises the guard's own
error (`BlockedError` ...) out of the call: aiohttp has no answer that we could give
in its place. Redirects are guarded hop by hop, each as an exchange.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.errors import BodyError, ConfigError, DetectionError, GuardrailError
from guardrail.steps import outcome_of
from guardrail.transport.call import Limits, guarded_query, steps_for
from guardrail.transport.clients import MAX_BODY
from guardrail.transport.hosts import Hosts
from guardrail.transport.sending import passes_over
from guardrail.transport.threads import end, end_later, outcome_in_loop, piece_later, run_later
from guardrail.transport.uncovered import covers
from guardrail.wire.headers import without
from guardrail.wire.maps import protocol_for

try:
    import aiohttp
    from yarl import URL
except ImportError:
    raise ConfigError("aiohttp is not installed", advice="pip install 'aiohttp>=3.12'") from None

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from guardrail.guard import Guard
    from guardrail.steps import Steps
    from guardrail.wire.headers import HeaderList

    Handler = Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
    Middleware = Callable[[aiohttp.ClientRequest, Handler], Awaitable[aiohttp.ClientResponse]]

__all__ = ["install", "middleware", "uninstall"]

_BODILESS: Final = frozenset({204, 205, 304})
_CODING: Final = frozenset({b"content-encoding"})
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"host"})
_BUFFER: Final = 65_536


def middleware(guard: Guard, *, max_body: int = MAX_BODY) -> Middleware:
    """Return a middleware for `ClientSession(middlewares=...)` that guards every call of the session.

    `max_body` is the number of bytes of one request or one whole answer that are held.
    """
    limits = Limits(max_body)

    async def guarded(request: aiohttp.ClientRequest, handler: Handler) -> aiohttp.ClientResponse:
        return await _guarded(request, handler, guard=guard, limits=limits)

    return guarded


# --- every session of the process


@dataclass(frozen=True, slots=True)
class _Installed:
    guard: Guard
    hosts: Hosts
    middleware: Middleware


_LOCK: Final = threading.Lock()
# What all methods of a session call.
_NAME: Final = "_request"
_ORIGINAL: Final[Callable[..., Awaitable[aiohttp.ClientResponse]]] = getattr(aiohttp.ClientSession, _NAME)
_installed: _Installed | None = None


def install(guard: Guard, *, hosts: Sequence[str] = (), max_body: int = MAX_BODY) -> None:
    """Guard every aiohttp session of this process; `hosts` are as for `guard.install`.

    Raises:
        ConfigError: another guard is installed; this aiohttp has no middlewares.
    """
    global _installed  # noqa: PLW0603 - a process has one such state
    named = Hosts(hosts)
    if "middlewares" not in inspect.signature(_ORIGINAL).parameters:
        raise ConfigError("this aiohttp has no client middlewares", advice="pip install 'aiohttp>=3.12'")
    with _LOCK:
        if _installed and _installed.guard is not guard:
            raise ConfigError(
                "another guard is installed in this process", advice="call its uninstall() first"
            )
        _installed = _Installed(guard, named, middleware(guard, max_body=max_body))
        setattr(aiohttp.ClientSession, _NAME, _request)
        covers("aiohttp", now=True)


def uninstall(guard: Guard) -> None:
    """Take the guard off again. Without effect where it is not on."""
    global _installed  # noqa: PLW0603 - a process has one such state
    with _LOCK:
        if _installed is None or _installed.guard is not guard:
            return
        # What someone put above ours stays, and finds ours without effect below it.
        if getattr(aiohttp.ClientSession, _NAME) is _request:
            setattr(aiohttp.ClientSession, _NAME, _ORIGINAL)
        _installed = None
        covers("aiohttp", now=False)


@functools.wraps(_ORIGINAL)
async def _request(
    session: aiohttp.ClientSession, method: str, str_or_url: object, **options: object
) -> aiohttp.ClientResponse:
    """Stand for `ClientSession._request`: the guard is innermost, and sees what is really sent."""
    state = _installed
    if state is not None:
        given = options.get("middlewares")
        around = getattr(session, "_middlewares", ()) if given is None else given
        options["middlewares"] = (*around, _where_guarded(state))  # type: ignore[misc] # a sequence of them
    return await _ORIGINAL(session, method, str_or_url, **options)


def _where_guarded(state: _Installed) -> Middleware:
    async def chosen(request: aiohttp.ClientRequest, handler: Handler) -> aiohttp.ClientResponse:
        headers = {key.lower(): value for key, value in request.headers.items()}
        url = request.url
        if passes_over(request.method, url.host or "", url.raw_path_qs):
            return await handler(request)
        if state.hosts.guards(method=request.method, host=url.host or "", path=url.path, headers=headers):
            return await state.middleware(request, handler)
        return await handler(request)

    return chosen


# --- one call


async def _guarded(
    request: aiohttp.ClientRequest, handler: Handler, *, guard: Guard, limits: Limits
) -> aiohttp.ClientResponse:
    headers = {key.lower(): value for key, value in request.headers.items()}
    steps = steps_for(guard, protocol_for(request.method, request.url.path, headers), limits)
    try:
        await _scrub(request, steps)
    except GuardrailError as error:
        await run_later(steps.refuse, error, answering=False)
        raise
    except BaseException as error:
        await end_later(steps, outcome_in_loop(error))
        raise
    try:
        response = await handler(request)
    except BaseException as error:
        await end_later(steps, outcome_in_loop(error))
        raise
    try:
        await _guard_answer(request, response, steps)
    except GuardrailError as error:
        response.close()
        await run_later(steps.refuse, error, answering=True)
        raise
    except BaseException as error:
        response.close()
        await end_later(steps, outcome_in_loop(error))
        raise
    return response


async def _scrub(request: aiohttp.ClientRequest, steps: Steps) -> None:
    """Put in the request what may be sent; the ledger holds the entry that says so."""
    if "websocket" in request.headers.get("upgrade", "").lower():
        raise ConfigError(
            "a websocket is not guarded by this client", advice="use guardrail.integrations.websockets"
        )
    body = b""
    if request.body:
        body = await request.body.as_bytes()
        if len(body) > steps.limit:
            raise BodyError(
                "the body is too large to be guarded",
                advice="make it smaller, or raise `max_body`",
                status=413,
            )
    raw = request.url.raw_query_string.encode()
    clean, headers, query = await run_later(_open, steps, body, headers=_pairs(request.headers), query=raw)
    for name in {name.lower() for name in request.headers} - {"content-length", "transfer-encoding", "host"}:
        request.headers.popall(name)
    for key, value in without(headers, _FRAMING):
        request.headers.add(key.decode("latin-1"), value.decode("latin-1"))
    if query != raw:
        url = str(request.url.with_query(None).with_fragment(None))
        request.url = URL(f"{url}?{query.decode('latin-1')}", encoded=True)
    if body:
        await request.update_body(clean)


def _open(steps: Steps, body: bytes, *, headers: HeaderList, query: bytes) -> tuple[bytes, HeaderList, bytes]:
    clean_query = guarded_query(steps, query)
    return *steps.open(body, headers), clean_query


def _pairs(headers: aiohttp.typedefs.LooseHeaders) -> HeaderList:
    return [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]  # type: ignore[union-attr] # a mapping of text


async def _guard_answer(
    request: aiohttp.ClientRequest, response: aiohttp.ClientResponse, steps: Steps
) -> None:
    """Put in the place of the answer's content what may be read."""
    if request.method == "HEAD" or response.status in _BODILESS:
        await run_later(steps.close, "ok")
        return
    if response.status == 206:
        raise DetectionError("the provider answers with a part of its content")
    headers = list(response.raw_headers)
    if request.session.auto_decompress:
        headers = without(headers, _CODING)  # undone already
    below = response.content
    try:
        kind = await run_later(steps.begin, headers)
    except BodyError:
        if await below.readany():  # nothing is the one thing that everyone can read
            raise
        await run_later(steps.close, "ok")
        return
    reader = _Reader(steps, None if kind == "whole" else below)
    if kind == "whole":
        content = await _collect(below, steps.limit)
        if content:
            content = await run_later(steps.whole, content)
        else:
            await run_later(steps.close, "ok")
        reader.feed_data(content)
        reader.feed_eof()
    response.content = reader
    _watch(response, reader, steps)


async def _collect(below: aiohttp.StreamReader, limit: int) -> bytes:
    held = bytearray()
    while part := await below.readany():
        held += part
        if len(held) > limit:
            raise BodyError("the answer is too large to be guarded", advice="raise `max_body`", status=413)
    return bytes(held)


def _watch(response: aiohttp.ClientResponse, reader: _Reader, steps: Steps) -> None:
    """See that an answer that is not read to its end ends in the ledger."""

    def ended(original: Callable[[], object]) -> object:
        if not reader.is_eof():
            # A thread of the loop's: `asyncio.run` waits for it.
            asyncio.get_running_loop().run_in_executor(None, end, steps, "disconnected")
        return original()

    for name in ("close", "release"):
        setattr(response, name, functools.partial(ended, getattr(response, name)))


class _NoTransport:
    """Stands for the connection of a reader that has none of its own."""

    connected = True

    def pause_reading(self) -> None:
        """Do nothing: what is not asked for is not read."""

    def resume_reading(self, *_: object, **__: object) -> None:
        """Do nothing."""


class _Reader(aiohttp.StreamReader):
    """What the guard lets pass of the reader below, read when it is asked for."""

    def __init__(self, steps: Steps, below: aiohttp.StreamReader | None) -> None:
        super().__init__(_NoTransport(), _BUFFER, loop=asyncio.get_running_loop())  # type: ignore[arg-type] # all it calls
        self.__steps = steps
        self.__below = below

    async def _wait(self, func_name: str) -> None:  # noqa: ARG002 - aiohttp's signature
        """Read on below; every method that reads calls this where it has nothing."""
        steps, below = self.__steps, self.__below
        if below is None:
            self.feed_eof()
            return
        try:
            data = await below.readany()
            out = await piece_later(steps, data, last=not data)
        except GuardrailError as error:
            self.set_exception(error)
            await end_later(steps, outcome_of(error))
            raise
        except BaseException as error:
            await end_later(steps, outcome_in_loop(error))
            raise
        self.feed_data(out)
        if not data:
            self.feed_eof()
