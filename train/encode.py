"""Texts as token ids and allowed rows, cut into windows, gathered into batches of like length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from guardrail.detect.cases import cases_of
from train.labels import ROWS, allowed

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from train.texts import Example

__all__ = ["Batch", "Window", "batches", "tokenizer", "windows"]

LONGEST: Final = 126  # tokens of a window
BATCH_TOKENS: Final = 1500


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids, for each the set of rows it may be (bits; 0 leaves it out), and its word's case."""

    ids: list[int]
    masks: list[int]
    cases: list[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of shape (windows, tokens); `may` is (windows, tokens, ROWS)."""

    ids: torch.Tensor
    present: torch.Tensor
    cases: torch.Tensor
    may: torch.Tensor


def tokenizer(vocabulary: Path) -> Any:
    """Return the uncased WordPiece tokenizer of `vocab.txt`."""
    words = vocabulary.read_text("utf-8").split("\n")
    pieces = {word: place for place, word in enumerate(words) if word}
    made = Tokenizer(WordPiece(pieces, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106 - text
    made.normalizer = BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    return made


_BITS: dict[tuple[str, frozenset[str]], int] = {}


def _bits(label: str, known: frozenset[str]) -> int:
    key = (label, known)
    if key not in _BITS:
        rows = allowed(label, known)
        _BITS[key] = 0 if rows is None else sum(1 << row for row in set(rows))
    return _BITS[key]


def windows(example: Example, tok: Any) -> Iterator[Window]:
    """Yield the windows of a text; a word is never cut by one."""
    coded = tok.encode(example.text, add_special_tokens=False)
    labels = ["O"] * len(example.text)
    for start, end, label in example.spans:
        labels[start:end] = [label] * (end - start)
    masks = []
    for start, end in coded.offsets:
        inside = [label for label in labels[start:end] if label != "O"]
        masks.append(_bits(inside[0] if inside else "O", example.known))
    first, last = tok.token_to_id("[CLS]"), tok.token_to_id("[SEP]")
    at, ids, words = 0, coded.ids, coded.word_ids
    cases = cases_of(example.text, coded.offsets, words)
    while at < len(ids):
        end = min(at + LONGEST, len(ids))
        while end < len(ids) and end > at + 1 and words[end] == words[end - 1]:
            end -= 1
        yield Window([first, *ids[at:end], last], [0, *masks[at:end], 0], [0, *cases[at:end], 0])
        at = end


def batches(found: Iterable[Window], rng: random.Random) -> list[list[Window]]:
    """Return groups of windows of like length, at most BATCH_TOKENS in each, in random order."""
    ordered = sorted(found, key=lambda w: len(w.ids) + rng.random() * 6)
    groups: list[list[Window]] = []
    group: list[Window] = []
    for window in ordered:
        if group and (len(group) + 1) * len(window.ids) > BATCH_TOKENS:
            groups.append(group)
            group = []
        group.append(window)
    groups.append(group)
    rng.shuffle(groups)
    return groups


def stack(group: list[Window]) -> Batch:
    """Return the tensors of a group, padded to its longest window."""
    width = max(len(w.ids) for w in group)
    ids = np.zeros((len(group), width), np.int64)
    present = np.zeros((len(group), width), np.int64)
    cases = np.zeros((len(group), width), np.int64)
    bits = np.zeros((len(group), width), np.int64)
    for row, window in enumerate(group):
        ids[row, : len(window.ids)] = window.ids
        present[row, : len(window.ids)] = 1
        cases[row, : len(window.ids)] = window.cases
        bits[row, : len(window.ids)] = window.masks
    may = (bits[:, :, None] >> np.arange(ROWS)) & 1
    return Batch(*map(torch.from_numpy, (ids, present, cases, may.astype(bool))))
