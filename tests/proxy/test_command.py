"""`guardrail proxy` as people start and stop it: a process of its own, real options, logs and signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import httpx2
import pytest

PATH = "/v1/chat/completions"
KEY = "sk-canary-key-4711"
MAIL = "canary.mail@example.com"
TEXT = f"I am {MAIL}. Ask again."


def command(*options):
    return [sys.executable, "-m", "guardrail", "proxy", *map(str, options)]


@contextmanager
def started(tmp_path, policy, *options):
    """Start a proxy; give (process, url, the lines that it printed so far)."""
    arguments = command("--policy", policy, "--ledger", tmp_path / "ledger.db", "--port", 0, *options)
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path
    )
    lines = []
    ready = threading.Event()

    def read():
        for line in process.stdout:
            lines.append(line)
            if line.startswith("ready"):
                ready.set()
        ready.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert ready.wait(120)
        found = re.search(r"listens on (http://\S+)", "".join(lines))
        assert found, "".join(lines)
        yield process, found[1], lines
    finally:
        process.kill()
        process.wait(20)
        reader.join(20)


def slow(pieces, *, go):
    """Answer with a stream whose last sentences wait for `go`."""

    def answer(to, _):
        to.begin("text/event-stream")
        for at, text in enumerate(pieces):
            if at == 2:
                go.wait(30)
            event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
            to.part(b"data: " + json.dumps({**event, "choices": [delta]}).encode() + b"\n\n")
        to.part(b"data: [DONE]\n\n")
        to.part(b"")

    return answer


def streamed(url):
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": TEXT}]}
    headers = {"authorization": f"Bearer {KEY}"}
    return httpx2.stream("POST", url + PATH, json=body, headers=headers, timeout=60)


def test_a_stop_finishes_streams_closes_the_ledger_and_nothing_tells_values_or_keys(
    tmp_path, policy_file, stub
):
    go = threading.Event()
    stub.faults[PATH] = slow(["First sentence. ", "Second one. ", "Third one. ", "The end."], go=go)
    with started(tmp_path, policy_file, "--upstream", stub.url) as (process, url, lines):
        assert httpx2.get(f"{url}/-/ready", timeout=20).status_code == 200
        with streamed(url) as answer:
            parts = answer.iter_raw()
            seen = next(parts)
            process.send_signal(signal.SIGTERM)
            assert refuses_connections(url), "no new connection is taken"
            go.set()
            seen += b"".join(parts)
        assert process.wait(60) == 0
    assert b"[DONE]" in seen, "a stream that was under way comes to its end"
    told = "".join(lines)
    assert f"everything else: {stub.url}" in told
    assert re.search(r"policy +proxy 1, sha256 [0-9a-f]{64}", told)
    assert "stopped: the ledger is closed" in told
    assert_no_canary(tmp_path, told)
    verified = subprocess.run(
        [sys.executable, "-m", "guardrail", "ledger", "verify", tmp_path / "ledger.db"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr


def refuses_connections(url):
    host, _, port = url.removeprefix("http://").partition(":")
    for _ in range(600):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return True
        time.sleep(0.02)
    return False


def assert_no_canary(tmp_path, told):
    held = [told.encode(), *(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())]
    assert len(held) > 3, "the ledger and its companions are there"
    for canary in (KEY, MAIL, "canary"):
        assert not any(canary.encode() in text for text in held)


def test_a_second_signal_cuts_and_the_ledger_says_so(tmp_path, policy_file, stub):
    go = threading.Event()
    stub.faults[PATH] = slow(["First sentence. ", "Second one. ", "Third one. "], go=go)
    with started(tmp_path, policy_file, "--upstream", stub.url, "--grace", 300) as (process, url, _):
        with streamed(url) as answer:
            parts = answer.iter_raw()
            next(parts)
            process.send_signal(signal.SIGTERM)
            assert refuses_connections(url)
            process.send_signal(signal.SIGTERM)
            with pytest.raises(httpx2.TransportError):
                b"".join(parts)
        go.set()
        assert process.wait(60) == 0
    from guardrail.ledger import Reader

    with Reader.open(tmp_path / "ledger.db") as reader:
        assert reader.size
    assert b"disconnected" in (tmp_path / "ledger.db").read_bytes()


# --- what does not start


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ((), "no upstream is named"),
        (("--upstream", "http://example.com"), "without TLS"),
        (("--upstream", "https://a.example", "--upstream", "https://b.example"), "both take everything"),
        (("--upstream", "https://a.example", "--policy", "no-such-policy"), "policy"),
        (("--upstream", "https://a.example", "--ca-file", "missing.pem"), "missing.pem cannot be read"),
        (("--upstream", "https://a.example", "--tenant-header", "Authorization"), "holds keys"),
        (("--upstream", "https://a.example", "--tenant-header", "X A"), "no name"),
        (("--upstream", "https://a.example", "--host", "203.0.113.1"), "cannot be listened on"),
    ],
)
def test_what_cannot_work_does_not_start_and_says_why(options, what, tmp_path, monkeypatch, capsys):
    from guardrail.cli.app import main

    monkeypatch.chdir(tmp_path)
    code = main(["proxy", "--port", "0", "--ledger", "ledger.db", *options])
    assert code == 2
    assert what in capsys.readouterr().err


def test_a_port_in_use_is_told_before_anything_is_loaded(tmp_path, capsys):
    from guardrail.cli.app import main

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ["--upstream", "https://a.example", "--port", str(port)]
        assert main(["proxy", "--ledger", os.fspath(tmp_path / "l.db"), *options]) == 2
    assert f"127.0.0.1:{port} cannot be listened on" in capsys.readouterr().err
    assert not (tmp_path / "l.db").exists()


def test_a_proxy_without_a_ledger_does_not_start(capsys):
    from guardrail.cli.app import main

    assert main(["proxy", "--upstream", "https://a.example"]) == 2
    assert "no ledger is named" in capsys.readouterr().err
