"""What servers do, one by one (spec versions, parts, lengths, ends): the middleware must not depend on it."""

import asyncio
import contextlib
import gzip
import http.client
import re
import socket
import threading

import httpx
import pytest
from callers import EMAIL, EVENTS, IBAN, body_of, event_of, outcomes
from servers import started
from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from guardrail.asgi import GuardMiddleware
from guardrail.asgi import http as asgi_http

TOKEN = re.compile(rb"<EMAIL_ADDRESS_[0-9A-Z]+>")
LONG = "This is a sentence of some length. "


class Kept:
    """An application that keeps its messages, and answers as it is told."""

    def __init__(self, *parts, headers=(), media="application/json", fail=False):
        self.parts = parts or (b"{}",)
        self.headers = [(b"content-type", media.encode()), *headers]
        self.fail = fail
        self.scope = None
        self.messages = []

    async def __call__(self, scope, receive, send):
        self.scope = scope
        self.messages.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        for at, part in enumerate(self.parts):
            more = self.fail or at < len(self.parts) - 1
            await send({"type": "http.response.body", "body": part, "more_body": more})
        if self.fail:
            raise LookupError(EMAIL)


def _raw(port, request, *, wait=30):
    """Send bytes; return all that comes until the server closes or says no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as raw:
        raw.sendall(request)
        got = b""
        with contextlib.suppress(TimeoutError):
            while part := raw.recv(65536):
                got += part
        return got


ASKED = body_of(f"I am {EMAIL}")
HEAD = b"POST /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n"


REQUESTS = {
    "one part": HEAD + b"content-length: %d\r\n\r\n" % len(ASKED) + ASKED,
    "chunked": HEAD
    + b"transfer-encoding: chunked\r\n\r\n"
    + b"".join(
        b"%x\r\n%b\r\n" % (len(ASKED[at : at + 9]), ASKED[at : at + 9]) for at in range(0, len(ASKED), 9)
    )
    + b"0\r\n\r\n",
    "gzip": HEAD
    + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(gzip.compress(ASKED))
    + gzip.compress(ASKED),
    "Expect: 100-continue": HEAD + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(ASKED) + ASKED,
}


@pytest.mark.parametrize("way", REQUESTS)
def test_however_a_request_comes_the_application_gets_it_whole_and_scrubbed(guard, served, way):
    app = Kept()
    with served(GuardMiddleware(app, guard)) as port:
        answer = _raw(port, REQUESTS[way])
    assert b" 200 " in answer
    assert [message["more_body"] for message in app.messages] == [False]
    assert TOKEN.search(app.messages[0]["body"])
    headers = dict(app.scope["headers"])
    assert headers[b"content-length"] == b"%d" % len(app.messages[0]["body"])
    assert not {b"transfer-encoding", b"content-encoding"} & set(headers)
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_a_refused_length_is_refused_before_the_client_sends_its_body(guard, served, kind):
    """`Expect: 100-continue` exists for this: nobody says "continue", and nothing is sent."""
    app = Kept()
    head = HEAD + b"expect: 100-continue\r\ncontent-length: 5000\r\n\r\n"
    with served(GuardMiddleware(app, guard, max_body=100)) as port:
        answer = _raw(port, head, wait=5)
    # Hypercorn says "continue" by itself, before anybody is asked.
    assert b" 413 " in answer.splitlines()[0] or kind == "hypercorn"
    assert b" 413 " in answer
    assert app.scope is None


def test_a_body_that_breaks_off_reaches_nobody(guard, served):
    app = Kept()
    with served(GuardMiddleware(app, guard)) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
            raw.sendall(HEAD + b"content-length: 500\r\n\r\n" + ASKED)
        assert httpx.get(f"http://127.0.0.1:{port}/x", timeout=30).status_code == 200
    assert len(app.messages) == 1
    assert outcomes(guard) == ["exchange.request", "ok"]


@pytest.mark.parametrize("said", [3, 999], ids=["too short", "too long"])
@pytest.mark.parametrize("media", ["application/json", EVENTS])
def test_an_answer_that_is_not_as_long_as_it_says_is_no_answer(guard, served, said, media):
    """One server cuts it, one lets the client wait, one sends a part: behind the guard it is a fault."""
    parts = (body_of("fine"),) if media == "application/json" else (event_of("Fine is the day. " * 4), b"")
    app = Kept(*parts, headers=[(b"content-length", b"%d" % said)], media=media)
    with served(GuardMiddleware(app, guard)) as port:
        try:
            status = httpx.get(f"http://127.0.0.1:{port}/x", timeout=30).status_code
        except httpx.RemoteProtocolError:
            status = 0
    assert status == (0 if media == EVENTS and said == 999 else 502)
    assert outcomes(guard) == ["exchange.request", "error"]


def test_an_exception_after_the_start_cuts_the_connection(guard, served):
    app = Kept(event_of("Fine is the day. " * 4), media=EVENTS, fail=True)
    with served(GuardMiddleware(app, guard)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/x")
        answer = connection.getresponse()
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
        connection.close()
    assert outcomes(guard) == ["exchange.request", "error"]


def test_lifespan_and_its_state_pass(guard, kind):
    """The application's state reaches its requests, and the guard's threads end with the server."""
    seen = []

    @contextlib.asynccontextmanager
    async def lifespan(app):
        seen.append("up")
        yield {"model": "m-1"}
        seen.append("down")

    async def ask(request):
        seen.append((request.state.model, request.state.guard is guard))
        return JSONResponse({"text": IBAN})

    app = Starlette(routes=[Route("/x", ask)], lifespan=lifespan)
    app.add_middleware(GuardMiddleware, guard=guard)
    with started(kind, app) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/x", timeout=30).json() == {"text": "[IBAN_CODE]"}
    assert seen == ["up", ("m-1", True), "down"]


def test_a_file_that_a_server_would_send_itself_is_guarded(guard, served, tmp_path):
    """Granian offers `pathsend`: the application would name a file, and its bytes would never pass here."""
    file = tmp_path / "letter.txt"
    file.write_text(f"{LONG * 3}My account is {IBAN}.\n")
    offered = []

    async def letter(request):
        offered.append(sorted(request.scope.get("extensions") or {}))
        return FileResponse(file, media_type="text/plain")

    app = Starlette(routes=[Route("/letter", letter)])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port:
        whole = httpx.get(f"http://127.0.0.1:{port}/letter", timeout=30)
        asked = {"range": "bytes=0-9", "if-range": whole.headers.get("last-modified", "")}
        part = httpx.get(f"http://127.0.0.1:{port}/letter", headers=asked, timeout=30)
        same = httpx.get(f"http://127.0.0.1:{port}/letter", headers={"if-none-match": '"other"'}, timeout=30)
    assert whole.text.endswith("My account is [IBAN_CODE].\n")
    assert "etag" not in whole.headers
    assert (part.status_code, part.text) == (200, whole.text)
    assert same.status_code == 200
    assert not [name for names in offered for name in names if "send" in name]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_without_a_body_has_none(guard, served, method, status):
    async def ask(request):
        if status == 200:
            return JSONResponse({"text": IBAN})
        return Response(status_code=status, headers={"etag": '"1"'})

    app = Starlette(routes=[Route("/x", ask, methods=["GET", "HEAD"])])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(2):  # the connection is left in a good state
            connection.request(method, "/x")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (status, b"")
        connection.close()
    assert outcomes(guard) == ["exchange.request", "ok"] * 2


def test_the_query_and_named_fields_are_guarded_both_ways(guard, served):
    async def ask(request):
        mail = request.query_params["mail"]
        return RedirectResponse(f"/done?mail={mail}&account={IBAN}", headers={"x-user-id": mail})

    app = Starlette(routes=[Route("/x", ask)])
    seen = []

    async def watched(scope, receive, send):
        seen.append(scope)
        await app(scope, receive, send)

    names = ("x-user-id", "Location")
    with served(GuardMiddleware(watched, guard, headers=names)) as port:
        answer = httpx.get(
            f"http://127.0.0.1:{port}/x?a=%41&mail=ann.smith%40example.com&&b",
            headers={"x-user-id": EMAIL, "x-trace": "7"},
            timeout=30,
        )
    query = seen[0]["query_string"]
    assert query.startswith(b"a=%41&mail=%3CEMAIL_ADDRESS_")
    assert query.endswith(b"%3E&&b")
    headers = dict(seen[0]["headers"])
    assert TOKEN.fullmatch(headers[b"x-user-id"])
    assert headers[b"x-trace"] == b"7"
    assert answer.headers["x-user-id"] == EMAIL
    assert answer.headers["location"].startswith("/done?mail=ann.smith%40example.com&account=%5BIBAN_CODE%5D")


def test_a_path_is_the_one_inside_of_a_mount(guard, served):
    async def ask(request):
        return PlainTextResponse(f"My account is {IBAN}. ")

    routes = [Route("/health", ask), Route("/x", ask)]
    inner = Starlette(routes=routes)
    inner.add_middleware(GuardMiddleware, guard=guard, exempt=("/health",))
    app = Starlette(routes=[Mount("/api", app=inner)])
    with served(app) as port:
        free = httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=30)
        guarded = httpx.get(f"http://127.0.0.1:{port}/api/x", timeout=30)
    assert IBAN in free.text
    assert IBAN not in guarded.text


def test_half_a_sentence_is_not_held_for_ever(guards, served, monkeypatch):
    """The application goes on only when the client has what stands before the pause: it would hang."""
    monkeypatch.setattr(asgi_http, "TICK_SECONDS", 0.05)
    got_it = threading.Event()

    async def app(scope, receive, send):
        await receive()
        told = [(b"content-type", EVENTS.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": told})
        half = event_of("Just a moment, let me look that up")
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.to_thread(got_it.wait, 30)
        await send({"type": "http.response.body", "body": event_of(f". It is {IBAN}. ")})

    got = ""
    with (
        guards(on_error="pass") as guard,
        served(GuardMiddleware(app, guard, hold_seconds=0.01)) as port,
        httpx.stream("GET", f"http://127.0.0.1:{port}/x", timeout=30) as answer,
    ):
        for part in answer.iter_text():
            got += part
            if "let me" in got:
                got_it.set()
    assert got_it.is_set()
    assert "[IBAN_CODE]" in got


def test_a_slow_client_holds_the_application_back(guards, served):
    """What waits is bounded by what the server and the sockets buffer, and not by what the model writes."""
    made = 0
    most = 60_000_000
    told = [(b"content-type", b"image/png")]

    async def app(scope, receive, send):
        nonlocal made
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": told})
        with contextlib.suppress(OSError):
            while made < most:
                await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
                made += 65536

    with guards(on_unreadable="pass") as guard:
        with (
            served(GuardMiddleware(app, guard)) as port,
            socket.create_connection(("127.0.0.1", port), timeout=30) as raw,
        ):
            raw.sendall(b"GET /x HTTP/1.1\r\nhost: h\r\n\r\n")
            assert b" 200 " in raw.recv(1000)
            before = -1
            while made != before:
                before = made
                threading.Event().wait(0.5)
            assert made < most
        assert outcomes(guard) in (["exchange.request", "disconnected"], ["exchange.request", "error"])
