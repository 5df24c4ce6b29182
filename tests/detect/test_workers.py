"""spaCy's model in processes of its own: the same answers; one that is killed is an error and is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from guardrail.detect import Detector, workers
from guardrail.detect.models import SPACY_SM, locate
from guardrail.detect.spacy_names import SpacyNames
from guardrail.detect.workers import Workers
from guardrail.errors import ConfigError, DetectionError
from guardrail.guard import Guard
from guardrail.types import Passage

pytestmark = pytest.mark.skipif(locate(SPACY_SM) is None, reason="the extra `en` is not installed")
TEXT = "Barack Obama met Angela Merkel in Berlin."


@pytest.fixture(scope="module")
def pool():
    names = SpacyNames.load(workers=2)
    yield names
    names.close()


@pytest.fixture(scope="module")
def here():
    return SpacyNames.load()


def processes(names):
    return [worker._process for worker in names._together._workers]


def test_the_answers_are_those_of_the_model_in_this_process(pool, here):
    texts = [
        TEXT,
        "",
        "Ren\u00e9e \U0001f600 Smith",
        TEXT * 400,
        "x" * 9_000,
        *(f"{n} {TEXT}" for n in range(200)),
    ]
    assert pool.find(texts) == here.find(texts)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: pool.find([text]), texts)) == [
            here.find([text]) for text in texts
        ]


def test_a_killed_process_is_an_error_and_the_next_call_starts_another(pool, here):
    for process in processes(pool):
        os.kill(process.pid, signal.SIGSTOP)  # so that it is inside of a call when it is killed
    with ThreadPoolExecutor(1) as threads:
        task = threads.submit(pool.find, [TEXT * 2_000])
        for process in processes(pool):
            os.kill(process.pid, signal.SIGKILL)
        error = task.exception()
    assert error is None or isinstance(error, DetectionError)  # it may have asked after the kill
    assert pool.find([TEXT]) == here.find([TEXT])
    assert pool.find([TEXT]) == here.find([TEXT])


def test_a_process_that_dies_inside_of_a_call_or_fails_is_an_error(pool, here, monkeypatch):
    worker = pool._together._workers[0]
    with pytest.raises(DetectionError, match="failed"):
        worker.ask(["\ud83d Ann"])  # spaCy raises; readers get texts without such code points
    monkeypatch.setattr(workers, "ANSWER", 0.05)
    os.kill(worker._process.pid, signal.SIGSTOP)
    with pytest.raises(DetectionError, match="in time"):
        worker.ask([TEXT])
    monkeypatch.undo()
    assert worker.ask([TEXT]) == here.read([TEXT])
    worker._process.kill()
    worker._process.wait()
    with pytest.raises(DetectionError, match="ended"):
        worker._receive(60)
    with pytest.raises(DetectionError, match="ended"):
        worker._send([TEXT], 60)
    assert worker.ask([TEXT]) == here.read([TEXT])
    worker.stop()
    with pytest.raises(DetectionError, match="closed"):
        worker._receive(60)


def test_a_forked_child_starts_its_own_and_leaves_its_parents_alone(pool, here):
    pool.find([TEXT])
    before = [process.pid for process in processes(pool)]
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if pool.find([TEXT])[0] and {p.pid for p in processes(pool)} != set(before) else 2
            pool.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [process.pid for process in processes(pool)] == before
    assert pool.find([TEXT]) == here.find([TEXT])


def test_a_closed_detector_ends_its_processes_and_is_refused():
    detector = Detector.load(names="spacy", workers=1)
    (process,) = processes(detector._finders[0])
    detector.close()
    detector.close()
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(DetectionError, match="closed"):
        detector.detect([Passage(TEXT)])
    with pytest.raises(DetectionError, match="closed"):
        detector._finders[0]._together._workers[0].ask([TEXT])


def test_a_guard_closes_the_processes_that_it_started():
    with Guard.load("gdpr-chat", workers=1, names="spacy") as guard:
        assert "Merkel" not in guard.scrub(TEXT).text
        (process,) = processes(guard.detector._finders[0])
    assert process.returncode == -signal.SIGKILL


def test_the_processes_end_with_a_program_that_never_closes_them():
    code = """
from guardrail.detect import Detector
detector = Detector.load(names="spacy", workers=1)
print(detector._finders[0]._together._workers[0]._process.pid)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == ""
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


@pytest.mark.parametrize("count", [-1, 65])
def test_a_number_of_processes_that_makes_no_sense_is_refused(count):
    with pytest.raises(ConfigError, match="workers"):
        Detector.load(names="spacy", workers=count)


def test_processes_that_do_not_come_up_are_told(monkeypatch):
    monkeypatch.setattr(workers, "_COMMAND", "raise SystemExit")
    with pytest.raises(ConfigError, match="does not come up"):
        Workers.load(1)
