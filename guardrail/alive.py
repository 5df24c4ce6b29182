"""What may still become a value of several words: a rule of the text alone, for streams that do not wait.

A *marked* word is one that a pattern may begin with: it holds a digit, a sign of
addresses and keys, or a capital inside a sentence; or it says a digit. What
begins with one is alive until enough plain words follow it.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Life", "leading", "marked"]

_WORDS: Final = re.compile(r"\S+")
_EDGE: Final = "\"'“”’«»([{*_)]}.,;:!?…"
_PLAIN: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[—–-]?")
_DIGIT: Final = re.compile(r"\d")
_SPOKEN: Final = frozenset(
    {"zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "dot"}
)
_SELF: Final = frozenset({"I", "I'm", "I'll", "I've", "I'd", "I’m", "I’ll", "I’ve", "I’d"})
_TOKEN: Final = re.compile(r"<[A-Z][A-Z0-9_]{0,39}_[0-9A-Z]{7,25}>")
_SENTENCE_ENDS: Final = re.compile(r"(?:\A|[.!?:…\n][\"'”’)\]*_]*\s*)\Z")
# A word that tells what the next one is.
_LABEL: Final = re.compile(
    r"(?:pass(?:w|p|c|\b)|pwd|pin\b|secret|key|token|login|user|code|credential|kennwort|passwort|contrase|"
    r"mot de passe|senha|phrase|seed|mnemonic|[:=])[^\n]{0,24}\Z",
    re.IGNORECASE,
)
_CLOSES: Final = 4  # letters of a plain word that no name, street or title goes over
_PLAIN_BEHIND_NUMBER: Final = 4  # plain words behind a number: "5 rue de la Paix"
_PLAIN_BEHIND_NAME: Final = 2  # short plain words behind a capital: "Straße des 17. Juni", "van der"


class Life:
    """Whether the end of a text may be the beginning of a longer value; tell it each word as it ends."""

    def __init__(self) -> None:
        self.alive = False
        self._number = False
        self._behind = 0  # plain words behind the last marked one

    def add(self, word: str, before: str) -> bool:
        """Take the next word, and some characters before it; return whether the text is alive then."""
        kind = _kind(word, before) if word else 0
        if kind:
            self._number = kind > 1 or (self.alive and self._number)
            self.alive, self._behind = True, 0
        elif self.alive and word:
            self._behind += 1
            long = not self._number and len(word.strip(_EDGE)) >= _CLOSES
            most = _PLAIN_BEHIND_NUMBER if self._number else _PLAIN_BEHIND_NAME
            self.alive = not long and self._behind < most
        return self.alive


def marked(text: str, before: str) -> bool:
    """Tell whether a pattern may find something in `text`, which follows `before`."""
    if _LABEL.search(before[-40:]):
        return True
    if _LABEL.search(text):
        return True
    return any(_kind(word[0], leading(text, word.start(), before)) for word in _WORDS.finditer(text))


def leading(text: str, at: int, before: str) -> str:
    """Return the last characters before a place."""
    return text[at - 8 : at] if at >= 8 else before[-8:] + text[:at]


def _kind(word: str, before: str) -> int:
    """Return 0 for a plain word, 1 for one with a capital or a sign, 2 for one that holds or says a digit."""
    if word.islower() and word.isalpha():
        return 2 if word in _SPOKEN else 0
    bare = word.strip(_EDGE)
    if _TOKEN.fullmatch(bare):
        return 0
    if _DIGIT.search(word) or bare.lower() in _SPOKEN:
        return 2
    if not _PLAIN.fullmatch(bare):
        return 1
    leads = bare[1:] == bare[1:].lower() and _SENTENCE_ENDS.search(before) is not None
    return 0 if leads or bare == bare.lower() or bare in _SELF else 1
