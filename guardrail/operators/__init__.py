"""Operators carry out actions: one function per action, and one table of them.

`act` gives the text that stands in a value's place. The result never holds the
value, except under `allow` and for the characters that a `mask` keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.errors import OperatorError
from guardrail.operators.fpe import encrypt_format, reveal_format
from guardrail.operators.generalize import generalize_value
from guardrail.operators.inline import decrypt, encrypt, hash_value
from guardrail.operators.mask import mask_value
from guardrail.operators.plain import allow, block, foreign, redact, tokenize
from guardrail.operators.shift import shift
from guardrail.operators.surrogate import surrogate
from guardrail.operators.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from guardrail.types import Decision

__all__ = ["ACTIONS", "Tools", "act", "reveal"]

ACTIONS: Final[Mapping[str, Callable[[str, Decision, Tools], str]]] = {
    "allow": allow,
    "mask": mask_value,
    "generalize": generalize_value,
    "shift": shift,
    "surrogate": surrogate,
    "fpe": encrypt_format,
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


def reveal(form: str, decision: Decision, tools: Tools) -> str:
    """Return the value of a form that `encrypt` or `fpe` made under this action.

    Raises:
        OperatorError: it does not open, or the action is another: tokens, surrogates and
            dates come back in answers alone.
        ConfigError: the library of `fpe` is not installed.
    """
    action = decision.action
    if action.type == "encrypt":
        return decrypt(form, tools, key=str(action.option("key")))
    if action.type == "fpe":
        key, alphabet = str(action.option("key", "default")), str(action.option("alphabet", "digits"))
        return reveal_format(form, decision.finding.entity, tools, key=key, alphabet=alphabet)
    raise OperatorError(
        f"nothing is revealed from '{action.type}'",
        advice="give the action that made the form: encrypt or fpe",
    )
