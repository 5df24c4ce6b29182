"""Lines of JSON, both ways: each record for itself, and a text that streams in lines as one text."""

from __future__ import annotations

import json
import random

import pytest

from guardrail import BlockedError, BodyError
from guardrail.wire.maps import protocol_for

NDJSON = "application/x-ndjson"
KEY = "sk-proj-" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" + "zA1bC2dE3fG4hJ5k"
REPLY = "Hello <>, John Miller has j@example.org. Bye."


def lines(*records, end="\n"):
    return "".join(json.dumps(record) + end for record in records).encode()


def requested(guard, body, *, content_type=NDJSON, protocol=""):
    return guard.exchange(protocol=protocol).request(body, content_type=content_type)


def answered(exchange, chunks, content_type=NDJSON):
    assert exchange.answer(content_type) == "stream"
    return b"".join([*(exchange.response(chunk) for chunk in chunks), exchange.finish()])


def test_every_line_of_a_request_is_a_document(guard):
    body = b'{"name": "Ann Smith"}\r\n\r\n{ "n":1, "x":[ ]}\n"j@example.org"\nplain: John Miller'
    new = requested(guard, body).decode()
    assert new.count("\n") == 4
    assert '\r\n\r\n{ "n":1, "x":[ ]}\n"<EMAIL_ADDRESS_' in new
    assert "plain: <PERSON_" in new
    assert "Ann" not in new
    assert "John" not in new


def test_an_untouched_body_of_lines_keeps_its_bytes(guard):
    for body in (b'{"a": 1}\n{"b":2}', b"\n\n", b'\xef\xbb\xbf{"a":1}\n', b'\x1e{"a":1}\n\x1e[2]\n'):
        assert requested(guard, body) == body


def test_a_line_of_a_batch_is_read_by_the_map_of_its_call(guard, policy_file):
    call = {
        "custom_id": "request-1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": "gpt-6",
            "messages": [{"role": "user", "content": "I am Ann Smith"}],
            "odd": "Müller",
        },
    }
    new = json.loads(requested(guard, lines(call)))
    assert new["body"]["messages"][0]["content"].startswith("I am <PERSON_")
    assert new["body"]["odd"].startswith("<PERSON_")
    assert (new["custom_id"], new["url"], new["body"]["model"]) == ("request-1", call["url"], "gpt-6")


@pytest.mark.parametrize("size", [1, 3, 7, 64, 10_000])
@pytest.mark.parametrize("kind", ["chat", "generate"])
def test_a_stream_of_ollama_is_one_text_however_it_is_cut(guard, kind, size):
    exchange = guard.exchange(protocol="ollama.chat")
    asked = {"model": "m", "prompt": "Ann Smith"}
    token = json.loads(exchange.request(lines(asked), content_type="application/json"))["prompt"]
    text = REPLY.replace("<>", token)
    wrap = (
        (lambda t: {"message": {"role": "assistant", "content": t}})
        if kind == "chat"
        else (lambda t: {"response": t})
    )
    base = {"model": "m", "created_at": "2026-11-22T00:00:00Z"}
    body = lines(
        *({**base, **wrap(text[at : at + 4]), "done": False} for at in range(0, len(text), 4)),
        {**base, **wrap(""), "done": True, "done_reason": "stop", "eval_count": 9},
    )
    out = answered(exchange, [body[at : at + size] for at in range(0, len(body), size)])
    records = [json.loads(line) for line in out.splitlines()]
    said = "".join(r["message"]["content"] if kind == "chat" else r["response"] for r in records)
    assert said.startswith("Hello Ann Smith, <PERSON_")
    assert "example.org" not in said
    assert said.endswith("Bye.")
    assert records[-1]["done"] is True
    assert not any(record["done"] for record in records[:-1])
    assert out.endswith(b"\n")


def test_the_arguments_of_a_call_of_ollama_go_to_its_tool(guard):
    exchange = guard.exchange(protocol="ollama.chat")
    token = json.loads(exchange.request(b'{"prompt": "Ann Smith"}', content_type="application/json"))[
        "prompt"
    ]
    for name, restored in [("crm_find", "Ann Smith"), ("web_search", token)]:
        call = {"function": {"name": name, "arguments": {"type": token}}}
        (line,) = answered(exchange, [lines({"message": {"content": "", "tool_calls": [call]}})]).splitlines()
        assert json.loads(line)["message"]["tool_calls"][0]["function"]["arguments"] == {"type": restored}


def test_no_text_of_one_record_comes_with_another(guard):
    records = [
        {"id": f"r{n}", "text": f"{who} called", "n": n}
        for n, who in enumerate(["Ann Smith", "Bo", "Müller"])
    ]
    new = [json.loads(line) for line in answered(guard.exchange(), [lines(*records)]).splitlines()]
    assert [record["id"] for record in new] == ["r0", "r1", "r2"]
    assert new[0]["text"].startswith("<PERSON_")
    assert new[0]["text"].endswith("> called")
    assert new[1]["text"] == "Bo called"
    assert new[2]["text"].startswith("<PERSON_")


def test_pieces_under_one_id_are_one_text(guard):
    body = lines(*({"id": "c1", "delta": piece} for piece in ["Ask j@exam", "ple.org", " now."]))
    new = [json.loads(line) for line in answered(guard.exchange(), [body]).splitlines()]
    said = "".join(record["delta"] for record in new)
    assert said.startswith("Ask <EMAIL_ADDRESS_")
    assert said.endswith("> now.")


@pytest.mark.parametrize("content_type", [NDJSON, "application/json-seq"])
def test_the_answer_never_depends_on_how_the_bytes_were_cut(guard, content_type):
    sequence = content_type.endswith("seq")
    one = (
        b'\x1e{"id":"a",\n "text": "J\xc3\xb6rg and John Miller"}\n'
        if sequence
        else b'{"id":1,"text":"J\xc3\xb6rg and John Miller"}\r\n'
    )
    body = one + (b'\x1e{"text": "M\\u00fcller"}\n' if sequence else b'\n{"id":2,"text": "M\\u00fcller"}')

    def out(chunks):
        return answered(guard.exchange(), chunks, content_type)

    whole = out([body])
    assert b"John" not in whole
    assert b"fcller" not in whole
    assert whole.endswith(b"\n") == sequence, "an end that was not there is not there now"
    assert out([body[at : at + 1] for at in range(len(body))]) == whole
    random.seed(1)
    for _ in range(100):
        cuts = sorted(random.sample(range(1, len(body)), 3))
        assert out([body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]) == whole


def test_untouched_lines_of_an_answer_keep_their_bytes(guard):
    body = b'{ "a":1 }\r\n\n{"b": "fine"}\n\n[1, 2]\n\nplain'
    assert answered(guard.exchange(), [body[:9], body[9:]]) == body


def test_a_block_ends_the_lines_with_an_error(guard):
    exchange = guard.exchange(protocol="ollama.chat")
    out = answered(exchange, [lines({"response": f"It is {KEY} . "}, {"response": "And more. "})])
    assert KEY.encode() not in out
    assert "secrets" in json.loads(out.splitlines()[-1])["error"]
    with pytest.raises(BlockedError):
        requested(guard, lines({"a": KEY}))


def test_lines_too_deep_too_long_or_in_another_encoding_are_refused(guard, monkeypatch):
    deep = b"[" * 201 + b"]" * 201
    for call in (lambda: requested(guard, deep), lambda: answered(guard.exchange(), [deep + b"\n"])):
        with pytest.raises(BodyError, match="nested deeper"):
            call()
    with pytest.raises(BodyError, match="not UTF-8"):
        answered(guard.exchange(), [b'{"a": "\xff"}\n'])
    monkeypatch.setattr("guardrail.wire.sse.MAX_EVENT", 100)
    for body in (b"[" + b" " * 200, b"[" + b" " * 200 + b"]\n"):
        with pytest.raises(BodyError, match="too large"):
            answered(guard.exchange(), [body])


def test_ollama_is_told_by_its_port_or_its_client():
    for headers in ({"host": "localhost:11434"}, {"user-agent": "ollama-python/0.6.3 (x86_64)"}):
        assert protocol_for("POST", "/api/chat", headers) == "ollama.chat"
    assert protocol_for("POST", "/api/chat", {"host": "example.com"}) == ""
