"""spaCy's tokenizer over a vocabulary that is thrown away before it grows.

`memory_zone()` frees the words of a text, not their places: in the hash tables
of a vocabulary (preshed) a freed place counts as taken until the table doubles,
and no table shrinks. So each new word leaves some 20 bytes for the life of the
process. Here the tokenizer's own vocabulary is made anew every so many words.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Tokens"]

MOST: Final = 50_000  # new strings until the vocabulary is made anew, which takes a seventh of a second


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
        self._most = most
        self._new()

    @classmethod
    def of(cls, nlp: Any) -> Tokens | None:  # noqa: ANN401 - spaCy's own types are partial
        """Return the tokens of `nlp`, or None where its tokenizer is not spaCy's own."""
        return cls(nlp) if type(nlp.tokenizer).__module__ == "spacy.tokenizer" else None

    def _new(self) -> None:
        self._vocab = self._vocab_kind(**self._lexical)
        self._tokenizer = self._kind(self._vocab, rules=self._rules, **self._parts)
        self._used = 0

    @contextmanager
    def zone(self) -> Iterator[Callable[[str], Any]]:
        """Give the function that makes documents; they end with the block, and their words with them."""
        if self._used > self._most:
            self._new()
        before = len(self._vocab.strings)
        with self._vocab.memory_zone():
            try:
                yield self._tokenizer
            finally:
                self._used += len(self._vocab.strings) - before
