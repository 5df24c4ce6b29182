"""What a client gets, and what it never gets."""

import asyncio
import gzip
import json
import zlib

import pytest
from callers import CARD, EMAIL, FAULT, IBAN, OTHER, Caller, Recorder, outcomes

from guardrail.asgi import GuardMiddleware
from guardrail.errors import GuardrailError

EVENTS = "text/event-stream"


def _body(text):
    return json.dumps({"text": text}).encode()


def _event(text):
    return b"data: %b\n\n" % json.dumps({"text": text}).encode()


def _echo(*, media="application/json", headers=()):
    async def app(scope, receive, send):
        body = (await receive())["body"]
        await Recorder(body, media=media, headers=headers)(scope, lambda: _given({"body": b""}), send)

    return app


async def _given(message):
    return message


def test_the_user_sees_the_own_value_and_not_what_the_model_brings(guard):
    caller = Caller(_body(f"{EMAIL} is mine"))

    async def app(scope, receive, send):
        text = json.loads((await receive())["body"])["text"]
        await Recorder(_body(f"{text}, {IBAN} and {OTHER} are not"))(
            scope, lambda: _given({"body": b""}), send
        )

    caller.call(GuardMiddleware(app, guard))
    text = json.loads(caller.body)["text"]
    assert text.startswith(f"{EMAIL} is mine, [IBAN_CODE] and <EMAIL_ADDRESS_")
    assert OTHER not in text
    assert caller.headers[b"content-length"] == b"%d" % len(caller.body)


def test_a_whole_answer_in_parts_is_sent_as_one(guard):
    body = _body(IBAN)
    caller = Caller(method="GET")
    caller.call(GuardMiddleware(Recorder(*[body[at : at + 5] for at in range(0, len(body), 5)]), guard))
    assert len(caller.sent) == 2
    assert json.loads(caller.body) == {"text": "[IBAN_CODE]"}


def test_a_changed_answer_loses_what_described_the_old_bytes(guard):
    told = [
        (b"etag", b'"1"'),
        (b"content-length", b"999"),
        (b"digest", b"x"),
        (b"accept-ranges", b"bytes"),
        (b"x-kept", b"1"),
    ]
    caller = Caller(method="GET")
    caller.call(GuardMiddleware(Recorder(_body(IBAN), headers=told), guard))
    assert set(caller.headers) == {b"content-type", b"x-kept", b"content-length"}


def test_an_unchanged_answer_keeps_its_bytes_and_its_headers(guard):
    body = b'{ "a":1 }'
    told = [(b"etag", b'"1"'), (b"content-length", b"9"), (b"accept-ranges", b"bytes")]
    caller = Caller(method="GET")
    caller.call(GuardMiddleware(Recorder(body, headers=told), guard))
    assert caller.body == body
    assert caller.headers[b"etag"] == b'"1"'
    assert b"accept-ranges" not in caller.headers


def test_a_whole_answer_is_recorded_before_it_is_sent(guard):
    caller = Caller(method="GET")
    seen = []

    async def send(message):
        seen.append((message["type"], outcomes(guard)[-1]))

    caller.send = send
    caller.call(GuardMiddleware(Recorder(), guard))
    assert seen == [("http.response.start", "ok"), ("http.response.body", "ok")]


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_packed_answer_is_unpacked_and_guarded(guard, coding, pack):
    caller = Caller(method="GET")
    app = Recorder(pack(_body(IBAN)), headers=[(b"content-encoding", coding.encode())])
    caller.call(GuardMiddleware(app, guard))
    assert json.loads(caller.body) == {"text": "[IBAN_CODE]"}
    assert b"content-encoding" not in caller.headers


def test_a_packed_stream_is_unpacked_as_it_comes(guard):
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(_event(text)) + packer.flush(zlib.Z_SYNC_FLUSH) for text in ("one. ", IBAN)]
    caller = Caller(method="GET")
    app = Recorder(*parts, packer.flush(), media=EVENTS, headers=[(b"content-encoding", b"gzip")])
    caller.call(GuardMiddleware(app, guard))
    assert caller.complete
    assert b"[IBAN_CODE]" in caller.body
    assert b"content-encoding" not in caller.headers


def test_the_start_is_held_until_there_is_something_to_send(guard):
    caller = Caller(method="GET")
    caller.call(GuardMiddleware(Recorder(b"", b"", _body(CARD)), guard))
    assert caller.status == 403


def test_a_stream_has_no_length_and_one_end(guard):
    caller = Caller(method="GET")
    told = [(b"content-length", b"999"), (b"x-kept", b"1")]
    parts = [_event("one. "), b"", _event(IBAN), b"data: [DONE]\n\n", b""]
    caller.call(GuardMiddleware(Recorder(*parts, media=EVENTS, headers=told), guard))
    assert set(caller.headers) == {b"content-type", b"x-kept"}
    assert [m["more_body"] for m in caller.sent if m["type"] == "http.response.body"].count(False) == 1
    assert caller.complete
    assert b"[IBAN_CODE]" in caller.body
    assert IBAN.encode() not in caller.body
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_a_first_event_is_sent_before_the_next_is_made(guard):
    """The application goes on only when the client has the first event: a guard that waits would hang."""
    got_first = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENTS.encode())]}
        )
        await send(
            {"type": "http.response.body", "body": _event("First a sentence. " * 3), "more_body": True}
        )
        await got_first.wait()
        await send({"type": "http.response.body", "body": _event("Second. ")})

    caller = Caller(method="GET")
    keep = caller.send

    async def send(message):
        await keep(message)
        if b"First" in message.get("body", b""):
            got_first.set()

    caller.send = send
    assert caller.call(GuardMiddleware(app, guard)) is None
    assert caller.body.index(b"First") < caller.body.index(b"Second")


def test_plain_text_is_guarded_across_its_parts(guard):
    caller = Caller(method="GET")
    app = Recorder(f"Write to {EMAIL[:7]}".encode(), f"{EMAIL[7:]} or not. ".encode(), media="text/plain")
    caller.call(GuardMiddleware(app, guard))
    assert caller.body.startswith(b"Write to <EMAIL_ADDRESS_")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_without_a_body_keeps_its_headers_and_gets_no_body(guard, method, status):
    told = [(b"etag", b'"1"'), (b"content-length", b"17")]
    caller = Caller(method=method)
    app = Recorder(EMAIL.encode(), b"more", status=status, headers=told)
    caller.call(GuardMiddleware(app, guard))
    assert caller.headers[b"etag"] == b'"1"'
    assert caller.headers[b"content-length"] == b"17"
    assert caller.body == b""
    assert caller.complete
    assert outcomes(guard) == ["exchange.request", "ok"]


def test_an_empty_answer_needs_no_media_type(guard):
    caller = Caller(method="GET")
    caller.call(
        GuardMiddleware(Recorder(b"", media="", status=307, headers=[(b"location", b"/there")]), guard)
    )
    assert caller.status == 307
    assert caller.complete


def test_early_hints_and_trailers_pass_in_their_order(guard):
    hint = {"type": "http.response.early_hint", "links": [b"</style.css>"]}
    trailers = {"type": "http.response.trailers", "headers": [(b"digest", b"x"), (b"x-took", b"1")]}

    async def app(scope, receive, send):
        await receive()
        await send(hint)
        await Recorder(_body(IBAN), trailers=True)(scope, lambda: _given({"body": b""}), send)
        await send(trailers)

    caller = Caller(method="GET")
    assert caller.call(GuardMiddleware(app, guard)) is None
    assert [m["type"].rpartition(".")[2] for m in caller.sent] == ["early_hint", "start", "body", "trailers"]
    assert caller.sent[-1]["headers"] == [(b"x-took", b"1")]
    assert b"content-length" not in dict(caller.sent[1]["headers"])


def _refused(caller, app, guard, **options):
    assert caller.call(GuardMiddleware(app, guard, **options)) is None
    assert caller.complete
    assert caller.error["message"]
    for value in (EMAIL, CARD, IBAN):
        assert value.encode() not in caller.body
    return caller.status


FAULTS = {
    "a blocked value": (Recorder(_body(CARD)), 403),
    "a failing detector": (Recorder(_body(IBAN + FAULT)), 502),
    "a failing detector at the first event": (
        Recorder(_event(f"A sentence with {IBAN} and {FAULT}. " * 3), b"", media=EVENTS),
        502,
    ),
    "a part of the content": (Recorder(_body(IBAN), status=206), 502),
    "a media type that nobody reads": (Recorder(b"\x89PNG", media="image/png"), 502),
    "no media type": (Recorder(_body(IBAN), media=""), 502),
    "an unknown coding": (Recorder(b"\x0b", headers=[(b"content-encoding", b"br")]), 502),
    "a broken coding": (Recorder(_body(IBAN), headers=[(b"content-encoding", b"gzip")]), 502),
    "a truncated coding": (
        Recorder(gzip.compress(_body(IBAN))[:-2], headers=[(b"content-encoding", b"gzip")]),
        502,
    ),
    "too many bytes": (Recorder(b'{"text": "', b"x" * 5000, b'"}'), 502),
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
        told = [(b"content-length", b"8"), (b"etag", b'"1"'), (b"content-encoding", b"br")]
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
                    "body": _event(f"A sentence with a {FAULT}. " * 3),
                    "more_body": True,
                }
            )

    assert _refused(Caller(method="GET"), app, guard) == 502
    assert made == 1


def test_an_error_of_the_application_after_a_refusal_is_not_hidden(guard):
    async def app(scope, receive, send):
        await Recorder(_body(CARD))(scope, receive, send)
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
        _event("Fine is the day. " * 4), _event(f"A sentence with {IBAN} and {FAULT}. " * 3), swallow=swallow
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
            await _streaming(_event("Fine is the day. " * 4), _event(f"A sentence with a {FAULT}. " * 3))(
                scope, receive, send
            )
        except GuardrailError:
            await send({"type": "http.response.body", "body": b"raw"})

    caller = Caller(method="GET")
    assert isinstance(caller.call(GuardMiddleware(app, guard)), OSError)
    assert not caller.complete
    assert b"raw" not in caller.body


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
        await send({"type": "http.response.body", "body": _event("Fine. ") * 2, "more_body": True})
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
        {"type": "http.response.body", "body": _body(IBAN)[:-9], "more_body": True},
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
        await send({"type": "http.response.body", "body": _event("One. ") * 2, "more_body": True})
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
    app = _streaming(_event("One. ") * 2)
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
        await send({"type": "http.response.body", "body": _event("One. ") * 2, "more_body": True})
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
            await Recorder(_body("fine"))(scope, receive, send)

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
            await send({"type": "http.response.body", "body": _event("Fine. ") * 2, "more_body": True})
            guard.ledger.close()
            await send({"type": "http.response.body", "body": b""})

        caller = Caller(method="GET")
        assert isinstance(caller.call(GuardMiddleware(app, guard)), GuardrailError)
        assert not caller.complete


def test_a_refusal_names_the_rule_and_not_the_value(guard):
    caller = Caller(_body(CARD))
    caller.call(GuardMiddleware(Recorder(), guard))
    assert caller.error["rule"] == "cards"
    assert caller.error["entity"] == "CREDIT_CARD"
    assert b"4111" not in caller.body
