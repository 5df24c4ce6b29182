"""spaCy's English model as a name finder: public figures, places, nationalities.

Only `ner` is loaded; it needs no tagger, parser or vectors. Every call runs in
a `memory_zone()`: spaCy otherwise keeps each new word of user text in its
string store for the life of the process; and on a vocabulary that is made anew
from time to time (`vocabulary.py`).
"""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.models import SPACY_SM, locate, verify
from guardrail.detect.queue import Batches
from guardrail.detect.transitions import Transitions
from guardrail.detect.vocabulary import Tokens
from guardrail.detect.windows import windows
from guardrail.detect.workers import Workers
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from guardrail.detect.transitions import Entities

__all__ = ["SpacyNames"]

NAME: Final = f"spacy/{SPACY_SM.name}"
WINDOW: Final = 5_000  # code points; spaCy refuses above 1,000,000 and its memory grows with the length
OVERLAP: Final = 200
BATCH: Final = 32
ENTITY: Final = {
    "PERSON": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "NORP": "NRP",
    "ORG": "ORGANIZATION",
}
SCORE: Final = {"PERSON": 0.7, "LOCATION": 0.7, "NRP": 0.7, "ORGANIZATION": 0.6}
_READABLE: Final = re.compile(r"[^\W\d_]{2}")
_LONG_RUN: Final = re.compile(r"\S{120,}")
_NO_WORD: Final = re.compile(r"[\W_]")
_CAPS_LINE: Final = re.compile(r"^[^a-z\n]*[A-Z]{2,}[^a-z\n]*$", re.MULTILINE)
_CAPS_WORD: Final = re.compile(r"[A-Z]{2,}")
_QUOTES: Final = str.maketrans(dict.fromkeys('"`{}[]|<>\\', " "))


class SpacyNames:
    """The model in memory. `find` may be called from several threads; they take turns."""

    entities: Final = frozenset(ENTITY.values())
    languages: Final = frozenset({"en"})
    version: Final = SPACY_SM.version

    def __init__(self, nlp: Any, *, workers: Workers | None = None) -> None:  # noqa: ANN401 - spaCy's own types are partial
        self._nlp = nlp
        self._moves = Transitions.of(nlp.get_pipe("ner")) if "ner" in nlp.pipe_names else None
        self._tokens = Tokens.of(nlp) if self._moves is not None else None
        self._lock = Lock()
        # One thread at a time may use the model: who waits, joins.
        self._together = workers or Batches(self.read)
        self._stop: frozenset[str] = frozenset(nlp.Defaults.stop_words)

    @classmethod
    def load(cls, *, path: Path | None = None, workers: int = 0) -> SpacyNames:
        """Verify the files and load `ner` alone: here, or in as many processes as `workers` says.

        Raises:
            ConfigError: not installed or altered, or a process does not come up.
        """
        folder = verify(SPACY_SM, path or locate(SPACY_SM))
        import spacy  # noqa: PLC0415 - a second of import, only where text is detected

        if workers:
            return cls(spacy.blank("en"), workers=Workers.load(workers))
        nlp = spacy.util.load_model_from_path(
            folder,
            exclude=["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"],
        )
        return cls(nlp)

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings of each text, sorted."""
        parts: list[tuple[int, int, int, int, str]] = []
        for place, text in enumerate(texts):
            readable = self._readable(text)
            parts += [
                (place, start, low, high, readable[start:end])
                for start, end, low, high in windows(readable, size=WINDOW, overlap=OVERLAP)
                if _READABLE.search(readable, start, end)
            ]
        found: list[list[Finding]] = [[] for _ in texts]
        read = self._together([part[4] for part in parts]) if parts else []
        for (place, start, low, high, _), entities in zip(parts, read, strict=True):
            for first, behind, label in entities:
                if label in ENTITY and low <= start + first < high:
                    found[place] += _lines_of(texts[place], start + first, start + behind, ENTITY[label])
        return found

    def close(self) -> None:
        """End the processes, if there are any; then further calls are refused."""
        if isinstance(self._together, Workers):
            self._together.close()

    def read(self, texts: list[str]) -> list[Entities]:
        """Return (start, end, label) for each text, in the calling thread."""
        if self._moves is not None and self._tokens is not None:
            with self._lock, self._tokens.zone() as tokens:
                return self._moves.entities(tokens, texts)
        with self._lock, self._nlp.memory_zone():
            docs = self._nlp.pipe(texts, batch_size=BATCH)
            return [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in docs]

    def _readable(self, text: str) -> str:
        """Return a text of the same length that spaCy reads better, and in linear time.

        Quotes and brackets of JSON become spaces; a run without spaces is split
        at its punctuation (its tokenizer would strip one suffix after the other:
        quadratic); lines in capitals are written as prose.
        """
        text = _LONG_RUN.sub(lambda run: _NO_WORD.sub(" ", run[0]), text)
        text = text.translate(_QUOTES)
        return _CAPS_LINE.sub(lambda line: _CAPS_WORD.sub(self._recased, line[0]), text)

    def _recased(self, word: re.Match[str]) -> str:
        lower = word[0].lower()
        return lower if lower in self._stop else word[0][0] + lower[1:]


def _lines_of(text: str, start: int, end: int, kind: str) -> Iterator[Finding]:
    """Yield one finding per line of the span: a value does not go on behind a line end."""
    for line in re.finditer(r"[^\n]+", text[start:end]):
        part = line[0].strip()
        if part:
            first = start + line.start() + line[0].index(part)
            yield Finding(first, first + len(part), kind, SCORE[kind], NAME)
