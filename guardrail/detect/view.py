"""The text as the recognizers read it, and the way back to the text as it was written.

One value has many spellings: full-width digits, a no-break hyphen, a zero-width
space inside a number. A view writes each code point as its ASCII twin and drops
the invisible ones, so that one pattern per value is enough. A finding in the
view covers the whole original run, invisible code points included.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["View"]

DROPPED: Final = "\x00\x00"  # no single code point is mapped to this
_ESCAPE: Final = re.compile(r"\\[nrt](?=[\dA-Z+(])")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
MAX_HINT: Final = 64


class View:
    """A text made plain, with `lead` code points of label in front and a map back."""

    __slots__ = ("_length", "_starts", "lead", "text")

    def __init__(self, original: str, *, hint: str = "") -> None:
        plain, starts = _plain(original)
        label = f"{_words(hint)}: " if hint else ""
        self.text = label + plain
        self.lead = len(label)
        self._starts = starts
        self._length = len(original)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original text; empty when it lies in the label alone."""
        start, end = max(start - self.lead, 0), max(end - self.lead, 0)
        if self._starts is None or start >= end:
            return start, end
        return self._starts[start], self._starts[end - 1] + 1


def _words(hint: str) -> str:
    """Return a field name as words: "homePhone_number" reads "home Phone number"."""
    plain, _ = _plain(hint[:MAX_HINT])
    return " ".join(re.split(r"[\W_]+", _CAMEL.sub(" ", plain))).strip()


def _plain(text: str) -> tuple[str, list[int] | None]:
    """Return `text` in its plain form and, where code points were dropped, their old places."""
    if "\\" in text:
        text = _ESCAPE.sub("  ", text)
    if text.isascii():
        return text, None
    table = {ord(char): twin for char in set(text) if (twin := _twin(char)) != char}
    if not table:
        return text, None
    if DROPPED not in table.values():
        return text.translate(table), None
    starts = [place for place, char in enumerate(text) if table.get(ord(char)) != DROPPED]
    table = {code: "" if twin == DROPPED else twin for code, twin in table.items()}
    return text.translate(table), starts


# What stands for a whole category of code points.
_TWINS: Final = {
    "Cf": DROPPED,  # zero-width spaces and joiners, soft hyphens, direction marks
    "Cs": "\ufffd",  # a lone surrogate has no UTF-8 form: libraries would fail on it
    "Pd": "-",
    "Zs": " ",
    "Zl": "\n",
    "Zp": "\n",
}


@lru_cache(maxsize=4096)
def _twin(char: str) -> str:
    """Return the ASCII code point that `char` stands for, itself, or DROPPED."""
    category = unicodedata.category(char)
    if char >= "\x80" and category in _TWINS:
        return _TWINS[category]
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if "\uff01" <= char <= "\uff5e":  # full-width forms lie at a fixed distance
        return chr(ord(char) - 0xFEE0)
    return "-" if char == "\u2212" else char
