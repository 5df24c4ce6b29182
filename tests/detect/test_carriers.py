"""What stands around a value without a space is no part of it, and hides nothing of it."""

from __future__ import annotations

import base64

import pytest

from guardrail.detect import Detector
from guardrail.detect.persons import _is_none
from guardrail.types import Passage


@pytest.fixture(scope="module")
def detector():
    return Detector.load(names="none")


VALUES = ["4111 1111 1111 1111", "536-90-4399", "203.0.113.77", "+44 20 7946 0958", "DE89370400440532013000"]
CARRIERS = [
    "_{}_", "__{}__", "*{}*", "**{}**", "—{}—", "联系{}谢谢", "私の{}です", "연락처는{}입니다", "ติดต่อ{}ครับ",
    "➡️{}✅", "😀{}😀", "%20{}%20", "%22{}%22", "\\u0022{}\\u0022", "&#34;{}&#34;", "\\n{}\\n",
]  # fmt: skip


def covered(detector, text, value):
    (found,) = detector.detect([Passage(text)])
    at = text.index(value)
    return any(f.start <= at and at + len(value) <= f.end for f in found if f.score >= 0.5)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_value_is_found_whole_whatever_touches_it(detector, carrier, value):
    assert covered(detector, carrier.format(value), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("write to x@example.com—so he knows", "x@example.com"),
        ("write to x@example.com-see below", "x@example.com"),
        ("mail o'brien+news@example.org now", "o'brien+news@example.org"),
        ("k='d'angelo@example.it'", "d'angelo@example.it"),
        ('{"t":"see\\nhttps://example.com/users/ann?id=77\\n"}', "https://example.com/users/ann?id=77"),
        ("see\\nwww.anna-mueller.de/kontakt", "www.anna-mueller.de/kontakt"),
    ],
)
def test_the_sentence_around_an_address_neither_hides_nor_cuts_it(detector, text, value):
    assert covered(detector, text, value)


@pytest.mark.parametrize(
    "text", ["__init__ and _private_", "f(*args, **kwargs)", "x = a_1 * b_2 * c", "2 * 3 * 4"]
)
def test_programs_have_marks_of_their_own(detector, text):
    assert detector.detect([Passage(text)]) == [()]


@pytest.mark.parametrize(
    "text",
    [
        "How do I make a PRIVATE KEY?",
        "RSA PRIVATE KEY----- is how it ends",
        "PuTTY-User-Key",
        "eyJ"
        + base64.b64encode(b'a":' + b"[" * 30_000).decode().rstrip("=")
        + ".eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlc2ln",
    ],
)
def test_half_a_form_is_no_error(detector, text):
    assert len(detector.detect([Passage(text)])) == 1


@pytest.mark.parametrize("text", ["1 2 3 4 5 6 7 8 9 10", "01 02 03 04 05 06", "10 9 8 7 6 5 4 3 2 1"])
def test_counting_is_no_telephone_number(detector, text):
    (found,) = detector.detect([Passage(text)])
    assert [f for f in found if f.score >= 0.5] == []


@pytest.mark.parametrize(("before", "after"), [("", "[1]"), ("", "(home)"), ("#", ""), ("$", "")])
def test_a_mark_beside_a_full_name_leaves_none_of_it(before, after):
    words = [(len(before), len(before) + 4), (len(before) + 5, len(before) + 11)]
    text = before + "Jane Garcia" + after
    assert [_is_none(text, start, end) for start, end in words] == [False, False]


@pytest.mark.parametrize(
    ("text", "word"), [("jane(x)", "jane"), ("run Jane(home):", "Jane"), ("$Jane", "Jane")]
)
def test_what_a_program_calls_is_nobody(text, word):
    assert _is_none(text, text.index(word), text.index(word) + len(word))
