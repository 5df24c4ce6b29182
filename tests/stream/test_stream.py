"""The stream engine: what comes out depends on the text alone."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.stream import LONGEST_HOLD, TextStream
from guardrail.types import Action, Decision, Finding
from guardrail.vault.memory import TokenMap

VALUES = re.compile(r"\d{4}(?:[ \n]?\d{4})*|Ann Smith|[a-z]+@[a-z]+(?:\.[a-z]+)+|Main St\. [A-Z]\w+")


class Reader:
    """A desk that knows four kinds of values and the tokens of one map."""

    def __init__(self, tokens: TokenMap | None = None) -> None:
        self.map = tokens or TokenMap(bytes(32))
        self.counted = 0

    def decide(self, text):
        return [
            Decision(Finding(m.start(), m.end(), "X", 1.0, "test"), Action("redact"), "policy", "rule")
            for m in VALUES.finditer(text)
        ]

    def act(self, _text, _decision):
        return "[X]"

    def tokens(self, text):
        return self.map.find(text, destination="completion")

    def begun(self, text):
        return self.map.begun(text)

    def count(self, decisions, _places):
        self.counted += len(list(decisions))


def through(pieces, desk=None):
    stream = TextStream(desk or Reader())
    return "".join([*(stream.feed(piece) for piece in pieces), stream.finish()])


def split(text, cuts):
    places = [0, *sorted(cuts), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


WORDS = st.sampled_from(
    [
        "Ann Smith", "Ann", " ", ". ", "\n", "! ", "4111", " 1111", "1111 ", "x@y.example", "hello ", "St. ",
        "Main St. Paris", "。", "  \n ", "a" * 30, "<", "<PERSON_", ">", "…", '." ', "12.\n34",
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=80).map("".join), st.data())
def test_the_output_never_depends_on_how_the_text_was_cut(text, data):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=40))
    assert through(split(text, cuts)) == through([text])


@pytest.mark.parametrize(
    "text",
    ["Ann Smith.\nOk? x", "a. Ann Smith b", "x@y.example. c", "4111 1111\n1111 "],
    ids=repr,
)
def test_every_partition_of_a_short_text_gives_the_same(text):
    whole = through([text])
    for bits in range(2 ** (len(text) - 1)):
        cuts = [at for at in range(1, len(text)) if bits >> (at - 1) & 1]
        assert through(split(text, cuts)) == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jo@mail.example today. Thanks.", "Write to [X] today. Thanks."),
        ("The card is 4111 1111\n1111 1111, I think.", "The card is [X], I think."),
        ("She lives in Main St. Springfield now. Ok.", "She lives in [X] now. Ok."),
        ("Nothing here. Nothing there.", "Nothing here. Nothing there."),
        ("", ""),
    ],
)
def test_a_value_that_is_cut_into_characters_is_acted_on_whole(text, expected):
    assert through(list(text)) == expected


def test_a_finding_at_a_boundary_is_held_until_it_cannot_go_on():
    stream = TextStream(Reader())
    assert stream.feed("I often spoke to x@mail.example. ") == ""
    assert stream.feed("Paris") == "I often spoke to "
    assert stream.feed(" is nice. And") == "[X]. Paris is nice. "
    assert stream.finish() == "And"


def test_an_abbreviation_an_initial_and_a_point_before_a_digit_end_no_clause():
    for text in (
        "I wrote a letter to J. R. Miller",
        "We met in the long Main St. Springfield",
        "In der Hauptstr. 5",
    ):
        stream = TextStream(Reader())
        assert stream.feed(text) == ""


def test_a_clean_clause_is_sent_as_soon_as_the_next_begins():
    stream = TextStream(Reader())
    assert stream.feed("This is quite harmless. ") == ""
    assert stream.feed("A") == "This is quite harmless. "
    assert stream.held == 1


def test_a_token_of_the_map_is_restored_and_not_scrubbed_again():
    tokens = TokenMap(bytes(32))
    token = tokens.issue("PERSON", "Ann Smith", restore=["completion"])
    text = f"Dear {token}, we told Ann Smith. Bye {token.lower()}."
    whole = through([text], Reader(tokens))
    assert whole == "Dear Ann Smith, we told [X]. Bye Ann Smith."
    assert through(list(text), Reader(tokens)) == whole


def test_a_token_that_was_issued_elsewhere_is_left_and_nothing_is_scrubbed_inside():
    foreign = TokenMap(b"k" * 32).issue("PERSON", "Eve", restore=["completion"])
    assert through([f"Hello {foreign}. Bye."], Reader()) == f"Hello {foreign}. Bye."


@pytest.mark.parametrize("unit", ["a", "a ", "word word", "<PERSON_", "1", " ", "é"])
def test_no_text_is_held_beyond_the_bound(unit):
    stream = TextStream(Reader())
    for _ in range(3000):
        stream.feed(unit)
        assert stream.held <= LONGEST_HOLD + len(unit)


def test_a_token_in_a_text_without_spaces_survives_the_forced_cut():
    tokens = TokenMap(bytes(32))
    token = tokens.issue("PERSON", "Ann Smith", restore=["completion"])
    for lead in range(LONGEST_HOLD - 40, LONGEST_HOLD + 2):
        text = "-" * lead + token + "-" * 50
        assert through(list(text), Reader(tokens)) == "-" * lead + "Ann Smith" + "-" * 50


def test_decisions_are_counted_once():
    desk = Reader()
    through(list("I met Ann Smith. Then Ann Smith left. 4111 1111 it is."), desk)
    assert desk.counted == 3


def test_a_line_of_encoded_text_ends_no_clause():
    line = "QUJD" * 19
    stream = TextStream(Reader())
    assert stream.feed(f"Here it is, as you asked: {line}\nQUJD") == "Here it is, as you asked: "
    assert stream.feed(f"\nThat was all of it. And now {line}x-y") == f"{line}\nQUJD\nThat was all of it. "


def test_a_private_key_of_4096_bits_fits_into_what_is_held():
    assert LONGEST_HOLD > 52 * 65  # lines of 64 digits with headers (RFC 7468 §2)
