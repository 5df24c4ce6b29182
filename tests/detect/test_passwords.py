"""Passwords with brackets and signs, and codes that open doors."""

import pytest

from guardrail.detect.secrets import Secrets

SECRETS = Secrets()


def found(text):
    return {text[f.start : f.end] for f in SECRETS.recognize(text) if f.score >= 0.5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my password is r(4W0oht9 but it fails", "r(4W0oht9"),
        ("Password: mdF6t3Pc(4", "mdF6t3Pc(4"),
        ("my password is (EF#4Oh&$4dKWP but it fails", "(EF#4Oh&$4dKWP"),
        ("my password is &dttJoW)d8y%W_ but it fails", "&dttJoW)d8y%W_"),
        ("my password is !CBB5!rvN) but it fails", "!CBB5!rvN)"),
        ("my password is #7nvMfoaX* but it fails", "#7nvMfoaX*"),
        ("(my password is Ab12!cdEf) and more", "Ab12!cdEf"),
        ("**Password:** Ab12!cdEf** and more", "Ab12!cdEf"),
        ("sie hat ihr Passwort Sommer!Haus88 ins Ticket geschrieben", "Sommer!Haus88"),
        ("Code for the box is 4471#.", "4471#"),
        ("the door code is 8823, thanks", "8823"),
        ("alarm pin 0714", "0714"),
        ("the key is in the lockbox (0419) at the gate", "0419"),
        ("We sent a one-time code to your phone. Code: 448210. Thanks", "448210"),
        ("log in as demo.lou / Qwe!4821zz, then open", "Qwe!4821zz"),
    ],
)
def test_the_whole_value_is_found(text, value):
    assert value in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "password = getPass1(x)",
        "password: self.get_Pw1()",
        "password: User::find(1)->Pass1",
        "password: <PASSWORD1!a>",
        "password: ${DB_Pass1!}",
        "Password must contain At least 8 chars",
        "area code 4471; error code: 50012; country code: 0044; exit code 137; product key 5512",
        "user / guest; login / logout2",
        "the safe 2024 edition, box 4471",
    ],
)
def test_programs_and_other_codes_are_left_alone(text):
    assert found(text) == set()
