"""What is learned from: labelled texts of clean licence, each with the labels that its source annotates."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["HUMAN", "SOURCES", "Example", "read", "without"]

# Human-labelled sources, all CC BY 4.0; how often each is seen in one pass.
SOURCES: Final = {"btc": 1, "wnut17_train": 2, "wikigold": 3, "litbank": 1}
HUMAN: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION"})
_NAMES: Final = {"HANDLE": "USERNAME"}


@dataclass(frozen=True, slots=True)
class Example:
    """A text, its spans (start, end, label), and the labels that are marked wherever they occur."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    known: frozenset[str]
    source: str = ""


def read(folder: Path) -> list[Example]:
    """Return the examples of every human source in `folder` (`NAME.jsonl.gz`), once each."""
    found = []
    for name in SOURCES:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [_example(json.loads(line), name) for line in lines]
    return found


def without(examples: Iterable[Example], held: Iterable[str]) -> Iterator[Example]:
    """Yield the examples whose text is not among `held`: what is judged on was never learned."""
    seen = {_plain(text) for text in held}
    for example in examples:
        if _plain(example.text) not in seen:
            yield example


def _plain(text: str) -> str:
    return "".join(text.lower().split())


def _example(row: dict[str, object], source: str) -> Example:
    spans = row["spans"]
    assert isinstance(spans, list)
    marked = tuple((s["start"], s["end"], _NAMES.get(s["label"], s["label"])) for s in spans)
    known = frozenset(map(str, row["known"]))  # type: ignore[call-overload]
    if source == "btc":
        known |= {"USERNAME"}
    return Example(str(row["text"]), marked, known, source)
