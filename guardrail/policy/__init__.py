"""Policies: what a person wrote in TOML, read strictly, composed, and asked for decisions."""

from __future__ import annotations

from guardrail.policy.actions import action
from guardrail.policy.compare import Difference, Replayed, compare, replay
from guardrail.policy.decide import Document, Example, PolicySet
from guardrail.policy.examples import judge
from guardrail.policy.lint import lint
from guardrail.policy.load import load, parse
from guardrail.policy.problem import Problem
from guardrail.policy.shipped import policy_path, shipped

__all__ = [
    "Difference",
    "Document",
    "Example",
    "PolicySet",
    "Problem",
    "Replayed",
    "action",
    "compare",
    "judge",
    "lint",
    "load",
    "parse",
    "policy_path",
    "replay",
    "shipped",
]
