"""A mask never shows more than it may, and hides whole what is too short to be hidden in part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.operators.mask import mask_text


@pytest.mark.parametrize(
    ("value", "options", "shown"),
    [
        ("DE89 3704 0044 0532 0130 00", {"last": 4}, "******************3000"),
        ("DE89370400440532013000", {"last": 4}, "******************3000"),
        ("4111 1111 1111 1111", {"last": 4}, "************1111"),
        ("4111-1111-1111-1111", {"first": 6, "last": 4}, "411111******1111"),
        ("Ann Smith", {}, "********"),
        ("Zoë Müller", {"first": 1}, "Z********"),
        ("1234567", {"last": 4}, "*******"),
        ("12345678", {"last": 4}, "****5678"),
        ("1234", {"last": 4}, "****"),
        ("12345678", {"last": 4, "char": "#"}, "####5678"),
        ("😀😀", {"last": 1}, "**"),
        ("", {}, ""),
        ("1234567890123456", {"last": 16}, "********90123456"),
        ("12345678", {"last": -4}, "********"),
        ("12345678", {"first": 4, "last": 4}, "********"),
    ],
)
def test_what_a_mask_shows(value, options, shown):
    assert mask_text(value, **options) == shown


def test_the_options_of_a_policy_reach_the_mask(run):
    assert run("4111 1111 1111 1111", "CREDIT_CARD", "mask", keep_first=4, keep_last=2, char="#") == (
        "4111##########11"
    )
    assert run("4111 1111 1111 1111", "CREDIT_CARD", "mask") == "*" * 16


@given(value=st.text(max_size=80), first=st.integers(-3, 20), last=st.integers(-3, 20))
def test_a_mask_never_shows_more_than_asked_and_hides_four_at_least(value, first, last):
    letters = [letter for letter in value if letter.isalnum()]
    shown = mask_text(value, first=first, last=last)
    kept = [letter for letter in shown if letter != "*"]
    assert len(kept) <= max(first, 0) + max(last, 0)
    assert len(kept) <= 16
    assert len(kept) <= max(0, len(letters) - 4)


@given(value=st.text(min_size=1, max_size=80), first=st.integers(0, 8), last=st.integers(0, 8))
def test_what_a_mask_shows_are_the_ends_of_the_value(value, first, last):
    letters = "".join(letter for letter in value if letter.isalnum())
    front, _, back = mask_text(value, first=first, last=last).partition("*")
    back = back.lstrip("*")
    assert letters.startswith(front)
    assert letters.endswith(back)
