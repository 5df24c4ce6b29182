"""The two sides of the middleware: a caller in the server's place, an application that keeps what it gets."""

import asyncio
import json

EMAIL = "ann.smith@example.com"
OTHER = "bob@example.org"
CARD = "4111 1111 1111 1111"
IBAN = "DE89 3704 0044 0532 0130 00"
FAULT = "\N{BALLOT X}"


EVENTS = "text/event-stream"


def body_of(text):
    """Return a JSON body with one text."""
    return json.dumps({"text": text}).encode()


def event_of(text):
    """Return a server-sent event with one text."""
    return b"data: %b\n\n" % body_of(text)


async def given(message):
    """Return `message`, as `receive` does."""
    return message


def outcomes(guard):
    """Return type and outcome of every entry of an exchange."""
    facts = [(entry.type, json.loads(entry.header).get("x", {})) for entry in guard.ledger.entries()]
    return [fact.get("outcome", kind) for kind, fact in facts if kind.startswith("exchange.")]


class Caller:
    """Calls an ASGI application as a server does, and keeps what it sends."""

    def __init__(self, *parts, method="POST", path="/chat", headers=(), media="application/json", **scope):
        self.incoming = [
            {"type": "http.request", "body": part, "more_body": at < len(parts) - 1}
            for at, part in enumerate(parts or [b""])
        ]
        named = [(b"content-type", media.encode())] if media else []
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [*named, *headers],
            **scope,
        }
        self.sent = []
        self.gone = asyncio.Event()

    async def receive(self):
        if self.incoming:
            return self.incoming.pop(0)
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    def call(self, app):
        """Run one exchange; return the exception that came out of the application, or None."""

        async def run():
            try:
                async with asyncio.timeout(60):  # so that a fault is a failure, and hangs no suite
                    await app(self.scope, self.receive, self.send)
            except TimeoutError:
                raise
            except Exception as error:  # noqa: BLE001 - tests look at it
                return error

        return asyncio.run(run())

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return dict(self.sent[0]["headers"])

    @property
    def body(self):
        return b"".join(m["body"] for m in self.sent if m["type"] == "http.response.body")

    @property
    def complete(self):
        """Tell whether the answer came to a proper end."""
        return bool(self.sent) and self.sent[-1].get("more_body") is False

    @property
    def error(self):
        return json.loads(self.body)["error"]


class Recorder:
    """An application that keeps what it gets, and answers what it was told."""

    def __init__(self, *parts, status=200, media="application/json", headers=(), trailers=False):
        self.parts = parts or (b"{}",)
        named = [(b"content-type", media.encode())] if media else []
        self.start = {"type": "http.response.start", "status": status, "headers": [*named, *headers]}
        if trailers:
            self.start["trailers"] = True
        self.scope = None
        self.bodies = []

    async def __call__(self, scope, receive, send):
        self.scope = scope
        message = await receive()
        self.bodies.append(message["body"])
        await send(self.start)
        for at, part in enumerate(self.parts):
            more = at < len(self.parts) - 1
            await send({"type": "http.response.body", "body": part, "more_body": more})

    @property
    def called(self):
        return self.scope is not None

    @property
    def headers(self):
        return dict(self.scope["headers"])

    @property
    def body(self):
        return b"".join(self.bodies)
