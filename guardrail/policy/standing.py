"""What `guardrail check` says of rules that leave stand-ins, or need a library: surrogate, shift, fpe."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.policy.placed import Placed
    from guardrail.policy.problem import Problem

__all__ = ["DRAWN", "NEEDS", "standing"]

# The same as of the operators; a test compares them.
NEEDS: Final[Mapping[str, str]] = {"surrogate": "faker", "fpe": "ffx"}
DRAWN: Final = frozenset(
    {
        *("ADDRESS", "CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "LOCATION", "MAC_ADDRESS"),
        *("ORGANIZATION", "PERSON", "PHONE_NUMBER", "URL", "US_ITIN", "US_SSN"),
    }
)
_LATER: Final = "use tokenize for it, or write a rule of its own with redact"


def standing(rule: Placed) -> Iterator[Problem]:
    """Yield what is doubtful in the rule's action and its entities and channels."""
    kind = rule.rule.action.type
    module = NEEDS.get(kind)
    if module and find_spec(module) is None:
        yield rule.problem(
            f"the action '{kind}' needs a library that is not installed",
            f"run: pip install 'guardrail-pii[{kind}]'",
            key="action",
        )
    for entity in rule.rule.find:
        if (kind == "surrogate" and entity not in DRAWN) or (kind == "shift" and entity != "DATE_TIME"):
            what = "surrogate" if kind == "surrogate" else "date to move"
            yield rule.problem(
                f"{entity} has no {what}, so '{kind}' redacts it",
                _LATER,
                key="find",
                word=entity,
                severity="warning",
            )
    if kind in {"surrogate", "shift"} and "completion" in rule.rule.where:
        yield rule.problem(
            f"'{kind}' replaces what the model itself brings, too: who reads it cannot tell",
            "name the channels prompt and tool, and another action for completion",
            key="where",
            severity="warning",
        )
