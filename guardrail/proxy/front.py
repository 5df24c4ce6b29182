"""The face of the proxy: pages for operators below /-/, and everything else through the guard.

    /-/health    the process lives
    /-/ready     it may be sent requests: ledger, detectors and policy work (503 otherwise)
    /-/metrics   what was counted, for Prometheus

Who is asking is believed from a header only where the operator said so; whoever
sets that header decides whose tokens are restored.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from guardrail.asgi import GuardMiddleware
from guardrail.errors import BodyError, ConfigError, GuardrailError
from guardrail.proxy.faults import UpstreamError
from guardrail.proxy.forward import aside
from guardrail.types import Event, Passage
from guardrail.wire.headers import single
from guardrail.wire.maps import protocol_for
from guardrail.wire.refusals import form_for, refused
from guardrail.within import checked

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from guardrail.proxy.forward import Forwarder
    from guardrail.proxy.metrics import MeasuredGuard
    from guardrail.proxy.upstreams import Upstreams
    from guardrail.types import Context

__all__ = ["MAX_BODY", "Callers", "Front"]

MAX_BODY: Final = 32 * 1_048_576
"""Bytes of one body that are held in memory: what the providers take at most."""

PROVEN: Final = 30.0
"""Seconds for which an entry proves that the ledger can be written."""

_PAGES: Final = "/-/"
_MAX_ID: Final = 256  # characters of a conversation's id
_TEXT: Final = b"text/plain; version=0.0.4; charset=utf-8"
_JSON: Final = b"application/json"

log = logging.getLogger("guardrail.proxy")


class Callers:
    """Who is asking, from the headers that the operator named; "" believes none."""

    def __init__(
        self, guard: MeasuredGuard, upstreams: Upstreams, *, tenant: str = "", conversation: str = ""
    ) -> None:
        """Take the names of the two headers."""
        self._guard = guard
        self._upstreams = upstreams
        self._tenant = tenant.lower().encode("ascii")
        self._conversation = conversation.lower().encode("ascii")
        self.headers = frozenset(filter(None, (self._tenant, self._conversation)))

    def __call__(self, scope: Scope) -> Context:
        """Return the context of a request.

        Raises:
            BodyError: a header is there twice.
            ConfigError: a name that has no place in the ledger.
        """
        context = self._guard.base
        upstream = self._upstreams.for_path(scope["path"]) or self._upstreams.for_model("")
        if upstream is not None and upstream.provider and not context.provider:
            context = replace(context, provider=upstream.provider)
        if self._tenant and (tenant := single(scope["headers"], self._tenant)):
            context = replace(context, tenant=tenant)
        if self._conversation and (name := single(scope["headers"], self._conversation)):
            if len(name) > _MAX_ID:
                raise BodyError("the id of the conversation is too long", advice=f"use {_MAX_ID} characters")
            context = replace(context, conversation=name)
        return checked(context)


class Front:
    """The ASGI application that the server runs."""

    def __init__(
        self, guard: MeasuredGuard, forwarder: Forwarder, callers: Callers, *, max_body: int = MAX_BODY
    ) -> None:
        """Take the parts; their owner closes the guard."""
        self._guard = guard
        self._forwarder = forwarder
        self._callers = callers
        self._guarded = GuardMiddleware(forwarder, guard, max_body=max_body, context=callers)
        self._proving = asyncio.Lock()
        self.stopping = False
        self.open = 0  # exchanges under way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(_PAGES):
            await self._page(scope, send)
        elif scope["type"] in {"http", "websocket"}:
            await self._exchange(scope, receive, send)

    async def problems(self) -> list[str]:
        """Return what keeps the proxy from being ready, one word each."""
        found = []
        if self.stopping:
            found.append("stopping")
        if not await self._ledger_works():
            found.append("ledger")
        if not self._guard.policy.documents:
            found.append("policy")
        try:
            await asyncio.to_thread(self._guard.detect, [Passage("ready@example.com")])
        except Exception:  # noqa: BLE001 - whatever it is, nothing can be guarded
            found.append("detector")
        return found

    async def _ledger_works(self) -> bool:
        """Tell whether the ledger takes entries: it took one just now, or it takes a heartbeat."""
        async with self._proving:
            since = self._guard.since_recorded()
            if since is not None and since < PROVEN:
                return True
            try:
                await asyncio.to_thread(self._guard.record, Event("writer.heartbeat"))
            except GuardrailError:
                return False
            return True

    # --- pages

    async def _page(self, scope: Scope, send: Send) -> None:
        page = scope["path"].removeprefix(_PAGES)
        if scope["method"] not in {"GET", "HEAD"}:
            await _reply(send, 405, _JSON, b'{"error": "read this page with GET"}')
        elif page == "health":
            await _reply(send, 200, _JSON, b'{"alive": true}')
        elif page == "ready":
            found = await self.problems()
            body = json.dumps({"ready": not found, "amiss": found}).encode()
            await _reply(send, 503 if found else 200, _JSON, body)
        elif page == "metrics":
            ready = not await self.problems()
            lines = self._guard.metrics.lines(open_exchanges=self.open, ready=ready)
            await _reply(send, 200, _TEXT, "".join(f"{line}\n" for line in lines).encode())
        else:
            await _reply(send, 404, _JSON, b'{"error": "there is no such page"}')

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._forwarder:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    # --- exchanges

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        self.open += 1
        try:
            self._check(scope)
            await self._guarded(aside(scope), receive, watched)
        except GuardrailError as fault:
            if isinstance(fault, UpstreamError):
                self._guard.metrics.fault(fault.kind)
            if started:
                # The server cuts the connection: an answer without its end must not look whole.
                log.warning("an answer was cut off: %s", fault.message)
                raise
            await self._say(scope, send, fault)
        finally:
            self.open -= 1

    def _check(self, scope: Scope) -> None:
        """Refuse what could be read in two ways, before anything is done with it.

        Raises:
            BodyError: the path leads elsewhere than it says, or a header is there twice.
            ConfigError: a header holds what is no name.
        """
        path: str = scope["path"]
        if not path.startswith("/") or "//" in path or {".", ".."} & set(path.split("/")):
            raise BodyError("the path cannot be forwarded", advice="give a plain path, without . and ..")
        self._callers(scope)

    @staticmethod
    async def _say(scope: Scope, send: Send, fault: GuardrailError) -> None:
        """Answer with a fault, in the words of the protocol that was spoken."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1011, "reason": ""})  # the server answers 403
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        form = form_for(protocol_for(scope["method"], scope["path"], headers), headers)
        status = _status(fault)
        kind = fault.kind if isinstance(fault, UpstreamError) else "guardrail_refused"
        body = refused(form, status, kind, fault.message, {"advice": fault.advice} if fault.advice else {})
        await _reply(send, status, _JSON, body)


def _status(fault: GuardrailError) -> int:
    if isinstance(fault, (UpstreamError, BodyError)):
        return fault.status
    return 400 if isinstance(fault, ConfigError) else 503


async def _reply(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
