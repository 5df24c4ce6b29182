"""Dates and ages: what is a day in someone's life, and what only tells how long or at what hour."""

from __future__ import annotations

import pytest

from guardrail.detect.ages import AGES
from guardrail.detect.dates import Dates
from guardrail.detect.tables import Table

AGE = Table.of("guardrail/age", AGES)


def values(recognizer, text, least=0.5):
    return sorted({text[f.start : f.end] for f in recognizer.recognize(text) if f.score >= least})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on 1984-03-05 she", "1984-03-05"),
        ("12/03/1984", "12/03/1984"),
        ("12.03.84", "12.03.84"),
        ("5/3/84", "5/3/84"),
        ("1984/3/12", "1984/3/12"),
        ("1. 2. 1984", "1. 2. 1984"),
        ("3 / 14 / 1984", "3 / 14 / 1984"),
        ("3-Mar-84", "3-Mar-84"),
        ("Ann,1984-03-05,x", "1984-03-05"),
        ("2024-03-05T10:11:12Z", "2024-03-05T10:11:12Z"),
        ("March 5, 1984", "March 5, 1984"),
        ("MARCH 5, 1984", "MARCH 5, 1984"),
        ("see you Tuesday, March 5th", "Tuesday, March 5th"),
        ("March 5-7, 2020", "March 5-7, 2020"),
        ("March 5 at 3:30 pm we", "March 5 at 3:30 pm"),
        ("Mon, 5 Mar 2020 10:22:11 +0100", "Mon, 5 Mar 2020 10:22:11 +0100"),
        ("5th of November", "5th of November"),
        ("Sept. 11, 2001", "Sept. 11, 2001"),
        ("in March 1984", "March 1984"),
        ("by 5 may", "5 may"),
        ("am 5. März 1984", "5. März 1984"),
        ("5. Mai um 17 Uhr", "5. Mai um 17 Uhr"),
        ("le 1er janvier 2020", "1er janvier 2020"),
        ("el 5 de mayo de 2020", "5 de mayo de 2020"),
        ("en mayo de 2006", "mayo de 2006"),
        ("il 5 maggio 1984", "5 maggio 1984"),
        ("op 5 maart 1984", "5 maart 1984"),
        ("5 marca 1984", "5 marca 1984"),
        ("5 de março de 1984", "5 de março de 1984"),
        ("den 5 maj 1984", "5 maj 1984"),
        ("5 марта 1984", "5 марта 1984"),
        ("1984年3月5日", "1984年3月5日"),
        ("on 3/14 she came", "3/14"),
        ("exp 12/27", "12/27"),
        ("date: 20240305", "20240305"),
        ("datum: 5.3.84", "5.3.84"),
    ],
)
def test_a_date_is_found_whole(text, value):
    assert value in values(Dates(), text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DOB: 19840305", "19840305"),
        ("DOB 03051984", "03051984"),
        ('"dob":"19840305"', "19840305"),
        ("född 840305", "840305"),
        ("born in 1984", "1984"),
        ("b. 1984", "1984"),
        ("Jahrgang 1984", "1984"),
        ("DOB 3/5", "3/5"),
        ("fecha de nacimiento: 5/3/84", "5/3/84"),
        ("date de naissance : 5.3.84", "5.3.84"),
        ("生年月日:1984-03-05", "1984-03-05"),
    ],
)
def test_a_label_of_birth_makes_a_weak_form_certain(text, value):
    assert value in values(Dates(), text, least=0.9)


@pytest.mark.parametrize(
    "text",
    [
        "done in two weeks",
        "tomorrow at 5 pm",
        "next Monday",
        "in 1984",
        "the 8th",
        "he may 5 times a day",
        "people aged 13-17 may be allowed",
        "v1.2.2024",
        "version 1.12.2020",
        "section 3.12.84",
        "model-4-2024-08-06",
        "2024-03-05.log",
        "rated on 4/5 stars",
        "visit 5/6",
        "192.168.1.10",
        "march 5 miles",
        "set 2 of 3",
        "Mars 2020",
        "12-03-84",
        "45/46/1984",
        "1984-13-05",
        "12/03/4984",
        "1/2/3",
        "DOB: 19849905",
        "DOB: 849999",
        "DOB: 99991984",
    ],
)
def test_what_tells_no_day_is_not_acted_on(text):
    assert values(Dates(), text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("34 years old", "34"),
        ("a 34-year-old man", "34"),
        ("thirty-four years old", "thirty-four"),
        ("3 weeks old", "3"),
        ("34yo", "34"),
        ("34 y/o", "34"),
        ("45M presents", "45"),
        ("34F with pain", "34"),
        ("(F, 67)", "67"),
        ("age: 34", "34"),
        ('"age": 34', "34"),
        ("at the age of 61", "61"),
        ("when he was 78.", "78"),
        ("i'm 42, divorced", "42"),
        ("I'll turn 23.", "23"),
        ("in his mid-40s", "40"),
        ("a 9 yr girl", "9"),
        ("34 Jahre alt", "34 Jahre alt"),
        ("eine 34-jährige", "34-jährige"),
        ("im Alter von 34 Jahren", "34 Jahren"),
        ("une femme âgée de 34 ans", "34 ans"),
        ("varón de 53 años", "53 años"),
        ("Edad: 47 Sexo", "47"),
        ("desde los 17 años", "17 años"),
        ("34 anni di età", "34 anni"),
        ("34 jaar oud", "34 jaar oud"),
        ("w wieku 34 lat", "34 lat"),
        ("34 år gammal", "34 år gammal"),
        ("34歳", "34歳"),
    ],
)
def test_an_age_is_found(text, value):
    assert value in values(AGE, text)


@pytest.mark.parametrize(
    "text",
    [
        "in 34 years",
        "I am 5 minutes late",
        "he is 2 of 3",
        "turn 5 degrees",
        "turned 3 pages",
        "4 year warranty",
        "page 34",
        "ages 5-7",
        "age 5 groups",
        "tengo 10 años de experiencia",
        "a los 3 meses",
    ],
)
def test_a_duration_is_no_age(text):
    assert values(AGE, text) == []
