"""Streams that do not wait for names: only what may still become a value is held."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent))

from desks import Reader, split, through

from guardrail.stream import TextStream
from guardrail.vault.memory import TokenMap

WORDS = st.sampled_from(
    ["Ann Smith", "Ann", " ", ". ", "\n", "! ", "4111", " 1111", "1111 ", "x@y.example", "hello ", "St. ",
     "Main St. Paris", "。", "  \n ", "a" * 30, "<", "<PERSON_", ">", "…", '." ', "12.\n34", "the ",
     "password ", ": "]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=60).map("".join), st.data())
def test_a_fast_stream_never_depends_on_how_the_text_was_cut(text, data):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=40))
    whole = through([text], TextStream(Reader(), fast=True))
    assert through(split(text, cuts), TextStream(Reader(), fast=True)) == whole
    assert through(list(text), TextStream(Reader(), fast=True)) == whole


def test_nothing_is_held_behind_a_plain_word():
    stream = TextStream(Reader(), fast=True)
    for word in ("The ", "sun ", "is ", "out, ", "and ", "it ", "shines.\n", "Hello "):
        assert stream.feed(word) == word
        assert stream.held == 0


def test_names_are_asked_for_in_what_has_not_left():
    desk = Reader()
    stream = TextStream(desk, fast=True)
    out = [stream.feed(word) for word in ("We met ", "Ann ", "Smith. ", "Then ")]
    assert out == ["We met ", "", "", "[X]. Then "]
    assert desk.names_asked == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jo@mail.example today and then.", "Write to [X] today and then."),
        ("The card is 4111 1111\n1111 1111, I think.", "The card is [X], I think."),
        ("She lives in Main St. Springfield now. Ok.", "She lives in [X] now. Ok."),
        ("Nothing here. Nothing there.", "Nothing here. Nothing there."),
    ],
)
def test_patterns_of_several_words_are_found_whole(text, expected):
    assert through(list(text), TextStream(Reader(), fast=True)) == expected


def test_plain_words_are_shown_to_no_recognizer():
    class Counting(Reader):
        looks = 0

        def decide(self, text, *, names=True):
            self.looks += 1
            return super().decide(text, names=names)

    desk = Counting()
    stream = TextStream(desk, fast=True)
    stream.feed("the sun is out and it shines on all of us today ")
    assert desk.looks == 0
    stream.feed("my password is ")
    stream.feed("sunshine ")
    assert desk.looks > 0


def test_a_token_is_restored_as_soon_as_it_is_whole():
    tokens = TokenMap(bytes(32))
    token = tokens.issue("PERSON", "Ann Smith", restore=["completion"])
    stream = TextStream(Reader(tokens), fast=True)
    out = [stream.feed(piece) for piece in ("Dear ", token[:7], token[7:], ", ", "I ")]
    assert out == ["Dear ", "", "", "Ann Smith, ", "I "]


def test_no_word_is_lost_in_long_texts():
    text = " ".join(itertools.islice(itertools.cycle(["plain", "Word", "12", "and", "x_y", "so"]), 5_000))
    assert through(split(text, range(0, len(text), 11)), TextStream(Reader(), fast=True)) == text
