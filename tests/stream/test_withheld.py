"""Values longer than a stream may hold: something stands for them, and nothing of them leaves."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from desks import KEY, RUN, Reader, split, through

from guardrail.stream import LONGEST_HOLD, OVERLAP, TextStream

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def digits(size, seed=1):
    return "".join(random.Random(seed).choices(DIGITS, k=size))


def lines(text, size=64):
    return "\n".join(text[at : at + size] for at in range(0, len(text), size))


def armored(size, kind="RSA ", line_end="\n"):
    body = lines(digits(size)).replace("\n", line_end)
    return f"-----BEGIN {kind}PRIVATE KEY-----{line_end}{body}{line_end}-----END {kind}PRIVATE KEY-----"


LONG = {
    "a key of 16,384 bits": armored(12_000),
    "a key on one line": armored(9_000, line_end=" "),
    "a key in escapes": armored(9_000, line_end="\\n"),
    "a run without white space": "eyJ" + digits(9_000).replace("/", "x"),
    "a run in lines": lines("eyJ" + digits(9_001)),
    "a run in lines, the last of two digits": lines("eyJ" + digits(64 * 150 - 3 + 2)),
    "an image": "data:image/png;base64," + digits(9_000),
    "an address": "https://example.org/?" + digits(9_000).replace("/", "x"),
}


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Here it is: ", "\nThat was all of it, I think."),
        ("Here it is.\n", " And there was more of it."),
        ("", '" was the value'),
        ("See this: ", ""),
        ("word " * 100, "\n\nYours, x@y.example"),
    ],
)
def test_nothing_of_a_long_value_leaves_and_all_that_follows_it_does(value, before, after):
    outs = []
    for size in (1_000_000, 997, 64, 7):
        desk = Reader(more=[KEY, RUN])
        text = before + value + after
        outs.append(through(split(text, range(size, len(text), size)), TextStream(desk)))
    assert len(set(outs)) == 1
    assert outs[0] == before + "[X]" + after.replace("x@y.example", "[X]")


def test_what_is_withheld_is_not_kept():
    stream = TextStream(Reader(more=[RUN]))
    stream.feed("eyJ" + digits(5_000))
    for seed in range(200):
        assert stream.feed(digits(5_000, seed)) == ""
        assert stream.held <= 64
    assert stream.feed(" and so on") == ""
    assert stream.finish() == " and so on"


def test_a_key_that_never_ends_takes_no_prose_with_it():
    text = f"-----BEGIN PRIVATE KEY-----\n{lines(digits(6_000))}\nSorry, I cannot go on with this key."
    for pieces in ([text], list(text)):
        out = through(pieces, TextStream(Reader(more=[KEY])))
        assert out == "[X]\nSorry, I cannot go on with this key."


def test_a_value_around_a_forced_cut_is_seen_whole():
    value = "x@y.example"
    for lead in range(LONGEST_HOLD - OVERLAP - 15, LONGEST_HOLD + 15):
        for space in ("-", "word "):
            text = (space * LONGEST_HOLD)[: lead - 1] + ";" + value + ";" + "-" * 300
            out = through([text], TextStream(Reader()))
            assert out == text.replace(value, "[X]"), lead


def test_words_without_an_end_are_cut_at_a_space():
    text = "word Ann Smith " * 1_000
    assert through([text], TextStream(Reader())) == text.replace("Ann Smith", "[X]")


@pytest.mark.parametrize("cut", range(1, 40))
def test_the_end_of_a_run_never_depends_on_where_it_was_cut(cut):
    for end in ("\nQUI=\nok then", "\n ok", "\r\n>QUJD", "  \nAn", '"', "\nQU", " x", "\n\n\n-----"):
        text = lines("eyJ" + digits(6_397)) + end
        parts = [text[:-cut], text[-cut:]]
        outs = {through(p, TextStream(Reader(more=[RUN]))) for p in ([text], parts, list(text))}
        assert len(outs) == 1, end
