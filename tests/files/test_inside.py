"""Files inside of JSON strings, through the exchange: read, rewritten, replaced by their text, or refused."""

from __future__ import annotations

import base64
import json

import pytest
from samples import pdf

from guardrail import BodyError

pytest.importorskip("pypdf", reason="install the extra: pip install 'guardrail-pii[files]'")

SOUND = b"RIFF\x24\x00\x00\x00WAVEfmt "


def b64(data):
    return base64.b64encode(data).decode()


def url(data, media):
    return f"data:{media};base64,{b64(data)}"


def asked(guard, protocol, body):
    return json.loads(
        guard.exchange(protocol=protocol).request(json.dumps(body).encode(), content_type="application/json")
    )


PERSON = pdf("I am Ann Smith")
TEXT = b"Name,N\r\nAnn Smith,1\r\n"


def test_a_pdf_of_chat_completions_goes_on_as_its_text(guard):
    file = {"filename": "cv.pdf", "file_data": url(PERSON, "application/pdf")}
    new = asked(
        guard, "openai.chat", {"messages": [{"role": "user", "content": [{"type": "file", "file": file}]}]}
    )
    file = new["messages"][0]["content"][0]["file"]
    assert file["filename"] == "cv.pdf.txt"
    head, _, data = file["file_data"].partition(",")
    assert head == "data:text/plain;base64"
    assert base64.b64decode(data).startswith(b"I am <PERSON_")


def test_a_table_of_responses_is_rewritten_in_place(guard):
    part = {"type": "input_file", "filename": "Ann Smith.csv", "file_data": url(TEXT, "text/csv")}
    new = asked(guard, "openai.responses", {"input": [{"role": "user", "content": [part]}]})
    part = new["input"][0]["content"][0]
    assert part["filename"].startswith("<PERSON_")
    assert part["filename"].endswith(".csv")
    data = base64.b64decode(part["file_data"].removeprefix("data:text/csv;base64,"))
    assert data.startswith(b"Name,N\r\n<PERSON_")
    assert data.endswith(b">,1\r\n")


@pytest.mark.parametrize("file", ["pdf", "text"])
def test_a_document_of_anthropic_is_read(guard, file):
    source = {"type": "base64", "media_type": "application/pdf", "data": b64(PERSON)}
    if file == "text":
        source = {"type": "text", "media_type": "text/plain", "data": "I am Ann Smith"}
    content = [{"type": "document", "title": "Ann Smith", "source": source}]
    new = asked(guard, "anthropic.messages", {"messages": [{"role": "user", "content": content}]})
    (block,) = new["messages"][0]["content"]
    assert block["title"].startswith("<PERSON_")
    assert (block["type"], block["source"]["type"], block["source"]["media_type"]) == (
        "document",
        "text",
        "text/plain",
    )
    assert block["source"]["data"].startswith("I am <PERSON_")


@pytest.mark.parametrize("keys", [("inlineData", "mimeType"), ("inline_data", "mime_type")])
def test_inline_data_of_gemini_is_read(guard, keys):
    inline, mime = keys
    parts = [
        {inline: {mime: "application/pdf", "data": b64(PERSON)}},
        {inline: {mime: "text/csv", "data": b64(TEXT)}},
    ]
    new = asked(guard, "gemini.generate", {"contents": [{"parts": parts}]})
    one, two = (part[inline] for part in new["contents"][0]["parts"])
    assert one[mime] == "text/plain"
    assert base64.b64decode(one["data"]).startswith(b"I am <PERSON_")
    assert two[mime] == "text/csv"
    assert b"Ann" not in base64.b64decode(two["data"])


def test_a_pdf_that_no_text_may_stand_for_is_refused(guard):
    file = {"file_data": b64(PERSON)}
    with pytest.raises(BodyError) as caught:
        asked(
            guard,
            "openai.chat",
            {"messages": [{"role": "user", "content": [{"type": "file", "file": file}]}]},
        )
    assert caught.value.status == 415
    assert "Ann" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        "data:text/plain,I%20am%20Ann%20Smith",
        "data:text/plain;charset=utf-8;base64," + b64(b"I am Ann Smith"),
        b64(b"I am Ann Smith"),
    ],
)
def test_a_data_url_of_text_hides_nothing(guard, data):
    body = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": data}}]}]}
    new = asked(guard, "openai.chat", body)["messages"][0]["content"][0]["image_url"]["url"]
    assert new != data
    assert b64(b"Ann Smith")[:8] not in new
    assert "Ann" not in new


def test_images_and_sounds_inside_of_json_follow_the_policy(guard, lax):
    for url_of in (
        url(b"\x89PNG\r\n\x1a\n", "image/png"),
        b64(SOUND),
        "data:;base64,!!",
        "data:;base64,QQQQQ",
        "data:nonsense",
    ):
        body = {
            "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url_of}}]}]
        }
        with pytest.raises(BodyError):
            asked(guard, "openai.chat", body)
        assert asked(lax, "openai.chat", body) == body


def test_a_file_that_is_json_tells_nothing_of_the_document_around_it(guard):
    inside = b'{"messages": [{"role": "tool", "content": "Ann Smith"}]}'
    body = {
        "messages": [
            {
                "role": "user",
                "content": [{"type": "file", "file": {"filename": "a.json", "file_data": b64(inside)}}],
            }
        ]
    }
    file = asked(guard, "openai.chat", body)["messages"][0]["content"][0]["file"]
    assert json.loads(base64.b64decode(file["file_data"]))["messages"][0]["content"].startswith("<PERSON_")


def test_a_file_in_a_line_of_a_batch_is_read(guard):
    content = [{"type": "file", "file": {"filename": "a.csv", "file_data": url(TEXT, "text/csv")}}]
    call = {
        "custom_id": "1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"messages": [{"role": "user", "content": content}]},
    }
    new = guard.exchange().request(json.dumps(call).encode(), content_type="application/jsonl")
    assert b64(b"Ann Smith")[:8].encode() not in new
    assert (
        json.loads(new)["body"]["messages"][0]["content"][0]["file"]["file_data"]
        != content[0]["file"]["file_data"]
    )


def test_an_answer_with_a_file_is_restored_inside_of_it(guard):
    exchange = guard.exchange(protocol="gemini.generate")
    asked_body = {"contents": [{"parts": [{"text": "Ann Smith"}]}]}
    token = json.loads(exchange.request(json.dumps(asked_body).encode(), content_type="application/json"))[
        "contents"
    ][0]["parts"][0]["text"]
    exchange.answer("application/json")
    data = b64(f"Name\r\n{token}\r\nJohn Miller\r\n".encode())
    answer = [
        {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "text/csv", "data": data}}]}}]}
    ]
    exchange.response(json.dumps(answer[0]).encode())
    new = json.loads(exchange.finish())
    inside = base64.b64decode(new["candidates"][0]["content"]["parts"][0]["inlineData"]["data"])
    assert inside.startswith(b"Name\r\nAnn Smith\r\n<PERSON_")


def test_data_urls_are_put_back_in_the_notation_they_came_in(guard):
    for data in (
        "data:text/plain,Ann%20Smith%2C%20Rome",
        "data:text/plain;base64,QW5u%20IFNtaXRo",
        "data:text/plain,fine",
    ):
        body = {
            "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": data}}]}]
        }
        new = asked(guard, "openai.chat", body)["messages"][0]["content"][0]["image_url"]["url"]
        assert new.partition(",")[0] == data.partition(",")[0]
        assert (new == data) == data.endswith("fine")


def test_a_link_to_a_file_is_a_text(guard):
    body = {
        "messages": [
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "https://e.com/?to=j@example.org"}}],
            }
        ]
    }
    assert "j@example.org" not in json.dumps(asked(guard, "openai.chat", body))
