"""What became a token goes into logs and traces as one: only an answer or a named tool sees values again."""

from __future__ import annotations

import io
import logging

import pytest

from guardrail import logs
from guardrail.errors import PolicyError
from guardrail.policy import load
from guardrail.testing import memory_guard

POLICY = """
schema = 1
name = "destinations"
version = "1"
title = "A policy of the tests"
owner = "tests@example.org"
review_by = 2099-01-01

[defaults]
unlisted = "redact"

[retention]
content = "never"
vault = "30 days"
ledger = "3 years"

[[rules]]
id = "people"
why = "the model need not know"
find = ["EMAIL_ADDRESS"]
action = "tokenize"
restore = {restore}
"""
MAIL = "ann@example.com"


@pytest.fixture
def policy_file(tmp_path):
    def write(restore):
        path = tmp_path / "destinations.toml"
        path.write_text(POLICY.format(restore=restore), "utf-8")
        return path

    return write


@pytest.mark.parametrize("destination", ["log", "trace", "document", "prompt", "provider"])
def test_a_policy_that_would_restore_elsewhere_is_refused(policy_file, destination):
    with pytest.raises(PolicyError, match="values come back only in") as caught:
        load(policy_file(f'["completion", "{destination}"]'))
    assert "never sees them again" in caught.value.advice


def test_a_session_restores_for_no_log_and_no_trace(policy_file):
    with memory_guard(policy_file('["completion", "tool:*"]')) as guard, guard.session() as session:
        text = session.scrub(f"Write to {MAIL}.").text
        assert session.restore(text) == f"Write to {MAIL}."
        assert session.restore(text, destination="tool:crm_mail") == f"Write to {MAIL}."
        for destination in ("log", "trace", "document", ""):
            assert session.restore(text, destination=destination) == text


def test_a_token_and_what_it_was_restored_to_are_logged_without_the_value(policy_file):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    log = logging.getLogger("tests.never_restored")
    log.addHandler(handler)
    try:
        with (
            memory_guard(policy_file('["completion", "tool:*"]')) as guard,
            logs.install(guard),
            guard.session(conversation="c-1") as session,
        ):
            text = session.scrub(f"Write to {MAIL}.").text
            log.warning("sent %s", text)
            log.warning("shown %s", session.restore(text), extra={"answer": session.restore(text)})
    finally:
        log.removeHandler(handler)
    first, second = stream.getvalue().splitlines()
    assert first == f"sent {text}", "the token goes in as it stands"
    assert MAIL not in second
