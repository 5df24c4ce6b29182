"""The pairs of a form are seen decoded; pairs without a change keep their bytes."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.errors import BodyError
from guardrail.wire import form

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
pairs_of_texts = st.lists(st.tuples(texts, texts), min_size=1, max_size=5)


@settings(max_examples=100)
@given(pairs_of_texts)
def test_what_a_parser_sees_is_read(pairs):
    body = urlencode(pairs)
    assert form.read(body) == pairs == parse_qsl(body, keep_blank_values=True)


@settings(max_examples=150)
@given(st.text("ab&=+%2041;é\x00/", max_size=20))
def test_any_body_is_read_as_a_parser_reads_it_and_stays(body):
    try:
        pairs = form.read(body)
    except BodyError:
        return
    seen = [pair for piece, pair in zip(body.split("&"), pairs, strict=True) if piece]
    assert seen == parse_qsl(body, keep_blank_values=True, errors="strict")
    assert form.write(body, [None] * len(pairs)) == body


@settings(max_examples=100)
@given(pairs_of_texts, st.data())
def test_a_changed_pair_is_read_as_the_new_one_and_the_others_keep_their_bytes(pairs, data):
    body = urlencode(pairs).replace("%", "%").replace("+", "%20")
    new = [data.draw(st.none() | st.tuples(texts, texts)) for _ in pairs]
    changed = form.write(body, new)
    assert form.read(changed) == [change or pair for pair, change in zip(pairs, new, strict=True)]
    for old, now, change in zip(body.split("&"), changed.split("&"), new, strict=True):
        assert change is not None or old == now


def test_a_token_stands_in_a_form_as_one_value():
    assert form.write("a=b&c=d", [None, ("c", "<PERSON_7Q9NXQV&=>")]) == "a=b&c=%3CPERSON_7Q9NXQV%26%3D%3E"


def test_names_without_values_and_empty_pairs_are_pairs():
    assert form.read("a&&=b&c=") == [("a", ""), ("", ""), ("", "b"), ("c", "")]
    assert form.read("") == [("", "")]


def test_a_second_equals_sign_is_of_the_value():
    assert form.read("a=b=c") == [("a", "b=c")]


@pytest.mark.parametrize("body", ["a=%ff", "%c3=a", "a=%ed%a0%80", "a=%c0%80"])
def test_bytes_that_are_not_of_the_charset_are_refused(body):
    with pytest.raises(BodyError, match="not of its charset") as caught:
        form.read(body)
    assert caught.value.status == 400


def test_another_charset_is_read_and_written():
    assert form.read("a=%E9", charset="iso8859-1") == [("a", "é")]
    assert form.write("a=%E9", [("a", "ü")], charset="iso8859-1") == "a=%FC"


def test_a_character_that_has_no_form_becomes_a_question_mark():
    assert form.write("a=b", [("a", "\ud800")]) == "a=%3F"
    assert form.write("a=b", [("a", "€")], charset="iso8859-1") == "a=%3F"
