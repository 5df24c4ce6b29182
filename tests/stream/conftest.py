"""A guard without models for the tests of streams, and the bodies of the protocols."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from guardrail.testing import memory_guard

# In importlib mode, what tests share is found here.
sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "exchange")]

POLICY = """
schema = 1
name = "streams"
version = "1"
title = "For the tests of streams"
owner = "tests@example.com"
review_by = 2099-01-01
mode = "{mode}"

[defaults]
min_score = 0.5
unlisted = "redact"
on_error = "{on_error}"
on_unreadable = "block"
stream = "{stream}"

[[rules]]
id = "people"
why = "the model need not know"
find = ["PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "ADDRESS"]
where = ["prompt", "completion", "tool"]
action = "tokenize"
restore = ["completion", "tool:crm_*"]

[[rules]]
id = "cards"
why = "four digits are enough"
find = ["CREDIT_CARD"]
action = {{ type = "mask", keep_last = 4 }}

[[rules]]
id = "secrets"
why = "never leaves"
find = ["SECRET"]
action = "block"

[[rules]]
id = "places"
why = "harmless"
find = ["LOCATION", "DATE_TIME", "URL"]
action = "allow"
"""
KNOWN = {"Ann Smith": "PERSON", "John Miller": "PERSON", 'Ann "A" (Smith': "PERSON"}


@pytest.fixture(scope="session")
def guards(tmp_path_factory):
    """Return a function that makes a guard whose policy has these settings; each is made once."""
    made = {}

    def make(*, on_error="block", stream="strict", mode="enforce"):
        key = (on_error, stream, mode)
        if key not in made:
            path = tmp_path_factory.mktemp("policy") / "streams.toml"
            path.write_text(POLICY.format(on_error=on_error, stream=stream, mode=mode), "utf-8")
            made[key] = memory_guard(path, known=KNOWN)
        return made[key]

    yield make
    for one in made.values():
        one.close()


@pytest.fixture(scope="session")
def guard(guards):
    """Return the strict guard."""
    return guards()
