"""Forms of parts and files in JSON: what is read is scrubbed, what is not follows the policy."""

from __future__ import annotations

import json

import httpx2
import pytest
from samples import docx, entries_of, pdf, run

from guardrail import BlockedError, BodyError
from guardrail.wire.multipart import boundary_of, read

pytest.importorskip("pypdf", reason="install the extra: pip install 'guardrail-pii[files]'")

KEY = "sk-proj-" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" + "zA1bC2dE3fG4hJ5k"
SOUND = b"RIFF\x24\x00\x00\x00WAVEfmt "


def form(data=None, files=None):
    """Return body and content type as a client sends them."""
    request = httpx2.Request("POST", "http://x/", data=data or {}, files=files or {"f": ("a.txt", b"fine")})
    return request.read(), request.headers["content-type"]


def sent(guard, body, content_type):
    new = guard.exchange().request(body, content_type=content_type)
    return new, {part.name: part for part in read(new, boundary_of(content_type))}


def test_a_form_without_findings_keeps_its_bytes(guard):
    body, content_type = form(
        {"purpose": "batch", "n": ["1", "2"]}, {"file": ('ü "q".csv', b"a,b\r\n1,2\r\n")}
    )
    assert sent(guard, body, content_type)[0] == body


def test_every_part_is_read_by_what_it_is(guard):
    body, content_type = form(
        {"note": "I am Ann Smith", "meta": '{"to": "j\\u0040example.org"}', "j@example.org": "1"},
        {
            "one": ("Ann Smith.csv", b"Name;N\r\nJohn Miller;1\r\n", "text/csv"),
            "two": ("b.docx", docx(run("Ann Sm") + run("ith"))),
            "three": ("c.jsonl", b'{"a": 1}\n{"x": "John Miller"}\n', "application/octet-stream"),
        },
    )
    new, parts = sent(guard, body, content_type)
    assert b"Ann" not in new
    assert b"example.org" not in new
    assert parts["note"].content.startswith(b"I am <PERSON_")
    assert json.loads(parts["meta"].content)["to"].startswith("<EMAIL_ADDRESS_")
    assert parts["one"].filename.startswith("<PERSON_")
    assert parts["one"].filename.endswith(".csv")
    assert parts["one"].content.startswith(b"Name;N\r\n<PERSON_")
    assert b"&lt;PERSON_" in entries_of(parts["two"].content)["word/document.xml"]
    assert parts["three"].content.startswith(b'{"a": 1}\n{"x": "<PERSON_')
    assert list(parts)[2].startswith("<EMAIL_ADDRESS_")


def test_the_same_person_has_one_token_in_all_parts(guard):
    body, content_type = form({"a": "Ann Smith"}, {"f": ("x.docx", docx(run("Ann Smith")))})
    _, parts = sent(guard, body, content_type)
    token = parts["a"].content.decode()
    inside = entries_of(parts["f"].content)["word/document.xml"].decode()
    assert token.replace("<", "&lt;").replace(">", "&gt;") in inside


def test_a_pdf_that_must_change_goes_on_as_its_text(guard):
    body, content_type = form(files={"file": ("cv.pdf", pdf("I am Ann Smith"), "application/pdf")})
    _, parts = sent(guard, body, content_type)
    assert parts["file"].filename == "cv.pdf.txt"
    assert parts["file"].media == "text/plain; charset=utf-8"
    assert parts["file"].content.startswith(b"I am <PERSON_")


def test_a_pdf_without_findings_goes_on_as_it_is(guard):
    body, content_type = form(files={"file": ("cv.pdf", pdf("All is well"), "application/pdf")})
    assert sent(guard, body, content_type)[0] == body


@pytest.mark.parametrize(
    "file", [("a.wav", SOUND, "audio/wav"), ("a.png", b"\x89PNG", "image/png"), ("a.zip", b"PK\x03\x04x")]
)
def test_a_part_that_nobody_can_read_is_refused_or_counted(guard, lax, file):
    body, content_type = form({"model": "whisper-1"}, {"file": file})
    with pytest.raises(BodyError) as caught:
        guard.exchange().request(body, content_type=content_type)
    assert caught.value.status == 415
    exchange = lax.exchange()
    assert exchange.request(body, content_type=content_type) == body
    assert exchange.opening().facts["passed"]["unreadable"] == len(file[1])


def test_a_block_within_a_file_is_a_block(guard):
    body, content_type = form(files={"f": ("k.docx", docx(run(f"key {KEY}")))})
    with pytest.raises(BlockedError):
        guard.exchange().request(body, content_type=content_type)


DISPOSITION = 'Content-Disposition: form-data; name="a"'


def raw(*heads, content="x", end="--b--\r\n", before=""):
    head = "".join(f"{head}\r\n" for head in heads)
    return f"{before}--b\r\n{head}\r\n{content}\r\n{end}".encode()


MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (raw(DISPOSITION), "multipart/form-data", 400),
        (raw(DISPOSITION), 'multipart/form-data; boundary="ö"', 400),
        (raw(DISPOSITION, end=""), MULTIPART, 400),
        (b"no form", MULTIPART, 400),
        (raw("X-A: b"), MULTIPART, 400),
        (raw(DISPOSITION, DISPOSITION), MULTIPART, 400),
        (raw(DISPOSITION, "Content-Transfer-Encoding: base64"), MULTIPART, 415),
        (raw(DISPOSITION, "Content-Type: text/plain; charset=utf-16"), MULTIPART, 415),
        (raw(DISPOSITION, *["X-A: b"] * 17), MULTIPART, 400),
        (raw(DISPOSITION, "X-A: " + "b" * 9_000), MULTIPART, 400),
        (raw(DISPOSITION, end="") * 1_001 + b"--b--\r\n", MULTIPART, 413),
        (raw(DISPOSITION, "Content-Type: application/json", content="[" * 300), MULTIPART, 413),
        (
            '--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n'.encode("latin-1"),
            MULTIPART,
            400,
        ),
    ],
)
def test_a_form_that_is_broken_hostile_or_too_large_is_refused(guard, body, content_type, status):
    with pytest.raises(BodyError) as caught:
        guard.exchange().request(body, content_type=content_type)
    assert caught.value.status == status


def test_what_another_reader_might_see_goes_no_further(guard):
    with pytest.raises(BodyError):
        guard.exchange().request(raw(DISPOSITION, before="Ann Smith\r\n"), content_type=MULTIPART)
    hidden = raw(DISPOSITION, "X-Note: Ann Smith", end="--b--\r\nAnn Smith\r\n")
    assert b"Ann" not in guard.exchange().request(hidden, content_type=MULTIPART)
    twice = raw(
        'Content-Disposition: form-data; name="a"; filename="a.txt"; filename*=UTF-8\'\'Ann%20Smith.txt'
    )
    assert b"Ann" not in guard.exchange().request(twice, content_type=MULTIPART)


def test_a_form_without_parts_goes_on(guard):
    assert guard.exchange().request(b"--b--\r\n", content_type=MULTIPART) == b"--b--\r\n"


def test_a_form_comes_back_with_its_names_restored(guard):
    exchange = guard.exchange()
    token = exchange.request(b"Ann Smith", content_type="text/plain").decode()
    body, content_type = form({"to": token, "by": "John Miller"})
    assert exchange.answer(content_type) == "whole"
    new = exchange.response(body[:50]) + exchange.response(body[50:]) + exchange.finish()
    parts = {part.name: part.content for part in read(new, boundary_of(content_type))}
    assert parts["to"] == b"Ann Smith"
    assert parts["by"].startswith(b"<PERSON_")


def test_a_file_as_a_whole_body_is_read_both_ways(guard, lax):
    office = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    exchange = guard.exchange()
    new = exchange.request(docx(run("Ann Smith")), content_type=office)
    token = entries_of(new)["word/document.xml"].decode().partition('preserve">')[2].partition("</w:t>")[0]
    assert token.startswith("&lt;PERSON_")
    exchange.answer(office)
    exchange.response(docx(run(token), run("John Miller")))
    back = entries_of(exchange.finish())["word/document.xml"].decode()
    assert "Ann Smith" in back
    assert "John" not in back
    with pytest.raises(BodyError):
        guard.exchange().request(pdf("I am Ann Smith"), content_type="application/pdf")
    fine = pdf("All is well")
    assert guard.exchange().request(fine, content_type="application/pdf") == fine
    for strict, body in [(guard, b"%PDF-broken"), (guard, b"\x00")]:
        exchange = strict.exchange()
        exchange.answer("application/pdf")
        exchange.response(body)
        with pytest.raises(BodyError):
            exchange.finish()
    exchange = lax.exchange()
    exchange.answer("application/pdf")
    exchange.response(b"\x00")
    assert exchange.finish() == b"\x00"
    exchange.answer("application/pdf")
    assert exchange.finish() == b""


def test_a_field_in_another_encoding_or_of_another_kind_is_read_as_it_says(guard, lax):
    latin = raw(DISPOSITION, "Content-Type: text/plain; charset=iso-8859-1", content="x").replace(
        b"\r\nx\r", b"\r\nM\xfcller\r"
    )
    assert b"fcller" not in guard.exchange().request(latin, content_type=MULTIPART)
    office = raw(DISPOSITION, "Content-Type: text/csv", content="Name,N\r\nAnn Smith,1")
    assert b"Ann" not in guard.exchange().request(office, content_type=MULTIPART)
    for head, content in [("Content-Type: image/png", b"\x89PNG"), ("Content-Type: text/plain", b"\xff")]:
        body = raw(DISPOSITION, head).replace(b"\r\nx\r", b"\r\n" + content + b"\r")
        with pytest.raises(BodyError):
            guard.exchange().request(body, content_type=MULTIPART)
        assert lax.exchange().request(body, content_type=MULTIPART) == body
    broken = raw(DISPOSITION, content='{"a": Ann Smith')
    assert b"Ann" not in guard.exchange().request(broken, content_type=MULTIPART)


def test_an_answer_that_is_a_form_or_a_file_is_bounded(guard, monkeypatch):
    monkeypatch.setattr("guardrail.answer_files.MAX_ANSWER", 10)
    exchange = guard.exchange()
    exchange.answer("application/pdf")
    with pytest.raises(BodyError) as caught:
        exchange.response(b"x" * 11)
    assert caught.value.status == 413
