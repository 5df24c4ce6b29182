"""Policies: what a person wrote in TOML, read strictly, composed, and asked for decisions."""

from __future__ import annotations

from guardrail.policy.decide import Document, Example, PolicySet
from guardrail.policy.examples import judge
from guardrail.policy.lint import lint
from guardrail.policy.load import load, parse
from guardrail.policy.problem import Problem
from guardrail.policy.shipped import policy_path, shipped

__all__ = [
    "Document",
    "Example",
    "PolicySet",
    "Problem",
    "judge",
    "lint",
    "load",
    "parse",
    "policy_path",
    "shipped",
]
