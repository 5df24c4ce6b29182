"""What FastAPI and Starlette do around an endpoint: it works behind the guard as it does without."""

import asyncio
import json
import re
import threading
import warnings
from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

import httpx
import pytest
from callers import CARD, EMAIL, IBAN, OTHER, Caller, Recorder, body_of, outcomes
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from web_policy import POLICY

from guardrail.asgi import GuardMiddleware
from guardrail.asgi import Route as GuardRoute
from guardrail.errors import ConfigError, GuardrailWarning
from guardrail.guard import Guard
from guardrail.policy import load
from guardrail.testing import memory_guard
from guardrail.types import Context


def _url(port, path):
    return f"http://127.0.0.1:{port}{path}"


def test_events_of_fastapi_are_guarded_and_keep_their_names_and_ids(guard, served):
    app = FastAPI()

    @app.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterable[ServerSentEvent]:
        yield ServerSentEvent(data={"text": f"My account is {IBAN}. "}, event="token", id="1")
        yield ServerSentEvent(data={"text": f"Write to {OTHER}. "}, event="token", id="2")

    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port:
        text = httpx.get(_url(port, "/events"), timeout=30).text
    said = "".join(re.findall(r'"text": "(.*?)"', text))
    assert re.fullmatch(r"My account is \[IBAN_CODE\]\. Write to <EMAIL_ADDRESS_\w+>\. ", said)
    assert text.index("id: 1") < text.index("id: 2")
    assert text.count("event: token") >= 2


def test_dependencies_end_and_background_tasks_run_after_the_answer(guard, served):
    app = FastAPI()
    order = []
    ran = threading.Event()

    async def resource() -> AsyncIterator[str]:
        order.append("open")
        yield IBAN
        order.append("close")

    def later() -> None:
        order.append("background")
        ran.set()

    @app.get("/ask")
    async def ask(tasks: BackgroundTasks, value: Annotated[str, Depends(resource)]) -> dict[str, str]:
        tasks.add_task(later)
        return {"text": value}

    @app.get("/stream")
    async def stream(value: Annotated[str, Depends(resource)]) -> StreamingResponse:
        async def parts():
            for _ in range(3):
                yield f"The account is {value}. "

        return StreamingResponse(parts(), media_type="text/plain")

    app.add_middleware(GuardMiddleware, guard=guard)
    with served(app) as port:
        assert httpx.get(_url(port, "/ask"), timeout=30).json() == {"text": "[IBAN_CODE]"}
        assert ran.wait(30)
        assert httpx.get(_url(port, "/stream"), timeout=30).text == "The account is [IBAN_CODE]. " * 3
    assert sorted(order) == ["background", "close", "close", "open", "open"]


def test_what_the_application_calls_inside_has_the_context_of_the_request(guard, served):
    seen = []

    async def ask(request):
        seen.append(guard.current())
        await asyncio.to_thread(lambda: seen.append(guard.current()))
        return PlainTextResponse("")

    def sync(request):
        seen.append(guard.current())
        return PlainTextResponse("")

    def place(scope):
        return Context(tenant="acme", conversation=scope["query_string"].decode())

    app = Starlette(routes=[Route("/ask", ask), Route("/sync", sync)])
    app.add_middleware(GuardMiddleware, guard=guard, context=place, routes={"/ask": "ask"})
    with served(app) as port:
        httpx.get(_url(port, "/ask?c-1"), timeout=30)
        httpx.get(_url(port, "/sync?c-2"), timeout=30)
    asked = Context(tenant="acme", conversation="c-1", route="ask")
    assert seen == [asked, asked, Context(tenant="acme", conversation="c-2")]
    assert guard.current() == guard.base


def test_a_context_may_come_from_middleware_outside(guard, served):
    class Backend:
        async def authenticate(self, conn):
            from starlette.authentication import AuthCredentials, SimpleUser

            return AuthCredentials(), SimpleUser("u-7")

    async def ask(request):
        return JSONResponse({"actor": guard.current().actor})

    app = Starlette(routes=[Route("/ask", ask)])
    app.add_middleware(
        GuardMiddleware, guard=guard, context=lambda scope: Context(actor=scope["user"].username)
    )
    app.add_middleware(AuthenticationMiddleware, backend=Backend())
    with served(app) as port:
        assert httpx.get(_url(port, "/ask"), timeout=30).json() == {"actor": "u-7"}


SCOPED = """
[[scopes]]
when = { route = "chat" }

[[scopes.rules]]
id = "no-accounts"
why = "Not in the chat."
find = ["IBAN_CODE"]
action = "block"
"""


def test_a_scope_of_the_policy_is_stricter_on_a_named_route(guards, guard, tmp_path, patterns):
    file = tmp_path / "scoped.toml"
    file.write_text(POLICY.format(on_error="block", on_unreadable="block") + SCOPED)
    strict = Guard(policy=load(file), detector=patterns, keys=guard.keys, ledger=guard.ledger)
    app = GuardMiddleware(Recorder(), strict, routes={"/chat": "chat", "/chat/": "chat"})
    statuses = []
    for path in ("/chat", "/chat/7", "/other"):
        caller = Caller(body_of(IBAN), path=path)
        caller.call(app)
        statuses.append(caller.status)
    assert statuses == [403, 403, 200]
    header = json.loads(list(strict.ledger.entries())[-3].header)
    assert header["x"]["route"] == "chat"


def test_a_route_may_have_a_guard_of_its_own_and_a_weaker_one_is_warned_of(guard):
    with memory_guard("pci-dss") as other:
        with pytest.warns(GuardrailWarning, match="the route /pay is guarded without the policy web"):
            app = GuardMiddleware(Recorder(), guard, routes={"/pay": GuardRoute("pay", guard=other)})
        Caller(body_of(EMAIL), path="/pay").call(app)
        assert outcomes(other) == ["exchange.request", "ok"]
    assert outcomes(guard) == []


def test_a_route_with_the_same_policy_and_more_is_not_warned_of(guard):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GuardMiddleware(Recorder(), guard, routes={"/pay": GuardRoute("pay", guard=guard)})


@pytest.mark.parametrize(
    "options",
    [
        {"routes": {"chat": "chat"}},
        {"routes": {"/health": "x"}, "exempt": ("/health",)},
        {"headers": "x-user-id"},
        {"headers": ("",)},
        {"threads": 0},
        {"hold_seconds": 0},
        {"idle_seconds": 0},
        {"max_bodies": 1},
    ],
)
def test_an_option_that_does_not_do_what_it_says_is_refused(guard, options):
    with pytest.raises(ConfigError) as caught:
        GuardMiddleware(Recorder(), guard, **options)
    assert caught.value.advice


@pytest.mark.parametrize(
    ("path", "free"),
    [
        ("/health", True),
        ("/healthz", False),
        ("/health/", False),
        ("/static/a.js", True),
        ("/static/private/a.js", False),
        ("/static/../x", False),
    ],
)
def test_the_longest_rule_decides_and_health_is_exempt_by_its_name_alone(guard, path, free):
    app = GuardMiddleware(
        Recorder(), guard, exempt=("/health", "/static/"), routes={"/static/private/": "private"}
    )
    caller = Caller(body_of(EMAIL), path=path)
    caller.call(app)
    assert (outcomes(guard) == []) is free


def test_a_sub_application_below_a_root_path_is_served_under_its_own_paths(guard, served):
    inner = FastAPI()

    @inner.post("/ask/{name}")
    async def ask(name: str, asked: dict[str, str]) -> dict[str, str]:
        return {"name": name, "text": f"{asked['text']} {IBAN}"}

    inner.add_middleware(GuardMiddleware, guard=guard)
    app = Starlette(routes=[Mount("/v1", app=inner)])
    with served(app) as port:
        fine = httpx.post(_url(port, "/v1/ask/one"), json={"text": EMAIL}, timeout=30)
        blocked = httpx.post(_url(port, "/v1/ask/one"), json={"text": CARD}, timeout=30)
    assert fine.json() == {"name": "one", "text": f"{EMAIL} [IBAN_CODE]"}
    assert blocked.status_code == 403


PICTURES = {"/pictures/": GuardRoute("pictures", unread=("image/*",))}


def test_a_route_may_let_media_types_of_its_answers_pass_unread_and_is_warned_of(guard):
    picture, other = Recorder(b"\x89PNG", media="image/png"), Recorder(b"ID3", media="audio/mpeg")
    with pytest.warns(GuardrailWarning, match="the route /pictures/ lets image/. pass unread"):
        pictures = GuardMiddleware(picture, guard, routes=PICTURES)
    with pytest.warns(GuardrailWarning, match="pass unread"):
        others = GuardMiddleware(other, guard, routes=PICTURES)
    answers = []
    for app, path in ((pictures, "/pictures/1"), (pictures, "/x"), (others, "/pictures/2")):
        caller = Caller(method="GET", path=path)
        caller.call(app)
        answers.append((caller.status, caller.body if caller.status == 200 else b""))
    assert answers == [(200, b"\x89PNG"), (502, b""), (502, b"")]
    closed = [entry for entry in guard.ledger.entries() if entry.type == "exchange.response"]
    assert json.loads(closed[0].header)["x"]["passed"] == {"unreadable": 4}


def test_a_request_cannot_choose_to_be_unread(guard):
    with pytest.warns(GuardrailWarning, match="pass unread"):
        app = GuardMiddleware(Recorder(), guard, routes=PICTURES)
    caller = Caller(body_of(EMAIL), media="image/png", path="/pictures/1")
    caller.call(app)
    assert caller.status == 415


@pytest.mark.parametrize(
    "body", [body_of(CARD), b"\x0bnot packed"], ids=["a blocked value", "a broken coding"]
)
def test_a_policy_that_only_watches_stops_nothing_and_changes_nothing(guard, tmp_path, patterns, body):
    file = tmp_path / "shadow.toml"
    text = POLICY.format(on_error="block", on_unreadable="block")
    file.write_text(text.replace('version = "1"', 'version = "1"\nmode = "shadow"'))
    watching = Guard(policy=load(file), detector=patterns, keys=guard.keys, ledger=guard.ledger)
    headers = () if body.startswith(b"{") else ((b"content-encoding", b"gzip"),)
    app = Recorder(body_of(IBAN))
    caller = Caller(body, headers=headers)
    caller.call(GuardMiddleware(app, watching))
    assert app.body == body
    assert caller.body == body_of(IBAN)
