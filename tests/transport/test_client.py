"""A guarded client is still the client: what its users rely on stays, and what passes was recorded before."""

from __future__ import annotations

import asyncio
import gzip
import importlib
import io
import json
import traceback

import pytest
from seen import BLOCKED, BODY, MAIL, NAME, SECRET, STREAMED, outcomes, said, streamed
from stub import BROUGHT, TOKEN

from guardrail import ConfigError
from guardrail.testing import memory_guard
from guardrail.transport import http_client, wrap_client

CHAT = "/v1/chat/completions"
MEDIA = {"content-type": "text/plain"}


@pytest.fixture(params=["httpx2", "httpx"])
def library(request):
    return pytest.importorskip(request.param, reason="pip install 'guardrail-pii[sdk]' and httpx")


@pytest.fixture
def client(guard, library):
    with guard.http_client(library=library.__name__) as made:
        yield made


def test_the_entry_is_durable_before_a_byte_is_sent(guard, library, since):
    sizes = []

    def answer(request):
        sizes.append((guard.ledger.size, request.content))
        return library.Response(200, json={"ok": True})

    with guard.http_client(library=library.__name__, transport=library.MockTransport(answer)) as client:
        assert client.post("https://llm.example" + CHAT, json=BODY).json() == {"ok": True}
    assert sizes[0][0] == since + 1
    assert MAIL.encode() not in sizes[0][1]
    assert outcomes(guard, since) == ["sent", "ok"]


def test_an_answer_that_was_never_a_stream_is_guarded_too(guard, library):
    def answer(request):
        content = gzip.compress(request.content + BROUGHT.encode())
        media = {"content-type": "text/plain", "content-encoding": "gzip"}
        return library.Response(200, headers=media, content=content)

    with guard.http_client(library=library.__name__, transport=library.MockTransport(answer)) as client:
        text = client.post("https://llm.example", content=f"I am {NAME}. ", headers=MEDIA).text
    assert text.startswith(f"I am {NAME}. ")
    assert BROUGHT not in text


def test_a_hook_may_read_the_answer_and_sees_what_went_over_the_wire(guard, library, stub):
    seen = []

    def asked(request):
        seen.append(request.content)

    def answered(response):
        seen.append(response.read())

    hooks = {"request": [asked], "response": [answered]}
    with guard.http_client(library=library.__name__, event_hooks=hooks) as client:
        response = client.post(stub.url + CHAT, json=BODY)
    assert NAME in said(response)
    assert BROUGHT not in response.text
    assert not any(MAIL.encode() in one for one in seen)
    assert response.elapsed.total_seconds() > 0


def test_the_time_the_status_the_headers_and_the_extensions_are_the_providers(client, stub):
    response = client.post(stub.url + CHAT, json=BODY)
    assert response.elapsed.total_seconds() > 0
    assert (response.status_code, response.http_version) == (200, "HTTP/1.1")
    assert response.headers["x-request-id"] == "req_1"
    assert int(response.headers["content-length"]) == len(response.content)
    assert "etag" not in response.headers, "it names bytes that are not these"
    assert response.is_closed
    assert response.num_bytes_downloaded == len(response.content)


def test_an_untouched_answer_keeps_its_headers_and_its_bytes(client, stub):
    stub.faults["/models"] = lambda handler, _: handler.reply({"object": "list", "data": []})
    response = client.get(stub.url + "/v1/models")
    assert response.content == b'{"object": "list", "data": []}'
    assert response.headers["etag"] == '"1"'


def test_the_request_of_an_answer_is_the_one_that_was_sent(client, stub):
    response = client.post(stub.url + CHAT, json=BODY)
    assert response.request.content == stub.requests[-1][3]
    with pytest.raises(Exception, match="refused") as caught:
        client.post("http://127.0.0.1:9" + CHAT, json=BODY)
    assert MAIL.encode() not in caught.value.request.content, "an error tracker reads on from here"


def test_a_redirect_sends_the_scrubbed_body_again(client, stub):
    stub.faults["/old"] = lambda handler, _: handler.whole(
        b"", "", status=307, headers=[("location", "/v1/chat/completions")]
    )
    response = client.post(stub.url + "/old", json=BODY)
    assert NAME in said(response)
    assert [one.status_code for one in response.history] == [307]
    assert [path for _, path, _, _ in stub.requests] == ["/old", CHAT]
    assert not any(MAIL.encode() in one for one in stub.received)


def test_what_a_provider_says_in_a_redirect_is_nowhere_in_the_history(guard, library, stub):
    """Its body was read by nobody."""
    steps = [("/older", "/old"), ("/old", CHAT)]
    for here, there in steps:
        stub.faults[here] = lambda handler, _, there=there: handler.whole(
            f"Moved, says {BROUGHT}".encode(), "text/plain", status=307, headers=[("location", there)]
        )

    async def run():
        async with guard.async_http_client(library=library.__name__) as made:
            return await made.post(stub.url + "/older", json=BODY)

    with guard.http_client(library=library.__name__) as made:
        answers = [made.post(stub.url + "/older", json=BODY), asyncio.run(run())]
    for response in answers:
        assert NAME in said(response)
        assert [(one.status_code, one.content) for one in response.history] == [(307, b"")] * 2
        assert [len(one.history) for one in response.history] == [0, 1]
        assert response.history[0].request.url.path == "/older"
        assert response.history[0].elapsed.total_seconds() > 0


def test_a_redirect_that_is_followed_by_hand_is_guarded_again(guard, library, stub):
    stub.faults["/old"] = lambda handler, _: handler.whole(b"", "", status=307, headers=[("location", CHAT)])
    with guard.http_client(library=library.__name__, follow_redirects=False) as client:
        first = client.post(stub.url + "/old", json=BODY)
        second = client.send(first.next_request)
    assert BROUGHT not in second.text
    assert MAIL not in second.text, "another exchange: it was not told what the stand-ins mean"


def test_cookies_are_kept(client, stub):
    stub.faults["/a"] = lambda handler, _: handler.whole(
        b"{}", "application/json", headers=[("set-cookie", "a=1")]
    )
    client.get(stub.url + "/a")
    client.get(stub.url + "/b")
    assert stub.requests[-1][2]["Cookie"] == "a=1"


@pytest.mark.parametrize("stream", [False, True])
def test_a_packed_answer_is_unpacked(client, stub, stream):
    def packed(handler, body):
        token = TOKEN.search(body.decode())[0]
        content = gzip.compress(json.dumps({"choices": [], "note": f"{token} {BROUGHT}"}).encode())
        handler.whole(content, "application/json", headers=[("content-encoding", "gzip")])

    stub.faults[CHAT] = packed
    request = client.build_request("POST", stub.url + CHAT, json=BODY)
    response = client.send(request, stream=stream)
    response.read()
    assert NAME in response.text
    assert BROUGHT not in response.text
    assert "content-encoding" not in response.headers


def test_a_bomb_is_refused_at_the_limit(client, stub, guard, since):
    bomb = gzip.compress(b'{"a": "' + b"a" * 20_000_000 + b'"}', compresslevel=9)
    coding = [("content-encoding", "gzip")]
    stub.faults[CHAT] = lambda handler, _: handler.whole(bomb, "application/json", headers=coding)
    response = client.post(stub.url + CHAT, json=BODY)
    assert response.status_code == 502
    assert response.headers["x-should-retry"] == "false"
    assert outcomes(guard, since) == ["sent", "error"]


def test_the_provider_is_not_asked_for_codings_or_ranges(client, stub):
    client.post(stub.url + CHAT, json=BODY, headers={"range": "bytes=0-9"})
    headers = stub.requests[-1][2]
    assert headers["accept-encoding"] == "identity"
    assert "range" not in headers


def test_a_part_of_an_answer_is_refused(client, stub):
    stub.faults["/file"] = lambda handler, _: handler.whole(b"abc", "text/plain", status=206)
    assert client.get(stub.url + "/file").status_code == 502


@pytest.mark.parametrize(
    ("method", "status", "media"),
    [("HEAD", 200, "image/png"), ("GET", 204, ""), ("GET", 200, ""), ("GET", 304, "")],
)
def test_an_answer_without_a_body_passes(client, stub, method, status, media):
    stub.faults["/x"] = lambda handler, _: handler.whole(b"", media, status=status)
    response = client.request(method, stub.url + "/x")
    assert (response.status_code, response.content) == (status, b"")


def test_an_empty_answer_without_a_length_passes(client, stub):
    def empty(handler, _):
        handler.begin("application/octet-stream")
        handler.part(b"")

    stub.faults["/x"] = empty
    assert client.get(stub.url + "/x").content == b""


def test_what_cannot_be_read_is_refused_as_the_policy_says(client, stub, policy_file):
    stub.faults["/image"] = lambda handler, _: handler.whole(b"\x89PNG", "image/png")
    response = client.get(stub.url + "/image")
    assert response.status_code == 502
    assert response.json()["error"]["code"] == "guardrail_unreadable"
    with memory_guard(policy_file(on_unreadable="pass")) as lenient, lenient.http_client() as other:
        assert other.get(stub.url + "/image").content == b"\x89PNG"


# --- uploads


def test_a_streamed_upload_is_read_and_scrubbed(client, stub):
    def parts():
        yield b'{"messages": [{"content": "I am Jane'
        yield b' Roe"}]}'

    client.post(stub.url + CHAT, content=parts(), headers={"content-type": "application/json"})
    _, _, headers, body = stub.requests[-1]
    assert TOKEN.search(body.decode())
    assert (headers["content-length"], "transfer-encoding" in headers) == (str(len(body)), False)


def test_a_file_is_read_too(client, stub):
    media = {"content-type": "text/plain"}
    client.post(stub.url + "/upload", content=io.BytesIO(f"I am {NAME}".encode()), headers=media)
    assert b"I am <PERSON_" in stub.received[-1]


@pytest.mark.parametrize("content", [b"a" * 2000, iter([b"a" * 600] * 9)])
def test_what_is_too_large_to_be_held_is_not_sent(guard, library, stub, content):
    with guard.http_client(library=library.__name__, max_body=1000) as client:
        response = client.post(stub.url + CHAT, content=content)
    assert (response.status_code, stub.received) == (413, [])


def test_a_whole_answer_that_is_too_large_is_refused(guard, library, stub):
    stub.faults[CHAT] = lambda handler, _: handler.reply({"a": "b" * 2000})
    with guard.http_client(library=library.__name__, max_body=1000) as client:
        assert client.post(stub.url + CHAT, json=BODY).status_code == 502


# --- beside the body


def test_the_query_is_scrubbed_and_its_key_is_let_through(client, stub):
    client.get(
        stub.url + "/v1/files", params={"key": "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "owner": MAIL}
    )
    path = stub.requests[-1][1]
    assert "key=AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY" in path
    assert "jane" not in path


def test_fields_that_name_a_user_are_scrubbed_and_the_callers_key_is_not(client, stub):
    headers = {"Helicone-User-Id": MAIL, "Authorization": "Bearer sk-test-1234567890abcdefghij"}
    client.post(stub.url + CHAT, json=BODY, headers=headers)
    sent = {name.lower(): value for name, value in stub.requests[-1][2].items()}
    assert MAIL not in sent["helicone-user-id"]
    assert sent["authorization"] == "Bearer sk-test-1234567890abcdefghij"


def test_a_request_that_was_signed_before_is_not_sent_with_another_body(client, stub):
    headers = {"authorization": "AWS4-HMAC-SHA256 Credential=x"}
    assert client.post(stub.url + CHAT, json=BODY, headers=headers).status_code == 503
    assert stub.received == []
    assert client.post(stub.url + CHAT, json={"a": "hello"}, headers=headers).status_code == 200


def test_a_websocket_does_not_slip_through(client, stub):
    response = client.get(
        stub.url + "/v1/realtime", headers={"connection": "upgrade", "upgrade": "websocket"}
    )
    assert (response.status_code, stub.received) == (503, [])


# --- who is asking


def test_the_context_in_force_is_the_calls(guard, client, stub):
    tokens = []
    for name in ("c-1", "c-2", "c-1"):
        with guard.context(conversation=name):
            client.post(stub.url + CHAT, json=BODY)
        tokens.append(TOKEN.findall(stub.received[-1].decode()))
    assert tokens[0] == tokens[2] != tokens[1]


# --- refusals


def test_a_blocked_request_is_answered_with_the_rule_and_never_sent(client, stub, guard, since):
    response = client.post(stub.url + CHAT, json=BLOCKED)
    assert (response.status_code, stub.received) == (403, [])
    error = response.json()["error"]
    assert (error["code"], error["rule"], error["entity"]) == ("guardrail_blocked", "secrets", "SECRET")
    assert response.headers["x-should-retry"] == "false"
    assert outcomes(guard, since) == ["sent", "blocked"]


def test_a_refusal_holds_no_value_wherever_an_error_tracker_looks(client, stub, library):
    response = client.post(stub.url + CHAT + f"?owner={SECRET}", json=BLOCKED)
    with pytest.raises(library.HTTPStatusError) as caught:
        response.raise_for_status()
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(response)) + repr(response.request)
    assert SECRET not in told + response.text
    assert SECRET.encode() not in response.request.read()


# --- making and wrapping


def test_a_client_is_guarded_once_however_often_it_is_wrapped(guard, client, stub, since):
    assert wrap_client(client, guard) is client
    client.post(stub.url + CHAT, json=BODY)
    assert outcomes(guard, since) == ["sent", "ok"]


def test_a_client_has_one_guard(guard, client, policy_file):
    with memory_guard(policy_file()) as other, pytest.raises(ConfigError, match="another guard"):
        wrap_client(client, other)


def test_what_stood_in_the_place_of_send_before_is_called(guard, library, stub):
    calls = []
    client = library.Client()
    original = client.send

    def counted(request, **options):
        calls.append(request.content)
        return original(request, **options)

    client.send = counted
    assert NAME in said(wrap_client(client, guard).post(stub.url + CHAT, json=BODY))
    assert len(calls) == 1
    assert MAIL.encode() not in calls[0]


@pytest.mark.parametrize("thing", [object(), "client", None])
def test_what_is_no_client_is_refused(guard, thing):
    with pytest.raises(ConfigError, match="is no client"):
        wrap_client(thing, guard)


def test_a_library_that_is_not_there_is_told_with_the_command(guard, monkeypatch):
    monkeypatch.setitem(importlib.import_module("sys").modules, "httpx2", None)
    with pytest.raises(ConfigError, match="httpx2 is not installed") as caught:
        http_client(guard)
    assert "pip install" in caught.value.advice
    with pytest.raises(ConfigError):
        http_client(guard, library="requests")
    with pytest.raises(ConfigError, match="max_body"):
        http_client(guard, library="httpx", max_body=-1)


def test_a_new_client_waits_as_long_as_the_clients_of_sdks_do(guard, library):
    with guard.http_client(library=library.__name__) as client:
        assert (client.timeout.read, client.timeout.connect, client.follow_redirects) == (600.0, 5.0, True)
    with guard.http_client(library=library.__name__, timeout=3, follow_redirects=False) as client:
        assert (client.timeout.read, client.follow_redirects) == (3, False)


def test_a_stream_comes_as_it_is_sent(client, stub):
    """The provider waits for the caller between two clauses: a guard that collects would never end."""
    import threading

    import provider_bodies as bodies

    heard = threading.Event()

    def slowly(handler, _):
        events = bodies.chat_events("The first clause is here. And here is the second one.")
        handler.begin("text/event-stream")
        for event in events[:12]:
            handler.part(event)
        assert heard.wait(20)
        for event in events[12:]:
            handler.part(event)
        handler.part(b"")

    stub.faults[CHAT] = slowly
    text = ""
    with client.stream("POST", stub.url + CHAT, json=STREAMED) as response:
        for piece in response.iter_text():
            text += piece
            if "first clause" in streamed(text):
                heard.set()
    assert streamed(text) == "The first clause is here. And here is the second one."
