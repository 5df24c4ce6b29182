"""ASGI middleware: every request and every answer of an application passes the guard.

    app.add_middleware(GuardMiddleware, guard=guard)

What the application gets is one `http.request` without the personal data that
the policy takes away, and only after the ledger holds the entry that says so.
What the client gets is the guarded answer: whole bodies at once, event streams
as they come. Websockets are guarded message by message. Put compression outside
the guard (add `GZipMiddleware` after it).

Fail closed: what cannot be read, recorded or guarded is refused before the
answer has started, and cut off after; held bytes are never flushed, and no end
of an answer is invented (streaming.md, rule 7). Not guarded: the path of a URL,
and header fields that are not named in `headers`.
"""

from guardrail.asgi.middleware import MAX_BODY, GuardMiddleware
from guardrail.asgi.routes import Route

__all__ = ["MAX_BODY", "GuardMiddleware", "Route"]
