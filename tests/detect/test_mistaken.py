"""What finders take for a place or a people and is none, and the other way round."""

from __future__ import annotations

import pytest

from guardrail.detect.mistaken import mended
from guardrail.detect.names import combine
from guardrail.detect.prose import Lines
from guardrail.types import Finding

SPACY = "spacy/en_core_web_sm"


def at(text: str, part: str, entity: str, score: float = 0.7) -> Finding:
    start = text.index(part)
    return Finding(start, start + len(part), entity, score, SPACY)


def kinds(text: str, *findings: Finding, people: tuple[Finding, ...] = ()) -> list[tuple[str, str, float]]:
    found = mended(text, people, findings)
    return [(f.entity, text[f.start : f.end], f.score) for f in found]


@pytest.mark.parametrize("degree", ["MD", "RN", "PA", "PhD", "M.D."])
def test_a_degree_behind_a_person_is_no_place(degree: str) -> None:
    text = f"Attending: Ilse Quast, {degree}"
    assert kinds(text, at(text, degree, "LOCATION"), people=(at(text, "Ilse Quast", "PERSON"),)) == []


def test_a_state_before_its_postcode_stays_a_place() -> None:
    text = "Quast, MD 21201"
    state = at(text, "MD", "LOCATION")
    assert kinds(text, state, people=(at(text, "Quast", "PERSON"),)) == [("LOCATION", "MD", 0.7)]
    assert kinds(text, state) == [("LOCATION", "MD", 0.7)]


def test_a_sign_or_a_letter_is_no_place() -> None:
    assert kinds("Main St.", at("Main St.", ".", "LOCATION")) == []


def test_a_place_with_a_title_is_a_person_unless_both_finders_or_the_table_say_place() -> None:
    text = "Then Grandad Fennimore said no to Ms Oslo."
    assert kinds(text, at(text, "Fennimore", "LOCATION"), at(text, "Oslo", "LOCATION")) == [
        ("PERSON", "Fennimore", 0.75),
        ("LOCATION", "Oslo", 0.7),
    ]
    assert kinds(text, at(text, "Fennimore", "LOCATION", 0.9)) == [("LOCATION", "Fennimore", 0.9)]


@pytest.mark.parametrize(
    ("text", "word", "score"),
    [
        ("Translate this into French, please", "French", 0.4),
        ("She speaks German and Dutch", "German", 0.4),
        ("Reply in Spanish.", "Spanish", 0.4),
        ("a transfer in German marks", "German", 0.7),
        ("My wife is Japanese.", "Japanese", 0.7),
        ("a Gaussian filter", "Gaussian", 0.4),
    ],
)
def test_a_language_that_is_spoken_or_written_and_a_mathematicians_word_are_no_people(
    text: str, word: str, score: float
) -> None:
    assert kinds(text, at(text, word, "NRP")) == [("NRP", word, score)]


def test_a_given_name_is_no_people() -> None:
    text = "Joshua came later"
    assert kinds(text, at(text, "Joshua", "NRP")) == [("PERSON", "Joshua", 0.75)]
    found = combine(text, Lines(text), [[at(text, "Joshua", "NRP")], []])
    assert [(f.entity, f.start, f.end) for f in found] == [("PERSON", 0, 6)]


def test_other_findings_pass() -> None:
    text = "12 Oak Lane"
    assert kinds(text, at(text, text, "ADDRESS")) == [("ADDRESS", text, 0.7)]


def test_a_people_in_the_name_of_an_office_is_found() -> None:
    text = "the Finnish Border Guard stopped us"
    found = combine(text, Lines(text), [[at(text, "Finnish Border Guard", "ORGANIZATION")], []])
    assert ("NRP", "Finnish") in [(f.entity, text[f.start : f.end]) for f in found]
