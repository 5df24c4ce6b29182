"""A value that is found where it must not be, or not where it must be, fails the demo."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardrail.demo.conversation import Conversation, Planted
from guardrail.demo.drive import Run, Turn
from guardrail.demo.verdict import faults, measure

OWN = Planted("name", "Tobias Keller", own=True)
NAME = Planted("name", "Johanna Brandt", returns=True)
CARD = Planted("card", "5555 5555 5555 4444")
ORDER = Planted("order", "BK-20417")
TALK = Conversation("A talk", ("one",), (NAME, CARD, OWN), (ORDER,))


def ran(*, model="", log="", answer=""):
    turn = Turn("", "", answer, log, 0.0, 0.0, 0.0)
    return Run((turn,), (b'{"messages":[{"content":"%s"}]}' % model.encode(),), log)


EVERYTHING = "Johanna Brandt 5555 5555 5555 4444 BK-20417 Tobias Keller"
DIRECT = ran(model=EVERYTHING, log=EVERYTHING, answer=EVERYTHING)
CLEAN = ran(model="<PERSON_X> BK-20417", log="[PERSON]", answer="Johanna Brandt ****4444")


def judge(*, direct=DIRECT, guarded=CLEAN, files=(b"",)):
    rows = measure(TALK, direct=direct, guarded=guarded, files=files)
    return faults(rows, TALK, guarded)


def test_a_clean_run_has_no_faults():
    assert judge() == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "Brandt, Johanna Brandt BK-20417"}, "the user's name: it reached the guarded model"),
        ({"log": "card 5555555555554444"}, "the user's card: it is in the guarded log"),
        ({"log": "by Tobias Keller"}, "the model's name: it is in the guarded log"),
        ({"answer": "Johanna Brandt, ask Tobias Keller"}, "the model's name: it is in the guarded answers"),
        ({"answer": "<PERSON_X>"}, "the user's name: it was not restored for the user"),
        (
            {"model": "<PERSON_X>"},
            "the order number did not reach the guarded model, though it is nobody's data",
        ),
    ],
)
def test_one_leak_or_one_loss_is_one_fault(change, said):
    parts = {"model": "<PERSON_X> BK-20417", "log": "[PERSON]", "answer": "Johanna Brandt"}
    assert judge(guarded=ran(**(parts | change))) == (said,)


def test_a_value_in_the_ledger_is_a_fault():
    assert judge(files=(b"", b"\x00Johanna Brandt\x00")) == ("the user's name: it is in the ledger",)


def test_a_search_that_finds_nothing_in_the_unguarded_run_proves_nothing():
    found = judge(direct=ran())
    assert len(found) == 6
    assert all("the search did not find it in" in fault for fault in found)


def test_faults_never_repeat_the_value():
    leaking = replace(DIRECT, bodies=(*DIRECT.bodies, b"{}"))
    for fault in judge(guarded=leaking):
        assert not any(word in fault for word in ("Johanna", "5555", "Tobias"))
