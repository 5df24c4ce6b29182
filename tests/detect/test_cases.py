"""The case of words: what a model without case in its vocabulary is told."""

from __future__ import annotations

import pytest

from guardrail.detect.cases import CASES, case_of, cases_of


@pytest.mark.parametrize(
    ("word", "case"),
    [
        ("ann", 0),
        ("Ann", 1),
        ("A", 1),
        ("ANN", 2),
        ("iPhone", 3),
        ("McCoy", 3),
        ("12", 0),
        ("B12", 1),
        ("1ST", 2),
        ("Öz", 1),
        ("李", 0),
        ("", 0),
        (".", 0),
    ],
)
def test_a_word_has_the_case_of_its_letters(word: str, case: int) -> None:
    """Digits and letters without case count as small ones."""
    assert case_of(word) == case
    assert case_of(word) < CASES


def test_every_piece_of_a_word_has_the_words_case() -> None:
    """A model reads pieces, and the second piece of a name would look like a small word."""
    text = "Annabel met NATO"
    offsets = [(0, 3), (3, 7), (8, 11), (12, 16)]
    assert cases_of(text, offsets, [0, 0, 1, 2]) == [1, 1, 0, 2]
    assert cases_of("", [], []) == []
