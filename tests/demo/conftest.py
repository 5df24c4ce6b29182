"""The demo's own parts without models: a guard that finds patterns, and the names that it is told."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from guardrail import policy as policies
from guardrail.demo import conversation
from guardrail.demo.drive import WatchedGuard
from guardrail.detect import Detector
from guardrail.ledger import Ledger
from guardrail.policy.shipped import policy_path
from guardrail.testing import KnownValues
from guardrail.vault.keys import Keys

KNOWN = {
    "Johanna Brandt": "PERSON",
    "Amelie Fontaine": "PERSON",
    "Tobias Keller": "PERSON",
    "Lindenallee 14, 10117 Berlin": "ADDRESS",
    "+49 30 23125 042": "PHONE_NUMBER",
    "+44 20 7946 0812": "PHONE_NUMBER",
}


@pytest.fixture(scope="session")
def talk():
    """Return the conversation that is shipped."""
    return conversation.load(conversation.example("support-chat.toml"))


@pytest.fixture
def loader():
    """Return what makes a `load` for the demo, by the values that its detector is told."""

    def make(known):
        def load(name, *, ledger, progress=None):
            policy = policies.load(policy_path(name))
            detector = Detector.load(wanted=policy.entities, names="none", extra=[KnownValues(known)])
            keys = Keys.ephemeral()
            book = Ledger.open(ledger, seed=keys.log_seed)
            book.append_policy([(d.name, d.version, d.digest, d.source) for d in policy.documents])
            return WatchedGuard(policy=policy, detector=detector, keys=keys, ledger=book)

        return load

    return make


@pytest.fixture
def known():
    """Return all that the detector must be told, besides what has a pattern."""
    return dict(KNOWN)


@pytest.fixture
def waiting():
    """Return a progress that nobody sees."""

    @contextmanager
    def progress(_title):
        yield lambda _step, _fraction: None

    return progress
