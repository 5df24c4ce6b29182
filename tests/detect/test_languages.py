"""Texts of other languages: told apart by what they say, served by what reads them, lost by nobody."""

from __future__ import annotations

import pytest

from guardrail.detect import Detector
from guardrail.detect.languages import LANGUAGES, Languages, ask, bound, code_of
from guardrail.errors import ConfigError
from guardrail.types import Finding, Passage

TEXTS = {
    "en": "Please tell the neighbours that the meeting was moved to the end of next week.",
    "de": "Bitte sagen Sie den Nachbarn, dass die Sitzung auf das Ende der Woche verschoben wurde.",
    "fr": "Veuillez dire aux voisins que la réunion a été reportée à la fin de la semaine.",
    "es": "Por favor, diga a los vecinos que la reunión se ha aplazado hasta el final de la semana.",
    "it": "Per favore dica ai vicini che la riunione è stata spostata alla fine della settimana.",
    "nl": "Zeg alstublieft tegen de buren dat de vergadering naar het einde van de week is verplaatst.",
    "pl": "Proszę powiedzieć sąsiadom, że zebranie zostało przesunięte na koniec tygodnia.",
    "pt": "Por favor, diga aos vizinhos que a reunião foi adiada para o fim da semana.",
    "sv": "Var snäll och säg till grannarna att mötet har flyttats till slutet av veckan.",
    "da": "Vær venlig at sige til naboerne, at mødet er blevet flyttet til slutningen af ugen.",
}


@pytest.fixture(scope="module")
def languages():
    return Languages.load()


def test_every_language_that_is_served_has_a_text_here():
    assert set(TEXTS) == set(LANGUAGES)


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_tells_its_language(languages, code):
    assert languages.of(TEXTS[code]) == code


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_is_believed_before_what_is_said_of_it(languages, code):
    assert languages.of(TEXTS[code], said="fr" if code == "de" else "de") == code


@pytest.mark.parametrize(
    ("text", "said", "told"),
    [
        ("Ann Smith", "", ""),
        ("Ann Smith", "de-AT", "de"),
        ("Ann Smith", "xx", ""),
        ("", "log", ""),
        ("4111 1111 1111 1111", "", ""),
        ("Пожалуйста, скажите соседям, что собрание перенесено", "", "und"),
        ("Vennligst si fra til naboene at møtet ikke blir noe av i kveld, jeg skal kjøpe brød", "", "no"),
    ],
)
def test_what_is_too_short_is_what_it_is_said_to_be(languages, text, said, told):
    assert languages.of(text, said=said) == told


def test_a_fixed_language_holds_for_every_text():
    fixed = Languages.load("de-CH")
    assert {fixed.of(text) for text in TEXTS.values()} == {"de"}


def test_without_an_identifier_nothing_is_told():
    assert Languages().each([TEXTS["de"], TEXTS["fr"]], ["", "fr"]) == ["", "fr"]


def test_a_language_that_nobody_serves_cannot_be_fixed():
    with pytest.raises(ConfigError, match="'tlh' is not served") as error:
        Languages.load("tlh")
    assert "auto, en, de" in error.value.advice


@pytest.mark.parametrize(
    ("tag", "code"), [("de", "de"), ("PT_br", "pt"), ("log", ""), ("ad", ""), ("", ""), ("d" * 99, "")]
)
def test_a_tag_names_a_served_language_or_none(tag, code):
    assert code_of(tag) == code


class Reader:
    """A finder that says what it is given to say."""

    entities = frozenset({"PERSON"})

    def __init__(self, *said, languages=frozenset()):
        self.said = said
        self.languages = languages

    def find(self, texts):
        return [list(self.said) for _ in texts]


TEXT = "Heute kam Erika Muster nach Wien."
NAME, WORD, PLACE = (
    Finding(10, 22, "PERSON", 0.7, "spacy/en"),
    Finding(0, 5, "PERSON", 0.7, "spacy/en"),
    Finding(28, 32, "LOCATION", 0.7, "spacy/en"),
)
ENGLISH = Reader(NAME, WORD, PLACE, languages=frozenset({"en"}))


def test_of_a_finder_that_does_not_read_the_language_full_names_count_that_another_has_an_inkling_of():
    trace = Reader(Finding(10, 15, "PERSON", 0.1, "all"), Finding(0, 5, "PERSON", 0.01, "all"))
    (english,), _ = ask([ENGLISH, trace], [TEXT], ["de"])
    assert [(f.start, f.score) for f in english] == [(10, 0.7), (28, 0.4)]


@pytest.mark.parametrize("code", ["en", ""])
def test_in_its_own_language_and_in_doubt_a_finder_is_believed(code):
    (english,), _ = ask([ENGLISH, Reader()], [TEXT], [code])
    assert english == [NAME, WORD, PLACE]


def test_where_no_finder_reads_the_language_all_are_heard():
    assert ask([ENGLISH], [TEXT], ["de"]) == [[[NAME, WORD, PLACE]]]


def test_texts_are_told_apart_only_for_finders_that_do_not_read_all():
    assert bound([ENGLISH, Reader()])
    assert not bound([Reader()])


def test_numbers_are_found_in_every_language_and_names_in_those_that_are_served():
    detector = Detector.load()
    said = {
        "de": "Sehr geehrte Frau Schneider, bitte überweisen Sie an DE89 3704 0044 0532 0130 00.",
        "fr": "Bonjour Monsieur Lefèvre, merci de virer la somme sur DE89 3704 0044 0532 0130 00.",
        "xx": "IBAN DE89 3704 0044 0532 0130 00",
    }
    for code, text in said.items():
        (found,) = detector.detect([Passage(text, language=code)])
        assert "IBAN_CODE" in {f.entity for f in found if f.score >= 0.5}
        if code != "xx":
            assert "PERSON" in {f.entity for f in found if f.score >= 0.5}, code
