"""Messages of websockets in every form that libraries take them."""

from __future__ import annotations

import pytest

from guardrail import BodyError
from guardrail.integrations.frames import as_frame, decoded, is_data, joined


@pytest.mark.parametrize(
    ("parts", "whole"), [(["a", "b"], "ab"), ([b"a", bytearray(b"b")], b"ab"), (["ä", b"b"], "äb".encode())]
)
def test_fragments_become_one_message_of_their_kind(parts, whole):
    assert joined(parts, 10) == whole


def test_too_many_of_them_are_refused():
    with pytest.raises(BodyError):
        joined(["a" * 6, "a" * 6], 10)


@pytest.mark.parametrize(
    ("message", "text", "frame"),
    [
        ("a", None, "a"),
        (b"a", None, b"a"),
        (b"a", True, "a"),
        ("a", False, b"a"),
        (memoryview(b"a"), None, b"a"),
    ],
)
def test_the_kind_of_a_frame_is_what_the_sender_says(message, text, frame):
    assert as_frame(message, text=text) == frame


@pytest.mark.parametrize(
    ("message", "decode", "given"),
    [("a", None, "a"), ("a", False, b"a"), (b"a", True, "a"), (b"a", False, b"a"), ("a", True, "a")],
)
def test_a_reader_gets_the_type_that_it_asks_for(message, decode, given):
    assert decoded(message, decode=decode) == given


def test_a_message_is_told_from_its_fragments():
    assert all(map(is_data, ("a", b"a", bytearray(b"a"), memoryview(b"a"), {})))
    assert not is_data(["a"])
