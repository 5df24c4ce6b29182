"""The middleware in Starlette and FastAPI, on each real server, against real clients."""

import asyncio
import gzip
import http.client
import json
import re
import socket
import sqlite3
import threading
from pathlib import Path

import httpx
import pytest
from callers import CARD, EMAIL, FAULT, IBAN, OTHER, outcomes
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from guardrail.asgi import GuardMiddleware

TOKEN = re.compile(r"<EMAIL_ADDRESS_[0-9A-Z]+>")
LONG = "This is a sentence of some length. " * 3


class Seen:
    """What a Starlette application saw, and the application."""

    def __init__(self, guard, **options):
        self.texts = []
        self.app = Starlette(routes=[Route("/echo", self.echo, methods=["POST"])])
        self.app.add_middleware(GuardMiddleware, guard=guard, **options)

    async def echo(self, request: Request):
        text = (await request.json())["text"]
        self.texts.append(text)
        return JSONResponse({"text": f"{text} {IBAN} {OTHER}", "length": request.headers["content-length"]})


def _url(port, path):
    return f"http://127.0.0.1:{port}{path}"


def _post(port, path="/echo", **options):
    return httpx.post(_url(port, path), timeout=60, **options)


def test_starlette_gets_tokens_and_the_client_its_own_value_back(guard, served):
    seen = Seen(guard)
    with served(seen.app) as port:
        answer = _post(port, json={"text": f"I am {EMAIL}."})
    assert TOKEN.search(seen.texts[0])
    assert EMAIL not in seen.texts[0]
    text = answer.json()["text"]
    assert text.startswith(f"I am {EMAIL}. [IBAN_CODE] <EMAIL_ADDRESS_")
    assert OTHER not in text
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_a_large_body_in_many_parts_is_guarded_whole(guard, served):
    seen = Seen(guard)
    text = "x, " * 50_000 + EMAIL + " y" * 70_000
    with served(seen.app) as port:
        answer = _post(port, json={"text": text})
    assert len(seen.texts[0]) > 280_000
    assert EMAIL not in seen.texts[0]
    assert EMAIL in answer.json()["text"]


def test_a_chunked_body_is_guarded_whole(guard, served):
    seen = Seen(guard)
    body = json.dumps({"text": EMAIL}).encode()
    with served(seen.app) as port:
        answer = _post(
            port, content=iter([body[:12], body[12:]]), headers={"content-type": "application/json"}
        )
    assert TOKEN.fullmatch(seen.texts[0])
    assert answer.status_code == 200


def test_a_packed_body_is_guarded(guard, served):
    seen = Seen(guard)
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with served(seen.app) as port:
        answer = _post(port, content=gzip.compress(json.dumps({"text": EMAIL}).encode()), headers=headers)
    assert TOKEN.fullmatch(seen.texts[0])
    assert answer.status_code == 200


REFUSED = {
    "a bomb": (gzip.compress(bytes(50_000_000)), 413),
    "a truncated packed body": (gzip.compress(b'{"text": "a"}')[:-4], 400),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_packed_body_that_cannot_be_read_reaches_nobody(guard, case, served):
    content, status = REFUSED[case]
    seen = Seen(guard)
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with served(seen.app) as port:
        answer = _post(port, content=content, headers=headers)
        after = _post(port, json={"text": "still here"})
    assert answer.status_code == status
    assert answer.json()["error"]["advice"]
    assert after.status_code == 200
    assert seen.texts == ["still here"]


def test_a_body_over_the_limit_is_refused_and_the_server_goes_on(guard, served):
    seen = Seen(guard, max_body=1000)
    with served(seen.app) as port:
        answer = _post(port, json={"text": "x" * 300_000})
        after = _post(port, json={"text": "x"})
    assert answer.status_code == 413
    assert after.status_code == 200
    assert seen.texts == ["x"]


def test_a_client_that_goes_away_in_its_body_reaches_nobody(guard, served):
    seen = Seen(guard)
    with served(seen.app) as port, socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(
            b"POST /echo HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n"
            b'{"text": "' + EMAIL.encode()
        )
        raw.close()
        assert _post(port, json={"text": "x"}).status_code == 200
    assert seen.texts == ["x"]
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_fastapi_is_guarded_with_its_validation_errors(guard, served):
    app = FastAPI()

    class Asked(BaseModel):
        text: str
        age: int = 0

    @app.post("/ask")
    def ask(asked: Asked) -> dict[str, str]:
        return {"text": asked.text, "account": IBAN}

    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port:
        fine = _post(port, "/ask", json={"text": EMAIL})
        wrong = _post(port, "/ask", json={"text": EMAIL, "age": f"old, {IBAN}"})
        blocked = _post(port, "/ask", json={"text": CARD})
    assert fine.json() == {"text": EMAIL, "account": "[IBAN_CODE]"}
    assert wrong.status_code == 422
    assert IBAN not in wrong.text
    assert blocked.status_code == 403
    assert blocked.json()["error"]["rule"] == "cards"


def test_the_first_event_is_with_the_client_before_the_second_is_made(guard, served):
    """The application makes the second event only when the client says that it has the first."""
    acknowledged = asyncio.Event()

    async def events():
        yield f"data: {json.dumps({'text': 'First. ' + LONG})}\n\n"
        await acknowledged.wait()
        yield f"data: {json.dumps({'text': 'Second. ' + IBAN})}\n\n"

    async def stream(request: Request):
        return StreamingResponse(events(), media_type="text/event-stream")

    async def ack(request: Request):
        acknowledged.set()
        return PlainTextResponse("")

    app = Starlette(routes=[Route("/stream", stream), Route("/ack", ack)])
    app.add_middleware(GuardMiddleware, guard=guard, exempt=("/ack",))
    got = ""
    with served(app) as port, httpx.stream("GET", _url(port, "/stream"), timeout=60) as answer:
        for part in answer.iter_text():
            got += part
            if "First" in got and not acknowledged.is_set():
                assert "Second" not in got
                assert httpx.get(_url(port, "/ack"), timeout=60).status_code == 200
    assert "[IBAN_CODE]" in got
    assert IBAN not in got
    assert outcomes(guard) == ["exchange.request", "ok"]


@pytest.mark.parametrize("broken", ["by the application", "by the guard"])
def test_a_client_sees_that_an_answer_was_cut(guard, broken, served):
    async def events():
        yield f"data: {json.dumps({'text': 'First. ' + LONG})}\n\n"
        if broken == "by the application":
            raise LookupError(EMAIL)
        yield f"data: {json.dumps({'text': f'{EMAIL} {FAULT}. ' * 4})}\n\n"
        yield "data: never\n\n"

    async def stream(request: Request):
        return StreamingResponse(events(), media_type="text/event-stream")

    app = Starlette(routes=[Route("/stream", stream)])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/stream")
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises(http.client.IncompleteRead) as cut:
            answer.read()
        connection.close()
    assert b"First" in cut.value.partial
    assert EMAIL.encode() not in cut.value.partial
    assert b"never" not in cut.value.partial
    assert outcomes(guard) == ["exchange.request", "error"]


def test_a_client_that_leaves_during_a_stream_ends_it(guard, served):
    ended = threading.Event()

    async def events():
        while True:
            yield f"data: {json.dumps({'text': LONG})}\n\n"
            await asyncio.sleep(0)

    async def stream(request: Request):
        return StreamingResponse(events(), media_type="text/event-stream")

    app = Starlette(routes=[Route("/stream", stream)])
    app.add_middleware(GuardMiddleware, guard=guard)

    async def watched(scope, receive, send):
        await app(scope, receive, send)
        ended.set()

    with served(watched) as port:
        with httpx.stream("GET", _url(port, "/stream"), timeout=60) as answer:
            assert "This is" in next(answer.iter_text())
        assert ended.wait(60)
    assert outcomes(guard) == ["exchange.request", "disconnected"]


def test_a_locked_ledger_refuses_and_the_application_is_not_called(guards, tmp_path, served):
    with guards(patience=1.0, ledger="ledger.db") as guard:
        seen = Seen(guard)
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with served(seen.app) as port:
            locked = _post(port, json={"text": EMAIL})
            other.execute("ROLLBACK")
            other.close()
            after = _post(port, json={"text": "x"})
        assert locked.status_code == 503
        assert locked.json()["error"]["type"] == "guardrail_ledger_unavailable"
        assert int(locked.headers["retry-after"]) > 0
        assert after.status_code == 200
        assert seen.texts == ["x"]


def test_a_file_is_guarded_and_given_whole_even_where_a_part_is_asked_for(guard, tmp_path: Path, served):
    file = tmp_path / "letter.txt"
    file.write_text(f"{LONG} My account is {IBAN}.\n")

    async def letter(request: Request):
        return FileResponse(file, media_type="text/plain")

    app = Starlette(routes=[Route("/letter", letter, methods=["GET", "HEAD"])])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port:
        part = httpx.get(_url(port, "/letter"), headers={"range": "bytes=0-9"}, timeout=60)
        head = httpx.head(_url(port, "/letter"), timeout=60)
    assert part.status_code == 200
    assert part.text == f"{LONG} My account is [IBAN_CODE].\n"
    assert "accept-ranges" not in part.headers
    assert head.status_code == 200
    assert head.content == b""


def test_compression_outside_the_guard_packs_the_guarded_answer(guard, served):
    seen = Seen(guard)
    seen.app.add_middleware(GZipMiddleware, minimum_size=1)
    with served(seen.app) as port:
        answer = _post(port, json={"text": EMAIL})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["text"].startswith(f"{EMAIL} [IBAN_CODE]")


def test_compression_inside_the_guard_does_no_harm(guard, served):
    seen = Seen(guard)
    app = GuardMiddleware(GZipMiddleware(seen.app, minimum_size=1), guard)
    with served(app) as port:
        answer = _post(port, json={"text": EMAIL})
    assert "content-encoding" not in answer.headers
    assert answer.json()["text"].startswith(f"{EMAIL} [IBAN_CODE]")


def test_a_background_task_runs_after_a_guarded_answer_and_its_failure_reaches_the_server(guard, served):
    ran = threading.Event()

    async def later():
        ran.set()
        raise LookupError(EMAIL)

    async def ask(request: Request):
        return JSONResponse({"text": IBAN}, background=BackgroundTask(later))

    app = Starlette(routes=[Route("/ask", ask)])
    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port:
        answer = httpx.get(_url(port, "/ask"), timeout=60)
        assert ran.wait(60)
    assert answer.json() == {"text": "[IBAN_CODE]"}
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_many_clients_at_once_do_not_see_one_anothers_values(guard, served):
    seen = Seen(guard)

    async def run(port):
        async with httpx.AsyncClient(timeout=120) as client:
            people = [f"person{n}@example.com" for n in range(24)]
            return people, await asyncio.gather(
                *(client.post(_url(port, "/echo"), json={"text": person}) for person in people)
            )

    with served(seen.app) as port:
        people, answers = asyncio.run(run(port))
    for person, answer in zip(people, answers, strict=True):
        assert re.findall(r"person\d+@", answer.json()["text"]) == [person.partition("@")[0] + "@"]
