"""Recognizers of the user's own: a function, a Presidio recognizer, a file of them."""

from __future__ import annotations

import pytest

from guardrail.detect import Detector, recognizer
from guardrail.detect.plugins import collect
from guardrail.detect.presidio import borrow
from guardrail.errors import ConfigError
from guardrail.types import Passage

FILE = """
import re
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult
from guardrail.detect import recognizer
from guardrail.types import Finding

@recognizer("BADGE")
def badges(text):
    for match in re.finditer(r"\\bB-\\d{4}\\b", text):
        yield Finding(*match.span(), "BADGE", 0.9, "badges")

again = badges
lockers = PatternRecognizer("LOCKER", patterns=[Pattern("l", r"\\bL\\d{3}\\b", 0.3)], context=["locker"])

class Rooms(EntityRecognizer):
    def __init__(self):
        super().__init__(supported_entities=["ROOM"], name="rooms")
    def load(self):
        pass
    def analyze(self, text, entities, nlp_artifacts):
        at = text.find("R2D2")
        return [RecognizerResult("ROOM", at, at + 4, 0.8)] if at >= 0 else []
"""
TEXT = "badge B-1234, locker L123, room R2D2"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(FILE)
    return path


def test_a_file_gives_its_functions_its_presidio_recognizers_and_its_classes_once(file):
    found = collect(str(file))
    assert [getattr(one, "name", "") for one in found] == ["badges", "PatternRecognizer", "rooms"]
    detector = Detector.load(names="none", extra=found)
    (findings,) = detector.detect([Passage(TEXT)])
    mine = {
        f.entity: (TEXT[f.start : f.end], f.score)
        for f in findings
        if f.entity in {"BADGE", "LOCKER", "ROOM"}
    }
    assert mine == {"BADGE": ("B-1234", 0.9), "LOCKER": ("L123", 0.65), "ROOM": ("R2D2", 0.8)}


def test_a_module_is_imported_by_its_name(file, monkeypatch):
    monkeypatch.syspath_prepend(file.parent)
    assert len(collect("own")) == 3


def test_the_context_words_of_a_presidio_recognizer_are_whole_words_nearby():
    from presidio_analyzer import Pattern, PatternRecognizer

    source = PatternRecognizer("LOCKER", patterns=[Pattern("l", r"L\d{3}", 0.01)], context=["Locker"])
    borrowed = borrow(source)
    scores = {
        text: next(iter(borrowed.recognize(text))).score
        for text in ("LOCKER L123", "lockers L123", "locker a b c d e L123", "L123 locker")
    }
    assert list(scores.values()) == [0.4, 0.01, 0.01, 0.01]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x = 1\n", "holds no recognizer"),
        ("1/0\n", r"cannot be loaded \(ZeroDivisionError\)"),
        ("def (\n", r"cannot be loaded \(SyntaxError\)"),
        ("raise SystemExit\n", r"cannot be loaded \(SystemExit\)"),
        ("import no_such_module_here\n", "'no_such_module_here' is not found"),
        (
            "from guardrail.detect import recognizer\n@recognizer('lower')\ndef f(text): ...\n",
            "@recognizer needs",
        ),
        (
            FILE.replace("def __init__(self)", "def __init__(self, x)"),
            "Rooms cannot be made without arguments",
        ),
        (
            FILE.replace("super().__init__", "recognizer('lower')\n        super().__init__"),
            "@recognizer needs",
        ),
    ],
)
def test_what_gives_no_recognizer_is_told_without_its_own_words(tmp_path, content, told):
    path = tmp_path / "bad.py"
    path.write_text(content)
    with pytest.raises(ConfigError, match=told):
        collect(str(path))


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        collect(str(tmp_path / "none.py"))
    with pytest.raises(ConfigError, match="is not found"):
        collect("no_such_module_anywhere")


@pytest.mark.parametrize("names", [(), ("",), ("employee",), ("E",), ("1ST",), ("A B",), ("OK", "no"), (7,)])
def test_a_recognizer_names_entities_that_a_policy_can_name(names):
    with pytest.raises(ConfigError, match="names of the entities") as error:
        recognizer(*names)
    assert "EMPLOYEE_ID" in error.value.advice
