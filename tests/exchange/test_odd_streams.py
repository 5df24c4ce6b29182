"""Streams that end too often, or are not quite what they claim: nothing gets through between the events."""

from __future__ import annotations

import json

import pytest

from guardrail import BodyError

JSON = "application/json"
SSE = "text/event-stream"
VALUE = "j@example.org"
TEXT = f"Please ask {VALUE} or 4111 1111 1111 1111."


def answered(guard, body, *, protocol="openai.chat", content_type=SSE):
    """Return what becomes of an answer."""
    exchange = guard.exchange(protocol=protocol)
    exchange.answer(content_type)
    return exchange.response(body.encode()) + exchange.finish()


def contents(stream):
    """Return the text that a client joins."""
    data = [line[6:] for line in stream.decode().splitlines() if line.startswith("data: {")]
    return "".join(
        choice["delta"].get("content", "") for one in data for choice in json.loads(one)["choices"]
    )


@pytest.mark.parametrize("reason", ["", "stop"])
def test_an_end_in_every_event_lets_no_value_through_piece_by_piece(guard, reason):
    choices = [{"index": 0, "delta": {"content": c}, "finish_reason": reason} for c in TEXT]
    body = (
        "".join(f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices) + "data: [DONE]\n\n"
    )
    text = contents(answered(guard, body))
    assert VALUE not in text
    assert "@" not in text
    assert text.endswith("> or ************1111.")


@pytest.mark.parametrize("odd", ["NaN", "-Infinity"])
def test_an_answer_that_only_lenient_parsers_read_is_read_as_they_do(guard, odd):
    body = f'{{"score": {odd}, "to": "j\\u0040example.org"}}'
    for bom in ("", "\ufeff"):
        out = answered(guard, bom + body, protocol="", content_type=JSON).decode()
        assert out.startswith(f'{bom}{{"score": {odd}, "to": "<EMAIL_ADDRESS_')
        assert "example.org" not in out


def test_events_that_only_lenient_parsers_read_are_pieces_like_others(guard):
    event = 'data: {"score": NaN, "choices": [{"index": 0, "delta": {"content": "%s"}}]}\n\n'
    text = contents(answered(guard, event % "Ask j@exam" + event % "ple.org." + "data: [DONE]\n\n"))
    assert text.startswith("Ask <EMAIL_ADDRESS_")
    assert "ple.org" not in text


def test_an_answer_too_deep_to_be_read_is_not_passed_as_plain_text(guard):
    deep = "[" * 201 + '"j\\u0040example.org"' + "]" * 201
    for body, content_type in [(deep, JSON), (f"data: {deep}\n\n", SSE)]:
        with pytest.raises(BodyError, match="nested deeper"):
            answered(guard, body, protocol="", content_type=content_type)


def test_events_that_are_strings_alone_are_pieces_of_one_text(guard):
    body = "".join(f"data: {json.dumps(piece)}\n\n" for piece in ["Ask j@exam", "ple.org", " now."])
    data = [line[6:] for line in answered(guard, body, protocol="").decode().splitlines() if line]
    text = "".join(map(json.loads, data))
    assert text.startswith("Ask <EMAIL_ADDRESS_")
    assert text.endswith("> now.")


def test_words_and_numbers_of_plain_events_keep_their_place(guard):
    pieces = ["It is ", "true", ": card ", "4111", "1111", "1111", "1111", " is null"]
    out = answered(guard, "".join(f"data: {piece}\n\n" for piece in pieces), protocol="").decode()
    text = "".join(line.removeprefix("data: ") for line in out.splitlines())
    assert text == "It is true: card ************1111 is null"


@pytest.mark.parametrize(
    "body",
    [
        '\ufeff{"to": "j\\u0040example.org"}',
        '{"score": NaN, "to": "j\\u0040example.org"}',
        '"j\\u0040example.org"',
        '{"inside": "\ufeff{\\"n\\": NaN, \\"to\\": \\"j\\\\u0040example.org\\"}"}',
    ],
)
def test_a_text_that_an_application_could_read_as_json_hides_no_value(guard, body):
    new = guard.exchange().request(body.encode(), content_type="text/plain").decode()
    assert "<EMAIL_ADDRESS_" in new
    assert "example.org" not in new


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-16"])
def test_json_in_a_wide_encoding_is_refused_whatever_it_is_called(guard, charset):
    body = ' {"to": "j@example.org"}'.encode(charset)
    with pytest.raises(BodyError) as caught:
        guard.exchange().request(body, content_type="text/plain; charset=iso-8859-1")
    assert caught.value.status == 415


def test_a_text_of_nuls_is_no_wide_json(guard):
    assert guard.exchange().request(b"\0a\0b", content_type="text/plain") == b"\0a\0b"


def test_a_text_too_deep_for_the_reader_of_json_is_refused(guard):
    with pytest.raises(BodyError, match="nested deeper"):
        guard.exchange().request(b"[" * 10_000, content_type="text/plain")
