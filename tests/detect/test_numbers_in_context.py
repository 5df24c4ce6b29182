"""Numbers as the whole detector sees them: labels, columns, logs and models beside the patterns."""

from __future__ import annotations

import pytest

from guardrail.types import Passage


def found(detector, text, hint=""):
    """Return {(entity, covered text)} of what a policy would act on."""
    (findings,) = detector.detect([Passage(text, hint=hint)])
    return {(f.entity, text[f.start : f.end]) for f in findings if f.score >= 0.5}


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("my number is 555-0142", "PHONE_NUMBER", "555-0142"),
        ("You can reach me at 8999.", "PHONE_NUMBER", "8999"),
        ("and the card number?\n4111 1111 1111 1112", "CREDIT_CARD", "4111 1111 1111 1112"),
        ("my bank card 4000 0000 0000 0001 got stolen", "CREDIT_CARD", "4000 0000 0000 0001"),
        ("SSN: 123-45-6789", "US_SSN", "123-45-6789"),
        ("my social is 987-65-4320", "US_SSN", "987-65-4320"),
        ("the server 203.0.113.9 was down", "IP_ADDRESS", "203.0.113.9"),
        ("patient phone: 943 476 5919", "PHONE_NUMBER", "943 476 5919"),
        ("2024-03-05 10:30 Patient seen by the doctor on call", "DATE_TIME", "2024-03-05 10:30"),
        ("2024-03-05 10:30:11 INFO user dob=1984-03-05 ok", "DATE_TIME", "1984-03-05"),
    ],
)
def test_words_restore_what_form_alone_would_doubt(detector, text, entity, value):
    assert (entity, value) in found(detector, text)


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ('{"customerPhone": "4222222222222"}', "PHONE_NUMBER", "4222222222222"),
        ('{"phone": 4111111111111}', "PHONE_NUMBER", "4111111111111"),
        ("Plaintiff SSN: 896-37-6175", "US_SSN", "896-37-6175"),
    ],
)
def test_the_label_decides_between_two_readings_of_one_number(detector, text, entity, value):
    assert found(detector, text) == {(entity, value)}


@pytest.mark.parametrize(
    "text",
    [
        "please use the card ending 4242 for this",
        "card **** **** **** 4242",
        "2024-03-05 10:30:11 INFO started worker 7",
        "see you in two weeks, or tomorrow at 5 pm",
        "upgraded to version 10.15.7.1 today",
    ],
)
def test_what_identifies_nobody_is_left_alone(detector, text):
    assert found(detector, text) == set()


def test_a_field_name_is_a_label(detector):
    assert ("PHONE_NUMBER", "4222222222222") in found(detector, "4222222222222", hint="customerPhone")
    assert ("DATE_TIME", "1984-03-05") in found(detector, "1984-03-05", hint="dob")
