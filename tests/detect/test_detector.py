"""The detector as its users meet it: bad input, bounds, threads, memory, no network."""

from __future__ import annotations

import gc
import logging
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from presidio_analyzer import Pattern, PatternRecognizer

from guardrail.detect import Detector, Recognizer, recognizer
from guardrail.detect.detector import MAX_CHARS
from guardrail.detect.models import OWN
from guardrail.detect.spacy_names import SpacyNames
from guardrail.entities import ENTITIES
from guardrail.errors import ConfigError, DetectionError
from guardrail.types import Finding, Passage


@recognizer("EMPLOYEE_ID")
def employee_ids(text):
    at = text.find("E-")
    if at >= 0:
        yield Finding(at, at + 6, "EMPLOYEE_ID", 0.9, "ours")


@pytest.fixture(scope="module")
def patterns():
    return Detector.load(names="none")


def spans(detector, text, **passage):
    return [
        (f.entity, f.start, f.end) for f in detector.detect([Passage(text, **passage)])[0] if f.score >= 0.5
    ]


def test_every_entity_it_serves_has_a_name(detector):
    assert detector.entities <= set(ENTITIES)
    assert "ORGANIZATION" not in detector.entities


def test_organizations_are_found_only_where_wanted(detector):
    text = "She works at Microsoft Corporation in Seattle."
    wanting = Detector.load(names="spacy", wanted=frozenset({"ORGANIZATION"}))
    assert ("ORGANIZATION", 13, 34) in spans(wanting, text)
    assert "ORGANIZATION" in wanting.entities
    assert not any(entity == "ORGANIZATION" for entity, *_ in spans(detector, text))


def test_versions_name_every_detector(detector):
    assert detector.versions["spacy/en_core_web_sm"] == "3.8.0"
    assert detector.versions["guardrail-names"] == OWN.version
    assert detector.versions["presidio"]
    assert detector.versions["phonenumbers"]


def test_no_passages_and_no_text_give_no_findings(detector):
    assert detector.detect([]) == []
    assert detector.detect([Passage(""), Passage(" \n\t")]) == [(), ()]


def test_answers_come_in_the_order_of_the_passages(detector):
    texts = ["ann@example.com", "", "bob@example.com or ann@example.com", "ann@example.com"]
    answers = detector.detect([Passage(text) for text in texts])
    assert [
        [text[f.start : f.end] for f in a if f.score == 1] for text, a in zip(texts, answers, strict=True)
    ] == [
        ["ann@example.com"],
        [],
        ["bob@example.com", "ann@example.com"],
        ["ann@example.com"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\ud83d Ann Smith \udc00 ann@example.com",
        "\x00Ann Smith\x00 ann@example.com\x00",
        "Ann Smith\u2028ann@example.com",
    ],
    ids=["lone surrogates", "NUL", "line separator"],
)
def test_odd_code_points_move_no_offset(detector, text):
    found = {(entity, text[start:end]) for entity, start, end in spans(detector, text)}
    assert {("PERSON", "Ann Smith"), ("EMAIL_ADDRESS", "ann@example.com")} <= found


def test_a_million_and_one_characters_are_detected_to_the_last(patterns):
    text = "x " * 499_993 + "ann@example.com"
    assert len(text) == 1_000_001
    assert spans(patterns, text) == [("EMAIL_ADDRESS", 999_986, 1_000_001)]


def test_names_are_found_at_the_end_of_a_text_longer_than_any_window(detector):
    text = "It rained all day long. " * 400 + "My name is Priya Raman."
    assert ("PERSON", len(text) - 12, len(text) - 1) in spans(detector, text)


def test_a_text_beyond_the_bound_is_an_error_and_not_passed_over(patterns):
    with pytest.raises(DetectionError, match="longer than"):
        patterns.detect([Passage("a" * (MAX_CHARS + 1))])


@pytest.mark.parametrize(
    "piece", ["a.", "1-", "@", "a@", "x[at]", "http://", "-----BEGIN PRIVATE KEY-----", "eyJ-"]
)
def test_hostile_repetition_is_finished(patterns, piece):
    patterns.detect([Passage(piece * (60_000 // len(piece)))])


def test_a_long_run_without_spaces_is_finished_by_the_name_finders(detector):
    assert spans(detector, "a." * 20_000) == []


def test_threads_get_the_same_answers(detector):
    texts = [f"Ann Smith number {n} lives in Paris, ann{n}@example.com" for n in range(8)]
    alone = [spans(detector, text) for text in texts]
    fresh = Detector.load()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: spans(fresh, text), texts)) == alone


def test_the_string_store_of_spacy_does_not_grow_with_texts():
    names = SpacyNames.load()
    names.find(["warm up with Ann Smith, and went to"])  # words of the model are kept, once
    sizes = len(names._nlp.vocab.strings), len(names._tokens._vocab.strings)
    for n in range(20):
        names.find([f"unseenword{n} and Zqrx{n} Wvut{n} went to Lmno{n}burg"])
    gc.collect()
    assert (len(names._nlp.vocab.strings), len(names._tokens._vocab.strings)) == sizes


def test_loading_and_detecting_open_no_socket():
    code = """
import socket, sys
def refuse(event, args):
    if event.startswith("socket."):
        raise RuntimeError(event)
sys.addaudithook(refuse)
from guardrail.detect import Detector
from guardrail.types import Passage
found = Detector.load().detect([Passage("Ann Smith, ann@example.co.uk, https://example.com, 212-555-0199")])
print(sorted({f.entity for f in found[0] if f.score >= 0.5}))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "['EMAIL_ADDRESS', 'PERSON', 'PHONE_NUMBER', 'URL']"


def test_the_suite_refuses_outbound_sockets():
    with socket.socket() as outbound, pytest.raises(ConnectionRefusedError, match="without a network"):
        outbound.connect(("192.0.2.1", 443))
    with pytest.raises(ConnectionRefusedError):
        socket.getaddrinfo("example.com", 443)


def test_a_function_of_the_users_is_a_recognizer():
    assert isinstance(employee_ids, Recognizer)
    assert len(list(employee_ids("badge E-4711"))) == 1
    detector = Detector.load(names="none", extra=[employee_ids])
    assert "EMPLOYEE_ID" in detector.entities
    assert spans(detector, "badge \u200bE-4711") == [("EMPLOYEE_ID", 7, 13)]


def test_a_presidio_recognizer_of_the_users_is_a_recognizer():
    theirs = PatternRecognizer("BADGE", name="Badges", patterns=[Pattern("badge", r"\bB\d{4}\b", 0.8)])
    detector = Detector.load(names="none", extra=[theirs])
    (findings,) = detector.detect([Passage("badge B1234 \ud800")])
    assert [(f.entity, f.start, f.end, f.recognizer) for f in findings] == [
        ("BADGE", 6, 11, "presidio/Badges")
    ]


def test_presidios_own_email_recognizer_stays_off_the_network():
    code = """
import sys
def refuse(event, args):
    if event.startswith("socket."):
        raise RuntimeError(event)
sys.addaudithook(refuse)
from presidio_analyzer.predefined_recognizers import EmailRecognizer
from guardrail.detect import Detector
from guardrail.types import Passage
found = Detector.load(names="none", extra=[EmailRecognizer()]).detect([Passage("ann@example.com")])
print(sorted(f.recognizer for f in found[0]))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "['guardrail/email', 'presidio/EmailRecognizer']"
    assert done.stderr == ""


def test_what_is_no_recognizer_is_refused():
    with pytest.raises(ConfigError, match="str is not a recognizer"):
        Detector.load(names="none", extra=["EMPLOYEE_ID"])


@pytest.mark.parametrize(
    "finding",
    [Finding(0, 99, "X", 0.5, "bad"), Finding(2, 2, "X", 0.5, "bad"), Finding(0, 1, "X", 1.5, "bad")],
    ids=["beyond the end", "empty", "score above one"],
)
def test_a_span_outside_the_text_is_an_error(finding):
    @recognizer("BADGE")
    def bad(text):
        yield finding

    with pytest.raises(DetectionError, match="outside the text"):
        Detector.load(names="none", extra=[bad]).detect([Passage("abc")])


def test_a_recognizer_that_fails_is_an_error_without_the_text():
    @recognizer("BADGE")
    def failing(text):
        raise ValueError(f"cannot parse {text}")
        yield

    with pytest.raises(DetectionError) as caught:
        Detector.load(names="none", extra=[failing]).detect([Passage("Ann Smith")])
    assert str(caught.value) == "a recognizer failed with ValueError"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_presidio_writes_no_text_into_logs(patterns, caplog):
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("presidio-analyzer").error("Failed to validate text %s", "DE89")
        patterns.detect([Passage("DE89 3704 0044 0532 0130 01")])
    assert caplog.text == ""
