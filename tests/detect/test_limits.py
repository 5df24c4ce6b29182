"""What hangs, raises or takes too long is an error that the policy decides on, and never a silence."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from guardrail.detect import Detector, Limits, bounded, deadline, recognizer
from guardrail.detect.bounded import BoundedFinder, BoundedRecognizer
from guardrail.errors import ConfigError, DetectionError
from guardrail.guard import Guard
from guardrail.types import Finding, Passage

SOON = 0.02


class Stuck:
    """A recognizer that hangs on some texts until it is let go."""

    name = "stuck"
    entities = frozenset({"BADGE"})

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls = 0

    def recognize(self, text):
        self.calls += 1
        if "hang" in text:
            self.go.wait()
        return [Finding(0, 1, "BADGE", 0.9, self.name)]

    def find(self, texts):
        return [self.recognize(text) for text in texts]

    def let_go(self):
        self.go.set()
        for thread in threading.enumerate():
            if thread.name == "guardrail/stuck":
                thread.join()


@pytest.fixture
def stuck(monkeypatch):
    monkeypatch.setattr(bounded, "IDLE", 0.01)
    one = Stuck()
    yield one
    one.go.set()


def test_a_recognizer_that_hangs_is_an_error_at_once_from_then_on_and_serves_again_when_it_returns(stuck):
    detector = Detector.load(names="none", extra=[stuck], limits=Limits(own=SOON))
    with pytest.raises(DetectionError, match="does not return in time") as error:
        detector.detect([Passage("hang")])
    assert "0.02 seconds" in error.value.advice
    for _ in range(3):
        with pytest.raises(DetectionError, match="has not returned yet"):
            detector.detect([Passage("another text")])
    assert stuck.calls == 1, "nobody waits for it, and nothing piles up behind it"
    assert sum(thread.name == "guardrail/stuck" for thread in threading.enumerate()) == 1
    stuck.let_go()
    assert [f.entity for f in detector.detect([Passage("another text")])[0]] == ["BADGE"]


def test_callers_who_hang_together_leave_one_thread_each_and_no_more(stuck):
    part = BoundedRecognizer(stuck, 0.2)
    with ThreadPoolExecutor(8) as pool:
        tasks = [pool.submit(part.recognize, f"hang {n}") for n in range(8)]
        assert all(isinstance(task.exception(), DetectionError) for task in tasks)
    assert stuck.calls <= 8
    stuck.let_go()
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(part.recognize, map(str, range(100))))) == 100


def test_a_name_finder_that_hangs_is_an_error_too(stuck):
    detector = Detector.load(names=[stuck], limits=Limits(own=SOON))
    assert detector.finders == {"stuck": frozenset()}
    for told in ("does not return in time", "has not returned yet"):
        with pytest.raises(DetectionError, match=told):
            detector.detect([Passage("hang on, Ann")])


def test_a_recognizer_that_hangs_keeps_no_process_from_ending():
    code = """
import threading
from guardrail.detect import Detector, Limits, recognizer
from guardrail.types import Passage

@recognizer("BADGE")
def hangs(text):
    threading.Event().wait()
    yield

try:
    Detector.load(names="none", extra=[hangs], limits=Limits(own=0.02)).detect([Passage("a")])
except Exception as error:
    print(type(error).__name__)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "DetectionError\n"
    assert done.stderr == ""


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, DetectionError, StopIteration])
def test_what_a_recognizer_raises_is_an_error_without_its_words(error):
    @recognizer("BADGE")
    def raising(text):
        raise error(text)

    detector = Detector.load(names="none", extra=[raising])
    for _ in range(2):
        with pytest.raises(DetectionError) as caught:
            detector.detect([Passage("Ann Smith")])
        assert str(caught.value) == f"a recognizer failed with {error.__name__}"
        assert caught.value.__context__ is None


def test_findings_without_end_are_an_error():
    @recognizer("BADGE")
    def endless(text):
        for _ in count():
            yield Finding(0, 1, "BADGE", 0.5, "endless")

    with pytest.raises(DetectionError, match="OverflowError"):
        Detector.load(names="none", extra=[endless]).detect([Passage("abc")])


def test_a_recognizer_that_yields_after_its_time_is_closed(stuck):
    ended = threading.Event()

    @recognizer("BADGE")
    def late(text):
        try:
            stuck.go.wait()
            yield Finding(0, 1, "BADGE", 0.5, "late")
            pytest.fail("it was not closed")
        finally:
            ended.set()

    part = BoundedRecognizer(late, SOON)
    with pytest.raises(DetectionError):
        part.recognize("abc")
    stuck.go.set()
    assert ended.wait(60)


@pytest.mark.parametrize("answers", [[], [[], []], [[Finding(0, 9, "X", 0.5, "bad")]]])
def test_a_name_finder_answers_for_each_text_and_inside_it(answers):
    class Bad:
        entities = frozenset({"X"})

        def find(self, texts):
            return answers

    with pytest.raises(DetectionError, match=r"once for each text|outside the text"):
        BoundedFinder(Bad(), 60).find(["abc"])


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), "10"])
@pytest.mark.parametrize("which", ["own", "whole"])
def test_a_limit_that_bounds_nothing_is_refused(which, limit):
    with pytest.raises(ConfigError, match=which):
        Limits(**{which: limit})


def test_a_detection_as_a_whole_runs_out_of_time_between_its_steps():
    detector = Detector.load(names="none", limits=Limits(whole=1e-9))
    with pytest.raises(DetectionError, match="as a whole"):
        detector.detect([Passage("ann@example.com")])
    assert deadline.left() == math.inf, "the bound ends with its call"


def test_the_time_of_the_whole_bounds_a_recognizer_of_ones_own_too(stuck):
    detector = Detector.load(names="none", extra=[stuck], limits=Limits(own=600, whole=0.5))
    with pytest.raises(DetectionError, match=r"in time|as a whole"):
        detector.detect([Passage("hang")])


def test_a_forked_child_has_threads_of_its_own(stuck):
    part = BoundedRecognizer(stuck, 60)
    part.recognize("a")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if part.recognize("b") else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


POLICY = """
schema = 1
name = "bounds"
version = "1"
[defaults]
on_error = "{on_error}"
[[rules]]
id = "badges"
find = ["BADGE"]
action = "redact"
"""


@pytest.mark.parametrize(
    ("on_error", "becomes"), [("block", None), ("redact", "[UNREADABLE]"), ("pass", "hang on, Ann")]
)
def test_the_policy_decides_what_becomes_of_a_text_whose_recognizer_hangs(tmp_path, stuck, on_error, becomes):
    file = tmp_path / "bounds.toml"
    file.write_text(POLICY.format(on_error=on_error))
    with Guard.load(file, recognizers=[stuck], names="none", limits=Limits(own=SOON)) as guard:
        for _ in range(2):  # in time, and at once
            if becomes is None:
                with pytest.raises(DetectionError):
                    guard.scrub("hang on, Ann")
            else:
                assert guard.scrub("hang on, Ann").text == becomes
        types = [entry.type for entry in guard.ledger.entries()][-2:]
        assert types == ["scrub.blocked" if becomes is None else "scrub"] * 2
        stuck.let_go()
        assert guard.scrub("Ann").text == "[BADGE]nn"
