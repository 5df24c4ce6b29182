"""Places by a table: countries and cities in ten languages."""

from __future__ import annotations

import pytest

from guardrail.detect.names import combine
from guardrail.detect.places import is_place, listed, places
from guardrail.detect.prose import Lines
from guardrail.types import Finding


def found(text: str) -> list[str]:
    return [text[f.start : f.end] for f in places(text, Lines(text))]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Wir fahren morgen nach Köln zurück.", "Köln"),
        ("Elle habite à Orléans depuis un an.", "Orléans"),
        ("mieszka w Niemczech, kiedyś Warszawa", "Warszawa"),
        ("Chiama la Francia domani", "Francia"),
        ("ella vive en estados unidos", "estados unidos"),
        ("he just moved here from karachi with us", "karachi"),
        ("My sister lives in São Paulo now", "São Paulo"),
        ("we flew to Winston-Salem last week", "Winston-Salem"),
        ("De trein naar Roosendaal's station", "Roosendaal"),
    ],
)
def test_a_listed_place_is_found_with_or_without_marks_and_in_small_letters_after_a_preposition(
    text: str, place: str
) -> None:
    assert found(text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "the karachi office called",  # small letters, nothing says that it is a place
        "Reading is nice, and so is a bath",
        "Accra Kwesi called, Ms Accra too",  # a name beside it
        "open('/srv/Karachi/a.txt') and Karachi.run()",
        "user@karachi, #Karachi, Karachi_2",
        "    x = Karachi + 1",
    ],
)
def test_a_word_that_may_be_something_else_is_left_to_the_finders(text: str) -> None:
    assert found(text) == []


def test_the_longest_listed_name_is_taken() -> None:
    assert found("They live in New York City and in Frankfurt am Main.") == [
        "New York City",
        "Frankfurt am Main",
    ]


def test_a_doubtful_place_becomes_surer_where_it_is_listed() -> None:
    text = "Treffen mit allen Kolleginnen Bielefeld Anfang Mai; Quastheim Mitte Mai"
    at, other = text.index("Bielefeld"), text.index("Quastheim")
    answers = [
        [
            Finding(at, at + 9, "LOCATION", 0.4, "spacy/en_core_web_sm"),
            Finding(other, other + 9, "LOCATION", 0.4, "spacy/en_core_web_sm"),
        ],
        [],
    ]
    scores = {text[f.start : f.end]: f.score for f in combine(text, Lines(text), answers)}
    assert scores == {"Bielefeld": 0.7, "Quastheim": 0.4}


def test_the_table_is_folded_sorted_and_holds_no_short_or_common_words() -> None:
    names = listed() - {""}
    assert 5_000 < len(names) < 20_000
    assert all(name == name.lower() and name.isascii() and len(name) >= 4 for name in names)
    assert is_place("KÖLN")
    assert not {"reading", "nice", "jordan", "mobile", "charlotte"} & names
