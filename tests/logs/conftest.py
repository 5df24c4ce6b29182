"""A guard whose policy takes everything planted out of logs; patterns only, no models."""

import io
import logging
import warnings

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


class Everything(logging.Formatter):
    """Writes all that a record holds, also what no format asks for."""

    def format(self, record):
        super().format(record)
        return repr(sorted((k, v) for k, v in record.__dict__.items() if k != "args")) + repr(record.args)


@pytest.fixture
def out():
    """Return what the handlers of the root logger and of one child write."""
    stream = io.StringIO()
    loggers = [logging.getLogger(), logging.getLogger("shop.orders")]
    handlers = []
    for logger in loggers:
        for formatter in (Everything(), logging.Formatter("%(levelname)s %(name)s %(message)s")):
            handler = logging.StreamHandler(stream)
            handler.setFormatter(formatter)
            logger.addHandler(handler)
            handlers.append((logger, handler))
    level = loggers[0].level
    loggers[0].setLevel(logging.DEBUG)
    yield stream
    loggers[0].setLevel(level)
    for logger, handler in handlers:
        logger.removeHandler(handler)


@pytest.fixture
def shown(monkeypatch):
    """Return the stream that `warnings` writes to; pytest keeps them to itself otherwise."""
    stream = io.StringIO()

    def show(message, category, filename, lineno, *_):
        stream.write(warnings.formatwarning(message, category, filename, lineno))

    monkeypatch.setattr(warnings, "showwarning", show)
    return stream
