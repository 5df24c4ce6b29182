"""The middleware: options, and who handles a connection."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from guardrail.asgi.http import Responder
from guardrail.asgi.pool import THREADS, Pool
from guardrail.asgi.routes import Routes, path_of
from guardrail.asgi.websocket import Socket
from guardrail.duplex import IDLE_SECONDS
from guardrail.errors import ConfigError
from guardrail.holds import Holds
from guardrail.socket_steps import SocketSteps
from guardrail.steps import Steps
from guardrail.wire.maps import protocol_for
from guardrail.wire.refusals import form_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from guardrail.asgi.routes import Route
    from guardrail.guard import Guard
    from guardrail.types import Context

__all__ = ["MAX_BODY", "GuardMiddleware", "Options"]

MAX_BODY: Final = 1_048_576
"""Bytes of one body, unpacked, that are held in memory by default; streams may be longer."""


RELEASE: Final = 5.0
"""Seconds of a held text after which what can be no part of a value goes out, where nothing else is said."""

SPOKEN: Final = frozenset({"openai.realtime", "gemini.live"})
"""Protocols of websockets that have a map; all others are text and JSON of any kind."""


class Options(TypedDict, total=False):
    """What a `GuardMiddleware` may be told."""

    max_body: int
    exempt: Sequence[str]
    routes: Mapping[str, Route | str]
    headers: Sequence[str]
    context: Callable[[Scope], Context] | None
    hold_seconds: float | None
    idle_seconds: float
    threads: int


class GuardMiddleware:
    """Guard an ASGI application; shared by all requests, immutable.

    Args:
        app: the application behind the guard.
        guard: holds policy, detector and ledger; its owner closes it.
        max_body: bytes of one body or message that may be held, before and after
            unpacking; a longer request is refused (413), a longer answer is an error (502).
        exempt: paths that pass unguarded: "/health" exactly that path, "/static/"
            everything below it. Websockets too.
        routes: what else holds on a path (as in `exempt`): the name of a route, for the
            scopes of the policy and for the ledger, or a `Route`.
        headers: names of header fields whose values are texts, of requests and of answers.
            Of `location` and `referer`, the query is.
        context: says who is asking (tenant, conversation ...) from the scope. It is
            code of the application: the guard itself believes no client's header.
        hold_seconds: how long a text of a stream may be held while the application is silent.
            Then what can be no part of a value goes out, and `on_error` decides about the
            rest: "block" ends the stream. Without it, the former goes out after five seconds
            and the rest waits for what follows.
        idle_seconds: how long the application's side of a websocket may be silent before what is
            held of its text is decided as it stands.
        threads: how many steps of the guard may run at once.

    Raises:
        ConfigError: an option that would not do what it seems to say.
    """

    def __init__(self, app: ASGIApp, guard: Guard, **options: Unpack[Options]) -> None:
        if unknown := sorted(set(options) - set(Options.__annotations__)):
            raise ConfigError(
                f"there is no option {unknown[0]}", advice=f"use {', '.join(Options.__annotations__)}"
            )
        self._app = app
        self._guard = guard
        self._max_body = _at_least_one(options.get("max_body", MAX_BODY), "max_body")
        self._routes = Routes(options.get("exempt", ()), options.get("routes", MappingProxyType({})))
        self._routes.warn(guard)
        self._fields = _fields(options.get("headers", ()))
        self._context = options.get("context")
        self._hold = options.get("hold_seconds")
        if self._hold is not None and self._hold <= 0:
            raise ConfigError("hold_seconds must be above zero", advice="leave it out for no bound")
        self._idle = options.get("idle_seconds", IDLE_SECONDS)
        if self._idle <= 0:
            raise ConfigError("idle_seconds must be above zero", advice="leave it out for a quarter second")
        self._pool = Pool(_at_least_one(options.get("threads", THREADS), "threads"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is not guarded at once; give every exchange a responder of its own."""
        if scope["type"] == "lifespan":
            try:
                await self._app(scope, receive, send)
            finally:
                self._pool.close()
            return
        route = self._routes.find(scope) if scope["type"] in {"http", "websocket"} else None
        if route is None:
            await self._app(scope, receive, send)
            return
        guard = route.guard or self._guard
        context = self._context(scope) if self._context else guard.current()
        if route.name:
            context = replace(context, route=route.name)
        state = {**scope.get("state", {}), "guard": guard}
        # Calls that the application makes inside have the same tenant, conversation and purpose.
        with guard.context(context):
            await self._handle({**scope, "state": state}, (receive, send), guard=guard, route=route)

    async def _handle(self, scope: Scope, ends: tuple[Receive, Send], *, guard: Guard, route: Route) -> None:
        context, limit = guard.current(), self._max_body
        protocol, form = _spoken(scope)
        if scope["type"] == "http":
            steps = Steps(
                guard,
                context=context,
                protocol=protocol,
                limit=limit,
                fields=self._fields,
                holds=Holds(limit=self._hold or RELEASE, gentle=self._hold is None),
                form=form,
            )
            await Responder(steps, self._pool, scope=scope, ends=ends, unread=route.unread)(self._app)
        else:
            steps = Steps(guard, context=context, protocol="", limit=limit, fields=self._fields)
            spoken = protocol if protocol in SPOKEN else ""
            messages = SocketSteps(
                guard, context=context, protocol=spoken, limit=limit, idle_after=self._idle
            )
            await Socket(steps, messages, self._pool, scope=scope, ends=ends)(self._app)


def _spoken(scope: Scope) -> tuple[str, str]:
    """Return the protocol of a request by its path and who speaks it, and the form that errors have there."""
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    protocol = protocol_for(scope.get("method", "GET"), path_of(scope), headers)
    return protocol, form_for(protocol, headers)


def _fields(names: Sequence[str]) -> frozenset[bytes]:
    if isinstance(names, str) or not all(name and name.isascii() for name in names):
        raise ConfigError(
            "headers must be a tuple of names of header fields", advice='write headers=("x-user-id",)'
        )
    return frozenset(name.lower().encode("ascii") for name in names)


def _at_least_one(number: int, name: str) -> int:
    if number < 1:
        raise ConfigError(f"{name} must be at least one", advice="leave it out for the default")
    return number
