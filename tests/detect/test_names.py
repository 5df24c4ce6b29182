"""Persons word by word, places, and what two finders make of one span."""

from __future__ import annotations

import pytest

from guardrail.detect.guardrail_names import GuardrailNames
from guardrail.detect.names import Trust, combine, trust_in, with_numbers
from guardrail.detect.persons import persons
from guardrail.detect.prose import Lines
from guardrail.detect.rampart import RampartNames
from guardrail.types import Finding

SPACY, RAMPART = Trust(), RampartNames.trust


def said(text, *values, score=0.7, entity="PERSON", by="spacy/x"):
    """Return a finder's findings: each value where it stands first, or (value, score)."""
    out = []
    for value in values:
        part, sure = value if isinstance(value, tuple) else (value, score)
        start = text.index(part)
        out.append(Finding(start, start + len(part), entity, sure, by))
    return out


def words(text, *values, score=0.95):
    """Return Rampart's findings: word by word."""
    return said(text, *values, score=score, by="rampart")


def found(text, spacy=(), rampart=()):
    """Return {(entity, covered text)} of what a policy would act on."""
    findings = combine(text, Lines(text), [list(spacy), list(rampart)], [SPACY, RAMPART])
    return {(f.entity, text[f.start : f.end]) for f in findings if f.score >= 0.5}


def names(text, spacy=(), rampart=()):
    return {value for entity, value in found(text, spacy, rampart) if entity == "PERSON"}


def score(text, spacy=(), rampart=()):
    (only,) = persons(text, Lines(text), [list(spacy), list(rampart)], [SPACY, RAMPART])
    return only.score


def test_what_both_finders_see_is_surer_than_what_one_sees():
    text = "then Zorvia left"
    both = score(text, said(text, "Zorvia"), words(text, "Zorvia"))
    assert both > score(text, (), words(text, "Zorvia")) > 0.5
    assert both > 0.85


def test_a_surer_finder_never_makes_a_name_less_likely():
    text = "then Zorvia left"
    scores = [score(text, (), words(text, ("Zorvia", part))) for part in (0.5, 0.7, 0.9, 0.99)]
    assert scores == sorted(scores)


def test_a_word_that_one_finder_alone_guesses_is_doubtful():
    text = "the Brindle works well"
    assert names(text, said(text, "Brindle")) == set()


def test_a_finder_that_is_asked_alone_is_believed():
    text = "then Zorvia left"
    (only,) = combine(text, Lines(text), [said(text, "Zorvia")], [SPACY])
    assert only.score >= 0.5
    (only,) = combine(text, Lines(text), [words(text, "Zorvia")], [RAMPART])
    assert only.score >= 0.5


def test_without_its_trust_a_finder_counts_as_an_average_one():
    text = "then Zorvia left"
    assert combine(text, Lines(text), [said(text, "Zorvia")]) == combine(
        text, Lines(text), [said(text, "Zorvia")], [Trust()]
    )
    assert trust_in(object()) == Trust()
    assert trust_in(RampartNames) is RAMPART


def test_a_finder_that_knows_english_best_is_believed_less_abroad():
    assert trust_in(GuardrailNames) is trust_in(GuardrailNames, "en") is GuardrailNames.trust
    assert trust_in(GuardrailNames, "de") is GuardrailNames.abroad
    assert GuardrailNames.abroad.said < GuardrailNames.trust.said
    assert trust_in(RampartNames, "de") is RAMPART


def test_a_storm_is_nobody_and_a_people_is_no_place():
    text = "then Hurricane Zorvia came"
    assert names(text, (), words(text, ("Hurricane", 0.9), ("Zorvia", 0.9))) == set()
    text = "she is Portuguese here"
    assert found(text, (), said(text, "Portuguese", entity="LOCATION", score=0.9, by="x")) == {
        ("NRP", "Portuguese")
    }


WHOLE = [
    ("half by one finder, half by the other", "so Anna Zorvia said", ["Anna"], ["Zorvia"], "Anna Zorvia"),
    ("an initial in the middle", "so Anna P. Zorvia said", [], ["Anna", "P", "Zorvia"], "Anna P. Zorvia"),
    ("initials in front", "by J. R. Zorvia today", [], ["Zorvia"], "J. R. Zorvia"),
    ("an initial behind", "with Anna Z. today", [], ["Anna"], "Anna Z."),
    ("particles", "so Anna van der Zorvia said", [], ["Anna", "Zorvia"], "Anna van der Zorvia"),
    ("a particle in front", "Mr. von Zorvia said", [], ["Zorvia"], "von Zorvia"),
    ("a hyphen", "so Anna Zorvia-Quell said", [], ["Anna", "Zorvia-Quell"], "Anna Zorvia-Quell"),
    ("an apostrophe", "so Anna O'Zorvia said", ["Anna"], ["O", "Zorvia"], "Anna O'Zorvia"),
    ("a generation", "so Anna Zorvia Jr. said", [], ["Anna", "Zorvia"], "Anna Zorvia Jr."),
    ("a possessive is none of it", "Anna Zorvia's car", ["Anna Zorvia's"], ["Anna", "Zorvia"], "Anna Zorvia"),
    ("a title is none of it", "Dr. Zorvia said", [], ["Zorvia"], "Zorvia"),
    ("nor is one that is written out", "Aunt Zorvia said", ["Aunt Zorvia"], ["Aunt", "Zorvia"], "Zorvia"),
    ("an honorific of another language", "dla Pani Zorvia dzis", [], ["Pani", "Zorvia"], "Zorvia"),
    ("what follows it is none of it", "Thanks. Anna Attached is it", ["Anna Attached"], ["Anna"], "Anna"),
    ("a verb is none of it", "then Anna shouted at us", [], ["Anna", "shouted"], "Anna"),
    ("emphasis is none of it", "so **Anna Zorvia** said", [], ["Anna", "Zorvia"], "Anna Zorvia"),
    ("a quote behind a speaker", 'Anna:"Who is there?"', [], ["Anna"], "Anna"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "spacy", "rampart", "name"), [r[1:] for r in WHOLE], ids=[r[0] for r in WHOLE]
)
def test_a_name_is_found_whole_and_nothing_beside_it(text, spacy, rampart, name):
    assert names(text, said(text, *spacy), words(text, *rampart)) == {name}


NONE = [
    ("an underscore", "so Anna_Zorvia said", "Anna"),
    ("a number", "so Zorvia12 said", "Zorvia12"),
    ("a handle", "so @Zorvia said", "Zorvia"),
    ("an attribute", "so user.Zorvia said", "Zorvia"),
    ("a call", "so Zorvia(x) said", "Zorvia"),
    ("an address of mail", "to Zorvia@example.com now", "Zorvia"),
    ("a firm", "at Zorvia Industries today", "Zorvia"),
    ("a firm of two names", "at Zorvia Quell Ltd today", "Zorvia"),
    ("a level", "2015-10-18 18:04:29,707 INFO Zorvia received", "Zorvia"),
]


@pytest.mark.parametrize(("text", "word"), [r[1:] for r in NONE], ids=[r[0] for r in NONE])
def test_what_cannot_be_a_name_is_none(text, word):
    assert names(text, said(text, word), words(text, (word, 0.7))) == set()


def test_the_word_for_a_firm_is_no_name():
    text = "then Zorvia Airport closed"
    assert names(text, said(text, "Zorvia Airport")) == set()


def test_a_capital_inside_a_word_makes_a_product_but_for_names_that_have_one():
    text = "so ZorVia said, so McZorvia said"
    assert names(text, (), words(text, ("ZorVia", 0.8), ("McZorvia", 0.8))) == {"McZorvia"}


def test_capitals_among_small_letters_are_an_abbreviation_and_among_capitals_are_not():
    text = "then the ZORVIA came in"
    assert names(text, (), words(text, ("ZORVIA", 0.9))) == set()
    text = "THEN THE ZORVIA CAME IN"
    assert names(text, (), words(text, ("ZORVIA", 0.9))) == {"ZORVIA"}


def test_a_given_name_or_a_title_makes_a_name_likelier():
    plain, given, titled = "so Zorvia said", "so Anna said", "so Dr. Zorvia said"
    least = score(plain, (), words(plain, ("Zorvia", 0.6)))
    assert score(given, (), words(given, ("Anna", 0.6))) > least
    assert score(titled, (), words(titled, ("Zorvia", 0.6))) > least


def test_a_common_word_in_small_letters_is_no_given_name():
    low, high = "it may rain", "it was May who"
    assert persons(low, Lines(low), [words(low, ("may", 0.3))], [RAMPART]) == []
    assert score(high, (), words(high, ("May", 0.7))) >= 0.5


def test_between_a_person_and_a_place_the_surer_reading_decides():
    text = "so Zorvia said"
    place = said(text, "Zorvia", entity="LOCATION")
    assert found(text, place, words(text, ("Zorvia", 0.99))) == {("PERSON", "Zorvia")}
    assert found(text, place, words(text, ("Zorvia", 0.6))) == {("LOCATION", "Zorvia")}
    assert found(text, said(text, "Zorvia", entity="NRP"), words(text, ("Zorvia", 0.6))) == {
        ("NRP", "Zorvia")
    }


def test_a_street_that_bears_a_name_is_an_address():
    text = "at 12 Anna Zorvia Street today"
    street = said(text, "12 Anna Zorvia Street", score=0.98, entity="ADDRESS", by="rampart")
    assert found(text, said(text, "Anna Zorvia"), street) == {("ADDRESS", "12 Anna Zorvia Street")}


def test_a_place_that_two_finders_see_is_certain():
    text = "in Zorvia today"
    place = said(text, "Zorvia", entity="LOCATION")
    other = said(text, "Zorvia", entity="LOCATION", score=0.6, by="rampart")
    found_ = combine(text, Lines(text), [place, other], [SPACY, RAMPART])
    assert {(f.entity, f.score) for f in found_} == {("LOCATION", 0.9)}


def test_spacy_is_not_believed_about_machines_text_and_small_letters():
    text = "2015-10-18 18:04:29,707 INFO Zorvia received"
    assert found(text, said(text, "Zorvia", entity="LOCATION")) == set()
    text = "so zorvia said"
    assert found(text, said(text, "zorvia", entity="LOCATION")) == set()


def test_a_constant_or_an_identifier_of_a_program_is_no_place():
    text = "2015-10-18 18:04:29,707 INFO BLOCK received, and conf/Zorvia too"
    assert found(text, (), said(text, "BLOCK", entity="LOCATION", score=0.9, by="rampart")) == set()
    assert found(text, (), said(text, "Zorvia", entity="LOCATION", score=0.9, by="rampart")) == set()
    assert found("x 1_2 y", (), [Finding(2, 5, "LOCATION", 0.9, "rampart")]) == set()


def test_a_measure_is_no_address_and_a_bare_number_needs_more_than_one_finder():
    text = "it took 1250 ms"
    assert found(text, (), said(text, "1250 ms", entity="ADDRESS", score=0.98, by="rampart")) == set()
    text = "we sold 1204 parts"
    assert found(text, (), said(text, "1204", entity="ADDRESS", score=0.7, by="rampart")) == set()


def test_a_model_that_sees_a_telephone_gives_its_weight_to_the_pattern():
    text = "212-555-0199 and https://x"
    pattern = said(text, "212-555-0199", score=0.45, entity="PHONE_NUMBER", by="guardrail/phone")
    other = said(text, "https://x", score=0.6, entity="URL", by="guardrail/url")
    seen = said(text, "212-555-", score=0.93, entity="PHONE_NUMBER", by="rampart")
    joined = with_numbers([*pattern, *other], seen)
    assert [(f.start, f.end, f.score) for f in joined] == [(0, 12, 0.93), (17, 26, 0.6)]
    assert with_numbers([], seen) == seen
    assert with_numbers([], said(text, "212-555-", score=0.7, entity="PHONE_NUMBER", by="rampart")) == []
    assert with_numbers(pattern, []) == pattern


@pytest.mark.parametrize(
    ("text", "left"), [("id 1234 0044 0532 01", 0), ("is 0044 0532", 1), ("is 0044 0532 9", 0)]
)
def test_a_piece_of_a_longer_number_is_no_telephone(text, left):
    seen = said(text, "0044 0532", score=0.9, entity="PHONE_NUMBER", by="rampart")
    assert len(combine(text, Lines(text), [seen], [RAMPART])) == left


def test_a_million_characters_of_names_take_linear_work():
    text = "Anna Zorvia met us. " * 20_000
    findings = [Finding(at, at + 4, "PERSON", 0.95, "rampart") for at in range(0, len(text), 20)]
    assert len(persons(text, Lines(text), [findings], [RAMPART])) == 20_000


def test_countries_and_peoples_are_found_in_any_letter_case_and_are_no_persons():
    text = "she left germany for two Swedish islands; Mexicans and user@peru.example stay"
    assert found(text, said(text, "Swedish")) == {
        ("LOCATION", "germany"),
        ("NRP", "Swedish"),
        ("NRP", "Mexicans"),
    }


def test_a_country_that_a_finder_saw_is_found_once_and_none_in_machines_text():
    text = "in Germany today"
    findings = combine(text, Lines(text), [said(text, "Germany", entity="LOCATION")], [SPACY])
    assert [(f.entity, f.recognizer) for f in findings] == [("LOCATION", "spacy/x")]
    assert found("2015-10-18 18:04:29,707 INFO region Germany") == set()


def test_after_a_title_a_word_for_a_thing_is_a_name():
    text = "so Dr. House said"
    assert names(text, said(text, "House"), words(text, ("House", 0.6))) == {"House"}


def test_a_street_named_by_a_finder_outdoes_a_weak_person_inside_it():
    text = "at 12 Zorvia Street today"
    street = said(text, "12 Zorvia Street", score=0.6, entity="ADDRESS", by="rampart")
    assert found(text, (), [*street, *words(text, ("Zorvia", 0.9))]) == {("ADDRESS", "12 Zorvia Street")}
    assert found("the 2 x", (), [Finding(4, 5, "PHONE_NUMBER", 0.9, "rampart")]) == set()
