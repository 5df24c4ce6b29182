"""Overlapping findings become disjoint ones that cover the same characters."""

from __future__ import annotations

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.spans import resolve, trim
from guardrail.types import Finding

ENTITIES = ("PERSON", "LOCATION", "US_SSN", "URL")
SCORES = (0.3, 0.6, 0.85, 1.0)


def finding(start, end, entity="PERSON", score=0.5, recognizer="r"):
    return Finding(start, end, entity, score, recognizer)


def covered(findings):
    return {at for f in findings for at in range(f.start, f.end)}


findings_of_a_text = st.lists(
    st.builds(
        lambda start, length, entity, score, recognizer: Finding(
            start, start + length, entity, score, recognizer
        ),
        st.integers(0, 40),
        st.integers(-2, 15),
        st.sampled_from(ENTITIES),
        st.sampled_from(SCORES),
        st.sampled_from(("a", "b")),
    ),
    max_size=12,
)


@settings(max_examples=120)
@given(findings_of_a_text)
def test_the_result_is_sorted_disjoint_and_covers_exactly_what_was_found(findings):
    resolved = resolve(findings)
    assert covered(resolved) == covered(findings)
    assert all(one.end <= other.start for one, other in itertools.pairwise(resolved))
    assert all(f.start < f.end for f in resolved)


@settings(max_examples=120)
@given(findings_of_a_text, st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(findings, shuffler):
    shuffled = list(findings)
    shuffler.shuffle(shuffled)
    assert resolve(shuffled) == resolve(findings)


@settings(max_examples=120)
@given(findings_of_a_text)
def test_resolving_twice_changes_nothing(findings):
    once = resolve(findings)
    assert resolve(once) == once


@settings(max_examples=120)
@given(findings_of_a_text)
def test_every_character_keeps_an_entity_that_was_found_there(findings):
    for part in resolve(findings):
        for at in range(part.start, part.end):
            assert any(f.entity == part.entity and f.start <= at < f.end for f in findings)


@settings(max_examples=120)
@given(findings_of_a_text)
def test_a_certain_finding_that_only_guesses_overlap_keeps_its_whole_span(findings):
    certain = finding(10, 20, "IBAN_CODE", 1.0)
    guesses = [f for f in findings if f.score < 1.0]
    assert certain in resolve([*guesses, certain])


def test_findings_of_one_entity_that_overlap_are_one_value():
    parts = resolve(
        [finding(0, 5, score=0.4, recognizer="weak"), finding(3, 9, score=0.8, recognizer="strong")]
    )
    assert parts == (finding(0, 9, score=0.8, recognizer="strong"),)


def test_findings_of_one_entity_that_only_touch_stay_two_values():
    assert resolve([finding(0, 5), finding(5, 9)]) == (finding(0, 5), finding(5, 9))


def test_a_longer_guess_wins_over_a_shorter_one_and_gives_it_nothing_back():
    assert resolve([finding(0, 10, "URL"), finding(2, 5, "PERSON", 0.9)]) == (finding(0, 10, "URL"),)


def test_what_a_weaker_finding_covers_on_both_sides_of_a_stronger_one_stays_covered():
    parts = resolve([finding(0, 20, "ADDRESS", 0.6), finding(5, 8, "US_SSN", 1.0)])
    assert [(p.start, p.end, p.entity) for p in parts] == [
        (0, 5, "ADDRESS"),
        (5, 8, "US_SSN"),
        (8, 20, "ADDRESS"),
    ]


def test_an_empty_or_reversed_finding_is_none():
    assert resolve([finding(3, 3), finding(5, 2)]) == ()


def test_a_hundred_thousand_findings_complete():
    chance = random.Random(7)
    many = []
    for _ in range(100_000):
        start = chance.randrange(1_000_000)
        many.append(
            finding(start, start + chance.randrange(1, 30), chance.choice(ENTITIES), chance.choice(SCORES))
        )
    resolved = resolve(many)
    assert all(one.end <= other.start for one, other in itertools.pairwise(resolved))
    edges = bytearray(1_000_040)
    for f in many:
        edges[f.start : f.end] = b"\1" * (f.end - f.start)
    assert sum(f.end - f.start for f in resolved) == sum(edges)


def test_one_long_guess_over_fifty_thousand_certain_findings_completes():
    certain = [finding(2 * at, 2 * at + 1, "US_SSN", 1.0) for at in range(50_000)]
    resolved = resolve([finding(0, 100_000, "ADDRESS", 0.5), *certain])
    assert len(resolved) == 100_000


TEXT = "  Ann  Smith \n, \u00a0"


@settings(max_examples=120)
@given(st.text(alphabet=" \t\nab\u00a0.", max_size=20), findings_of_a_text)
def test_trimming_lets_go_of_white_space_and_of_nothing_else(text, findings):
    inside = [f for f in findings if f.end <= len(text)]
    kept = trim(text, inside)
    for f in kept:
        part = text[f.start : f.end]
        assert part == part.strip() != ""
    visible = {at for at in covered(inside) if not text[at].isspace()}
    assert visible <= covered(kept) <= covered(inside)


def test_a_fragment_of_white_space_is_no_value_of_anyone():
    assert trim(TEXT, [finding(0, 2), finding(13, 14), finding(2, 7)]) == (finding(2, 5),)
