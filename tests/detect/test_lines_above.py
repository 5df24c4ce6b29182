"""What the line above says of a number that begins its line: questions, announcements, labels of forms."""

from __future__ import annotations

import pytest

from guardrail.detect.ids import Ids
from guardrail.detect.labels import telephone
from guardrail.detect.phones import Phones
from guardrail.detect.secret_codes import codes

NUMBER = "2125550143"


def told(text: str, number: str = NUMBER) -> float:
    start = text.index(number)
    return telephone(text, start, start + len(number))


@pytest.mark.parametrize(
    "text",
    [
        f"What is your phone number?\n{NUMBER}",
        f"Agent: Phone number?\nCaller: {NUMBER}",
        f"Q. Her cell?\nA. {NUMBER}.",
        f"> mobile?\n> {NUMBER}",
        f"Telephone\n{NUMBER}",
        f"**Fax number:**\n{NUMBER}",
        f"What phone number is on the account?\n{NUMBER}",
        f"Telefonnummer?\n{NUMBER}",
        f"\u00bfNúmero de móvil?\n{NUMBER}",
    ],
)
def test_a_question_or_label_in_the_line_above_names_a_telephone(text: str) -> None:
    assert told(text) == 1.0
    (finding,) = (f for f in Phones.load().recognize(text) if f.score >= 0.5)
    assert text[finding.start : finding.end] == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        f"What is the best number to reach you?\n{NUMBER}",
        f"How do I call you back?\n{NUMBER}",
        f"Do you have a mobile with you?\n{NUMBER}",
    ],
)
def test_a_question_that_may_ask_for_one_makes_it_likely(text: str) -> None:
    assert told(text) == 0.5


@pytest.mark.parametrize(
    "text",
    [
        f"What is your account number?\n{NUMBER}",
        f"Order number:\n{NUMBER}",
        f"Serial\n{NUMBER}",
        f"phone part no\n{NUMBER}",
    ],
)
def test_the_line_above_may_name_another_number(text: str) -> None:
    assert told(text) == -1.0


@pytest.mark.parametrize(
    "text",
    [
        f"Did you get my text?\n{NUMBER} rows were written",
        f"The phone broke.\n{NUMBER}",
        f"I had my phone and my bag with me then\n{NUMBER}",
        f"phone\n{NUMBER} rows",
        f"phone?\nbut {NUMBER}",
        f"\n{NUMBER}",
        NUMBER,
        f"...?\n{NUMBER}",
        f"phone\nand then\n{NUMBER}",
    ],
)
def test_a_line_above_that_asks_for_none_says_nothing(text: str) -> None:
    assert told(text) == 0.0


def test_what_stands_on_the_line_itself_decides_first() -> None:
    assert told(f"your account number?\nphone: {NUMBER}") == 1.0
    assert told(f"phone number?\norder: {NUMBER}") == -1.0


@pytest.mark.parametrize("label", ["Part number:", "Model no.", "PN:", "Catalog no.:", "Item #"])
def test_the_number_of_a_part_is_no_telephone(label: str) -> None:
    text = f"{label} 4125550-143"
    assert [f for f in Phones.load().recognize(text) if f.score >= 0.5] == []


def test_a_checksum_over_two_characters_is_nobodys_number() -> None:
    found = [f for f in Ids.load().recognize('Vet record: "Kiki" FN DSH 4y, owner away') if f.score >= 0.5]
    assert found == []
    text = "The firm (FN 122119m) is in Graz"
    assert [text[f.start : f.end] for f in Ids.load().recognize(text)] == ["FN 122119m"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Your verification code is below.\nCode: 558213", ["558213"]),
        ("Your verification code for the spring offer.\nCode: 558213", ["558213"]),
        ("Your access code came by mail, and a promo\nCode: 558213", []),
        ("No security code needed. Use the voucher\ncode: 558213", []),
    ],
)
def test_a_code_told_later_is_not_a_vouchers(text: str, values: list[str]) -> None:
    assert [text[start:end] for start, end, _ in codes(text, text.lower())] == values
