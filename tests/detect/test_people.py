"""Once a person is found, the same person is found again in the exchange."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.detect.people import follow
from guardrail.types import Finding, Passage


def person(text, value, score=0.9):
    start = text.index(value)
    return Finding(start, start + len(value), "PERSON", score, "rampart")


def again(source, value, text, score=0.9):
    """Return what is found in `text` after `value` was found in another passage."""
    found = follow([Passage(source), Passage(text)], [(person(source, value, score),), ()])
    return {text[f.start : f.end] for f in found[1]}


FOLLOWED = [
    ("the first name", "then Nadia called", "Nadia"),
    ("the surname after a title", "so Ms Zorvia called", "Zorvia"),
    ("all in small letters", "ask nadia zorvia again", "nadia zorvia"),
    ("all in capitals", "ASK NADIA ZORVIA AGAIN", "NADIA ZORVIA"),
    ("a possessive", "it is Nadia's car", "Nadia"),
    ("an initial", "signed by N. Zorvia here", "N. Zorvia"),
    ("a given name in small letters", "ask nadia again", "nadia"),
    ("surname first", "Zorvia, Nadia", "Zorvia, Nadia"),
    ("the whole name in a log line", "2015-10-18 18:04:29,707 INFO user Nadia Zorvia left", "Nadia Zorvia"),
]


@pytest.mark.parametrize(("text", "value"), [r[1:] for r in FOLLOWED], ids=[r[0] for r in FOLLOWED])
def test_a_person_is_found_again(text, value):
    assert again("I am Nadia Zorvia.", "Nadia Zorvia", text) == {value}


IGNORED = [
    ("a word that is a name too, in small letters", "it will rain", "Will Zorvia"),
    ("the same at the beginning of a sentence", "Will it rain?", "Will Zorvia"),
    ("a surname in small letters may be any word", "a cook is here", "Nadia Cook"),
    ("a piece of a program", "see nadia.py and @nadia and x_nadia", "Nadia Zorvia"),
    ("one word of a log line", "2015-10-18 18:04:29,707 INFO user Nadia left", "Nadia Zorvia"),
    ("a piece of another name", "the Nadiashire line", "Nadia Zorvia"),
    ("two letters", "so Al said", "Al Zorvia"),
]


@pytest.mark.parametrize(("text", "name"), [r[1:] for r in IGNORED], ids=[r[0] for r in IGNORED])
def test_what_may_be_a_word_is_left_alone(text, name):
    assert again(f"I am {name}.", name, text) == set()


def test_a_word_that_is_a_name_too_is_found_where_its_capital_says_so():
    assert again("I am Will Zorvia.", "Will Zorvia", "then Will left") == {"Will"}


def test_a_name_that_is_itself_doubtful_is_not_followed():
    assert again("I am Nadia Zorvia.", "Nadia Zorvia", "then Nadia left", score=0.55) == set()


def test_what_the_finders_mostly_refuse_is_not_followed():
    text = "Zorvion grew. At Zorvion they say that Zorvion sells, and Zorvion buys."
    once, twice = person(text, "Zorvion"), Finding(17, 24, "PERSON", 0.9, "x")
    assert follow([Passage(text)], [(once,)]) == [(once,)]  # one place of four: a firm
    (found,) = follow([Passage(text)], [(once, twice)])
    assert len(found) == 4


def test_a_given_name_and_a_whole_name_are_followed_however_often_they_stand():
    text = "Nadia came. Then Nadia left, so did Nadia and Nadia."
    assert len(follow([Passage(text)], [(person(text, "Nadia"),)])[0]) == 4
    assert again("I am Ann Zorvion.", "Ann Zorvion", "ask Zorvion or Zorvion") == {"Zorvion"}


def test_without_a_person_nothing_changes():
    found = [(Finding(0, 3, "URL", 0.9, "x"),), ()]
    assert follow([Passage("abc"), Passage("Nadia")], found) == found


def test_passages_that_hold_no_names_take_no_part():
    text = "I am Nadia Zorvia."
    found = [(person(text, "Nadia Zorvia"),), ()]
    assert follow([Passage(text), Passage("Nadia", names=False)], found) == found
    assert follow([Passage(text, names=False), Passage("Nadia")], found) == found


def test_what_was_found_already_stays_as_it_is_and_earlier_places_are_found_too():
    text = "Ask Nadia. I am Nadia Zorvia, mail nadia@example.com."
    mail = Finding(text.index("nadia@"), len(text) - 1, "EMAIL_ADDRESS", 1.0, "x")
    (found,) = follow([Passage(text)], [(person(text, "Nadia Zorvia"), mail)])
    assert [text[f.start : f.end] for f in found] == ["Nadia", "Nadia Zorvia", "nadia@example.com"]


def test_words_of_different_persons_are_not_joined():
    source = "Nadia Zorvia and Petra Quell"
    found = (person(source, "Nadia Zorvia"), person(source, "Petra Quell"))
    text = "to Nadia Petra"
    out = follow([Passage(source), Passage(text)], [found, ()])
    assert [text[f.start : f.end] for f in out[1]] == ["Nadia", "Petra"]


@given(st.permutations(range(4)))
def test_the_order_of_passages_makes_no_difference(order):
    texts = ["I am Nadia Zorvia.", "so Nadia", "Petra Quell here", "ask petra"]
    base = {0: (person(texts[0], "Nadia Zorvia"),), 2: (person(texts[2], "Petra Quell"),)}
    out = follow([Passage(texts[i]) for i in order], [base.get(i, ()) for i in order])
    straight = follow([Passage(t) for t in texts], [base.get(i, ()) for i in range(4)])
    assert {i: out[at] for at, i in enumerate(order)} == dict(enumerate(straight))


def test_many_names_and_a_long_text_are_bounded():
    source = " ".join(f"Nadia{chr(97 + i % 26)}{chr(97 + i // 26)} Zorvia" for i in range(400))
    found = tuple(Finding(at, at + 7, "PERSON", 0.9, "x") for at in range(0, len(source), 15))
    (out,) = follow([Passage(source)], [found])
    assert len(out) >= len(found)


def test_detect_follows_within_a_passage_and_together_through_all(detector):
    texts = ["My name is Nadia Zorvia.", "the zorvia file, says nadia zorvia", "nothing here"]
    passages = [Passage(text) for text in texts]

    def covered(findings):
        return {texts[1][f.start : f.end] for f in findings if f.score >= 0.5 and f.entity == "PERSON"}

    assert "nadia zorvia" in covered(detector.together(passages)[1])
    assert detector.detect(passages)[1] == detector.detect(passages[1:2])[0]
    assert detector.together(passages) == detector.together(passages)  # from the cache, too
