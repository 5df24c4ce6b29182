"""What is learned from: labelled texts of clean licence, each with the labels that its source annotates."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.evaluate import rows
from train.labels import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["HUMAN", "MINE", "SOURCES", "Example", "mine", "read", "without"]

# Human-labelled sources, all CC BY 4.0; how often each is seen in one pass.
SOURCES: Final = {"btc": 1, "wnut17_train": 2, "wikigold": 3, "litbank": 1, "mine": 4}
MINE: Final = "mine"  # texts of whoever trains
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
        if name == MINE:
            continue
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [_example(json.loads(line), name) for line in lines]
    return found


def mine(file: Path) -> list[Example]:
    """Return the rows of one's own file, in the form of `guardrail eval`; every fault is raised.

    Labels outside of a row's scope say nothing of its other words.
    """
    reading = rows.read(file.read_bytes(), file=file.name)
    if reading.faults or not reading.rows:
        first = reading.faults[0] if reading.faults else None
        raise ValueError(
            f"{file.name}: line {first.line}: {first.message}" if first else f"{file.name}: no row"
        )
    return [
        Example(
            row.text,
            tuple((span.start, span.end, _class_of(span.label)) for span in row.spans),
            frozenset(map(_class_of, row.scope)),
            MINE,
        )
        for row in reading.rows
    ]


def _class_of(label: str) -> str:
    """Return the class of a label of `guardrail eval`; ANY leaves a word out."""
    return {"CREDIT_CARD": "ID", "IBAN_CODE": "ID", "US_SSN": "ID"}.get(
        label, label if label in CLASSES else "ANY"
    )


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
