"""A policy in a few lines, for tests that look at one rule of it."""

import pytest

from guardrail.policy import PolicySet, parse
from guardrail.types import Context, Finding

HEAD = 'schema = 1\nname = "{name}"\nversion = "1"\n'


@pytest.fixture
def policy():
    """Return a function: the body of a policy in, the set of it (or of several) out."""

    def make(*bodies: str, **named: str) -> PolicySet:
        texts = {f"policy-{number}": body for number, body in enumerate(bodies)} | {
            name.replace("_", "-"): body for name, body in named.items()
        }
        return PolicySet.of(
            parse((HEAD.format(name=name) + body).encode(), file=f"{name}.toml")
            for name, body in texts.items()
        )

    return make


@pytest.fixture
def decided():
    """Return a function that tells in words what a set decides: "mask by rule"."""

    def ask(policies, entity="PERSON", *, channel="prompt", score=0.9, **place):
        finding = Finding(0, 5, entity, score, "test")
        decision = policies.decide(finding, channel=channel, context=Context(**place))
        return None if decision is None else f"{decision.action.type} by {decision.rule}"

    return ask
