"""A Content-Type is read so that no parser behind us reads another text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.errors import BodyError
from guardrail.wire.media import Media

FORMS = {
    "application/json": "json",
    "APPLICATION/JSON": "json",
    " application/json ; charset=utf-8": "json",
    "application/json;": "json",
    "application/json; ;charset=utf-8": "json",
    "application/problem+json": "json",
    "text/json": "json",
    "application/vnd.api+JSON; charset=UTF8": "json",
    "application/x-www-form-urlencoded": "form",
    "text/event-stream": "events",
    "text/event-stream; charset=utf-8": "events",
    "text/plain": "text",
    "text/html; charset=us-ascii": "text",
    "text/markdown; variant=GFM": "text",
    "": "opaque",
    "application/octet-stream": "opaque",
    "application/pdf; charset=binary": "file",
    "multipart/form-data; boundary=----WebKit:=?": "multipart",
    "multipart/mixed; boundary=x": "opaque",
    "application/jsonp": "opaque",
    "application/x-ndjson": "lines",
    "application/jsonl; charset=utf-8": "lines",
    "application/json-seq": "sequence",
    "image/svg+xml": "file",
}


@pytest.mark.parametrize(("header", "form"), FORMS.items(), ids=FORMS.keys())
def test_the_media_type_says_how_the_body_is_read(header, form):
    assert Media.parse(header).form == form


NO_MEDIA_TYPE = [
    "json",
    "/",
    "text/",
    "/plain",
    "application/json, text/plain",
    "application/json/x",
    "a b/c",
    "text/plain\x00",
    "téxt/plain",
    "text /plain",
    "application/json application/json",
    ";text/plain",
]


@pytest.mark.parametrize("header", NO_MEDIA_TYPE)
def test_what_is_no_media_type_is_opaque_and_never_taken_for_plain_text(header):
    assert Media.parse(header).form == "opaque"


CHARSETS = {
    "text/plain": "utf-8",
    "text/plain; charset=UTF-8": "utf-8",
    'text/plain; charset="utf-8"': "utf-8",
    "text/plain;charset=utf8": "utf-8",
    "text/plain; CHARSET=us-ascii": "utf-8",
    "text/plain; charset=ISO-8859-1": "iso8859-1",
    "text/plain; charset=latin1": "iso8859-1",
    "text/plain; charset=windows-1252": "cp1252",
    'text/plain; format="a;charset=utf-16"; charset=utf-8': "utf-8",
    'text/plain; note="\\"; charset=utf-7; \\""': "utf-8",
}


@pytest.mark.parametrize(("header", "charset"), CHARSETS.items(), ids=CHARSETS.keys())
def test_the_charset_is_known_by_pythons_name(header, charset):
    assert Media.parse(header).charset == charset


REFUSED = {
    "UTF-16 hides ASCII": "text/plain; charset=utf-16",
    "UTF-16 without a mark": "application/json; charset=utf-16le",
    "UTF-32": "application/json; charset=utf-32",
    "UTF-7 hides ASCII in ASCII": "text/plain; charset=utf-7",
    "EBCDIC": "text/plain; charset=cp037",
    "a transformation of Python's own": "text/plain; charset=rot13",
    "bytes to bytes": "text/plain; charset=base64",
    "escapes of Python's own": "text/plain; charset=unicode_escape",
    "punycode": "text/plain; charset=punycode",
    "UTF-8 that eats a mark": "text/plain; charset=utf-8-sig",
    "Shift JIS reads a backslash as yen": "text/plain; charset=shift_jis",
    "an unknown one": "text/plain; charset=klingon",
    "an empty one": 'text/plain; charset=""',
    "none behind the equals sign": "text/plain; charset=",
    "no equals sign": "text/plain; charset",
    "a space before the equals sign": "text/plain; charset =utf-8",
    "a NUL": 'text/plain; charset="utf-8\x00"',
    "a non-ASCII name": 'text/plain; charset="ütf-8"',
    "an open quote": 'text/plain; charset="utf-8',
    "told twice": "text/plain; charset=utf-8; charset=iso-8859-1",
    "told twice in two cases": "text/plain; charset=utf-8; Charset=utf-16",
    "told in the extended way": "text/plain; charset*=utf-8''utf-7",
    "told in both ways": "text/plain; charset=utf-8; charset*=us-ascii''utf-16",
    "told in pieces": "text/plain; charset*0=utf; charset*1=-7",
    "two headers joined": "text/plain; charset=utf-8, text/plain; charset=utf-7",
    "JSON in Latin-1, which most parsers read as UTF-8": "application/json; charset=iso-8859-1",
    "JSON in windows-1252": "application/problem+json; charset=windows-1252",
    "a form in Latin-1": "application/x-www-form-urlencoded; charset=latin1",
    "events in Latin-1, which browsers read as UTF-8": "text/event-stream; charset=iso-8859-1",
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED.keys())
def test_a_charset_that_two_parsers_could_read_in_two_ways_is_refused(header):
    with pytest.raises(BodyError, match="charset is not supported") as caught:
        Media.parse(header)
    assert caught.value.status == 415
    assert caught.value.advice


@settings(max_examples=300)
@given(st.text('text/plaincharset=-_utf8167*"\\; ,\t', max_size=40).map("text/plain;".__add__))
def test_any_header_is_read_or_refused_and_no_charset_hides_ascii(header):
    try:
        media = Media.parse(header)
    except BodyError:
        return
    assert media.decode(b"jane@example.com") == "jane@example.com"


@pytest.mark.parametrize("header", ["text/plain", "text/plain; charset=latin1", "text/plain; charset=cp1252"])
@given(body=st.binary(max_size=30))
@settings(max_examples=60)
def test_a_body_that_is_read_is_written_back_byte_for_byte(header, body):
    media = Media.parse(header)
    try:
        text = media.decode(body)
    except BodyError:
        return
    assert media.encode(text) == body


def test_a_body_that_is_not_of_its_charset_is_refused_without_its_bytes():
    with pytest.raises(BodyError, match="the body is not utf-8") as caught:
        Media.parse("application/json").decode(b'"Zaphira \xff"')
    assert "Zaphira" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_character_that_the_charset_lacks_becomes_a_question_mark():
    assert Media.parse("text/plain; charset=latin1").encode("5 €") == b"5 ?"
    assert Media.parse("text/plain").encode("\ud800") == b"?"


def test_a_hostile_header_completes():
    for header in ("text/plain" + "; a=b" * 20_000, 'text/plain; a="' + "\\" * 100_001, "a" * 100_000):
        try:
            Media.parse(header)
        except BodyError:
            continue
