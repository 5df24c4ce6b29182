"""What one training run sees: human texts, the same with names and places swapped, made texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from train.made import Maker
from train.texts import SOURCES, Example
from train.values import ENGLISH, LOCALES, Values

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["MADE", "examples", "recased", "swapped"]

MADE: Final = 12_000
LOWER: Final = 0.12  # of all texts
UPPER: Final = 0.05
_SLOTS: Final = {1: ("first", "last"), 2: ("name",), 3: ("name",)}


def examples(
    human: Sequence[Example], styles: Path, rng: random.Random, *, made: int = MADE
) -> list[Example]:
    """Return every example of one run: a source as often as SOURCES says, a third of the copies swapped."""
    maker = Maker(styles)
    found = [maker.make(rng) for _ in range(made)]
    fakers: dict[str, object] = {}
    for example in human:
        found += [example] * SOURCES[example.source]
        if any(label in {"PERSON", "LOCATION"} for _, _, label in example.spans):
            found.append(swapped(example, rng, fakers))
    return [recased(example, rng) for example in found]


def recased(example: Example, rng: random.Random) -> Example:
    """Return the example in small letters or in capitals at times: case is a hint that may be missing."""
    draw = rng.random()
    if draw >= LOWER + UPPER:
        return example
    text = example.text.lower() if draw < LOWER else example.text.upper()
    # A few letters become two in another case; their text stays as it is.
    return replace(example, text=text) if len(text) == len(example.text) else example


def swapped(example: Example, rng: random.Random, fakers: dict[str, object]) -> Example:
    """Return the example with most of its people and places replaced by invented ones of many locales."""
    values = Values(rng, fakers, ["x"], locales=LOCALES if rng.random() < 0.6 else ENGLISH)  # type: ignore[arg-type]
    text, spans, at, known = "", [], 0, {}
    for number, (start, end, label) in enumerate(sorted(example.spans)):
        if start < at:
            continue
        old = example.text[start:end]
        new = old
        if old.lower() in known:
            new = known[old.lower()]
        elif label == "PERSON" and rng.random() < 0.85:
            slot = rng.choice(_SLOTS.get(len(old.split()), ("name",)))
            new = values.get(f"{slot}{number}")
        elif label == "LOCATION" and rng.random() < 0.7:
            new = values.get(f"{rng.choice(('city', 'city', 'country'))}{number}")
        known[old.lower()] = new
        text += example.text[at:start]
        spans.append((len(text), len(text) + len(new), label))
        text += new
        at = end
    return Example(text + example.text[at:], tuple(spans), example.known, example.source)
