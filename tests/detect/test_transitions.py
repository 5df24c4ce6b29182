"""The entity recognizer is decoded in matrix products and finds what spaCy's own loop finds."""

import random

import pytest

from guardrail.detect.models import SPACY_SM, locate
from guardrail.detect.spacy_names import SpacyNames
from guardrail.detect.transitions import Transitions

TEXT = (
    "Ann Smith went to Berlin on March 5 , 2024 with Dr. Jean-Luc O'Neill and the French team of Acme Corp . "
    "the United Nations said $ 12 million \n\n \t 3 % of 40 people Springfield , Illinois VIOLENT crime in "
    "Müller Zürich 東京 12 Oak Street — “ quoted ” ann smith JOHN DOE Mr. and Mrs. Brown first 9:30 a.m. "
)
WORDS = TEXT.split(" ")


@pytest.fixture(scope="module")
def nlp():
    import spacy

    return spacy.load(locate(SPACY_SM))


def drawn(count, *, seed=3):
    """Return texts of random words: strange ones, in which entities are open for long."""
    random_words = random.Random(seed)
    return [" ".join(random_words.choices(WORDS, k=random_words.randint(1, 60))) for _ in range(count)]


def spans(doc):
    return [(entity.start, entity.end, entity.label_) for entity in doc.ents]


def test_the_same_entities_as_by_spacys_own_loop(nlp):
    ner, moves = nlp.get_pipe("ner"), Transitions.of(nlp.get_pipe("ner"))
    for text in drawn(250):
        doc = nlp.make_doc(text)
        assert moves.decode(moves.score([doc])) == [spans(ner(doc))]


def test_the_same_entities_where_sentences_are_known(nlp):
    import numpy as np

    moves = Transitions.of(nlp.get_pipe("ner"))
    for text in drawn(120, seed=4):
        doc = nlp(text)
        starts = np.array([bool(token.is_sent_start) for token in doc])
        assert moves.decode(moves.score([nlp.make_doc(text)]), starts) == [spans(doc)]


def test_a_batch_finds_what_each_text_alone_does(nlp):
    moves = Transitions.of(nlp.get_pipe("ner"))
    texts = ["", *drawn(90, seed=5), ""]
    alone = [moves.entities(nlp.make_doc, [text])[0] for text in texts]
    assert moves.entities(nlp.make_doc, texts) == alone
    assert alone[0] == []
    assert any(alone)


def test_offsets_are_code_points_of_the_text(nlp):
    text = "🎉 Angela Merkel lives in Berlin."
    found = Transitions.of(nlp.get_pipe("ner")).entities(nlp.make_doc, [text])[0]
    assert {text[start:end] for start, end, _ in found} >= {"Angela Merkel", "Berlin"}


@pytest.mark.parametrize("part", [object(), "another model", "a beam"])
def test_a_recognizer_built_in_another_way_is_left_to_spacy(nlp, part):
    from types import SimpleNamespace

    ner = nlp.get_pipe("ner")
    if part == "another model":
        part = SimpleNamespace(model=nlp.get_pipe("tagger").model, cfg={})
    elif part == "a beam":
        part = SimpleNamespace(model=ner.model, cfg={"beam_width": 4})
    assert Transitions.of(part) is None


def test_the_name_finder_finds_the_same_by_both_ways():
    names = SpacyNames.load()
    texts = [*drawn(40, seed=6), "Angela Merkel met Emmanuel Macron in Paris."]
    fast = names.find(texts)
    names._moves = None
    assert names.find(texts) == fast
    assert any(fast)
