"""Planted personal data: not one byte of it reaches any file of the ledger, a log, or an error."""

from __future__ import annotations

import logging

import pytest

from guardrail.errors import LedgerError
from guardrail.ledger import Ledger
from guardrail.types import Event

SEED = bytes(range(32))
PLANTED = (
    "Zoë Quillfeather",
    "zoe.quillfeather@example.org",
    "+49 151 23456789",
    "4915123456789",
    "DE89370400440532013000",
    "4111111111111111",
)


def hostile_events(value):
    """Return an event for every place that a careless caller could put a value in."""
    number = int(value) if value.isdigit() else 0
    return [
        Event(value),
        Event(f"guard.{value}"),
        Event("scrub", retention=value),
        Event("scrub", policy=value.encode()),
        Event("scrub", findings={value: {"mask": 1}}),
        Event("scrub", findings={f"X{value}": {"mask": 1}}),
        Event("scrub", findings={"PERSON": {value: 1}}),
        Event("scrub", rules={f"gdpr/{value}": 1}),
        Event("scrub", rules={value: 1}),
        Event("scrub", facts={value: 1}),
        Event("scrub", facts={"outcome": value}),
        Event("scrub", facts={"passed": {value: 1}}),
        Event("scrub", facts={"bytes": value}),
        Event("scrub", facts={"status": number or value}),
        Event("scrub", facts={"nobody": number}),
    ]


@pytest.mark.parametrize("value", PLANTED)
def test_no_file_of_the_ledger_holds_a_planted_value(tmp_path, caplog, value):
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "ledger.db"
    said = []
    with Ledger.open(path, seed=SEED, origin="example.com/guard") as ledger:
        for event in hostile_events(value):
            with pytest.raises(LedgerError) as caught:
                ledger.append(event)
            said.append(f"{caught.value!r} {caught.value.advice} {caught.value.__cause__}")
            ledger.append(Event("scrub", findings={"PERSON": {"tokenize": 1}}, facts={"outcome": "blocked"}))
        ledger.checkpoint()
        assert_clean(tmp_path, value)
    assert_clean(tmp_path, value)
    needles = (value, value.replace(" ", ""), value.lower())
    assert not any(needle in text for needle in needles for text in [*said, caplog.text])


def assert_clean(folder, value):
    files = [file for file in folder.iterdir() if file.is_file()]
    assert len(files) >= 4
    for file in files:
        data = file.read_bytes().lower()
        for encoding in ("utf-8", "utf-16-le", "latin-1"):
            assert value.lower().encode(encoding) not in data, file.name


def test_the_only_free_text_is_a_policy_document_and_it_is_the_operators_own(tmp_path):
    from hashlib import sha256

    path, source = tmp_path / "ledger.db", b"owner = 'dpo@example.com'"
    with Ledger.open(path, seed=SEED, origin="example.com/guard") as ledger:
        ledger.append_policy([("ann smith", PLANTED[0], sha256(source).digest(), source)])
    data = path.read_bytes()
    assert source in data
    assert b"ann smith" not in data
    assert PLANTED[0].encode() not in data
