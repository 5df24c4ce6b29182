"""Models that users bring, from local files only: spaCy pipelines, transformers, GLiNER.

Nothing is fetched and no code of a model's folder is run: `local_files_only`,
never `trust_remote_code`, weights as safetensors (a pickle is a program). A
package name is never made out of a model's name: on the index such names are
taken by strangers. What a model is worth in its language is for its user to
measure: `guardrail eval`.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.languages import code_of
from guardrail.detect.model_labels import Labels
from guardrail.detect.models import SPACY_MD, SPACY_SM, library_version, locate, verify
from guardrail.detect.windows import windows
from guardrail.errors import ConfigError
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["OwnModel", "load"]

Span = tuple[int, int, str, float]
Reader = "Callable[[list[str]], list[list[Span]]]"
WINDOW: Final = 1_200  # code points: some 300 to 500 pieces, what these models read at once
OVERLAP: Final = 200
BATCH: Final = 16
SPACY_SCORE: Final = 0.7  # it tells none
LEAST: Final = 0.3
KINDS: Final = ("spacy", "hf", "gliner")
# What GLiNER is asked for, in its own words; organizations are asked for to keep them out of the rest.
ASKED: Final = ("person", "address", "city", "country", "organization", "phone number", "username")
_UNUSED: Final = ["parser", "lemmatizer", "senter", "tagger", "morphologizer", "attribute_ruler"]


class OwnModel:
    """A model in memory as a name finder. Calls take turns: none of the libraries promises more."""

    def __init__(self, name: str, version: str, labels: Labels, read: Any) -> None:  # noqa: ANN401 - see Reader
        self.name = name
        self.version = version
        self.entities = labels.entities
        self.languages = labels.languages
        self._meaning = labels.meaning
        self._read = read
        self._lock = Lock()

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the findings of each text, sorted."""
        parts = [
            (place, *window)
            for place, text in enumerate(texts)
            for window in windows(text, size=WINDOW, overlap=OVERLAP)
        ]
        found: list[list[Finding]] = [[] for _ in texts]
        with self._lock:
            read = self._read([texts[part[0]][part[1] : part[2]] for part in parts])
        for (place, start, _, low, high), spans in zip(parts, read, strict=True):
            for first, behind, label, score in spans:
                entity = self._meaning.get(label)
                if entity and low <= start + first < high and first < behind and score >= LEAST:
                    at = start + first
                    one = Finding(at, start + behind, entity, round(min(score, 0.99), 3), self.name)
                    found[place].append(one)
        return [sorted(one, key=lambda f: (f.start, f.end, f.entity)) for one in found]


def load(spec: str) -> OwnModel:
    """Load "spacy:NAME", "spacy:PATH", "hf:PATH" or "gliner:PATH".

    Raises:
        ConfigError: not there, not readable, its library is missing, or its labels are not known.
    """
    kind, _, where = spec.partition(":")
    if kind not in KINDS or not where:
        raise ConfigError(
            f"unknown name finder {spec[:40]!r}",
            advice="use auto, spacy, rampart, guardrail, none, spacy:NAME, spacy:PATH, hf:PATH, gliner:PATH",
        )
    return {"spacy": _spacy, "hf": _transformers, "gliner": _gliner}[kind](where)


def _spacy(where: str) -> OwnModel:
    folder = _pipeline(where)
    import spacy  # noqa: PLC0415 - a second of import

    try:
        config = spacy.util.load_config(folder / "config.cfg")
        ruled = "entity_ruler" in config["nlp"]["pipeline"]  # its patterns may ask for what taggers say
        nlp = spacy.util.load_model_from_path(folder, exclude=[] if ruled else _UNUSED)
    except Exception as error:  # noqa: BLE001 - a foreign folder may raise anything
        raise _unusable(folder, error) from None
    labels = {label for name in nlp.pipe_names for label in getattr(nlp.get_pipe(name), "labels", ())}
    meant = Labels.of(folder, sorted(labels))
    if not meant.languages and code_of(str(nlp.lang)):
        meant = Labels(meant.meaning, frozenset({str(nlp.lang)}))
    name, version = str(nlp.meta.get("name", "")), str(nlp.meta.get("version", ""))

    def read(texts: list[str]) -> list[list[Span]]:
        with nlp.memory_zone():  # it keeps every new word otherwise
            docs = nlp.pipe(texts, batch_size=BATCH)
            return [[(e.start_char, e.end_char, e.label_, SPACY_SCORE) for e in doc.ents] for doc in docs]

    return OwnModel(f"spacy/{nlp.lang}_{name}", version, meant, read)


def _pipeline(where: str) -> Path:
    """Return the folder of a pipeline: a path, a model we know, or an installed package of that very name."""
    path = Path(where)
    if path.is_dir() or not where.isidentifier():
        return _folder(path, "config.cfg")
    for model in (SPACY_MD, SPACY_SM):
        if where == model.name:
            return verify(model, locate(model))
    # A top-level name: finding it imports nothing.
    spec = importlib.util.find_spec(where)
    if spec is None or spec.origin is None:
        raise ConfigError(
            f"the spaCy model {where[:60]!r} is neither a folder nor installed",
            advice="name its folder, as in spacy:/models/de_core_news_md; nothing is downloaded",
        )
    package = Path(spec.origin).parent
    inner = sorted(one for one in package.glob(f"{where}-*") if (one / "config.cfg").is_file())
    return _folder(inner[-1] if inner else package, "config.cfg")


def _transformers(where: str) -> OwnModel:
    folder = _folder(Path(where), "config.json")
    _needs("transformers", "torch")
    if not list(folder.glob("*.safetensors")):
        raise ConfigError(
            f"{folder.name} has no weights as safetensors",
            advice="convert them: a pickled file of weights is a program, and is not opened",
        )
    import torch  # noqa: PLC0415 - seconds of import, an extra
    from transformers import AutoModelForTokenClassification, AutoTokenizer  # noqa: PLC0415 - the same
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415 - the same

    transformers_logging.disable_progress_bar()
    try:
        quiet = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(str(folder), use_fast=True, **quiet)
        model = AutoModelForTokenClassification.from_pretrained(str(folder), use_safetensors=True, **quiet)
        names: dict[int, str] = {int(at): str(label) for at, label in model.config.id2label.items()}
        longest = min(
            int(tokenizer.model_max_length), int(getattr(model.config, "max_position_embeddings", 512))
        )
        fast = bool(tokenizer.is_fast)
    except Exception as error:  # noqa: BLE001 - a foreign folder may raise anything
        raise _unusable(folder, error) from None
    if not fast:
        raise ConfigError(
            f"{folder.name} has no fast tokenizer", advice="add its tokenizer.json: offsets need it"
        )
    model.eval()

    def read(texts: list[str]) -> list[list[Span]]:
        # Where a text needs several passes they overlap, and say the same twice.
        return [list(dict.fromkeys(_one(text))) for text in texts]

    def _one(text: str) -> Iterator[Span]:
        coded = tokenizer(
            text,
            return_tensors="pt",
            return_offsets_mapping=True,
            return_overflowing_tokens=True,
            truncation=True,
            max_length=min(longest, 512),
            stride=32,
            padding=True,
        )
        offsets = coded.pop("offset_mapping").tolist()
        coded.pop("overflow_to_sample_mapping", None)
        with torch.inference_mode():
            scores = torch.softmax(model(**coded).logits, dim=-1).tolist()
        for row, (places, masses) in enumerate(zip(offsets, scores, strict=True)):
            yield from _words(places, masses, coded.word_ids(row), names)

    return OwnModel(
        f"hf/{folder.name}", library_version("transformers"), Labels.of(folder, names.values()), read
    )


def _words(
    places: list[list[int]], masses: list[list[float]], words: list[int | None], names: Mapping[int, str]
) -> Iterator[Span]:
    """Yield runs of words of one label; the first piece of a word speaks for it."""
    run: Span | None = None
    last: int | None = None
    for (start, end), mass, word in zip(places, masses, words, strict=True):
        if word is None or start >= end:
            continue
        if word == last:
            run = (run[0], end, run[2], run[3]) if run else None
            continue
        last = word
        best = max(range(len(mass)), key=mass.__getitem__)
        label = names.get(best, "O")
        bare = label[2:] if label[1:2] == "-" else label
        if run and run[2][2:] == bare and label[:2] != "B-" and start - run[1] <= 1:
            run = (run[0], end, run[2], min(run[3], mass[best]))
            continue
        if run:
            yield run[0], run[1], run[2], run[3]
        run = (start, end, label, mass[best]) if label != "O" else None
    if run:
        yield run


def _gliner(where: str) -> OwnModel:
    folder = _folder(Path(where), "gliner_config.json")
    _needs("gliner", "torch")
    if not list(folder.glob("*.safetensors")):
        raise ConfigError(
            f"{folder.name} has no weights as safetensors",
            advice="convert them: a pickled file of weights is a program, and is not opened",
        )
    from gliner import GLiNER  # noqa: PLC0415 - seconds of import, an extra

    try:
        model = GLiNER.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # noqa: BLE001 - a foreign folder may raise anything
        raise _unusable(folder, error) from None
    meant = Labels.of(folder, ASKED)
    asked = sorted({*ASKED, *meant.meaning})

    def read(texts: list[str]) -> list[list[Span]]:
        return [
            [
                (e["start"], e["end"], e["label"], float(e["score"]))
                for e in model.predict_entities(text, asked)
            ]
            for text in texts
        ]

    return OwnModel(f"gliner/{folder.name}", library_version("gliner"), meant, read)


def _folder(path: Path, file: str) -> Path:
    if not (path / file).is_file():
        raise ConfigError(
            f"{path} is no folder of such a model: it has no {file}",
            advice="name the folder that holds the model's files; nothing is downloaded",
        )
    return path


def _needs(*libraries: str) -> None:
    missing = [name for name in libraries if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"this model needs {', '.join(missing)}",
            advice="run: python -m pip install 'guardrail-pii[transformers]' or 'guardrail-pii[gliner]'",
        )


def _unusable(folder: Path, error: Exception) -> ConfigError:
    return ConfigError(
        f"the model in {folder.name} cannot be loaded ({type(error).__name__})",
        advice="try it with its own library first; only local files are read, and no code of the folder runs",
    )
