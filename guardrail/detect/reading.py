"""A second reading of a text: what is encoded or disguised in it, written out.

Built only around runs that decode or that look like a value in disguise; clean
text costs the search for them. In a reading each run is replaced by what it
stands for, which may itself be encoded, up to `MAX_DEPTH` times; of what is
found in it, only that counts which touches such a run, or stands right beside one.

Bounds: what is decoded is never longer than its run, so all readings of a text
are at most as long as the text and its surroundings, and each level costs a
pass. A run that is encoded deeper than `MAX_DEPTH` is an error for the policy's
`on_error` to decide, never passed over.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final, TypeAlias

from guardrail.detect.disguises import disguised, unmarked
from guardrail.detect.encodings import encoded
from guardrail.detect.escapes import escaped, is_plain_markup, revealed
from guardrail.detect.layer import Edit, Layer, chosen
from guardrail.detect.view import View, plain
from guardrail.errors import DetectionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Reading", "readings"]

Span: TypeAlias = "tuple[int, int]"
MAX_DEPTH: Final = 4  # an encoding, and three others around it; one that is applied again counts once
BEFORE: Final = 200  # code points of the text that are read along: labels and sentences are context
AFTER: Final = 150
REACH: Final = 40  # code points to look for white space at which to cut
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


class Reading:
    """A part of a view with its runs written out; `original` leads back to the original text."""

    __slots__ = ("_at", "_layers", "_lead", "_runs", "_view", "text", "worded")

    def __init__(self, view: View, start: int, end: int, *, hidden: Sequence[Span] = ()) -> None:
        label = view.text[: view.lead] if start else ""
        text, self._layers, runs, decoded = _written_out(view.text[start:end])
        # Where digits alone were joined, the name finders have read every word of it already.
        self.worded = bool(hidden) or decoded or not _words(text) <= _words(view.text[start:end])
        self.text = label + text
        self._view = view
        self._at = start
        self._lead = len(label)
        self._runs = _merged([*hidden, *(view.original(first + start, last + start) for first, last in runs)])

    def original(self, start: int, end: int) -> Span:
        """Return the span of the original text; empty when it touches nothing that was written out."""
        start, end = max(start - self._lead, 0), max(end - self._lead, 0)
        if start >= end:
            return 0, 0
        for layer in self._layers:
            start, end = layer.original(start, end)
        start, end = self._view.original(start + self._at, end + self._at)
        row = bisect_left(self._runs, start, key=_last)  # one that ends before it begins parts it from a word
        touches = row < len(self._runs) and self._runs[row][0] <= end
        return (start, end) if touches else (0, 0)


def readings(text: str, view: View) -> Iterator[Reading]:
    """Yield the readings of `text`, whose plain form is `view`.

    Raises:
        DetectionError: a run is encoded more than `MAX_DEPTH` times over.
    """
    for start, end in _surroundings(view.text):
        yield Reading(view, start, end)
    hidden = revealed(text)
    if hidden:
        below = Layer(text, hidden)
        shown = View(below.text, below=below)
        yield Reading(shown, 0, len(shown.text), hidden=[edit[:2] for edit in hidden])


def _surroundings(text: str) -> list[Span]:
    """Return the parts of a text that hold what may be encoded or disguised, cut at white space."""
    runs = [edit[:2] for edit in escaped(text) if not is_plain_markup(text, edit)]
    runs += [edit[:2] for search in (encoded, unmarked, disguised) for edit in search(text)]
    parts = []
    for start, end in _merged(runs):
        low, high = max(start - BEFORE, 0), min(end + AFTER, len(text))
        before, after = text[max(low - REACH, 0) : low], text[high : high + REACH]
        low -= len(before) - max(map(before.rfind, " \n")) - 1 if low else 0
        high += next((place for place, char in enumerate(after) if char.isspace()), 0)
        parts.append((low, high))
    return _merged(parts)


def _written_out(text: str) -> tuple[str, tuple[Layer, ...], list[Span], bool]:
    """Return the text with its runs written out, the layers back, the runs, and if any was decoded."""
    layers: tuple[Layer, ...] = ()
    runs: list[Span] = []
    for depth in range(MAX_DEPTH + 1):
        edits = chosen([*escaped(text), *encoded(text)])
        if not edits:
            break
        if depth == MAX_DEPTH:
            raise DetectionError(
                f"a text is encoded more than {MAX_DEPTH} times over",
                advice="the policy's on_error decides what happens to it",
            )
        runs += _below(layers, edits)
        layer = Layer(text, edits)
        text, more = plain(layer.text)
        layers = (*more, layer, *layers)
    decoded = bool(layers)
    for search in (unmarked, disguised):
        edits = chosen(search(text))
        if edits:
            runs += _below(layers, edits)
            layers = (Layer(text, edits), *layers)
            text = layers[0].text
    return text, layers, runs, decoded


def _below(layers: tuple[Layer, ...], edits: list[Edit]) -> Iterator[Span]:
    """Yield where the runs of the edits stand in the text below all layers."""
    for start, end, _ in edits:
        span = start, end
        for layer in layers:
            span = layer.original(*span)
        yield span


def _merged(spans: list[Span]) -> list[Span]:
    """Return disjoint spans, sorted, that cover what `spans` cover."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


def _last(span: Span) -> int:
    return span[1]
