"""Guards of real parts, without models: e-mail addresses, cards and account numbers are found by patterns."""

import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from guardrail import policy
from guardrail.detect import Detector, recognizer
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.vault.keys import Keys

# In importlib mode, what tests share is found here.
sys.path.append(str(Path(__file__).parent))

from callers import FAULT
from servers import KINDS, Stage, started
from web_policy import POLICY


@recognizer("FAULTY")
def faulty(text):
    """Fail as a user's recognizer may, and with the text in the error: on one character."""
    if FAULT in text:
        raise RuntimeError(text)
    yield from ()


@pytest.fixture(scope="session")
def patterns():
    return Detector.load(names="none", extra=[faulty])


@pytest.fixture
def guards(tmp_path, patterns):
    """Return a context manager that makes a guard; its ledger is in memory, or in a file of this test."""

    @contextmanager
    def make(*, on_error="block", on_unreadable="block", patience=5.0, ledger=None):
        file = tmp_path / f"{on_error}-{on_unreadable}.toml"
        file.write_text(POLICY.format(on_error=on_error, on_unreadable=on_unreadable))
        keys = Keys.ephemeral()
        path = tmp_path / ledger if ledger else None
        book = Ledger.open(path, seed=keys.log_seed, patience=patience)
        with Guard(policy=policy.load(file), detector=patterns, keys=keys, ledger=book) as guard:
            yield guard

    return make


@pytest.fixture
def guard(guards):
    with guards() as one:
        yield one


@pytest.fixture(scope="module", params=KINDS)
def running(request):
    """Return the kind, port and stage of a server that runs for all tests of a module."""
    stage = Stage()
    with started(request.param, stage) as port:
        yield request.param, port, stage


@pytest.fixture
def kind(running):
    return running[0]


@pytest.fixture
def served(running):
    """Return a context manager that serves an application; on leaving, all its exchanges have ended."""
    _, port, stage = running

    @contextmanager
    def serve(app):
        with stage.playing(app):
            yield port

    return serve
