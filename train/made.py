"""Texts made of templates: «kind» is a value, ⟦a|b⟧ a choice, %% parts two templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from train.texts import Example
from train.values import ENGLISH, LABELS, LOCALES, TONGUES, Values

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from faker import Faker

__all__ = ["Maker"]

_CHOICE: Final = re.compile(r"⟦([^⟦⟧]*)⟧")
_SLOT: Final = re.compile(r"«([a-z]+\d?)»")
_KIND: Final = re.compile(r"\d$")
# Everything that a template holds is marked.
KNOWN: Final = frozenset(
    {
        "PERSON",
        "ADDRESS",
        "LOCATION",
        "ORGANIZATION",
        "NRP",
        "USERNAME",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "URL",
        "ID",
    }
)
SHARES: Final = {"chats": 26, "mails": 16, "forms": 20, "prose": 22, "negatives": 22, "tongues": 14}


class Maker:
    """Makes examples of every style."""

    def __init__(self, folder: Path) -> None:
        self._words = (folder / "words.txt").read_text("utf-8").split()
        self._styles: dict[str, list[tuple[str, str]]] = {}
        for style in SHARES:
            text = (folder / f"{style}.txt").read_text("utf-8").split("\n", 1)[1]
            self._styles[style] = []
            tongue = "en"
            for at, part in enumerate(re.split(r"^(%%.*|\[[a-z]{2}\])\n", text, flags=re.MULTILINE)):
                if at % 2:
                    named = re.search(r"\[([a-z]{2})\]", part)
                    tongue = named[1] if named else tongue
                elif part.strip():
                    self._styles[style].append((part.strip("\n"), tongue))
        self._fakers: dict[str, Faker] = {}

    def make(self, rng: random.Random) -> Example:
        """Return one text: often several templates of a style, one after another."""
        style = rng.choices(list(SHARES), list(SHARES.values()))[0]
        count = (
            rng.choices((1, 2, 3, 5), (50, 28, 15, 7))[0]
            if style not in {"mails", "forms"}
            else rng.choices((1, 2), (80, 20))[0]
        )
        first = rng.choice(self._styles[style])
        same = [one for one in self._styles[style] if one[1] == first[1]]
        parts = [first[0], *(rng.choice(same)[0] for _ in range(count - 1))]
        locales = TONGUES.get(first[1]) or (LOCALES if rng.random() < 0.6 else ENGLISH)
        gap = (
            rng.choice(("\n", "\n\n", " ", " "))
            if style in {"chats", "prose", "tongues"}
            else rng.choice(("\n", "\n\n"))
        )
        text, spans = "", []
        for at, part in enumerate(parts):
            values = Values(rng, self._fakers, self._words, locales=locales)
            if at:
                text += gap
            for literal, kind, value in self._filled(part, values):
                text += literal
                label = LABELS.get(kind)
                if value and label:
                    spans.append((len(text), len(text) + len(value), label))
                text += value
        return Example(text, tuple(spans), KNOWN, "made")

    @staticmethod
    def _filled(template: str, values: Values) -> list[tuple[str, str, str]]:
        """Return (text before, kind, value) for each slot; the text after the last has an empty value."""
        while _CHOICE.search(template):
            template = _CHOICE.sub(lambda m: values.rng.choice(m[1].split("|")), template)
        found, at = [], 0
        for slot in _SLOT.finditer(template):
            found.append((template[at : slot.start()], _KIND.sub("", slot[1]), values.get(slot[1])))
            at = slot.end()
        return [*found, (template[at:], "", "")]
