"""A guard whose policy takes everything planted out of logs; patterns only, no models."""

import pytest

from guardrail import policy
from guardrail.detect import Detector, recognizer
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.vault.keys import Keys

POLICY = """
schema = 1
name = "logs"
version = "1"
title = "A policy of the tests"
owner = "tests@example.org"
review_by = 2099-01-01

[defaults]
unlisted = "redact"
on_error = "{on_error}"

[[rules]]
id = "cards"
why = "A card number in a log is an accident that nobody repeats."
find = ["CREDIT_CARD"]
action = "{cards}"

[[rules]]
id = "times"
why = "Lines are found by their time."
find = ["DATE_TIME"]
action = "allow"
"""


@recognizer("FAULTY")
def faulty(text):
    """Fail as a user's recognizer may, with the text in the error: on one character."""
    if "\N{BALLOT X}" in text:
        raise RuntimeError(text)
    yield from ()


@pytest.fixture(scope="session")
def patterns():
    return Detector.load(names="none", extra=[faulty])


@pytest.fixture
def make_guard(tmp_path, patterns):
    opened = []

    def make(*, on_error="block", cards="redact", detector=patterns):
        file = tmp_path / "logs.toml"
        file.write_text(POLICY.format(on_error=on_error, cards=cards))
        keys = Keys.ephemeral()
        book = Ledger.open(tmp_path / f"ledger-{len(opened)}.db", seed=keys.log_seed)
        guard = Guard(policy=policy.load(file), detector=detector, keys=keys, ledger=book)
        opened.append(guard)
        return guard

    yield make
    for guard in opened:
        guard.close()


@pytest.fixture
def guard(make_guard):
    return make_guard()
