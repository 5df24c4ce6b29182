"""Name finders that are small BERTs over pieces of words, run through ONNX Runtime.

A text is read in windows that overlap, each once; a word's opinion is the mean
over its pieces, so that a word is never cut. What several rows of the output
say of one entity is summed.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, Final

from guardrail.detect.cache import FindingCache
from guardrail.detect.cases import cases_of
from guardrail.detect.deadline import check
from guardrail.detect.windows import windows
from guardrail.errors import ConfigError
from guardrail.types import Finding, Passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from guardrail.detect.persons import Trust

__all__ = ["ENTITIES", "PieceNames", "session_of", "tokenizer_of"]

WINDOW: Final = 480  # code points: what the model finds most in
OVERLAP: Final = 96
THREADS: Final = min(2, os.cpu_count() or 1)
ROUND: Final = 16  # windows between two looks at the clock
KEPT_WINDOWS: Final = 2048
KEPT_BYTES: Final = 2_000_000
MAX_TOKENS: Final = 510  # 512 positions, of which [CLS] and [SEP] take two
ENTITIES: Final = ("PERSON", "ADDRESS", "LOCATION", "PHONE_NUMBER")
STRONG: Final = 0.5  # a word with this much mass begins a finding
WEAK: Final = 0.3  # beside such a word, this much is enough
TRACE: Final = 0.005  # what a word needs at least for another finder's opinion to be believed
# What may stand between two words of one value.
_GAPS: Final = {
    "PHONE_NUMBER": re.compile(r"[ \t]{0,2}[-+().\u2013/]{0,2}[ \t]?"),
    "ADDRESS": re.compile(r"[ \t]{0,2}|[.]?[,;]?[ \t]?\n?[ \t]?|[-/#'\u2019&]"),
    "LOCATION": re.compile(r"[ \t]{0,2}|[.]?,? ?|[-'\u2019]"),
}
_READABLE: Final = re.compile(r"[^\W_]{2}")  # what no window without it can hold: a word or a number
_SENTENCES: Final = (
    ("hey its priya here", "priya"),
    ("PLEASE CALL JENNIFER GARCIA AT HOME", "JENNIFER GARCIA"),
    ("My address is 12 Oak Street, Springfield, IL 62704.", "12 Oak Street"),
)


class PieceNames:
    """A model in memory. `find` may be called from several threads."""

    name: ClassVar[str]
    remedy: ClassVar[str]  # what to do when the self-test fails
    trust: ClassVar[Trust]
    entities: Final = frozenset(ENTITIES)

    def __init__(self, session: Any, tokenizer: Any, groups: NDArray[np.float32]) -> None:  # noqa: ANN401 - libraries without types
        """Take the parts; `groups` is a 0/1 matrix (rows of the output x ENTITIES)."""
        self._session = session
        self._tokenizer = tokenizer
        self._groups = groups
        self._cache = FindingCache(max_entries=KEPT_WINDOWS, max_bytes=KEPT_BYTES)
        self.version = ""
        self.cased = False  # whether the model reads the case of words

    def test(self) -> None:
        """Find known values in known sentences; a broken model would find nothing and seem fine.

        Raises:
            ConfigError: a value was not found.
        """
        self._cache = FindingCache(
            max_entries=KEPT_WINDOWS, max_bytes=KEPT_BYTES
        )  # the model must answer itself
        for text, value in _SENTENCES:
            start = text.index(value)
            found = [f for f in self.find([text])[0] if f.score >= STRONG]
            held = set().union(*(range(f.start, f.end) for f in found))
            if any(at not in held for at in range(start, start + len(value)) if text[at] != " "):
                raise ConfigError(
                    f"the model {self.name} fails its self-test: it does not find what it must",
                    advice=self.remedy,
                )

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings of each text; persons word by word, with scores from a trace on."""
        cuts = [list(windows(text, size=WINDOW, overlap=OVERLAP)) for text in texts]
        parts = {
            text[start:end]: None
            for text, cut in zip(texts, cuts, strict=True)
            for start, end, _, _ in cut
            if _READABLE.search(text, start, end)
        }
        read = self._read(list(parts))
        return [
            [
                _moved(finding, start)
                for start, end, inner_start, inner_end in cut
                # Windows overlap; each answers for its inner part, so that no value is cut at an edge.
                for finding in read.get(text[start:end], ())
                if inner_start <= start + finding.start < inner_end
            ]
            for text, cut in zip(texts, cuts, strict=True)
        ]

    def _read(self, parts: list[str]) -> dict[str, tuple[Finding, ...]]:
        """Return the findings of each window; a text that grows pays only for its new windows.

        The model runs outside of Python's lock, so that two threads read at once.
        """
        keys = {part: self._cache.key(Passage(part)) for part in parts}
        read = {part: self._cache.get(key) for part, key in keys.items()}
        new = [part for part in parts if read[part] is None]
        with ThreadPoolExecutor(THREADS) if len(new) > 1 else nullcontext() as pool:
            for at in range(0, len(new), ROUND):
                check()
                batch = new[at : at + ROUND]
                answers = pool.map(self._joined, batch) if pool is not None else map(self._joined, batch)
                read.update(zip(batch, answers, strict=True))
        for part in new:
            self._cache.put(keys[part], read[part] or ())
        return {part: findings or () for part, findings in read.items()}

    def _joined(self, part: str) -> tuple[Finding, ...]:
        return tuple(_join(part, self._words(part), self.name))

    def _words(self, text: str) -> list[tuple[int, int, NDArray[np.float32]]]:
        """Return (start, end, mass per entity) of each word: the mean over its pieces."""
        import numpy as np  # noqa: PLC0415 - an extra brings it

        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        ids, offsets, words = encoding.ids, encoding.offsets, encoding.word_ids
        cases = cases_of(text, offsets, words) if self.cased else [0] * len(ids)
        mass = np.concatenate(
            [
                self._mass(ids[at : at + MAX_TOKENS], cases[at : at + MAX_TOKENS])
                for at in range(0, len(ids), MAX_TOKENS)
            ]
            or [np.zeros((0, len(ENTITIES)), np.float32)]
        )
        starts = [at for at in range(len(ids)) if at == 0 or words[at] != words[at - 1]]
        if not starts:
            return []
        ends = [*starts[1:], len(ids)]
        means = np.add.reduceat(mass, starts) / (np.array(ends) - np.array(starts))[:, None]
        return [
            (offsets[first][0], offsets[last - 1][1], mean)
            for first, last, mean in zip(starts, ends, means, strict=True)
        ]

    def _mass(self, ids: list[int], cases: list[int]) -> NDArray[np.float32]:
        """Return for each token the probability of each entity: the sum of its labels' rows."""
        import numpy as np  # noqa: PLC0415 - an extra brings it

        framed = np.array(
            [[self._tokenizer.token_to_id("[CLS]"), *ids, self._tokenizer.token_to_id("[SEP]")]]
        )
        feed = {
            "input_ids": framed,
            "attention_mask": np.ones_like(framed),
            "token_type_ids": np.array([[0, *cases, 0]]),
        }
        logits = self._session.run(None, feed)[0][0, 1:-1]
        exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
        mass: NDArray[np.float32] = (exponents / exponents.sum(axis=-1, keepdims=True)) @ self._groups
        return mass


def _join(text: str, words: list[tuple[int, int, NDArray[np.float32]]], name: str) -> Iterator[Finding]:
    """Yield persons word by word, traces too; join the rest: places that touch an address belong to it."""
    run: list[tuple[int, int, float, str]] = []
    for start, end, mass in words:
        if not any(map(str.isalnum, text[start:end])):
            continue  # punctuation joins or parts its neighbours: see _GAPS
        if mass[0] >= TRACE:
            yield Finding(start, end, "PERSON", round(min(float(mass[0]), 0.999), 3), name)
        best = int(mass.argmax())
        entity, score = ENTITIES[best], float(mass[best])
        place = float(mass[1] + mass[2])
        if entity in {"ADDRESS", "LOCATION"}:
            score = place
        family = _family(run[-1][3]) if run else ""
        joins = bool(run) and family == _family(entity) and _touches(text, run[-1], start, family)
        if entity == "PERSON" or score < (WEAK if joins else STRONG):
            yield from _close(run, name)
            run = []
            continue
        if not joins:
            yield from _close(run, name)
            run = []
        run.append((start, end, score, entity))
    yield from _close(run, name)


def _family(entity: str) -> str:
    return "ADDRESS" if entity == "LOCATION" else entity


def _touches(text: str, last: tuple[int, int, float, str], start: int, family: str) -> bool:
    return _GAPS[family].fullmatch(text, last[1], start) is not None


def _close(run: list[tuple[int, int, float, str]], name: str) -> Iterator[Finding]:
    if not run:
        return
    entity = "ADDRESS" if any(word[3] == "ADDRESS" for word in run) else run[0][3]
    score = sum(word[2] for word in run) / len(run)
    yield Finding(run[0][0], run[-1][1], entity, round(min(score, 0.99), 2), name)


def _moved(finding: Finding, by: int) -> Finding:
    return Finding(finding.start + by, finding.end + by, finding.entity, finding.score, finding.recognizer)


def session_of(model: bytes) -> Any:  # noqa: ANN401 - onnxruntime has no types
    """Return a session of the model, one thread each: many small matrices only take turns in more."""
    import onnxruntime  # noqa: PLC0415 - an extra brings it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def tokenizer_of(vocabulary: Path) -> Any:  # noqa: ANN401 - tokenizers has no types
    """Return the uncased WordPiece tokenizer of a `vocab.txt`."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - an extra brings it
    from tokenizers.models import WordPiece  # noqa: PLC0415 - an extra brings it
    from tokenizers.normalizers import BertNormalizer  # noqa: PLC0415 - an extra brings it
    from tokenizers.pre_tokenizers import BertPreTokenizer  # noqa: PLC0415 - an extra brings it

    words = vocabulary.read_text("utf-8").split("\n")
    pieces = {word: place for place, word in enumerate(words) if word}
    tokenizer = Tokenizer(WordPiece(pieces, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106 - a token of text
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer
