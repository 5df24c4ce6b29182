"""The sentences of spaCy's parser are read in step, and are the ones that its own loop finds."""

import random
from types import SimpleNamespace

import pytest

from guardrail.detect.models import SPACY_SM, locate
from guardrail.detect.stock_sentences import Sentences
from guardrail.detect.vectors import Vectors

TEXT = (
    "Ann Smith went to Berlin on March 5 with Dr. Jean-Luc O'Neill . Mr. and Mrs. Brown ? ! ... : ; the "
    "\n \n\n \t - * # ( ) quoted \u201c \u201d \u2014 M\u00fcller Z\u00fcrich \u6771\u4eac \u0661 "
    "is are was has been who which that because and or not very good team of people they saw it . . . Yes No"
)
WORDS = TEXT.split(" ")


@pytest.fixture(scope="module")
def nlp():
    import spacy

    return spacy.load(locate(SPACY_SM))


def drawn(count, *, seed, longest=90):
    """Return texts of random words: sentences that end in unlikely places."""
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(1, longest))) for _ in range(count)]


def read(nlp, texts):
    """Return the sentences by spaCy's loop, our reader, and the number of tokens of each text."""
    docs = [nlp.make_doc(text) for text in texts]
    tok2vec, parser = nlp.get_pipe("tok2vec"), nlp.get_pipe("parser")
    vectors = Vectors.of(tok2vec.model).predict(docs)
    tok2vec.set_annotations(docs, vectors)
    reading = Sentences.of(parser).texts(docs, vectors)
    wanted = [[token.i for token in doc if token.is_sent_start] for doc in parser.pipe(docs)]
    return wanted, reading, [len(doc) for doc in docs]


def test_the_same_sentences_as_by_spacys_own_loop(nlp):
    texts = drawn(60, seed=1)
    for batch in (texts[:1], texts[1:20], texts[20:]):
        wanted, reading, lengths = read(nlp, batch)
        assert [sorted(starts) for starts in reading.starts(lengths)] == wanted


def test_the_same_sentences_in_one_long_text_with_and_without_ends(nlp):
    for text in (" ".join(drawn(12, seed=2)), "and the team of " * 60):
        (wanted,), reading, lengths = read(nlp, [text])
        assert sorted(reading.starts(lengths)[0]) == wanted


def test_sentences_are_read_as_far_as_asked_and_further_later(nlp):
    (wanted,), reading, (length,) = read(nlp, [" ".join(drawn(8, seed=3))])
    for limit in (0, 5, 5, 80, length):
        (found,) = reading.starts([limit])
        assert sorted(found) == wanted[: len(found)]
        assert {start for start in wanted if start < limit} <= set(found)
    assert sorted(found) == wanted


def test_what_comes_near_to_another_action_is_decided_by_spacys_product(nlp, monkeypatch):
    monkeypatch.setattr("guardrail.detect.stock_sentences.NEAR", 1e9)
    wanted, reading, lengths = read(nlp, drawn(3, seed=4))
    assert [sorted(starts) for starts in reading.starts(lengths)] == wanted


def test_many_short_texts_are_worth_reading_in_step_and_one_is_not(nlp):
    sentences = Sentences.of(nlp.get_pipe("parser"))
    docs = [nlp.make_doc("Ann Smith went to Berlin on March 5 with the team.") for _ in range(4)]
    assert sentences.pays(docs)
    assert not sentences.pays(docs[:1])


@pytest.mark.parametrize("part", [object(), "another model", "a beam"])
def test_a_parser_built_in_another_way_is_left_to_spacy(nlp, part):
    parser = nlp.get_pipe("parser")
    if part == "another model":
        part = SimpleNamespace(model=nlp.get_pipe("tagger").model, cfg={})
    elif part == "a beam":
        part = SimpleNamespace(model=parser.model, cfg={"beam_width": 4}, labels=parser.labels)
    assert Sentences.of(part) is None
