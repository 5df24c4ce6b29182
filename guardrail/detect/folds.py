"""Which code points stand for an ASCII one, are invisible, or only decorate the one before.

Sources: the Unicode Character Database as Python carries it (general category,
decimal and digit values, compatibility decompositions); UTS #39 for the idea of
a confusable, of which the letters that print alike in common fonts are kept.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LOOK_ALIKES", "SMALL_NUMBERS", "is_mark", "settled", "twin"]

# What stands for a whole category of code points. ("ª" and "º" are letters, Lo: "2º" is an ordinal.)
_CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cc": "",  # NUL or backspace between digits shows nothing
        "Cf": "",  # zero-width spaces and joiners, soft hyphens, direction marks, tags
        "Cs": "\ufffd",  # a lone surrogate has no UTF-8 form: libraries would fail on it
        "Pd": "-",
        "Zs": " ",
        "Zl": "\n",
        "Zp": "\n",
    }
)
_SINGLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "\x85": "\n",
        **dict.fromkeys("\u115f\u1160\u3164\uffa0", ""),  # Hangul fillers: letters that show nothing
        "\u2800": " ",  # a Braille cell without dots
        **dict.fromkeys("\u2212\u02d7\u2043\u207b\u208b", "-"),
        **dict.fromkeys("\u2044\u2215\u29f8", "/"),
        **dict.fromkeys("\u207a\u208a", "+"),
        **dict.fromkeys("\u2236\ua789", ":"),
    }
)
_WRITTEN_AS: Final = re.compile(r"<(?:font|circle|wide|narrow|square|small|compat|super|sub)> ")
_ACCENTED: Final = ("LATIN ", "GREEK ", "CYRILLIC ")
_SMALL_CAPITAL: Final = re.compile(r"LATIN LETTER SMALL CAPITAL ([A-Z])")
# Letters in a dark circle or square, which have no decomposition.
_DARK: Final = ((0x1F150, 0x1F169), (0x1F170, 0x1F189))
SMALL_NUMBERS: Final[Mapping[int, str]] = MappingProxyType(
    {ord(char): str(unicodedata.digit(char)) for char in "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"}
)
# Letters of other scripts, and letters of the Latin script, that print as an ASCII letter.
_CYRILLIC: Final = (
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d\u04cf",
    "ABESIJKMHOPCTYXaeopcyxsijhdqwl",
)
_GREEK: Final = (
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03c1\u03bd\u03b9\u03ba\u03f2\u03b1\u03c5",
    "ABEZHIKMNOPTYXopvikcau",
)
_OTHERS: Final = ("\u0251\u0261\u0131\u0585\u057d\u0578\u0570\u053c", "agiouohL")
LOOK_ALIKES: Final[Mapping[int, str]] = MappingProxyType(
    {
        ord(char): like
        for alike, ascii_letters in (_CYRILLIC, _GREEK, _OTHERS)
        for char, like in zip(alike, ascii_letters, strict=True)
    }
)


@lru_cache(maxsize=4096)
def twin(char: str) -> str:
    """Return what stands for `char` in a plain text: one or more ASCII characters, itself, or nothing."""
    if " " <= char <= "~" or char in "\t\n\r\x0b\x0c":
        return char
    category = unicodedata.category(char)
    known = _SINGLE.get(char, _CATEGORIES.get(category))
    if known is not None:
        return known
    if category in {"Lo", "Cn", "Co"} or ord(char) in SMALL_NUMBERS:
        return char  # scripts without case; what has no meaning yet; "10²" is no number of three digits
    digit = unicodedata.digit(char, None)  # of any script; in a circle, in brackets, with a full stop
    return str(digit) if digit is not None else _compatible(char)


def _compatible(char: str) -> str:
    """Return the ASCII letters and digits that `char` is another form of, or `char`."""
    for first, last in _DARK:
        if first <= ord(char) <= last:
            return chr(ord("A") + ord(char) - first)
    if _WRITTEN_AS.match(unicodedata.decomposition(char)):
        plain = unicodedata.normalize("NFKC", char)
        raised = unicodedata.decomposition(char).startswith("<super>") and len(plain) > 1  # a trade mark
        if plain.isascii() and not raised and (plain.isalnum() or (len(plain) == 1 and not plain.isspace())):
            return plain
    small = _SMALL_CAPITAL.fullmatch(unicodedata.name(char, ""))
    return small[1].lower() if small else char


def is_mark(char: str) -> bool:
    """Tell whether `char` combines with the one before it: an accent, a stroke, a keycap, a variation."""
    return char >= "\u0300" and unicodedata.category(char) in {"Mn", "Me"}


@lru_cache(maxsize=4096)
def settled(cluster: str) -> str:
    """Return a base and its marks without decoration; real accents stay, as one code point with it.

    On ASCII, Latin, Greek and Cyrillic bases a mark that makes no letter with its
    base (a stroke through it, a keycap, a variation) is decoration. In other
    scripts marks are vowels and tones: the cluster stays.
    """
    base = cluster[0]
    if base.isascii() and not base.isalpha():
        return base
    if not base.isascii() and not unicodedata.name(base, "").startswith(_ACCENTED):
        return cluster
    return unicodedata.normalize("NFC", cluster)[0]
