"""Findings of `guardrail check` that need no other part."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from guardrail.policy.decide import PolicySet
    from guardrail.policy.problem import Problem

__all__ = ["lint"]


def lint(policies: PolicySet, *, detectable: frozenset[str], today: date) -> tuple[Problem, ...]:
    """Return what is wrong or doubtful."""
    return ()
