"""Tools with keys that tests can name, and an action in one call."""

import hashlib
from datetime import date

import pytest

from guardrail.operators import Tools, act
from guardrail.types import Action, Decision, Finding


def tools_of(root="one", scope=""):
    return Tools(
        issue=lambda entity, _value: f"<{entity}_7Q9NXQV>",
        key=lambda purpose: hashlib.sha512(f"{root}/{purpose}".encode()).digest(),
        scope=scope,
        today=lambda: date(2026, 11, 22),
    )


@pytest.fixture(scope="session")
def tools():
    return tools_of()


@pytest.fixture(scope="session")
def other_tools():
    """Return a function: tools with another secret or scope."""
    return tools_of


@pytest.fixture(scope="session")
def run(tools):
    """Return a function: value, entity, action and options in, the text in its place out."""

    def go(value, entity, action, *, using=tools, **options):
        decision = Decision(
            Finding(0, len(value), entity, 1.0, "test"),
            Action(action, tuple(sorted(options.items()))),
            policy="chat",
            rule="rule",
        )
        return act(value, decision, using)

    return go
