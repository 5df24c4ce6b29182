"""Full names that a list of given names tells, where no finder saw them."""

from __future__ import annotations

import pytest

from guardrail.detect.called import called
from guardrail.detect.names import combine
from guardrail.detect.prose import Lines
from guardrail.types import Finding, Passage


def found(text: str) -> list[str]:
    return [text[f.start : f.end] for f in called(text, Lines(text))]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Z powa\u017caniem\nZbigniew Kwiecie\u0144ski\nul. D\u0142uga 4", "Zbigniew Kwiecie\u0144ski"),
        ("Outorgante: Maria das Dores, vi\u00fava", "Maria das Dores"),
        ("seat 14C, pax QUASTHEIM/ILSE MRS, window", "QUASTHEIM/ILSE"),
        ("pax QUASTHEIM/OZZAQ MR", "QUASTHEIM/OZZAQ"),
        ("Pt FENNIMORE,MARIA F 44Y", "FENNIMORE,MARIA"),
        ("thanks @AnnaQuastheim for this", "@AnnaQuastheim"),
        ("with #peter_quast7 tonight", "#peter_quast7"),
        ("Guest: VON QUAST, ANNA\n", "VON QUAST, ANNA"),
    ],
)
def test_a_given_name_with_a_family_name_is_a_person(text: str, name: str) -> None:
    assert found(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Maria came and Maria left",
        "Hello Quastheim",
        "MARIA FENNIMORE",  # capitals: for the finders
        "INPUT/OUTPUT and CLIENT,SERVER",
        "BERLIN, ANNA",
        "@QuastNews @PythonTips #ThrowbackThursday mail anna@AnnaQuast",
        "    @AnnaQuast()",
        "    x = Maria Fennimore;",
        "see Maria Valencia",  # a city behind it
    ],
)
def test_a_single_word_a_program_and_a_place_are_not(text: str) -> None:
    assert found(text) == []


def test_what_a_finder_takes_for_something_else_stays_it() -> None:
    text = "Maria Fennimore paid"
    other = Finding(0, 15, "ORGANIZATION", 0.6, "spacy/en_core_web_sm")
    assert [f.entity for f in combine(text, Lines(text), [[other], []])] == ["ORGANIZATION"]
    assert [(f.entity, f.end) for f in combine(text, Lines(text), [[], []])] == [("PERSON", 15)]
    assert combine(text, Lines(text), []) == []


def test_a_handle_that_spells_a_full_name_is_a_person_for_the_detector_too(detector):
    text = "thanks @AnnaQuast for the tip"
    (findings,) = detector.detect([Passage(text)])
    assert ("PERSON", "@AnnaQuast") in {(f.entity, text[f.start : f.end]) for f in findings if f.score >= 0.5}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("im anna btw", "anna"),
        ("hey its marek here, running late", "marek"),
        ("hi i'm priya from accounts", "priya"),
        ("this is kwame calling about the flat", "kwame"),
        ("my name is anna.", "anna"),
        ("I am olga", "olga"),
    ],
)
def test_who_says_who_is_writing_is_a_person_in_small_letters(text: str, name: str) -> None:
    assert [text[f.start : f.end] for f in called(text, Lines(text))] == [name]


@pytest.mark.parametrize(
    "text",
    [
        "im sad, really",
        "its hope here that counts",
        "im mark my words",
        "its anna that i mean",
        "i am will, they said",
        "logger.info(im anna)",
        "this is fine, calling later",
        "trim anna, please",
    ],
)
def test_a_word_behind_i_am_is_mostly_no_name(text: str) -> None:
    assert list(called(text, Lines(text))) == []
