"""Patterns that are tried only around what they need find what they find in the whole text."""

import random

import pytest

from guardrail.detect.ages import AGES, ANCHORS
from guardrail.detect.gates import DIGIT
from guardrail.detect.presidio import PresidioPatterns, matches
from guardrail.detect.secret_labels import pieces
from guardrail.detect.tables import Table

WORDS = [
    "Ann is 34 years old",
    "aged 7",
    "a 3-week-old",
    "turned 40",
    "when he was 12",
    "in her early 30s",
    "45M with",
    "62 yo",
    "F, 51",
    "34 y/o",
    "thirty-four year old",
    "34-jährige",
    "34 ans et",
    "edad: 34 años",
    "paciente de 34 años",
    "im Alter von 34",
    "de los 40 años",
    "tiene 34 años",
    "34岁",
    "age",
    "old",
    "turn",
    "M",
    "F",
    ",",
    "12",
    "7",
    "(",
    ".",
    "\n",
    "\n\n",
    "page 9",
    "1.1.1.1",
    "536-22-8726",
    "536228726",
    "A1234567",
    "AB 12 34 56 C",
    "1EG4-TE5-MK73",
    "1EG4TE5MK73",
    "943 476 5919",
    "912-70-1234",
    "00:00:5E:00:53:AF",
    "0000.5e00.53af",
    "AB1234563",
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    "1234 567 893",
    ":",
    "-",
    "12-",
    "a.",
    "x",
    "12345678",
    "A1A1A",
    "07:30:00",
    "ab]]12",
    "D12AB34C5",
]


def texts(count):
    chosen = random.Random(7)
    for number in range(count):
        parts = (chosen.choice(WORDS) + chosen.choice((" ", " ", "", "\n", ", ")) for _ in range(60))
        yield "".join(parts) + "\u0130" * (number % 10 == 0)  # its small form is two: the whole text is read


def test_ages_are_the_same_around_their_anchors_and_in_the_whole_text():
    anchored, whole = Table.of("age", AGES, anchors=ANCHORS), Table.of("age", AGES, needs=DIGIT)
    found = [(list(anchored.recognize(text)), list(whole.recognize(text))) for text in texts(300)]
    assert all(near == full for near, full in found)
    assert sum(len(near) for near, _ in found) > 1000


@pytest.fixture(scope="module")
def patterns():
    return PresidioPatterns.load()


def test_presidios_patterns_match_the_same_in_parts_and_in_the_whole_text(patterns):
    count = 0
    for text in texts(300):
        for rule, _, loaded in patterns._loaded:
            parts = rule.near.parts(text)
            for pattern, _ in loaded:
                near = matches(pattern, text, parts) if parts else []
                assert near == matches(pattern, text), rule.recognizer
                count += len(near)
    assert count > 1000


@pytest.mark.parametrize(
    "unit", ["a.", "1.", "1-", "1 ", ":", "(1", "AA ", "id: ", "x1", "1:2", "old ", "1 y"]
)
def test_pieces_never_hold_more_than_the_text(unit, patterns):
    text = unit * 2_000
    for rule, *_ in patterns._loaded:
        parts = rule.near.parts(text)
        assert sum(end - start for start, end in parts) <= len(text)
    around = pieces(range(0, len(text), 3), before=64, after=64, end=len(text))
    assert sum(end - start for start, end in around) <= len(text)
