"""Dates that a word for a time, an attribute or their spelling tells, and figures that are none."""

from __future__ import annotations

import pytest

from guardrail.detect.dates import Dates
from guardrail.detect.ips import Ips


def dates(text: str, least: float = 0.5) -> list[str]:
    return [text[f.start : f.end] for f in Dates().recognize(text) if f.score >= least]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no signal since 23/09.", "23/09"),
        ("second dose given 5/27.", "5/27"),
        ("vom 24/11 bis heute", "24/11"),
        ("compared with 11/2024: no change", "11/2024"),
        ("seit 03/2021 hier", "03/2021"),
        ("OSL-RIX BT152 22DEC25 SEAT 3A", "22DEC25"),
        ("left 04JUN2025 by sea", "04JUN2025"),
        ("elle est née le 3 mai", "3 mai"),
        ("nacida el 4 mayo", "4 mayo"),
        ("this 9th day of May, 2024", "9th day of May, 2024"),
        ("on the fourth of March, 1911, they", "the fourth of March, 1911"),
        ("twelfth of May nineteen sixty-eight.", "twelfth of May nineteen sixty-eight"),
        ('<msg from="a" to="b" date="2025-05-11">hi</msg>', "2025-05-11"),
    ],
)
def test_a_date_that_is_told_is_found(text: str, value: str) -> None:
    assert value in dates(text)


@pytest.mark.parametrize(
    "text",
    [
        "from 1/10 to 9/10 stars",
        "scored 23/09 overall",
        "since 5/6 of them left",
        "case 11/2024 is closed",
        "law 11/2024",
        "model 22DEC25X",
        "part A22DEC25",
        "le 3 mars de plus"[:6],
        "the fourth of the nine",
        "a fifth of Maya's cake",
    ],
)
def test_figures_without_a_word_for_a_time_are_no_date(text: str) -> None:
    assert dates(text) == []


def test_a_date_in_words_needs_no_figure() -> None:
    assert Dates.needs.search("the fourth of March")
    assert not Dates.needs.search("no date here")


@pytest.mark.parametrize("text", ["bind to 127.0.0.1:80", "listen 0.0.0.0", "older units report 0.9.8.1."])
def test_the_machine_itself_and_this_network_are_nobodys_addresses(text: str) -> None:
    assert list(Ips().recognize(text)) == []
