"""One policy for all tests of the exchange, and real parts without models."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from guardrail.testing import memory_guard

# In importlib mode, what tests share is found here.
sys.path.append(str(Path(__file__).parent))

POLICY = """
schema = 1
name = "exchange"
version = "1"
title = "For the tests of the exchange"
owner = "tests@example.com"
review_by = 2099-01-01

[defaults]
min_score = 0.5
unlisted = "redact"
on_error = "{on_error}"
on_unreadable = "{on_unreadable}"
unknown_field = "{unknown_field}"
{more}

[retention]
content = "never"
vault = "30 days"
ledger = "3 years"

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

KNOWN = {"Ann Smith": "PERSON", "John Miller": "PERSON", "Müller": "PERSON", "221B Baker Street": "ADDRESS"}


@pytest.fixture(scope="module")
def policy_file(tmp_path_factory):
    """Return a function that writes the policy with other settings."""

    def write(*, on_error="block", on_unreadable="block", unknown_field="scrub", more=""):
        text = POLICY.format(
            on_error=on_error, on_unreadable=on_unreadable, unknown_field=unknown_field, more=more
        )
        path = tmp_path_factory.mktemp("policy") / "exchange.toml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def guard(policy_file):
    """Return a guard in memory that finds patterns and the known names."""
    with memory_guard(policy_file(), known=KNOWN) as made:
        yield made
