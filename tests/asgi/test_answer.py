"""What a client gets, and what it never gets."""

import asyncio
import gzip
import json
import zlib

import pytest
from callers import CARD, EMAIL, EVENTS, IBAN, OTHER, Caller, Recorder, body_of, event_of, given, outcomes

from guardrail.asgi import GuardMiddleware


def test_the_user_sees_the_own_value_and_not_what_the_model_brings(guard):
    caller = Caller(body_of(f"{EMAIL} is mine"))

    async def app(scope, receive, send):
        text = json.loads((await receive())["body"])["text"]
        await Recorder(body_of(f"{text}, {IBAN} and {OTHER} are not"))(
            scope, lambda: given({"body": b""}), send
        )

    caller.call(GuardMiddleware(app, guard))
    text = json.loads(caller.body)["text"]
    assert text.startswith(f"{EMAIL} is mine, [IBAN_CODE] and <EMAIL_ADDRESS_")
    assert OTHER not in text
    assert caller.headers[b"content-length"] == b"%d" % len(caller.body)


def test_a_whole_answer_in_parts_is_sent_as_one(guard):
    body = body_of(IBAN)
    caller = Caller(method="GET")
    caller.call(GuardMiddleware(Recorder(*[body[at : at + 5] for at in range(0, len(body), 5)]), guard))
    assert len(caller.sent) == 2
    assert json.loads(caller.body) == {"text": "[IBAN_CODE]"}


def test_a_changed_answer_loses_what_described_the_old_bytes(guard):
    told = [
        (b"etag", b'"1"'),
        (b"content-length", b"%d" % len(body_of(IBAN))),
        (b"content-digest", b"sha-256=:x:"),
        (b"digest", b"x"),
        (b"accept-ranges", b"bytes"),
        (b"x-kept", b"1"),
    ]
    caller = Caller(method="GET")
    caller.call(GuardMiddleware(Recorder(body_of(IBAN), headers=told), guard))
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
    app = Recorder(pack(body_of(IBAN)), headers=[(b"content-encoding", coding.encode())])
    caller.call(GuardMiddleware(app, guard))
    assert json.loads(caller.body) == {"text": "[IBAN_CODE]"}
    assert b"content-encoding" not in caller.headers


def test_a_packed_stream_is_unpacked_as_it_comes(guard):
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(event_of(text)) + packer.flush(zlib.Z_SYNC_FLUSH) for text in ("one. ", IBAN)]
    caller = Caller(method="GET")
    app = Recorder(*parts, packer.flush(), media=EVENTS, headers=[(b"content-encoding", b"gzip")])
    caller.call(GuardMiddleware(app, guard))
    assert caller.complete
    assert b"[IBAN_CODE]" in caller.body
    assert b"content-encoding" not in caller.headers


def test_the_start_is_held_until_there_is_something_to_send(guard):
    caller = Caller(method="GET")
    caller.call(GuardMiddleware(Recorder(b"", b"", body_of(CARD)), guard))
    assert caller.status == 403


def test_a_stream_has_no_length_and_one_end(guard):
    caller = Caller(method="GET")
    parts = [event_of("one. "), b"", event_of(IBAN), b"data: [DONE]\n\n", b""]
    told = [(b"content-length", b"%d" % len(b"".join(parts))), (b"x-kept", b"1")]
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
            {"type": "http.response.body", "body": event_of("First a sentence. " * 3), "more_body": True}
        )
        await got_first.wait()
        await send({"type": "http.response.body", "body": event_of("Second. ")})

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
        await Recorder(body_of(IBAN), trailers=True)(scope, lambda: given({"body": b""}), send)
        await send(trailers)

    caller = Caller(method="GET")
    assert caller.call(GuardMiddleware(app, guard)) is None
    assert [m["type"].rpartition(".")[2] for m in caller.sent] == ["early_hint", "start", "body", "trailers"]
    assert caller.sent[-1]["headers"] == [(b"x-took", b"1")]
    assert b"content-length" not in dict(caller.sent[1]["headers"])
