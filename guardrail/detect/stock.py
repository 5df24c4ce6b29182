"""Presidio's `AnalyzerEngine` with equal results, faster: for those who come from it.

It takes an engine as its user set it up and returns for every text what
`engine.analyze(text, language=...)` returns: spans, entities, scores. What it
saves: spaCy's tagger, parser and lemmatizer where the outcome does not depend
on them, a loop per token (`transitions.py`), patterns that cannot match
(`stock_patterns.py`), lemmas of words that decide nothing (`stock_context.py`).
What it cannot save, it leaves to the engine itself.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.domains import freeze
from guardrail.detect.models import SPACY_SM, library_version, locate, verify
from guardrail.detect.presidio import silence
from guardrail.detect.queue import Batches
from guardrail.detect.stock_parts import parts
from guardrail.detect.stock_patterns import distinct
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.detect.stock_context import Context
    from guardrail.detect.stock_parts import Parts
    from guardrail.detect.stock_patterns import Result

__all__ = ["Stock", "engine"]

NAME: Final = "presidio"
# As in Presidio's own conf/default.yaml, which an engine that is built by hand does not read.
IGNORED: Final = [
    *("ORGANIZATION", "CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT"),
    *("PRODUCT", "QUANTITY", "WORK_OF_ART"),
]
MAPPED: Final = {
    "PER": "PERSON",
    "PERSON": "PERSON",
    "NORP": "NRP",
    "FAC": "LOCATION",
    "LOC": "LOCATION",
    "GPE": "LOCATION",
    "LOCATION": "LOCATION",
    "ORG": "ORGANIZATION",
    "ORGANIZATION": "ORGANIZATION",
    "DATE": "DATE_TIME",
    "TIME": "DATE_TIME",
}


def engine() -> Any:  # noqa: ANN401 - presidio's types are partial
    """Return Presidio's default engine for English on the installed spaCy model; nothing is fetched.

    Raises:
        ConfigError: the model is missing or altered.
    """
    silence()
    path = verify(SPACY_SM, locate(SPACY_SM))
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - seconds of import
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine  # noqa: PLC0415 - same

    silence()  # again: the import raises a level
    freeze()  # its e-mail recognizer would fetch the public suffix list
    nlp = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": str(path)}],
        ner_model_configuration=NerModelConfiguration(
            labels_to_ignore=IGNORED, model_to_presidio_entity_mapping=MAPPED
        ),
    )
    return AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])


class Stock:
    """An engine of Presidio's, asked in batches. Thread-safe."""

    def __init__(
        self,
        source: Any,  # noqa: ANN401 - presidio's types are partial
        *,
        language: str = "en",
        models: Mapping[str, str] | None = None,
    ) -> None:
        silence()
        freeze()
        self._engine = source
        self._language = language
        self._lock = Lock()
        self._together = Batches(self._analyze)  # one thread at a time may use the model: who waits, joins
        self._recognizers = source.registry.get_recognizers(language=language, all_fields=True)
        self.entities: frozenset[str] = frozenset(source.get_supported_entities(language=language))
        self.models = dict(models or {})
        self.version = library_version("presidio-analyzer")
        self._parts = parts(source, self._recognizers, language)

    def analyze(self, texts: Sequence[str]) -> list[list[Result]]:
        """Return (start, end, entity, score) for each text, as the engine does, in order of place."""
        return self._together(texts)

    def _analyze(self, texts: list[str]) -> list[list[Result]]:
        parts = self._parts
        if parts is None:
            with self._lock:
                return [self._asked(text) for text in texts]
        with self._lock:
            with parts.nlp.memory_zone():
                docs = [parts.nlp.make_doc(text) for text in texts]
                named = parts.named(docs)
                found = [self._one(parts, *each) for each in zip(texts, docs, named, strict=True)]
                words = parts.kept.seen(docs)
                del docs
            parts.kept.keep(words)
        return found

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return the same as findings."""
        return [
            [Finding(start, end, entity, min(float(score), 1.0), NAME) for start, end, entity, score in found]
            for found in self.analyze(texts)
        ]

    def _one(self, parts: Parts, text: str, doc: Any, named: list[Result]) -> list[Result]:  # noqa: ANN401 - spaCy's own types are partial
        context: Context | None = None
        found: list[Result] = list(named)
        for part in parts.patterns:
            for start, end, entity, score in part.find(text):
                raised = score
                if part.words and score < 1:
                    context = context or parts.context(doc)
                    supported = context.supports(start, part.words)
                    if supported is None:
                        return self._asked(text)
                    raised = parts.raised(score) if supported else score
                if part.passes(entity, raised):
                    found.append((start, end, entity, raised))
        return sorted(distinct(found))

    def _asked(self, text: str) -> list[Result]:
        """Ask the engine itself."""
        results = self._engine.analyze(text=text, language=self._language)
        return sorted((r.start, r.end, r.entity_type, r.score) for r in results)
