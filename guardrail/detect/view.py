"""The text as the recognizers read it, and the way back to the text as it was written.

One value has many spellings: full-width digits, a no-break hyphen, a zero-width
space inside a number, letters in bold script or struck through, a Cyrillic
letter in a Latin word. A view writes each as its ASCII twin and drops what is
invisible, so that one pattern per value is enough. A finding in the view covers
the whole original run, invisible code points included.
"""

from __future__ import annotations

import re
from typing import Final

from guardrail.detect.folds import LOOK_ALIKES, SMALL_NUMBERS, is_mark, settled, twin
from guardrail.detect.layer import Edit, Layer

__all__ = ["View", "plain"]

# A line end of JSON inside a string, and a quote; else its "n" would be glued to the value behind it.
_ESCAPE: Final = re.compile(
    r"\\[nrt](?=[\dA-Z+(]|(?:https?|s?ftps?|wss?)://|www\.|[a-z][\w.+-]{0,63}@)|(?<=\w)\\[nrt](?=[\\\"'\s]|\Z)"
)
# Markdown's emphasis and the dash of a sentence stand at words without a space: they are no part of a value.
_EMPHASIS: Final = re.compile(
    r"(?<![\w*])(_++|\*{1,3}+)(?=[^_*\s])(?=[^_*\n]{0,80}[\d ])([^_*\n]{1,200})(?<=\S)\1(?![\w*])"
)
_DASH: Final = re.compile(r"(?<!\d)[\u2014\u2015](?=[(+]?\d)|(?<=\d)[\u2014\u2015](?!\d)")
# Scripts that set no space, and pictures: where they meet ASCII letters and digits, a word begins or ends.
# (The mark that tells how to draw a picture counts as part of a word.)
_UNSPACED: Final = (
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
)
_SEAM: Final = re.compile(
    rf"(?<={_UNSPACED})(?=[A-Za-z0-9+(])|(?<=[A-Za-z0-9)])(?={_UNSPACED})|[\ufe00-\ufe0f](?=[A-Za-z0-9])"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]{0,16}m")  # ECMA-48 §8.3.117: a terminal shows nothing
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_POSING: Final = frozenset(map(chr, LOOK_ALIKES))
_SMALL: Final = frozenset(map(chr, SMALL_NUMBERS))
_RAISED: Final = re.compile(rf"(?<![0-9])[{''.join(sorted(_SMALL))}]{{2,}}")
_WIDE_STOP: Final = re.compile(r"(?<=[A-Za-z0-9])[。｡](?=[A-Za-z0-9])")  # RFC 3490 §3.1: dots of a host name
MAX_HINT: Final = 64
LEAST_DIGITS: Final = 7  # of a number that identifies someone
MAX_CLUSTER: Final = 8  # code points of a base and its marks that are looked at: no letter has more


class View:
    """A text made plain, with `lead` code points of label in front and a map back.

    A text that is a layer's leads back to what lies `below` it.
    """

    __slots__ = ("_layers", "lead", "text")

    def __init__(self, original: str, *, hint: str = "", below: Layer | None = None) -> None:
        text, layers = plain(original)
        self._layers = layers if below is None else (*layers, below)
        label = f"{_words(hint)}: " if hint else ""
        self.text = label + text
        self.lead = len(label)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original text; empty when it lies in the label alone."""
        start, end = max(start - self.lead, 0), max(end - self.lead, 0)
        if start < end:
            for layer in self._layers:
                start, end = layer.original(start, end)
        return min(start, end), end  # a space that was put between two scripts stands for nothing


def _words(hint: str) -> str:
    """Return a field name as words: "homePhone_number" reads "home Phone number"."""
    text, _ = plain(hint[:MAX_HINT])
    return " ".join(re.split(r"[\W_]+", _CAMEL.sub(" ", text))).strip()


def plain(text: str) -> tuple[str, tuple[Layer, ...]]:
    """Return `text` in its plain form, and the layers that lead back to it, the last one first."""
    if "\\" in text:
        text = _ESCAPE.sub("  ", text).replace('\\"', ' "')
    if "_" in text or "*" in text:
        text = _EMPHASIS.sub(_spaced, text)
    if text.isascii() and not _CONTROL.search(text):
        return text, ()
    layers: list[Layer] = []
    text = _DASH.sub(" ", text)
    if "\x1b[" in text:
        layers = _layered(text, [(*match.span(), "") for match in _COLOUR.finditer(text)])
        text = layers[0].text if layers else text
    present = {char for char in set(text) if not " " <= char <= "~"}
    twins = {char: new for char in present if (new := twin(char)) != char}
    layers = _layered(text, _resized(text, twins)) + layers
    text = layers[0].text if layers else text
    single = {ord(char): new for char, new in twins.items() if len(new) == 1}
    text = text.translate(single) if single else text
    marks = "".join(sorted(filter(is_mark, present)))
    if marks:
        layers = _layered(text, _decorated(text, marks)) + layers
        text = layers[0].text if layers else text
    text = _alike(text, present)
    seams = _layered(text, [(*match.span(), " ") for match in _SEAM.finditer(text)])
    return seams[0].text if seams else text, (*seams, *layers)


def _spaced(emphasis: re.Match[str]) -> str:
    """Return what is emphasized, as long as it was, where it may be a whole value; in bits, disguised."""
    margin, inner = " " * len(emphasis[1]), emphasis[2]
    letters, digits = any(map(str.isalpha, inner)), sum(map(str.isdigit, inner))
    whole = letters and (" " in inner or (digits > 0 and "_" in emphasis[1]))
    return margin + inner + margin if whole or digits >= LEAST_DIGITS else emphasis[0]


def _layered(text: str, edits: list[Edit]) -> list[Layer]:
    return [Layer(text, edits)] if edits else []


def _resized(text: str, twins: dict[str, str]) -> list[Edit]:
    """Return the edits for what is dropped, and for what becomes several code points."""
    dropped = "".join(sorted(char for char, new in twins.items() if not new))
    longer = "".join(sorted(char for char, new in twins.items() if len(new) > 1))
    parts = [f"[{re.escape(dropped)}]+"] if dropped else []
    parts += [f"[{re.escape(longer)}]"] if longer else []
    if not parts:
        return []
    runs = re.finditer("|".join(parts), text)
    return [(*run.span(), twins[run[0][0]]) for run in runs]


def _decorated(text: str, marks: str) -> list[Edit]:
    """Return the edits for the code points whose marks go, or become one code point with them."""
    clusters = re.finditer(f"[^{re.escape(marks)}][{re.escape(marks)}]+", text)
    bounded = ((found, found[0][:MAX_CLUSTER]) for found in clusters)
    return [(*found.span(), new) for found, part in bounded if (new := settled(part)) != part]


def _alike(text: str, present: set[str]) -> str:
    """Return the text, as long as it is, without letters and digits that pose as others."""
    if not present.isdisjoint(_POSING):
        text = _LETTERS.sub(_latin, text)
    if not present.isdisjoint(_SMALL):
        text = _RAISED.sub(lambda run: run[0].translate(SMALL_NUMBERS), text)
    if "。" in present or "｡" in present:
        text = _WIDE_STOP.sub(".", text)
    return text


def _latin(word: re.Match[str]) -> str:
    """Return a Latin word without the look-alikes of other scripts; words of those scripts stay."""
    letters = word[0]
    if letters.isascii():
        return letters
    folded = letters.translate(LOOK_ALIKES)
    latin = any(char.isascii() for char in letters)
    foreign = any("\u0370" <= char <= "\u058f" for char in folded)  # a letter that is none but its own
    return folded if latin and not foreign else letters
