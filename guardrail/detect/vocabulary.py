"""spaCy's tokenizer over a vocabulary that is thrown away before it grows.

`memory_zone()` frees the words of a text, not their places: in the hash tables
of a vocabulary (preshed) a freed place counts as taken until the table doubles,
and no table shrinks. So each new word leaves some 20 bytes for the life of the
process. Here the tokenizer's own vocabulary is made anew every so many words.

It also frees common words with the rare ones, and a word's form (its shape, its
small letters ...) is a half of what reading it costs. Words that the model knows
from its training, no user's, are kept from text to text.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Kept", "Tokens"]

KEPT: Final = 20_000  # words; each takes some 100 bytes
MOST: Final = 50_000  # new strings until the vocabulary is made anew, which takes a seventh of a second


class Kept:
    """The words of a vocabulary that outlive a text: those that the model's own strings hold.

    `strings` are the model's, where the vocabulary has none. One thread at a time.
    """

    def __init__(self, vocab: Any, strings: Any = None) -> None:  # noqa: ANN401 - spaCy's own types are partial
        self._vocab = vocab
        self._strings = vocab.strings if strings is None else strings
        self._known: set[int] = set()

    def seen(self, docs: Iterable[Any]) -> set[int]:
        """Return the words of the documents that are not kept yet. To be called inside of the zone."""
        from spacy.attrs import ORTH  # noqa: PLC0415 - loaded by now

        found: set[int] = set()
        for doc in docs if len(self._known) < KEPT else ():
            found.update(doc.to_array(ORTH).tolist())
        return found - self._known

    def keep(self, words: Iterable[int]) -> None:
        """Keep those of the words that are the model's. To be called behind the zone."""
        for word in words:
            if word in self._strings:
                self._known.add(word)
                self._vocab[self._strings[word]]


class Tokens:
    """The tokenizer of a pipeline, without the pipeline's strings. One thread at a time."""

    def __init__(self, nlp: Any, *, most: int = MOST) -> None:  # noqa: ANN401 - spaCy's own types are partial
        vocab, tokenizer = nlp.vocab, nlp.tokenizer
        self._kind, self._vocab_kind = type(tokenizer), type(vocab)
        self._rules = tokenizer.rules
        self._parts = {
            name: getattr(tokenizer, name)
            for name in (
                *("prefix_search", "suffix_search", "infix_finditer"),
                *("token_match", "url_match", "faster_heuristics"),
            )
        }
        self._lexical = {
            name: getattr(vocab, name) for name in ("lex_attr_getters", "lookups", "writing_system")
        }
        self._strings = vocab.strings
        self._most = most
        self._new()

    @classmethod
    def of(cls, nlp: Any) -> Tokens | None:  # noqa: ANN401 - spaCy's own types are partial
        """Return the tokens of `nlp`, or None where its tokenizer is not spaCy's own."""
        return cls(nlp) if type(nlp.tokenizer).__module__ == "spacy.tokenizer" else None

    def _new(self) -> None:
        self._vocab = self._vocab_kind(**self._lexical)
        self._tokenizer = self._kind(self._vocab, rules=self._rules, **self._parts)
        self._kept = Kept(self._vocab, self._strings)
        self._used = 0

    @contextmanager
    def zone(self) -> Iterator[Callable[[str], Any]]:
        """Give the function that makes documents; they end with the block, and their words with them."""
        if self._used > self._most:
            self._new()
        before = len(self._vocab.strings)
        docs: list[Any] = []

        def make(text: str) -> Any:  # noqa: ANN401 - spaCy's own types are partial
            docs.append(self._tokenizer(text))
            return docs[-1]

        words: set[int] = set()
        with self._vocab.memory_zone():
            try:
                yield make
                words = self._kept.seen(docs)
            finally:
                docs.clear()
                self._used += len(self._vocab.strings) - before
        self._kept.keep(words)
