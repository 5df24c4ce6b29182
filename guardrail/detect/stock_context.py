"""Presidio's context words, with the outcome of its lemmas and without their price.

Presidio raises a score where one of the six words before a match has a lemma
that contains a context word; stop words and punctuation do not count. A lemma
depends on the part of speech, and that on a tagger. Mostly every part of speech
leads to the same outcome, and then no tagger is asked: each word's possible
lemmas are held against the rule twice, in favour of a context word and against
it. Where the two differ, the tagger reads the words around the match alone: its
network sees four tokens to each side.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Context", "Words"]

SEEN: Final = 4  # tokens to each side of one that its tag depends on
KNOWN: Final = 4_096  # words whose lemmas are remembered
AHEAD: Final = 20  # tokens that are tagged together


class Words:
    """The words of a language: their possible lemmas, and which do not count."""

    def __init__(self, nlp: Any) -> None:  # noqa: ANN401 - spaCy's own types are partial
        self._nlp = nlp
        self._vocab = nlp.vocab
        lemmatizer = nlp.get_pipe("lemmatizer")
        self._lemmatizer = lemmatizer
        self._rules = [tuple(rules) for rules in _tables(lemmatizer, "lemma_rules").values()]
        self._exceptions = list(_tables(lemmatizer, "lemma_exc").values())
        self._given: list[tuple[Callable[[str], bool], str]] = []
        for pattern in nlp.get_pipe("attribute_ruler").patterns:
            lemma = pattern["attrs"].get("LEMMA")
            if lemma is not None:
                tokens = [token for part in pattern["patterns"] for token in part]
                self._given += [(_test(token.get("LOWER")), str(lemma)) for token in tokens]
        # Of few words, whichever they are: what a lemma may be does not hang on the text.
        self.possible = lru_cache(maxsize=KNOWN)(self._possible)
        self.counts = lru_cache(maxsize=KNOWN)(self._counts)

    @classmethod
    def of(cls, nlp: Any) -> Words | None:  # noqa: ANN401 - spaCy's own types are partial
        """Return the words of `nlp`, or None where its lemmas come about in another way than ours."""
        names = [name for name in nlp.pipe_names if name not in {"parser", "ner", "senter"}]
        if names != ["tok2vec", "tagger", "attribute_ruler", "lemmatizer"]:
            return None
        lemmatizer = nlp.get_pipe("lemmatizer")
        usual = lemmatizer.mode == "rule" and not lemmatizer.overwrite
        model = nlp.get_pipe("tok2vec").model
        layers = [layer for layer in model.walk() if layer.name == "expand_window"]
        return cls(nlp) if usual and len(layers) <= SEEN else None

    def _possible(self, word: str) -> frozenset[str]:
        """Return in lower case every lemma that the word can have."""
        lower = word.lower()
        found = {lower}
        for exceptions in self._exceptions:
            found.update(form.lower() for form in exceptions.get(lower, ()))
        for rules in self._rules:
            for old, new in rules:
                if lower.endswith(old):
                    found.add(lower[: len(lower) - len(old)] + new)
        for test, lemma in self._given:
            if test(lower):
                found.add(lemma.lower())
        found.discard("")
        return frozenset(found)

    def _counts(self, lemma: str) -> bool:
        """Tell whether a lemma is one of Presidio's keywords, by itself."""
        entry = self._vocab[lemma]
        return not (entry.is_stop or entry.is_punct)

    def tagged(self, doc: Any, start: int, end: int) -> list[str]:  # noqa: ANN401 - spaCy's own types are partial
        """Return the lemmas of the tokens `start` to `end`, in lower case, as the whole pipeline would."""
        low, high = max(start - SEEN, 0), min(end + SEEN, len(doc))
        part = doc[low:high].as_doc()
        for name in ("tok2vec", "tagger", "attribute_ruler", "lemmatizer"):
            part = self._nlp.get_pipe(name)(part)
        self._lemmatizer.cache.clear()  # it would keep every word of user text
        return [token.lemma_.lower() for token in part[start - low : end - low]]


class Context:
    """The words of one document, as far as matches ask for them."""

    def __init__(self, words: Words, doc: Any, *, before: int, after: int) -> None:  # noqa: ANN401 - spaCy's own types are partial
        self._words = words
        self._doc = doc
        # The word of the match itself counts as one, to either side.
        self._sides = ((-1, before + 1), (1, after + 1))
        from spacy.attrs import IDX, LENGTH  # noqa: PLC0415 - loaded by now

        text, spans = doc.text, doc.to_array([IDX, LENGTH]).tolist()
        self._texts = [text[start : start + length] for start, length in spans]
        self._ends = [start + length for start, length in spans]
        self._possible: dict[str, frozenset[str]] = {}
        self._exact: dict[int, str] = {}
        self._pieces = self._split()

    def supports(self, start: int, wanted: Sequence[str]) -> bool | None:
        """Tell whether a word beside the match at `start` holds one of `wanted`; None without a token."""
        place = bisect_right(self._ends, start)
        if place >= len(self._ends):
            return None
        bounds = [(step, count, *self._bounds(place, step, count, wanted)) for step, count in self._sides]
        if any(surely for *_, surely, _ in bounds):
            return True
        return any(perhaps and self._walk(place, step, count, wanted) for step, count, _, perhaps in bounds)

    def _bounds(self, place: int, step: int, count: int, wanted: Sequence[str]) -> tuple[bool, bool]:
        """Return whether every choice of lemmas supports the match, and whether any does."""
        most = least = 0  # words that have counted so far, at most and at least
        perhaps = False
        while 0 <= place < len(self._texts) and least < count:
            lemmas = self._lemmas(place)
            counted = [lemma for lemma in lemmas if self._counts(lemma)]
            holding = [lemma for lemma in counted if _holds(lemma, wanted)]
            if len(holding) == len(lemmas) and most < count:
                return True, True
            perhaps = perhaps or bool(holding)
            most += bool(counted)
            least += len(counted) == len(lemmas)
            place += step
        return False, perhaps

    def _walk(self, place: int, step: int, count: int, wanted: Sequence[str]) -> bool:
        """Go over the true lemmas."""
        while 0 <= place < len(self._texts) and count:
            lemma = self._tagged(place, step)
            if self._counts(lemma):
                if _holds(lemma, wanted):
                    return True
                count -= 1
            place += step
        return False

    def _tagged(self, place: int, step: int = 1, ahead: int = AHEAD) -> str:
        """Return the lemma of a token; the tokens ahead in the direction of `step` are tagged with it."""
        if place not in self._exact:
            ends = (place, place + step * (ahead - 1))
            start, end = max(min(ends), 0), min(max(ends) + 1, len(self._texts))
            lemmas = self._words.tagged(self._doc, start, end)
            self._exact.update(zip(range(start, end), lemmas, strict=True))
        return self._exact[place]

    def _lemmas(self, place: int) -> frozenset[str]:
        exact = self._exact.get(place)
        if exact is not None:
            return frozenset((exact,))
        text = self._texts[place]
        found = self._possible.get(text)
        if found is None:
            found = self._possible[text] = self._words.possible(text)
        return found

    def _counts(self, lemma: str) -> bool:
        if ":" in lemma:
            return False  # Presidio splits it, and compares the whole with the pieces
        return self._words.counts(lemma) or lemma in self._pieces

    def _split(self) -> frozenset[str]:
        """Return the pieces at colons by which a stop word becomes a keyword."""
        pieces: set[str] = set()
        for place, text in enumerate(self._texts):
            if ":" in text and len(text) > 1:
                choices = {self._raised(lemma) for lemma in self._lemmas(place)}
                if len(choices) > 1:
                    choices = {self._raised(self._tagged(place, ahead=1))}
                pieces.update(*choices)
        return frozenset(pieces)

    def _raised(self, lemma: str) -> frozenset[str]:
        """Return the pieces of a lemma that would not count by themselves."""
        if not self._words.counts(lemma):
            return frozenset()
        return frozenset(piece for piece in lemma.split(":") if piece and not self._words.counts(piece))


def _holds(lemma: str, wanted: Sequence[str]) -> bool:
    return any(word in lemma for word in wanted)


def _tables(lemmatizer: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - spaCy's own types are partial
    table = lemmatizer.lookups.get_table(name, {})
    return {str(key): table[key] for key in table}


def _test(lower: object) -> Callable[[str], bool]:
    """Return the test of an attribute pattern for LOWER; one that we cannot read holds for every word."""
    if isinstance(lower, str):
        return lambda word: word == lower
    if isinstance(lower, dict):
        if "IN" in lower:
            choices = frozenset(lower["IN"])
            return lambda word: word in choices
        if "REGEX" in lower:
            pattern = re.compile(lower["REGEX"])
            return lambda word: pattern.search(word) is not None
    return lambda _: True
