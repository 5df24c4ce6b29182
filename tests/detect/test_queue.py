"""Callers who ask at once are answered together, each with his own answer or his own error."""

import os
import threading

import pytest

from guardrail.detect.queue import Batches
from guardrail.errors import DetectionError


class Asked:
    """A function over batches that keeps them, and can be held up."""

    def __init__(self):
        self.batches, self.entered, self.go = [], threading.Semaphore(0), threading.Event()
        self.go.set()

    def __call__(self, items):
        self.entered.release()
        self.go.wait(20)
        self.batches.append(list(items))
        if "bad" in items:
            raise ValueError("bad is among them")
        if "stop" in items:
            raise KeyboardInterrupt
        return [item.upper() for item in items]


def started(batches, questions):
    """Ask each question in a thread of its own; return the answers' place and the threads."""
    answers = {}

    def ask(items):
        try:
            answers[tuple(items)] = batches(items)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            answers[tuple(items)] = error

    threads = [threading.Thread(target=ask, args=(items,), daemon=True) for items in questions]
    for thread in threads:
        thread.start()
    return answers, threads


def held(asked, batches, questions, *, first=("first",)):
    """Let `questions` gather behind a batch that is held up, then let all go."""
    asked.go.clear()
    answers, threads = started(batches, [list(first)])
    assert asked.entered.acquire(timeout=20)
    more, others = started(batches, questions)
    while sum(map(len, batches._line)) < 1 + len(questions):
        threading.Event().wait(0.001)
    asked.go.set()
    for thread in [*threads, *others]:
        thread.join(20)
        assert not thread.is_alive()
    return {**answers, **more}


def test_a_caller_alone_is_asked_at_once():
    asked = Asked()
    assert Batches(asked)(["a", "b"]) == ["A", "B"]
    assert Batches(asked)([]) == []


def test_who_comes_while_a_batch_is_asked_is_in_the_next():
    asked = Asked()
    answers = held(asked, Batches(asked), [["a"], ["b", "c"], ["d"]])
    assert answers == {("first",): ["FIRST"], ("a",): ["A"], ("b", "c"): ["B", "C"], ("d",): ["D"]}
    assert [len(batch) for batch in asked.batches] == [1, 4]


def test_a_batch_takes_no_more_callers_than_it_may():
    asked = Asked()
    answers = held(asked, Batches(asked, most=2), [[str(n)] for n in range(5)])
    assert all(answers[(str(n),)] == [str(n)] for n in range(5))
    assert sorted(len(batch) for batch in asked.batches) == [1, 1, 2, 2]


def test_a_batch_waits_for_callers_until_it_is_full():
    asked = Asked()
    batches = Batches(asked, wait=20_000, most=3)
    answers, threads = started(batches, [["a"], ["b"], ["c"]])
    for thread in threads:
        thread.join(20)
    assert answers == {("a",): ["A"], ("b",): ["B"], ("c",): ["C"]}
    assert len(asked.batches) == 1


def test_a_wait_ends_with_its_time():
    asked = Asked()
    assert Batches(asked, wait=1)(["a"]) == ["A"]


def test_a_failing_text_fails_its_own_caller_alone():
    asked = Asked()
    answers = held(asked, Batches(asked), [["a"], ["bad"], ["b"]])
    assert answers[("a",)] == ["A"]
    assert answers[("b",)] == ["B"]
    assert isinstance(answers[("bad",)], ValueError)


def test_an_interrupt_strikes_one_thread_and_is_an_error_for_the_others():
    asked = Asked()
    answers = held(asked, Batches(asked), [["stop"], ["a"]])
    kinds = sorted(type(answer).__name__ for key, answer in answers.items() if key != ("first",))
    assert kinds == ["DetectionError", "KeyboardInterrupt"]


def test_who_is_interrupted_while_he_gathers_leaves_nobody_waiting():
    batches = Batches(Asked(), wait=20_000)
    answers = {}

    class Interrupted(type(batches._turn)):
        def wait(self, timeout=None):
            if timeout is not None and len(batches._line[0]) == 2:
                raise KeyboardInterrupt
            return super().wait(timeout)

    batches._turn = Interrupted()
    answers, threads = started(batches, [["a"]])
    while not batches._line:
        threading.Event().wait(0.001)
    more, others = started(batches, [["b"]])
    while len(batches._line[0]) < 2:
        threading.Event().wait(0.001)
    with batches._turn:
        batches._turn.notify_all()
    for thread in [*threads, *others]:
        thread.join(20)
    assert isinstance(answers[("a",)], KeyboardInterrupt)
    assert isinstance(more[("b",)], DetectionError)
    assert not batches._line


def test_after_a_failure_the_next_caller_is_answered():
    batches = Batches(Asked())
    with pytest.raises(ValueError, match="bad"):
        batches(["bad"])
    assert batches(["a"]) == ["A"]


def test_a_closed_queue_refuses_and_answers_who_is_inside():
    asked = Asked()
    batches = Batches(asked, wait=20_000)
    answers, threads = started(batches, [["a"]])
    while not batches._line:
        threading.Event().wait(0.001)
    batches.close()
    threads[0].join(20)
    assert answers == {("a",): ["A"]}
    with pytest.raises(DetectionError):
        batches(["b"])


def test_many_threads_get_their_own_answers():
    batches = Batches(Asked(), most=5)
    wrong = []

    def work(n):
        for turn in range(100):
            item = f"t{n}x{turn}"
            if batches([item]) != [item.upper()]:
                wrong.append(item)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_starts_anew_where_its_parent_was_busy():
    asked = Asked()
    batches = Batches(asked)
    asked.go.clear()
    _, threads = started(batches, [["a"]])
    assert asked.entered.acquire(timeout=20)
    child = os.fork()
    if child == 0:
        asked.go.set()
        os._exit(0 if batches(["b"]) == ["B"] else 1)
    asked.go.set()
    threads[0].join(20)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
