"""The parts of a Presidio engine that we run ourselves, when each of them is of a kind we know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.stock_context import Context, Words
from guardrail.detect.stock_patterns import finder
from guardrail.detect.stock_sentences import Sentences
from guardrail.detect.transitions import Transitions
from guardrail.detect.vectors import Vectors
from guardrail.detect.vocabulary import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from guardrail.detect.stock_patterns import Result
    from guardrail.detect.stock_sentences import Reading
    from guardrail.detect.transitions import Entities, Scored

__all__ = ["Part", "Parts", "parts"]

# What a subclass of Presidio's engine for spaCy must leave as it is.
_METHODS: Final = (
    "process_text",
    "is_stopword",
    "is_punct",
    "_doc_to_nlp_artifact",
    "_get_entities",
    "_get_scores_for_entities",
    "_get_updated_entities",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A recognizer of patterns: its context words, and the least score of its results by entity."""

    find: Callable[[str], list[Result]]
    words: tuple[str, ...]
    least: Mapping[str, float]

    def passes(self, entity: str, score: float) -> bool:
        """Tell whether a result is kept."""
        return _passes(self.least, entity, score)


@dataclass(frozen=True, slots=True)
class Parts:
    """What an engine is made of. `labels` are the model's labels with the results they lead to."""

    nlp: Any
    kept: Kept
    vectors: Vectors | None
    sentences: Sentences | None
    moves: Transitions
    lemmas: Words
    labels: Mapping[str, tuple[str, float]]
    patterns: tuple[Part, ...]
    enhancer: Any

    def context(self, doc: Any) -> Context:  # noqa: ANN401 - spaCy's own types are partial
        """Return the context words of a document."""
        rule = self.enhancer
        return Context(self.lemmas, doc, before=rule.context_prefix_count, after=rule.context_suffix_count)

    def raised(self, score: float) -> float:
        """Return the score beside a context word."""
        rule = self.enhancer
        most = max(score + rule.context_similarity_factor, rule.min_score_with_context_similarity)
        return float(min(most, 1.0))

    def named(self, docs: Sequence[Any]) -> list[list[Result]]:
        """Return what the model names in each document."""
        return [
            [
                (doc[first].idx, doc[behind - 1].idx + len(doc[behind - 1]), *self.labels[label])
                for first, behind, label in entities
                if label in self.labels
            ]
            for doc, entities in zip(docs, self._entities(docs), strict=True)
        ]

    def _entities(self, docs: Sequence[Any]) -> list[Entities]:
        found: list[Entities] = [[] for _ in docs]
        for batch in self.moves.batches(docs):
            held = [docs[place] for place in batch]
            scored = self.moves.score(held)
            decoded = self.moves.decode(scored)
            if any(map(_reach, decoded)):
                decoded = self._within(held, scored, decoded)
            for place, entities in zip(batch, decoded, strict=True):
                found[place] = entities
        return found

    def _within(self, docs: Sequence[Any], scored: Scored, decoded: list[Entities]) -> list[Entities]:
        """Return the entities that end where their sentence ends.

        Only one of several tokens can go on over an end, so no sentence is read behind the last such.
        """
        import numpy as np  # noqa: PLC0415 - spaCy brings it

        limits = list(map(_reach, decoded))
        asked = [place for place, limit in enumerate(limits) if limit]
        reading = self._reading([docs[place] for place in asked])
        while True:
            starts = np.zeros(len(scored.space), bool)
            for place, known in zip(asked, reading.starts([limits[place] for place in asked]), strict=True):
                starts[[scored.offsets[place] + start for start in known]] = True
            decoded = self.moves.decode(scored, starts)
            further = list(map(max, limits, map(_reach, decoded)))
            if further == limits:
                return decoded
            limits = further  # an entity that was cut let another one begin

    def _reading(self, docs: Sequence[Any]) -> Reading | Parsed:
        tok2vec = self.nlp.get_pipe("tok2vec")
        vectors = tok2vec.predict(docs) if self.vectors is None else self.vectors.predict(docs)
        if self.sentences is not None and self.sentences.pays(docs):
            return self.sentences.texts(docs, vectors)
        tok2vec.set_annotations(docs, vectors)
        return Parsed(list(self.nlp.get_pipe("parser").pipe(docs)))


class Parsed:
    """Documents that spaCy's parser has read."""

    def __init__(self, docs: Sequence[Any]) -> None:
        self._starts = [(doc.to_array("SENT_START") == 1).nonzero()[0].tolist() for doc in docs]

    def starts(self, _: Sequence[int]) -> list[list[int]]:
        """Return the tokens that begin a sentence."""
        return self._starts


def _reach(entities: Entities) -> int:
    """Return the token behind the last entity of several tokens, or 0."""
    return max((behind for first, behind, _ in entities if behind - first > 1), default=0)


def parts(engine: Any, recognizers: Sequence[Any], language: str) -> Parts | None:  # noqa: ANN401 - presidio's types are partial
    """Return the parts of the engine, or None where one is of a kind that we do not know."""
    nlp = _model(engine.nlp_engine, language)
    moves = Transitions.of(nlp.get_pipe("ner")) if nlp is not None else None
    lemmas = Words.of(nlp) if nlp is not None else None
    if moves is None or lemmas is None or not _usual(engine.context_aware_enhancer):
        return None
    found = _divided(engine, recognizers)
    if found is None:
        return None
    patterns, namers = found
    labels = _labels(engine.nlp_engine.ner_model_configuration, moves.labels)
    kept = {
        label: (entity, score)
        for label, (entity, score) in labels.items()
        if any(
            entity in part.supported_entities and _passes(_least(engine, part), entity, score)
            for part in namers
        )
    }
    vectors = Vectors.of(nlp.get_pipe("tok2vec").model)
    sentences = Sentences.of(nlp.get_pipe("parser"))
    words, rule = Kept(nlp.vocab), engine.context_aware_enhancer
    return Parts(nlp, words, vectors, sentences, moves, lemmas, kept, tuple(patterns), rule)


def _model(source: Any, language: str) -> Any:  # noqa: ANN401 - presidio's types are partial
    from presidio_analyzer.nlp_engine import SpacyNlpEngine  # noqa: PLC0415 - seconds of import

    same = isinstance(source, SpacyNlpEngine) and all(
        getattr(type(source), name) is getattr(SpacyNlpEngine, name) for name in _METHODS
    )
    nlp = source.nlp.get(language) if same else None
    return nlp if nlp is not None and nlp.pipe_names[-1:] == ["ner"] and "parser" in nlp.pipe_names else None


def _usual(enhancer: Any) -> bool:  # noqa: ANN401 - presidio's types are partial
    from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer  # noqa: PLC0415 - same

    return type(enhancer) is LemmaContextAwareEnhancer and enhancer.context_matching_mode == "substring"


def _divided(engine: Any, recognizers: Sequence[Any]) -> tuple[list[Part], list[Any]] | None:  # noqa: ANN401 - same
    """Return the recognizers of patterns and those that take the model's word; None if there are others."""
    from presidio_analyzer import EntityRecognizer  # noqa: PLC0415 - seconds of import
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer  # noqa: PLC0415 - same

    patterns, namers = [], []
    for part in recognizers:
        kind = type(part)
        if kind.enhance_using_context is not EntityRecognizer.enhance_using_context:
            return None
        if kind.analyze is SpacyRecognizer.analyze and not part.context:
            namers.append(part)
            continue
        find = finder(part)
        if find is None:
            return None
        words = tuple(word.lower() for word in part.context or ())
        patterns.append(Part(find, words, _least(engine, part)))
    return patterns, namers


def _least(engine: Any, recognizer: Any) -> dict[str, float]:  # noqa: ANN401 - presidio's types are partial
    """Return the least score by entity, and for all others under the empty name."""
    least = dict(recognizer.score_thresholds)
    return {**least, "": least.get("default", engine.default_score_threshold)}


def _passes(least: Mapping[str, float], entity: str, score: float) -> bool:
    return score >= least.get(entity, least[""])


def _labels(config: Any, labels: Sequence[str]) -> dict[str, tuple[str, float]]:  # noqa: ANN401 - same
    """Return entity and score for each label of the model that the configuration does not ignore."""
    found = {}
    for label in labels:
        entity = config.model_to_presidio_entity_mapping.get(label, label)
        if label in config.labels_to_ignore or entity in config.labels_to_ignore:
            continue
        score = config.default_score
        if entity in config.low_score_entity_names:
            score *= config.low_confidence_score_multiplier
        found[label] = (entity, score)
    return found
