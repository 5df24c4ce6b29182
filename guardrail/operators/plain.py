"""The actions that need no more than a line: allow, tokenize, redact, block, presidio."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from guardrail.errors import BlockedError

if TYPE_CHECKING:
    from guardrail.operators.tools import Tools
    from guardrail.types import Decision

__all__ = ["allow", "block", "foreign", "placeholder", "redact", "tokenize"]


def allow(value: str, decision: Decision, tools: Tools) -> str:  # noqa: ARG001 - all operators look alike
    """Return the value as it is."""
    return value


def tokenize(value: str, decision: Decision, tools: Tools) -> str:
    """Return a token that this exchange can turn back into the value."""
    return tools.issue(decision.finding.entity, value)


def redact(value: str, decision: Decision, tools: Tools) -> str:  # noqa: ARG001 - all operators look alike
    """Return `[TYPE]`, or nothing where the policy says `label = false`."""
    return placeholder(decision.finding.entity) if decision.action.option("label", True) else ""


def block(value: str, decision: Decision, tools: Tools) -> NoReturn:  # noqa: ARG001 - all operators look alike
    """Refuse the text; the error names the rule and the entity, never the value."""
    raise BlockedError(policy=decision.policy, rule=decision.rule, entity=decision.finding.entity)


def foreign(value: str, decision: Decision, tools: Tools) -> str:  # noqa: ARG001 - all operators look alike
    """Run the presidio-anonymizer operator that the policy names.

    Imported here because presidio-anonymizer costs over a second to import and few
    policies name it.
    """
    from guardrail.operators.presidio import run_presidio  # noqa: PLC0415 - costly and seldom needed

    options = {name: option for name, option in decision.action.options if name != "operator"}
    name = str(decision.action.option("operator"))
    return run_presidio(name, value, options=options, entity=decision.finding.entity)


def placeholder(entity: str) -> str:
    """Return what is shown where a value was removed."""
    return f"[{entity}]"
