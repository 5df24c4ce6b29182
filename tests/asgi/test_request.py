"""What an application gets, and what it never gets."""

import asyncio
import gzip
import json
import re

import pytest
from callers import CARD, EMAIL, FAULT, IBAN, OTHER, Caller, Recorder, outcomes

from guardrail.asgi import GuardMiddleware
from guardrail.errors import ConfigError
from guardrail.guard import Guard
from guardrail.types import Context
from guardrail.wire import compression

TOKEN = re.compile(r"<EMAIL_ADDRESS_[0-9A-Z]+>")


def _body(text):
    return json.dumps({"text": text}).encode()


ASKED = _body(f"write to {EMAIL} about {IBAN}")


def _refused(caller, app, guard, **options):
    assert caller.call(GuardMiddleware(app, guard, **options)) is None
    assert not app.called
    assert caller.complete
    assert caller.headers[b"content-length"] == b"%d" % len(caller.body)
    assert caller.error["message"]
    return caller.status


def test_the_application_gets_tokens_and_a_length_that_fits(guard):
    app = Recorder()
    caller = Caller(ASKED, headers=[(b"content-length", b"%d" % len(ASKED))])
    assert caller.call(GuardMiddleware(app, guard)) is None
    text = json.loads(app.body)["text"]
    assert TOKEN.search(text)
    assert EMAIL not in text
    assert IBAN not in text
    assert app.headers[b"content-length"] == b"%d" % len(app.body)
    assert caller.status == 200
    assert caller.body == b"{}"
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_the_entry_is_in_the_ledger_before_the_application_is_called(guard):
    seen = []

    async def app(scope, receive, send):
        seen.extend(outcomes(guard))
        await Recorder()(scope, receive, send)

    Caller(ASKED).call(GuardMiddleware(app, guard))
    assert seen == ["exchange.request"]


@pytest.mark.parametrize("last", [b"", ASKED[-1:]], ids=["an empty last part", "a full last part"])
def test_a_body_in_many_parts_is_replayed_as_one(guard, last):
    app = Recorder()
    parts = [ASKED[at : at + 7] for at in range(0, len(ASKED), 7)]
    Caller(*parts, b"").call(GuardMiddleware(app, guard))
    assert len(app.bodies) == 1
    assert TOKEN.search(app.body.decode())


def test_a_chunked_request_is_replayed_with_a_length(guard):
    app = Recorder()
    Caller(ASKED, b"", headers=[(b"transfer-encoding", b"chunked")]).call(GuardMiddleware(app, guard))
    assert b"transfer-encoding" not in app.headers
    assert app.headers[b"content-length"] == b"%d" % len(app.body)


def test_a_packed_request_is_replayed_plain(guard):
    app = Recorder()
    Caller(gzip.compress(ASKED), headers=[(b"content-encoding", b"gzip")]).call(GuardMiddleware(app, guard))
    assert TOKEN.search(json.loads(app.body)["text"])
    assert b"content-encoding" not in app.headers


def test_a_request_without_findings_is_replayed_byte_for_byte(guard):
    app = Recorder()
    plain = b'{ "a" :\t1.50, "a\\u0062": "x" }'
    Caller(plain, headers=[(b"content-md5", b"x")]).call(GuardMiddleware(app, guard))
    assert app.body == plain
    assert app.headers[b"content-md5"] == b"x"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_request_without_a_body_is_recorded_and_its_answer_guarded(guard, method):
    app = Recorder(_body(f"{EMAIL} {IBAN}"))
    caller = Caller(method=method, media="")
    caller.call(GuardMiddleware(app, guard))
    assert app.bodies == [b""]
    assert IBAN.encode() not in caller.body
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_the_scope_of_the_server_is_left_alone(guard):
    app = Recorder()
    caller = Caller(ASKED, headers=[(b"range", b"bytes=0-1"), (b"accept-encoding", b"br")])
    caller.scope["extensions"] = {"http.response.pathsend": {}, "tls": {}, "http.response.trailers": {}}
    before = {**caller.scope, "headers": list(caller.scope["headers"])}
    caller.call(GuardMiddleware(app, guard))
    assert caller.scope == before
    assert app.scope["extensions"] == {"tls": {}, "http.response.trailers": {}}
    assert b"range" not in app.headers
    assert app.headers[b"accept-encoding"] == b"identity"


def test_after_the_body_the_application_hears_what_the_server_says(guard):
    heard = []

    async def app(scope, receive, send):
        heard.extend([await receive(), await receive()])
        await Recorder()(scope, lambda: _given({"body": b""}), send)

    async def _given(message):
        return message

    caller = Caller(b"{}")
    caller.incoming.append({"type": "http.disconnect"})
    caller.call(GuardMiddleware(app, guard))
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]


BAD = {
    "invalid JSON": (b'{"a": ', 400),
    "ten thousand levels": (b"[" * 10_000 + b"]" * 10_000, 413),
    "bytes of another charset": (b'{"a": "\xff\xfe"}', 400),
    "a blocked value": (_body(CARD), 403),
    "a failing detector": (_body(EMAIL + FAULT), 503),
}


@pytest.mark.parametrize("case", BAD)
def test_a_request_that_cannot_go_on_is_refused_and_nothing_is_forwarded(guard, case):
    body, status = BAD[case]
    caller = Caller(body)
    assert _refused(caller, Recorder(), guard) == status
    assert outcomes(guard) == ["exchange.request", "blocked" if status == 403 else "error"]
    for value in (EMAIL, CARD, "4111"):
        assert value.encode() not in caller.body


def test_a_number_beyond_the_exact_ones_of_json_keeps_its_digits(guard):
    app = Recorder()
    body = b'{"id": 900719925474099312345, "x": 1e400}'
    Caller(body).call(GuardMiddleware(app, guard))
    assert app.body == body


def test_both_values_of_a_key_are_guarded_whichever_a_parser_takes(guard):
    app = Recorder()
    Caller(b'{"a": "%b", "a": "%b"}' % (EMAIL.encode(), OTHER.encode())).call(GuardMiddleware(app, guard))
    assert len(TOKEN.findall(app.body.decode())) == 2
    assert b"@" not in app.body


UNREADABLE = [
    "application/json; charset=utf-16",
    "text/plain; charset=utf-7",
    "image/png",
    "",
]


@pytest.mark.parametrize("media", UNREADABLE)
def test_a_body_of_a_media_type_that_cannot_be_read_is_refused(guard, media):
    assert _refused(Caller(ASKED, media=media), Recorder(), guard) == 415


def test_two_content_types_are_refused(guard):
    caller = Caller(ASKED, headers=[(b"content-type", b"image/png")])
    assert _refused(caller, Recorder(), guard) == 400


@pytest.mark.parametrize("coding", ["compress", "gzip, aws-chunked"])
def test_a_body_in_an_unknown_coding_is_refused(guard, coding):
    caller = Caller(ASKED, headers=[(b"content-encoding", coding.encode())])
    assert _refused(caller, Recorder(), guard) == 415


@pytest.mark.parametrize("on_unreadable", ["block", "pass"])
def test_a_coding_whose_library_is_missing_is_refused_whatever_the_policy_says(
    guards, monkeypatch, on_unreadable
):
    monkeypatch.setattr(compression, "readable", lambda: frozenset({"gzip"}))
    with guards(on_unreadable=on_unreadable) as guard:
        caller = Caller(ASKED, headers=[(b"content-encoding", b"zstd")])
        assert _refused(caller, Recorder(), guard) == 415
        assert "guardrail-pii[compression]" in caller.error["advice"]
        caller = Caller(method="GET")
        caller.call(GuardMiddleware(Recorder(b"(\xb5/\xfd", headers=[(b"content-encoding", b"zstd")]), guard))
        assert caller.status == 502


def test_where_the_policy_lets_the_unreadable_pass_it_passes_as_it_is_and_is_counted(guards):
    with guards(on_unreadable="pass") as guard:
        app = Recorder()
        Caller(b"\x0bpacked", headers=[(b"content-encoding", b"compress")]).call(GuardMiddleware(app, guard))
        assert app.body == b"\x0bpacked"
        assert app.headers[b"content-encoding"] == b"compress"
        header = json.loads(list(guard.ledger.entries())[-2].header)
        assert header["x"]["passed"] == {"unreadable": 7}


def test_a_truncated_body_is_refused(guard):
    caller = Caller(gzip.compress(ASKED)[:-3], headers=[(b"content-encoding", b"gzip")])
    assert _refused(caller, Recorder(), guard) == 400


def test_a_bomb_is_refused(guard):
    bomb = gzip.compress(b" " * 5_000_000)
    assert _refused(Caller(bomb, headers=[(b"content-encoding", b"gzip")]), Recorder(), guard) == 413


def test_a_stated_length_over_the_limit_is_refused_unread(guard):
    caller = Caller(b"{}", headers=[(b"content-length", b"101")])
    assert _refused(caller, Recorder(), guard, max_body=100) == 413
    assert caller.incoming


def test_a_body_over_the_limit_is_refused_without_reading_on(guard):
    caller = Caller(*[b"x" * 60] * 5)
    assert _refused(caller, Recorder(), guard, max_body=100) == 413
    assert len(caller.incoming) == 3


def test_a_client_that_leaves_while_it_sends_reaches_nobody(guard):
    app = Recorder()
    caller = Caller(b'{"text": ', b"more")
    caller.incoming[1] = {"type": "http.disconnect"}
    assert caller.call(GuardMiddleware(app, guard)) is None
    assert not app.called
    assert caller.sent == []
    assert outcomes(guard) == []


def test_a_task_that_the_server_ends_early_leaves_no_entry(guard):
    app = Recorder()
    caller = Caller(b'{"text": ')
    reading = asyncio.Event()

    async def receive():
        reading.set()
        await caller.gone.wait()

    async def run():
        task = asyncio.create_task(GuardMiddleware(app, guard)(caller.scope, receive, caller.send))
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert not app.called
    assert outcomes(guard) == []


def test_a_detector_that_breaks_its_contract_lets_nothing_pass_and_tells_nothing(guard, patterns):
    class Broken:
        entities = patterns.entities
        versions = patterns.versions

        def detect(self, passages):
            raise RuntimeError(passages[0].text)

    broken = Guard(policy=guard.policy, detector=Broken(), keys=guard.keys, ledger=guard.ledger)
    caller = Caller(ASKED)
    assert _refused(caller, Recorder(), broken) == 503
    assert EMAIL.encode() not in caller.body


def test_a_ledger_that_is_closed_refuses_everything(guards):
    with guards() as guard:
        guard.ledger.close()
        caller = Caller(ASKED)
        assert _refused(caller, Recorder(), guard) == 503
        assert int(caller.headers[b"retry-after"]) > 0
        assert caller.error["type"] == "guardrail_ledger_unavailable"


def test_the_context_comes_from_the_applications_code(guard):
    app = GuardMiddleware(
        Recorder(),
        guard,
        context=lambda scope: Context(conversation=dict(scope["headers"])[b"host"].decode()),
    )
    bodies = []
    for host in (b"one", b"one", b"two"):
        app._app.bodies.clear()
        Caller(ASKED, headers=[(b"host", host)]).call(app)
        bodies.append(app._app.body)
    assert bodies[0] == bodies[1] != bodies[2]


def test_a_context_that_fails_lets_nothing_pass(guard):
    app = Recorder()
    error = Caller(ASKED).call(GuardMiddleware(app, guard, context=lambda scope: scope["missing"]))
    assert isinstance(error, KeyError)
    assert not app.called


def test_chat_completions_are_read_by_their_map(guard):
    app = Recorder()
    asked = json.dumps({"model": EMAIL, "messages": [{"role": "user", "content": EMAIL}]}).encode()
    Caller(asked, path="/v1/chat/completions").call(GuardMiddleware(app, guard))
    got = json.loads(app.body)
    assert TOKEN.fullmatch(got["messages"][0]["content"])
    assert json.loads(list(guard.ledger.entries())[-1].header)["x"]["protocol"] == "openai.chat"


@pytest.mark.parametrize("path", ["/health", "/static/a.css", "/static/"])
def test_an_exempt_path_passes_as_it_is(guard, path):
    app = Recorder(ASKED)
    caller = Caller(ASKED, path=path)
    caller.call(GuardMiddleware(app, guard, exempt=("/health", "/static/")))
    assert app.body == ASKED == caller.body
    assert app.scope is caller.scope
    assert outcomes(guard) == []


@pytest.mark.parametrize(
    "path", ["/health/x", "/healthy", "/static", "/static/../chat", "/static//chat", "/static/./x"]
)
def test_what_only_resembles_an_exempt_path_is_guarded(guard, path):
    app = Recorder()
    Caller(ASKED, path=path).call(GuardMiddleware(app, guard, exempt=("/health", "/static/")))
    assert EMAIL.encode() not in app.body


@pytest.mark.parametrize("options", [{"max_body": 0}, {"exempt": "/health"}, {"exempt": ("health",)}])
def test_an_option_that_does_not_do_what_it_says_is_refused(guard, options):
    with pytest.raises(ConfigError):
        GuardMiddleware(Recorder(), guard, **options)


def test_lifespan_passes(guard):
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    assert Caller(type="lifespan").call(GuardMiddleware(app, guard)) is None
    assert seen == ["lifespan"]


def test_an_exempt_websocket_passes(guard):
    app = Recorder()
    Caller(b"", type="websocket").call(GuardMiddleware(app, guard, exempt=("/chat",)))
    assert app.called
