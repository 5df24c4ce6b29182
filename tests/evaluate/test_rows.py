"""Rows are read strictly, and nothing of a wrong one is repeated."""

from __future__ import annotations

import json

import pytest

from guardrail.evaluate.rows import Span, read, read_texts

GOOD = {
    "id": "a",
    "text": "Ann met Bob",
    "spans": [{"start": 0, "end": 3, "label": "PER"}],
    "scope": ["PERSON"],
}
CANARY = "Zaphod Beeblebrox"


def lines(*rows):
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)


def span(**changes):
    return {**GOOD, "spans": [{"start": 0, "end": 3, "label": "PERSON"} | changes]}


WRONG = {
    "not JSON": f'{{"id": "{CANARY}'.encode(),
    "not UTF-8": b'{"text": "\xff"}',
    "nested without end": b"[" * 100_000,
    "a list": [CANARY],
    "no text": {"id": "a", "spans": []},
    "a text that is a number": {"text": 7, "spans": []},
    "no spans": {"text": CANARY},
    "spans that are an object": {"text": CANARY, "spans": {}},
    "a span that is a string": {"text": CANARY, "spans": [CANARY]},
    "an offset that is true": span(end=True),
    "an offset that is a fraction": span(end=2.0),
    "a span that ends behind the text": span(end=12),
    "a span before the text": span(start=-1),
    "an empty span": span(end=0),
    "an unknown label": span(label="PERSN"),
    "a value in the place of a label": span(label=CANARY),
    "a label that is null": span(label=None),
    "a scope that is a string": {**GOOD, "scope": CANARY},
    "an unknown label in the scope": {**GOOD, "scope": [CANARY]},
    "a language that is a sentence": {**GOOD, "lang": CANARY},
    "a language that is a number": {**GOOD, "lang": 7},
    "an id that is a list": {**GOOD, "id": [CANARY]},
    "an id that is true": {**GOOD, "id": True},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_row_is_named_by_its_line_and_the_rest_goes_on(case):
    reading = read(lines(GOOD, WRONG[case], b"", GOOD), file="f")
    assert [row.line for row in reading.rows] == [1, 4]
    (fault,) = reading.faults
    assert (fault.file, fault.line) == ("f", 2)
    assert not {"Zaphod", "Beeblebrox"} & set(fault.message.split())


def test_an_unknown_label_is_told_if_it_has_the_form_of_one():
    (fault,) = read(lines(span(label="PERSN")), file="f").faults
    assert fault.message == "span 1: the label PERSN is not known"


def test_a_right_row_keeps_its_place_labels_and_scope():
    (row,) = read(b"\xef\xbb\xbf" + lines(GOOD) + b"\r\n", file="f").rows
    assert (row.line, row.language, row.id) == (1, "und", "a")
    assert row.spans == (Span(0, 3, "PERSON"),)
    assert row.scope == {"PERSON"}
    assert "Ann" not in repr(row)


def test_rows_that_wait_for_a_person_and_rows_without_scope_are_counted():
    unscoped = {"text": "x", "spans": []}
    reading = read(lines({**GOOD, "checked": False}, {**GOOD, "checked": True}, unscoped), file="f")
    assert (len(reading.rows), reading.unchecked, reading.unscoped) == (2, 1, 1)


def test_texts_to_label_come_as_lines_or_rows():
    plain = read_texts(b"one\n\ntwo\xff\nthree", file="f", jsonl=False)
    assert [(row.line, row.text) for row in plain.rows] == [(1, "one"), (4, "three")]
    assert [fault.line for fault in plain.faults] == [3]
    rows = read_texts(lines({"text": "eins", "lang": "de", "id": 7}, {"id": 1}), file="f", jsonl=True)
    assert [(row.id, row.language, row.text) for row in rows.rows] == [("7", "de", "eins")]
    assert len(rows.faults) == 1
