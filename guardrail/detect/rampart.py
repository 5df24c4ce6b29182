"""Rampart: names, addresses and telephone numbers in any letter case, forms and JSON.

A six-layer uncased BERT of National Design Studio (CC BY 4.0), run through ONNX
Runtime. Its labels for government, tax and licence numbers flag any number and
are not used. The tokenizer is built from `vocab.txt`.
"""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.cache import FindingCache
from guardrail.detect.deadline import check
from guardrail.detect.models import RAMPART, locate, verify
from guardrail.detect.persons import Trust
from guardrail.detect.store import prepared
from guardrail.detect.windows import windows
from guardrail.errors import ConfigError
from guardrail.types import Finding, Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RampartNames"]

NAME: Final = "rampart"
WINDOW: Final = 480  # code points: what the model finds most in
OVERLAP: Final = 96
THREADS: Final = min(2, os.cpu_count() or 1)
ROUND: Final = 16  # windows between two looks at the clock
KEPT_WINDOWS: Final = 2048
KEPT_BYTES: Final = 2_000_000
MAX_TOKENS: Final = 510  # 512 positions, of which [CLS] and [SEP] take two
KEPT: Final = {
    "GIVEN_NAME": "PERSON",
    "SURNAME": "PERSON",
    "PHONE": "PHONE_NUMBER",
    "BUILDING_NUMBER": "ADDRESS",
    "STREET_NAME": "ADDRESS",
    "SECONDARY_ADDRESS": "ADDRESS",
    "ZIP_CODE": "ADDRESS",
    "CITY": "LOCATION",
    "STATE": "LOCATION",
}
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


class RampartNames:
    """The model in memory. `find` may be called from several threads."""

    entities: Final = frozenset(ENTITIES)
    trust: Final = Trust(said=0.0, slope=0.4, silent=-2.1, placed=-1.15)

    def __init__(self, session: Any, tokenizer: Any, groups: NDArray[np.float32]) -> None:  # noqa: ANN401 - libraries without types
        self._session = session
        self._tokenizer = tokenizer
        self._groups = groups
        self._cache = FindingCache(max_entries=KEPT_WINDOWS, max_bytes=KEPT_BYTES)
        self.version = ""

    @classmethod
    def load(
        cls,
        *,
        path: Path | None = None,
        progress: Callable[[str, float], None] | None = None,
        cache: Path | None = None,
    ) -> RampartNames:
        """Verify the files, requantize them once into the cache, and test the result.

        Raises:
            ConfigError: not installed, altered, or it does not find what it must.
        """
        folder = verify(RAMPART, path or locate(RAMPART))
        model, form = prepared(folder / "onnx" / "model_q4.onnx", progress=progress, cache=cache)
        names = cls(_session(model), _tokenizer(folder / "vocab.txt"), _groups(folder / "config.json"))
        names.version = f"{RAMPART.version}-{form}"
        names.test()
        return names

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
                    "the model rampart fails its self-test: it does not find what it must",
                    advice=f"delete the folder named by GUARDRAIL_CACHE (or ~/.cache/guardrail), "
                    f"then run: {RAMPART.remedy}",
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
        return tuple(_join(part, self._words(part)))

    def _words(self, text: str) -> list[tuple[int, int, NDArray[np.float32]]]:
        """Return (start, end, mass per entity) of each word: the mean over its pieces."""
        import numpy as np  # noqa: PLC0415 - an extra brings it

        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        ids, offsets, words = encoding.ids, encoding.offsets, encoding.word_ids
        mass = np.concatenate(
            [self._mass(ids[at : at + MAX_TOKENS]) for at in range(0, len(ids), MAX_TOKENS)]
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

    def _mass(self, ids: list[int]) -> NDArray[np.float32]:
        """Return for each token the probability of each entity: the sum of its labels' rows."""
        import numpy as np  # noqa: PLC0415 - an extra brings it

        framed = np.array(
            [[self._tokenizer.token_to_id("[CLS]"), *ids, self._tokenizer.token_to_id("[SEP]")]]
        )
        feed = {
            "input_ids": framed,
            "attention_mask": np.ones_like(framed),
            "token_type_ids": np.zeros_like(framed),
        }
        logits = self._session.run(None, feed)[0][0, 1:-1]
        exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
        mass: NDArray[np.float32] = (exponents / exponents.sum(axis=-1, keepdims=True)) @ self._groups
        return mass


def _join(text: str, words: list[tuple[int, int, NDArray[np.float32]]]) -> Iterator[Finding]:
    """Yield persons word by word, traces too; join the rest: places that touch an address belong to it."""
    run: list[tuple[int, int, float, str]] = []
    for start, end, mass in words:
        if not any(map(str.isalnum, text[start:end])):
            continue  # punctuation joins or parts its neighbours: see _GAPS
        if mass[0] >= TRACE:
            yield Finding(start, end, "PERSON", round(min(float(mass[0]), 0.999), 3), NAME)
        best = int(mass.argmax())
        entity, score = ENTITIES[best], float(mass[best])
        place = float(mass[1] + mass[2])
        if entity in {"ADDRESS", "LOCATION"}:
            score = place
        family = _family(run[-1][3]) if run else ""
        joins = bool(run) and family == _family(entity) and _touches(text, run[-1], start, family)
        if entity == "PERSON" or score < (WEAK if joins else STRONG):
            yield from _close(run)
            run = []
            continue
        if not joins:
            yield from _close(run)
            run = []
        run.append((start, end, score, entity))
    yield from _close(run)


def _family(entity: str) -> str:
    return "ADDRESS" if entity == "LOCATION" else entity


def _touches(text: str, last: tuple[int, int, float, str], start: int, family: str) -> bool:
    return _GAPS[family].fullmatch(text, last[1], start) is not None


def _close(run: list[tuple[int, int, float, str]]) -> Iterator[Finding]:
    if not run:
        return
    entity = "ADDRESS" if any(word[3] == "ADDRESS" for word in run) else run[0][3]
    score = sum(word[2] for word in run) / len(run)
    yield Finding(run[0][0], run[-1][1], entity, round(min(score, 0.99), 2), NAME)


def _moved(finding: Finding, by: int) -> Finding:
    return Finding(finding.start + by, finding.end + by, finding.entity, finding.score, finding.recognizer)


def _session(model: bytes) -> Any:  # noqa: ANN401 - onnxruntime has no types
    import onnxruntime  # noqa: PLC0415 - an extra brings it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # many small matrices: more threads only take turns
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _tokenizer(vocabulary: Path) -> Any:  # noqa: ANN401 - tokenizers has no types
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


def _groups(config: Path) -> NDArray[np.float32]:
    """Return the 0/1 matrix (labels x entities) that sums the rows of a label's entity."""
    import numpy as np  # noqa: PLC0415 - an extra brings it

    labels: dict[str, str] = json.loads(config.read_text("utf-8"))["id2label"]
    groups = np.zeros((len(labels), len(ENTITIES)), np.float32)
    for row, label in labels.items():
        entity = KEPT.get(label.partition("-")[2])
        if entity is not None:
            groups[int(row), ENTITIES.index(entity)] = 1
    return groups
