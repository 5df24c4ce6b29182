"""The letter case of words, for models whose vocabulary has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CASES", "case_of", "cases_of"]

CASES: Final = 4  # without capitals, Capitalized, CAPITALS, inMixture


def case_of(word: str) -> int:
    """Return 0 for a word without capitals, 1 with a first one, 2 for capitals alone, 3 for a mixture."""
    if word == word.lower():
        return 0
    if word[0].isupper() and word[1:] == word[1:].lower():
        return 1
    return 2 if word == word.upper() else 3


def cases_of(text: str, offsets: Sequence[tuple[int, int]], words: Sequence[int | None]) -> list[int]:
    """Return the case of each token's word; tokens of one word have one number in `words`."""
    found: list[int] = []
    first = 0
    for at in range(len(offsets)):
        if at + 1 < len(offsets) and words[at + 1] == words[at]:
            continue
        case = case_of(text[offsets[first][0] : offsets[at][1]])
        found += [case] * (at + 1 - first)
        first = at + 1
    return found
