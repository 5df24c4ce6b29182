"""What passes between client and provider besides texts; what a client is told where there is no answer."""

from __future__ import annotations

import json
import socket
import threading
import time

import httpx2
import pytest
from stub import BROUGHT

CHAT = {"model": "m", "messages": [{"role": "user", "content": "I am jane.roe@example.com"}]}
PATH = "/v1/chat/completions"
KEY = "sk-canary-4711"  # stands for any key: it must reach the provider and nothing else


def post(proxy, path=PATH, body=CHAT, **options):
    return httpx2.post(proxy.url + path, json=body, timeout=60, **options)


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def read_to_the_end(answer, seen):
    for part in answer.iter_raw():
        seen += part


# --- headers, status, retries


def test_status_request_ids_and_limits_of_the_provider_pass(proxy, stub):
    extra = [("x-ratelimit-remaining-tokens", "17"), ("openai-organization", "org"), ("retry-after", "3")]
    body = {"error": {"message": "slow down", "type": "rate_limit", "param": None, "code": None}}
    stub.faults[PATH] = lambda to, _: to.reply(body, status=429, headers=extra)
    answer = post(proxy)
    assert (answer.status_code, answer.json()) == (429, body)
    assert {name: answer.headers[name] for name, _ in extra} == dict(extra)
    assert answer.headers["x-request-id"] == "req_1"
    assert len(stub.requests) == 1, "to try again is the client's business"


def test_an_sdk_tries_again_by_itself(proxy, stub):
    openai = pytest.importorskip("openai")

    def once(to, _):
        stub.faults.clear()
        to.reply({"error": {"message": "busy"}}, status=429, headers=[("retry-after-ms", "1")])

    stub.faults[PATH] = once
    client = openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="key", max_retries=1)
    assert client.chat.completions.create(**CHAT).choices[0].message.content
    assert len(stub.requests) == 2


def test_what_is_for_one_connection_or_tells_of_the_client_stays_here(proxy, stub):
    headers = {
        "connection": "keep-alive, x-secret-hop",
        "x-secret-hop": "1",
        "te": "trailers",
        "proxy-authorization": "Basic x",
        "cookie": "session=of-another-service",
        "x-forwarded-for": "203.0.113.9",
        "forwarded": "for=203.0.113.9",
        "x-stainless-lang": "python",
        "openai-beta": "x=1",
    }
    post(proxy, headers=headers)
    _, _, up, _ = stub.requests[-1]
    up = {name.lower(): value for name, value in up.items()}
    assert up["host"] == stub.url.removeprefix("http://")
    assert (up["x-stainless-lang"], up["openai-beta"]) == ("python", "x=1")
    assert not {"te", "x-secret-hop", "proxy-authorization", "cookie", "x-forwarded-for", "forwarded"} & set(
        up
    )
    assert "httpx" not in up["user-agent"] or up["user-agent"] == httpx2.Client().headers["user-agent"]


def test_a_redirect_is_an_answer(proxy, stub):
    stub.faults[PATH] = lambda to, _: to.whole(
        b"{}", "application/json", status=307, headers=[("location", "/elsewhere")]
    )
    assert post(proxy).status_code == 307
    assert len(stub.requests) == 1


def test_query_and_escapes_of_a_path_pass_as_they_are(proxy, stub):
    httpx2.get(f"{proxy.url}/v1/files/a%2Fb?alt=sse&q=blue%20lamp", timeout=20)
    method, path, _, body = stub.requests[-1]
    assert (method, path) == ("GET", "/v1/files/a%2Fb?alt=sse&q=blue%20lamp")
    assert body == b""


@pytest.mark.parametrize(
    "key", ["AIza" + "SyD12345_7890abcdefghijklmnopqrstuvw"[:35], "AQ.Ab8RN6K-canary_0123456789"]
)
def test_a_key_in_the_query_passes_and_is_no_finding(key, proxy, stub):
    before = proxy.guard.ledger.size
    httpx2.get(f"{proxy.url}/v1beta/models?key={key}&mail=jane.roe@example.com&alt=sse", timeout=20)
    _, path, _, _ = stub.requests[-1]
    assert path.startswith("/v1beta/models?mail=")
    assert path.endswith(f"&alt=sse&key={key}")
    assert "jane" not in path
    proxy.settled()
    assert b"SECRET" not in next(iter(proxy.guard.ledger.entries(before))).header


def test_only_a_key_passes_for_one(proxy, stub):
    httpx2.get(f"{proxy.url}/v1beta/models?key=jane.roe@example.com", timeout=20)
    assert "jane" not in stub.requests[-1][1]


def test_a_body_of_megabytes_passes_both_ways(guard, stub, run_proxy):
    text = "The lamp is blue. " * 70_000
    stub.faults[PATH] = lambda to, body: to.whole(body, "application/json")
    with run_proxy(guard, stub.url, max_body=2_000_000) as proxy:
        body = {"model": "m", "messages": [{"role": "user", "content": text}]}
        assert post(proxy, body=body).json() == body
        big = post(proxy, body={"x": text * 3})
    assert big.status_code == 413
    assert "too large" in big.json()["error"]["message"]


# --- no answer


@pytest.mark.parametrize(
    ("path", "read"),
    [
        (PATH, lambda body: body["error"]["type"] == "upstream_unreachable"),
        ("/v1/messages", lambda body: (body["type"], body["error"]["type"]) == ("error", "api_error")),
        ("/v1beta/models/g:generateContent", lambda body: body["error"]["status"] == "UNAVAILABLE"),
        ("/v2/chat", lambda body: body["code"] == "upstream_unreachable"),
    ],
)
def test_no_provider_is_a_502_in_the_words_of_the_protocol(path, read, guard, run_proxy):
    with run_proxy(guard, f"http://127.0.0.1:{closed_port()}") as proxy:
        answer = post(proxy, path, headers={"authorization": f"Bearer {KEY}"})
    assert answer.status_code == 502
    assert read(answer.json())
    assert KEY not in answer.text
    assert "jane" not in answer.text


def test_a_silent_provider_is_a_504(guard, stub, run_proxy):
    done = threading.Event()
    stub.faults[PATH] = lambda _, __: done.wait(20)
    with run_proxy(guard, stub.url, timeout=0.2) as proxy:
        answer = post(proxy)
        done.set()
    assert (answer.status_code, answer.json()["error"]["type"]) == (504, "upstream_timeout")
    assert [entry.type for entry in guard.ledger.entries()][-2:] == ["exchange.request", "exchange.response"]


def test_an_answer_that_breaks_off_before_it_began_is_a_502(proxy, stub):
    def half(to, _):
        to.send_response(200)
        to.send_header("content-type", "application/json")
        to.send_header("content-length", "1000")
        to.end_headers()
        to.wfile.write(b'{"id": "half')
        to.cut()

    stub.faults[PATH] = half
    answer = post(proxy)
    assert answer.status_code == 502
    assert "half" not in answer.text


def test_a_stream_that_breaks_off_is_not_made_to_look_whole(proxy, stub):
    def dies(to, _):
        to.begin("text/event-stream")
        for text in ("First sentence. ", "Second one. ", f"Ask {BROUGHT[:9]}"):
            event = {"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]}
            to.part(b"data: " + json.dumps(event).encode() + b"\n\n")
        to.cut()

    stub.faults[PATH] = dies
    seen = bytearray()
    with (
        httpx2.stream("POST", proxy.url + PATH, json=CHAT | {"stream": True}, timeout=20) as answer,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        read_to_the_end(answer, seen)
    proxy.settled()
    assert b"[DONE]" not in seen
    assert BROUGHT[:9].encode() not in seen, "what was held is never flushed"
    last = list(proxy.guard.ledger.entries())[-1]
    assert b'"outcome":"error"' in last.header.replace(b" ", b"")


@pytest.mark.parametrize("fault", ["a provider falls silent", "the ledger refuses"])
def test_a_stream_that_cannot_go_on_is_cut_without_its_end(fault, make_guard, stub, run_proxy):
    guard, done = make_guard(), threading.Event()

    def answer(to, _):
        to.begin("text/event-stream")
        for text in ("First sentence. ", "Second one. ", f"Ask {BROUGHT[:9]}"):
            event = {"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]}
            to.part(b"data: " + json.dumps(event).encode() + b"\n\n")
        if fault == "the ledger refuses":
            guard.ledger.close()
        else:
            done.wait(20)
        to.part(b"")

    stub.faults[PATH] = answer
    seen = bytearray()
    with (
        run_proxy(guard, stub.url, timeout=0.3) as proxy,
        httpx2.stream("POST", proxy.url + PATH, json=CHAT | {"stream": True}, timeout=20) as response,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        read_to_the_end(response, seen)
    done.set()
    assert b"First sentence." in seen
    assert BROUGHT[:9].encode() not in seen
    if fault == "a provider falls silent":
        last = list(guard.ledger.entries())[-1]
        assert b'"outcome":"error"' in last.header.replace(b" ", b"")


def test_a_client_that_leaves_ends_the_connection_to_the_provider(proxy, stub):
    gone = threading.Event()

    def endless(to, _):
        to.begin("text/event-stream")
        event = {"id": "c", "choices": [{"index": 0, "delta": {"content": "A sentence. "}}]}
        try:
            for _ in range(10_000):
                to.part(b"data: " + json.dumps(event).encode() + b"\n\n")
                time.sleep(0.002)
        except OSError:
            gone.set()

    stub.faults[PATH] = endless
    with httpx2.stream("POST", proxy.url + PATH, json=CHAT | {"stream": True}, timeout=20) as answer:
        assert next(answer.iter_raw())
    assert gone.wait(20)
    proxy.settled()
    assert b"disconnected" in list(proxy.guard.ledger.entries())[-1].header


# --- routes


def test_paths_and_models_lead_to_their_providers(guard, stub, run_proxy):
    from stub import Stub

    other = Stub()
    try:
        with run_proxy(guard, stub.url, f"/anthropic={other.url}", f"model:claude-*={other.url}") as proxy:
            post(proxy, "/anthropic/v1/messages")
            post(proxy, PATH, CHAT | {"model": "claude-9"})
            post(proxy, "/v1beta/models/claude-x:generateContent")
            assert [path for _, path, _, _ in other.requests] == [
                "/v1/messages",
                PATH,
                "/v1beta/models/claude-x:generateContent",
            ]
            post(proxy)
            assert [path for _, path, _, _ in stub.requests] == [PATH]
    finally:
        other.close()


def test_a_base_path_of_the_provider_stands_before_every_path(guard, stub, run_proxy):
    with run_proxy(guard, f"/openai={stub.url}/gateway") as proxy:
        post(proxy, "/openai/v1/chat/completions")
        assert stub.requests[-1][1] == "/gateway/v1/chat/completions"
        answer = post(proxy)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "upstream_unknown")
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    "path", ["//evil.example.com/v1", "/a/../-/x", "/v1/./chat/completions", "/v1/%2e%2e/x"]
)
def test_a_path_that_leads_elsewhere_is_not_forwarded(path, proxy, stub):
    with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=10) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        answer = b""
        while part := sock.recv(65536):
            answer += part
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert not stub.requests


# --- refusals


def test_a_blocked_request_goes_nowhere_and_tells_the_rule(proxy, stub):
    card = "4111 1111 1111 1111"
    answer = post(proxy, body=CHAT | {"messages": [{"role": "user", "content": f"card {card}"}]})
    assert answer.status_code == 403
    assert "cards" in answer.text
    assert card not in answer.text
    assert not stub.requests
