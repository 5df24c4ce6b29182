"""A guard without models, and a model provider on loopback."""

from __future__ import annotations

import functools
import importlib
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from guardrail import LedgerError, policy
from guardrail.detect import Detector, recognizer
from guardrail.guard import Guard
from guardrail.ledger import Ledger
from guardrail.testing import KnownValues
from guardrail.vault.keys import Keys

# In importlib mode, what tests share is found here.
sys.path.append(str(Path(__file__).parent))

from seen import FAULT

POLICY = """
schema = 1
name = "transport"
version = "1"
title = "For the tests of the transport"
owner = "tests@example.com"
review_by = 2099-01-01

[defaults]
min_score = 0.5
unlisted = "redact"
on_error = "block"
on_unreadable = "{on_unreadable}"
unknown_field = "scrub"

[retention]
content = "never"
vault = "30 days"
ledger = "3 years"

[[rules]]
id = "people"
why = "the model need not know"
find = ["PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER"]
action = "tokenize"
restore = ["completion", "tool:crm_*"]

[[rules]]
id = "secrets"
why = "never leaves"
find = ["SECRET"]
action = "block"
"""

KNOWN = {"Jane Roe": "PERSON"}


@pytest.fixture(scope="session", autouse=True)
def _one_tls_context():
    """Share one TLS context: nothing here is encrypted, and each client takes 90 ms to read the roots."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("httpx2", "httpx"):
            with suppress(ImportError):
                default = importlib.import_module(f"{name}._transports.default")
                patch.setattr(default, "create_ssl_context", functools.cache(default.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def policy_file(tmp_path_factory):
    """Return a function that writes the policy with other settings."""

    def write(*, on_unreadable="block"):
        path = tmp_path_factory.mktemp("policy") / "transport.toml"
        path.write_text(POLICY.format(on_unreadable=on_unreadable), "utf-8")
        return path

    return write


@recognizer("PERSON")
def faulty(text):
    """Fail as a user's recognizer may, and with the text in the error: on one character."""
    if FAULT in text:
        raise RuntimeError(text)
    yield from ()


@pytest.fixture(scope="session")
def guard(policy_file):
    """Return a guard in memory that finds patterns and the known names, and fails on one character."""
    loaded = policy.load(policy_file())
    detector = Detector.load(wanted=loaded.entities, names="none", extra=[KnownValues(KNOWN), faulty])
    keys = Keys.ephemeral()
    ledger = Ledger.open(None, seed=keys.log_seed)
    with Guard(policy=loaded, detector=detector, keys=keys, ledger=ledger) as made:
        yield made


@pytest.fixture
def since(guard):
    """Return the number of entries before the test."""
    return guard.ledger.size


@pytest.fixture
def refusing(guard, monkeypatch):
    """Return a function that lets the ledger refuse from the n-th entry on."""

    def refuse(good):
        left = [good]
        append = guard.ledger.append

        def failing(event):
            left[0] -= 1
            if left[0] < 0:
                raise LedgerError("the disk is full", advice="make room")
            return append(event)

        monkeypatch.setattr(guard.ledger, "append", failing)

    return refuse


@pytest.fixture(scope="session")
def _stub():
    from stub import Stub

    made = Stub()
    yield made
    made.close()


@pytest.fixture
def stub(_stub):
    """Return the provider, with nothing received yet."""
    _stub.forget()
    return _stub
