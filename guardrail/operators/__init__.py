"""Operators carry out actions: one function per action, and one table of them.

`act` gives the text that stands in a value's place. The result never holds the
value, except under `allow` and for the characters that a `mask` keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.errors import OperatorError
from guardrail.operators.generalize import generalize_value
from guardrail.operators.inline import encrypt, hash_value
from guardrail.operators.mask import mask_value
from guardrail.operators.plain import allow, block, foreign, redact, tokenize
from guardrail.operators.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.types import Decision

__all__ = ["ACTIONS", "Tools", "act"]

ACTIONS: Final[Mapping[str, Callable[[str, Decision, Tools], str]]] = {
    "allow": allow,
    "mask": mask_value,
    "generalize": generalize_value,
    "tokenize": tokenize,
    "encrypt": encrypt,
    "hash": hash_value,
    "presidio": foreign,
    "redact": redact,
    "block": block,
}


def act(value: str, decision: Decision, tools: Tools) -> str:
    """Return what stands in the place of `value`.

    Raises:
        BlockedError: the action is `block`.
        OperatorError: the action cannot be carried out; send nothing in its place.
    """
    operator = ACTIONS.get(decision.action.type)
    if operator is None:
        raise OperatorError(
            f"rule '{decision.rule}': this version has no action '{decision.action.type}'",
            advice=f"actions: {', '.join(ACTIONS)}",
        )
    return operator(value, decision, tools)
