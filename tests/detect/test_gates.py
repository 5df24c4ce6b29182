"""A recognizer is called only where its need is met, and loses nothing by it."""

import re

from guardrail.detect.gates import DIGIT, Gated
from guardrail.detect.recognizer import recognizer
from guardrail.types import Finding


class Named:
    """A recognizer that keeps the texts it was asked about."""

    def __init__(self, name, needs=None):
        self.name, self.entities, self.asked = name, frozenset({"EMPLOYEE_ID"}), []
        if needs is not None:
            self.needs = needs

    def recognize(self, text):
        self.asked.append(text)
        return [Finding(0, 1, "EMPLOYEE_ID", 0.5, self.name)]


def test_a_recognizer_is_not_called_where_its_need_is_not_met():
    digits, always = Named("digits", DIGIT), Named("always")
    assert [f.recognizer for f in Gated([digits, always]).recognize("no numbers")] == ["always"]
    assert digits.asked == []


def test_findings_come_in_the_order_of_the_recognizers():
    parts = [Named("b", DIGIT), Named("a"), Named("c", re.compile("x")), Named("d", DIGIT)]
    assert [f.recognizer for f in Gated(parts).recognize("x1")] == ["b", "a", "c", "d"]


def test_a_function_has_no_need_and_is_always_called():
    @recognizer("EMPLOYEE_ID")
    def all_of_it(text):
        yield Finding(0, len(text), "EMPLOYEE_ID", 0.5, "own")

    assert len(Gated([all_of_it]).recognize("any")) == 1
