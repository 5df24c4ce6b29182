"""How an answer ends that cannot be given: refused before its start, cut after it, never falsely ended."""

import asyncio
import gzip
import json

import pytest
from callers import CARD, EMAIL, EVENTS, FAULT, IBAN, Caller, Recorder, body_of, event_of, outcomes

from guardrail.asgi import GuardMiddleware
from guardrail.asgi import http as asgi_http
from guardrail.errors import GuardrailError


def _refused(caller, app, guard, **options):
    assert caller.call(GuardMiddleware(app, guard, **options)) is None
    assert caller.complete
    assert caller.error["message"]
    for value in (EMAIL, CARD, IBAN):
        assert value.encode() not in caller.body
    return caller.status


FAULTS = {
    "a blocked value": (Recorder(body_of(CARD)), 403),
    "a failing detector": (Recorder(body_of(IBAN + FAULT)), 502),
    "a failing detector at the first event": (
        Recorder(event_of(f"A sentence with {IBAN} and {FAULT}. " * 3), b"", media=EVENTS),
        502,
    ),
    "a part of the content": (Recorder(body_of(IBAN), status=206), 502),
    "a media type that nobody reads": (Recorder(b"\x89PNG", media="image/png"), 502),
    "no media type": (Recorder(body_of(IBAN), media=""), 502),
    "an unknown coding": (Recorder(b"\x0b", headers=[(b"content-encoding", b"compress")]), 502),
    "a broken coding": (Recorder(body_of(IBAN), headers=[(b"content-encoding", b"gzip")]), 502),
    "a truncated coding": (
        Recorder(gzip.compress(body_of(IBAN))[:-2], headers=[(b"content-encoding", b"gzip")]),
        502,
    ),
    "too many bytes": (Recorder(b'{"text": "', b"x" * 5000, b'"}'), 502),
    "fewer bytes than it says": (Recorder(b'{"a"', b": 1}", headers=[(b"content-length", b"99")]), 502),
    "more bytes than it says": (Recorder(b'{"a"', b": 1}", headers=[(b"content-length", b"5")]), 502),
    "no bytes where it says some": (Recorder(b"", headers=[(b"content-length", b"5")]), 502),
    "a wrong charset": (Recorder(b'{"a": "\xff"}'), 502),
}


@pytest.mark.parametrize("case", FAULTS)
def test_an_answer_that_cannot_be_given_is_refused_whole(guard, case):
    app, status = FAULTS[case]
    assert _refused(Caller(method="GET"), app, guard, max_body=4000) == status
    assert outcomes(guard) == ["exchange.request", "blocked" if status == 403 else "error"]


def test_a_file_that_is_sent_past_the_guard_is_refused(guard):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/etc/passwd"})

    assert _refused(Caller(method="GET"), app, guard) == 502


def test_what_cannot_be_read_passes_where_the_policy_says_so(guards):
    with guards(on_unreadable="pass") as guard:
        caller = Caller(method="GET")
        told = [(b"content-length", b"8"), (b"etag", b'"1"'), (b"content-encoding", b"compress")]
        caller.call(GuardMiddleware(Recorder(b"\x89PNG", b"more", media="image/png", headers=told), guard))
        assert caller.body == b"\x89PNGmore"
        assert {b"content-length", b"etag", b"content-encoding"} <= set(caller.headers)


def test_an_endless_answer_that_was_refused_is_told_to_stop(guard):
    made = 0

    async def app(scope, receive, send):
        nonlocal made
        await receive()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENTS.encode())]}
        )
        while True:
            made += 1
            await send(
                {
                    "type": "http.response.body",
                    "body": event_of(f"A sentence with a {FAULT}. " * 3),
                    "more_body": True,
                }
            )

    assert _refused(Caller(method="GET"), app, guard) == 502
    assert made == 1


def test_an_error_of_the_application_after_a_refusal_is_not_hidden(guard):
    async def app(scope, receive, send):
        await Recorder(body_of(CARD))(scope, receive, send)
        raise LookupError("a background task failed")

    caller = Caller(b"{}")
    assert isinstance(caller.call(GuardMiddleware(app, guard)), LookupError)
    assert caller.status == 403


def _streaming(*parts, swallow=False):
    async def app(scope, receive, send):
        await receive()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENTS.encode())]}
        )
        for part in parts:
            try:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            except GuardrailError:
                if not swallow:
                    raise
        if not swallow:
            await send({"type": "http.response.body", "body": b""})

    return app


@pytest.mark.parametrize("swallow", [False, True], ids=["that raises", "that swallows what send raises"])
def test_a_stream_that_cannot_go_on_is_cut_and_never_ended(guard, swallow):
    app = _streaming(
        event_of("Fine is the day. " * 4),
        event_of(f"A sentence with {IBAN} and {FAULT}. " * 3),
        swallow=swallow,
    )
    caller = Caller(method="GET")
    error = caller.call(GuardMiddleware(app, guard))
    assert isinstance(error, GuardrailError)
    assert b"Fine" in caller.body
    assert not caller.complete
    assert IBAN.encode() not in caller.body
    assert outcomes(guard) == ["exchange.request", "error"]


def test_after_a_cut_nothing_more_is_sent(guard):
    async def app(scope, receive, send):
        try:
            await _streaming(event_of("Fine is the day. " * 4), event_of(f"A sentence with a {FAULT}. " * 3))(
                scope, receive, send
            )
        except GuardrailError:
            await send({"type": "http.response.body", "body": b"raw"})

    caller = Caller(method="GET")
    assert isinstance(caller.call(GuardMiddleware(app, guard)), OSError)
    assert not caller.complete
    assert b"raw" not in caller.body


def test_a_stream_that_is_shorter_than_it_says_is_cut(guard):
    app = Recorder(event_of("Fine is the day. " * 4), media=EVENTS, headers=[(b"content-length", b"999")])
    app.parts = (*app.parts, b"")
    caller = Caller(method="GET")
    assert isinstance(caller.call(GuardMiddleware(app, guard)), GuardrailError)
    assert not caller.complete
    assert outcomes(guard) == ["exchange.request", "error"]


def test_a_part_whose_sending_was_given_up_is_the_last(guard):
    """An application that stops waiting for `send` and goes on would leave a gap in what the client gets."""

    async def app(scope, receive, send):
        await receive()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENTS.encode())]}
        )
        sending = asyncio.ensure_future(
            send({"type": "http.response.body", "body": event_of("All is lost. " * 9), "more_body": True})
        )
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        with pytest.raises(OSError, match="ended"):
            await send({"type": "http.response.body", "body": event_of("After. " * 9)})

    caller = Caller(method="GET")
    caller.call(GuardMiddleware(app, guard))
    assert not caller.complete
    assert outcomes(guard) == ["exchange.request", "error"]


def test_a_stream_that_the_policy_blocks_ends_as_its_protocol_ends(guard):
    def chunk(text):
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        return b"data: %b\n\n" % json.dumps({"id": "c", "choices": [choice]}).encode()

    app = Recorder(
        chunk("Fine. "), chunk(f"Card {CARD}. "), chunk("And on. "), b"data: [DONE]\n\n", media=EVENTS
    )
    caller = Caller(b'{"messages": []}', path="/v1/chat/completions")
    assert caller.call(GuardMiddleware(app, guard)) is None
    assert b"content_filter" in caller.body
    assert b"4111" not in caller.body
    assert outcomes(guard) == ["exchange.request", "blocked"]


def test_an_error_after_start_is_raised_and_no_end_is_invented(guard):
    async def app(scope, receive, send):
        await receive()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENTS.encode())]}
        )
        await send({"type": "http.response.body", "body": event_of("Fine. ") * 2, "more_body": True})
        raise LookupError(EMAIL)

    caller = Caller(method="GET")
    assert isinstance(caller.call(GuardMiddleware(app, guard)), LookupError)
    assert not caller.complete
    assert outcomes(guard) == ["exchange.request", "error"]


@pytest.mark.parametrize(
    "sent", [0, 1, 2], ids=["before it starts", "after its start", "in the middle of a whole body"]
)
def test_an_application_that_fails_early_has_sent_nothing(guard, sent):
    messages = [
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]},
        {"type": "http.response.body", "body": body_of(IBAN)[:-9], "more_body": True},
    ]

    async def app(scope, receive, send):
        for message in messages[:sent]:
            await send(message)
        raise LookupError

    caller = Caller(method="GET")
    assert isinstance(caller.call(GuardMiddleware(app, guard)), LookupError)
    assert caller.sent == []
    assert outcomes(guard) == ["exchange.request", "error"]


def test_an_application_that_stops_halfway_gets_no_end(guard):
    async def app(scope, receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": b'{"a"', "more_body": True})

    caller = Caller(method="GET")
    assert caller.call(GuardMiddleware(app, guard)) is None
    assert caller.sent == []
    assert outcomes(guard) == ["exchange.request", "error"]


def test_a_client_that_leaves_during_a_stream_is_recorded(guard):
    async def app(scope, receive, send):
        await receive()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENTS.encode())]}
        )
        await send({"type": "http.response.body", "body": event_of("One. ") * 2, "more_body": True})
        caller.gone.set()
        assert (await receive())["type"] == "http.disconnect"

    caller = Caller(method="GET")
    assert caller.call(GuardMiddleware(app, guard)) is None
    assert not caller.complete
    assert outcomes(guard) == ["exchange.request", "disconnected"]


def test_a_client_that_send_reports_as_gone_is_recorded(guard):
    caller = Caller(method="GET")

    async def send(message):
        raise ConnectionResetError

    caller.send = send
    app = _streaming(event_of("One. ") * 2)
    assert isinstance(caller.call(GuardMiddleware(app, guard)), ConnectionResetError)
    assert outcomes(guard) == ["exchange.request", "disconnected"]


def test_a_task_that_the_server_ends_is_recorded(guard):
    caller = Caller(method="GET")
    streaming = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENTS.encode())]}
        )
        await send({"type": "http.response.body", "body": event_of("One. ") * 2, "more_body": True})
        streaming.set()
        await asyncio.Event().wait()

    async def run():
        task = asyncio.create_task(GuardMiddleware(app, guard)(caller.scope, caller.receive, caller.send))
        await streaming.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert outcomes(guard) == ["exchange.request", "disconnected"]


def test_a_ledger_that_fails_at_the_end_of_a_whole_answer_holds_it_back(guards):
    with guards() as guard:

        async def app(scope, receive, send):
            guard.ledger.close()
            await Recorder(body_of("fine"))(scope, receive, send)

        caller = Caller(b"{}")
        assert _refused(caller, app, guard) == 503
        assert b"retry-after" in caller.headers


def test_a_ledger_that_fails_at_the_end_of_a_stream_cuts_it(guards):
    with guards() as guard:

        async def app(scope, receive, send):
            await receive()
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-type", EVENTS.encode())],
                }
            )
            await send({"type": "http.response.body", "body": event_of("Fine. ") * 2, "more_body": True})
            guard.ledger.close()
            await send({"type": "http.response.body", "body": b""})

        caller = Caller(method="GET")
        assert isinstance(caller.call(GuardMiddleware(app, guard)), GuardrailError)
        assert not caller.complete


def test_a_refusal_names_the_rule_and_not_the_value(guard):
    caller = Caller(body_of(CARD))
    caller.call(GuardMiddleware(Recorder(), guard))
    assert caller.error["rule"] == "cards"
    assert caller.error["entity"] == "CREDIT_CARD"
    assert b"4111" not in caller.body


def test_half_a_value_that_is_held_for_too_long_ends_the_stream(guard, monkeypatch):
    monkeypatch.setattr(asgi_http, "TICK_SECONDS", 0.01)
    ended = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        told = [(b"content-type", EVENTS.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": told})
        half = event_of("Fine is the day. The account is DE89 3704")
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await ended.wait()
        await send({"type": "http.response.body", "body": event_of(" 0044 0532 0130 00. ")})

    caller = Caller(method="GET")
    keep = caller.send

    async def kept(message):
        await keep(message)
        if b"blocked" in message.get("body", b""):
            ended.set()

    caller.send = kept
    caller.call(GuardMiddleware(app, guard, hold_seconds=0.001))
    assert b"DE89" not in caller.body
    assert b"0532" not in caller.body
    assert outcomes(guard) == ["exchange.request", "blocked"]
