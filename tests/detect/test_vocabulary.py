"""A vocabulary that is made anew reads as the one that was loaded, and does not grow."""

from __future__ import annotations

import gc
from contextlib import suppress
from types import SimpleNamespace

import pytest

from guardrail.detect.spacy_names import SpacyNames
from guardrail.detect.vocabulary import Tokens

TEXTS = [
    "Don't worry: Mr. O'Neil paid $4.50 at 9a.m. on Jan. 3rd, isn't that so?",
    "see https://example.com/a?b=c, or mail to zoë@example.org :-)",
    "Łódź \u00e9t\u00e9 \u4f60\u597d 123,456.78 (e.g. 3-4) it's\ttabs\n\nlines",
    "unheardofword and another-unheard-of one, PLEASE CALL ANN",
]


@pytest.fixture(scope="module")
def nlp():
    return SpacyNames.load()._nlp


def read(doc):
    from spacy.attrs import IS_SPACE, LOWER, NORM, ORTH, PREFIX, SHAPE, SPACY, SUFFIX

    table = doc.to_array([ORTH, LOWER, NORM, PREFIX, SUFFIX, SHAPE, SPACY, IS_SPACE]).tolist()
    return [token.text for token in doc], table


def test_tokens_and_their_features_are_those_of_the_pipeline(nlp):
    tokens = Tokens.of(nlp)
    for _ in range(2):
        with tokens.zone() as make, nlp.memory_zone():
            for text in TEXTS:
                assert read(make(text)) == read(nlp.make_doc(text))
        tokens._used = tokens._most + 1  # the next one is a new vocabulary


def test_a_vocabulary_that_has_seen_many_words_is_let_go(nlp):
    tokens = Tokens(nlp, most=50)
    first = tokens._vocab
    for number in range(40):
        with tokens.zone() as make:
            make(f"unseen{number} words{number} here{number}")
    assert tokens._vocab is not first
    assert tokens._used <= 60


def test_the_words_of_a_text_are_gone_after_it(nlp):
    tokens = Tokens.of(nlp)
    before = len(tokens._vocab.strings)
    with tokens.zone() as make:
        make("Zqrxunseen wrote")
        assert len(tokens._vocab.strings) > before
    gc.collect()
    assert "Zqrxunseen" not in tokens._vocab.strings


def test_words_of_the_model_outlive_the_text_and_no_others(nlp):
    tokens = Tokens.of(nlp)
    with tokens.zone() as make:
        make("the garden of Zqrxunseen")
    kept = {nlp.vocab.strings[word] for word in tokens._kept._known}
    assert kept == {"the", "garden", "of"}
    with tokens.zone() as make, nlp.memory_zone():
        for text in TEXTS:
            assert read(make(text)) == read(nlp.make_doc(text))


def test_only_so_many_words_are_kept(nlp, monkeypatch):
    monkeypatch.setattr("guardrail.detect.vocabulary.KEPT", 3)
    tokens = Tokens.of(nlp)
    for text in ("one two three four", "five six seven"):
        with tokens.zone() as make:
            make(text)
    assert {nlp.vocab.strings[word] for word in tokens._kept._known} == {"one", "two", "three", "four"}


def test_an_error_inside_ends_the_zone_and_counts_its_words(nlp):
    tokens = Tokens.of(nlp)
    with suppress(ValueError), tokens.zone() as make:
        make("Zqrxunseen wrote")
        raise ValueError("inside")
    assert tokens._used
    with tokens.zone() as make:
        assert len(make("and goes on")) == 3


def test_a_tokenizer_of_another_kind_is_left_alone():
    assert Tokens.of(SimpleNamespace(tokenizer=SimpleNamespace())) is None
