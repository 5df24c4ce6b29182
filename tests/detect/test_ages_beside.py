"""Ages that stand beside names, sexes and kin, and the numbers that only look like them."""

from __future__ import annotations

import pytest

from guardrail.detect.ages_beside import WEAKLY, AgesBeside, beside_names
from guardrail.spans import resolve
from guardrail.types import Finding


def ages(text: str, least: float = 0.5) -> list[str]:
    return sorted({text[f.start : f.end] for f in AgesBeside().recognize(text) if f.score >= least})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Baker Nora Fell, 83, has died.", "83"),
        ('Ida "Dot" Marsh (née Quill), 91, of Ely, is back.', "91"),
        ("Mr Fell, 61, said no.", "61"),
        ("the head teacher, 58, is leaving", "58"),
        ("my aunt (62) came too", "62"),
        ("My SIL (31F) and I (29M) fell out.", "31"),
        ("Nora Fell (44 years) was seen", "44"),
        ("Age/Sex: 52/F", "52"),
        ("Sex/Age: F/37", "37"),
        ("booked, M/W/39, no bail", "39"),
        ("Edad/Sexo: 71/M", "71"),
        ("pt is 61/F, stable", "61"),
        ("missing: female, 16 yrs, tall", "16"),
        ("FELL,NORA F 44Y Acct", "44"),
        ("44y F with cough", "44"),
        ("im turning 30 \U0001f62d", "30"),
        ("she turned 12 yesterday", "12"),
        ("hes 17 and grounded", "17"),
        ("she is 12, he is 9", "12"),
        ("my son is 9 and reads", "9"),
        ("walkers, aged 19 and 22, were found", "22"),
        ("ages 4, 7 and 9", "7"),
        ("my kids (9, 11 and 14) swim", "14"),
        ("a six-year-old dog owner", "six"),
        ("forty-two years old", "forty-two"),
        ("he was 34 years of age", "34"),
        ("in her 98th year", "98"),
        ("Pat. 74 J., \u2640, aus Kiel", "74 J."),
        ("die 74-jähr. Frau", "74-jähr."),
        ("M. Paul Morel, 56 ans, pour avis", "56 ans"),
        ("dans sa 98e année", "98e année"),
        ("Dhr. Kuiper, 67 jaar, woont hier", "67 jaar"),
        ("Pacjentka l. 59, przyjęta", "l. 59"),
        ("sexo masculino, 49 anos, natural", "49 anos"),
        ("Pz. Rossi Aldo, 61 aa, noto", "61 aa"),
        ("Juan Soto, de 52 años, vive", "52 años"),
        ("emil fyller 25!", "25"),
        ("Ole fylder 40 år.", "40 år"),
        ("Tomasz kończy 30 lat.", "30 lat"),
        ("sie wird 30.", "30"),
    ],
)
def test_a_number_beside_a_person_is_an_age(text: str, value: str) -> None:
    assert value in ages(text)


@pytest.mark.parametrize(
    "text",
    [
        "Chapter Two, 34, is long",
        "Via Giulio Neri, 34, in fondo",
        "Lindenstraße, 34, is shut",
        "Blue Widget, 12, 4.99",
        "Hill United (34) drew with Vale (12)",
        "a warm day (62F) in May",
        "See Table (3) and Figure (4).",
        "my wife is 30 minutes late",
        "im 20 min late",
        "he's 6 ft tall",
        "it was turning 90 degrees",
        "the score, 34, is low",
        "Nora Fell, 4.5, won",
        "page 52/F",
        "$52/M",
        "after 5 J. of work",
        "guarantee, 5 ans, included",
        "one-year-olds' class of 2, rows",
    ],
)
def test_a_number_of_something_else_is_no_age(text: str) -> None:
    assert [value for value in ages(text) if value != "one"] == []


def found(text: str, *marks: tuple[str, str, float]) -> list[Finding]:
    findings = list(AgesBeside().recognize(text))
    for entity, value, score in marks:
        at = text.index(value)
        findings.append(Finding(at, at + len(value), entity, score, "test"))
    return beside_names(text, findings)


def best(text: str, findings: list[Finding], entity: str = "AGE") -> list[tuple[str, float]]:
    return [(text[f.start : f.end], f.score) for f in findings if f.entity == entity]


def test_a_person_found_right_before_it_makes_a_doubtful_number_an_age() -> None:
    text = "Nora Fell (29) left."
    assert best(text, found(text)) == [("29", 0.4)]
    assert best(text, found(text, ("PERSON", "Nora Fell", 0.9))) == [("29", 0.6)]


def test_one_name_before_brackets_may_be_a_source_unless_a_word_for_a_person_leads() -> None:
    text = "as Miller (12) held"
    assert best(text, found(text, ("PERSON", "Miller", 0.9))) == [("12", 0.4)]
    text = "my son Milo (12) held"
    assert best(text, found(text, ("PERSON", "Milo", 0.9))) == [("12", 0.6)]


def test_a_number_behind_a_place_is_doubted() -> None:
    text = "Upper Fell, 34, has rain"
    assert best(text, found(text, ("LOCATION", "Upper Fell", 0.9))) == [("34", 0.4)]


def test_a_name_elsewhere_says_nothing_of_the_number() -> None:
    text = "Ned told Nora Fell, 34, has rain"
    assert best(text, found(text, ("PERSON", "Ned", 0.9))) == [("34", 0.55)]


def test_an_address_does_not_begin_with_somebodys_age() -> None:
    text = "Nora Fell, 45, of 9 Mill Court"
    findings = found(text, ("ADDRESS", "45, of 9 Mill Court", 0.9), ("PERSON", "Nora Fell", 0.9))
    assert best(text, findings, "ADDRESS") == [("9 Mill Court", 0.9)]
    text = "Pz. Rossi Aldo, 61 aa, noto"
    assert best(text, found(text, ("ADDRESS", "Rossi Aldo, 61", 0.7)), "ADDRESS") == []


def test_a_password_or_login_outdoes_the_name_inside_it_but_does_not_hide_it() -> None:
    text = "my aunt (62) has Plum-Harbor-93"
    findings = found(text, ("SECRET", "Plum-Harbor-93", 0.8), ("ADDRESS", "Harbor-93", 0.9))
    assert best(text, findings, "ADDRESS") == [("Harbor-93", pytest.approx(0.79))]
    assert best(text, findings, "SECRET") == [("Plum-Harbor-93", 0.8)]
    assert found("nothing here") == []


@pytest.mark.parametrize("score", [0.55, 0.65, 0.99])
def test_the_login_is_what_a_name_of_the_same_letters_resolves_to_and_the_name_stays_acted_on(score) -> None:
    text = "login: dvolkov"
    both = found(text, ("USERNAME", "dvolkov", 0.6), ("PERSON", "dvolkov", score))
    assert [f.entity for f in resolve(both)] == ["USERNAME"]
    persons = [f for f in both if f.entity == "PERSON"]
    assert [text[f.start : f.end] for f in persons] == ["dvolkov"]
    assert persons[0].score >= 0.5  # a policy that names PERSON alone acts on it


def test_its_time_grows_with_the_text_only() -> None:
    text = "Nora Fell, 34, and (12) " * 4_000
    assert all(f.recognizer in {WEAKLY, "guardrail/age"} for f in AgesBeside().recognize(text))
