"""Both ways between guardrail and presidio-anonymizer: the only import of it.

Ours in theirs: `register(engine, tools)` adds `guardrail_tokenize`, `guardrail_hash`
and the others to an `AnonymizerEngine`, each with its options as operator parameters.
Theirs in ours: a policy names an operator with `{ type = "presidio", operator = "..." }`;
one of a user's own is made known by `add(MyOperator)` before the policy is used.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from presidio_anonymizer.operators import Operator, OperatorsFactory, OperatorType

from guardrail.errors import ConfigError, OperatorError
from guardrail.operators import ACTIONS
from guardrail.types import Action, Decision, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from presidio_anonymizer import AnonymizerEngine

    from guardrail.operators.tools import Tools

__all__ = ["add", "names", "register", "run_presidio"]

PREFIX: Final = "guardrail_"
# `encrypt` is AES-CBC without a check of its integrity, under a key that would stand in the
# policy; `custom` takes a Python function, which TOML has none of; `keep` is our `allow`.
REFUSED: Final = frozenset({"encrypt", "custom", "keep"})

# It prints values below WARNING.
logging.getLogger("presidio-anonymizer").setLevel(logging.WARNING)

_own = OperatorsFactory()  # type: ignore[no-untyped-call]


def add(operator: type[Operator]) -> None:
    """Make an operator of your own known by its name, so that policies may name it.

    Raises:
        ConfigError: the name is one of presidio's own or already added.
    """
    name = operator().operator_name()
    if name in _own.get_anonymizers():
        raise ConfigError(
            f"there is already a presidio operator '{name}'", advice="give yours another operator_name()"
        )
    _own.add_anonymize_operator(operator)


def names() -> frozenset[str]:
    """Return the names that a policy may give as `operator`."""
    return frozenset(_own.get_anonymizers()) - REFUSED


def run_presidio(name: str, value: str, *, options: Mapping[str, str | int | bool], entity: str) -> str:
    """Return what the presidio operator `name` makes of `value`.

    Raises:
        OperatorError: unknown or refused operator, wrong options, an operator that
            fails, or one that returns the value itself. The text of a foreign
            exception is never passed on: it may quote the value.
    """
    if name not in names():
        raise OperatorError(
            f"there is no presidio operator '{name}' to use in a policy",
            advice=f"operators: {', '.join(sorted(names()))}; make your own known with presidio.add()",
        )
    params = {**options, "entity_type": entity}
    try:
        operator = _own.create_operator_class(name, OperatorType.Anonymize)
        operator.validate(params=params)
        result = operator.operate(text=value, params=params)
    except Exception as error:  # noqa: BLE001 - foreign code, foreign errors
        raise OperatorError(
            f"the presidio operator '{name}' failed on {entity} with {type(error).__name__}",
            advice="check its options in the policy",
        ) from None
    if not isinstance(result, str):
        raise OperatorError(f"the presidio operator '{name}' returned no text", advice="mend the operator")
    if _holds(result, value):
        raise OperatorError(
            f"the presidio operator '{name}' left the value in the text",
            advice="use allow to let a value pass",
        )
    return result


def register(engine: AnonymizerEngine, tools: Tools) -> None:
    """Add guardrail's operators to a presidio engine as `guardrail_mask`, `guardrail_hash`, ..."""
    for action in ACTIONS:
        if action not in {"allow", "block", "presidio"}:
            engine.add_anonymizer(_bridge(action, tools))


def _bridge(action: str, tools: Tools) -> type[Operator]:
    """Return an operator class of presidio's kind that runs our `action` with `tools`."""

    class Bridge(Operator):
        """Runs one of guardrail's actions; the parameters are the options of a policy."""

        def operate(self, text: str, params: dict[str, object] | None = None) -> str:
            given = params or {}
            entity = str(given.get("entity_type", "ID"))
            options = {k: v for k, v in given.items() if isinstance(v, str | int) and k != "entity_type"}
            decision = Decision(
                Finding(0, len(text), entity, 1.0, "presidio"),
                Action(action, tuple(sorted(options.items()))),
                policy="presidio",
                rule=self.operator_name(),
            )
            return ACTIONS[action](text, decision, tools)

        def validate(self, params: dict[str, object] | None = None) -> None:
            """Accept what the action accepts; what it does not know it does not read."""

        def operator_name(self) -> str:
            return PREFIX + action

        def operator_type(self) -> OperatorType:
            return OperatorType.Anonymize

    Bridge.__name__ = Bridge.__qualname__ = f"Guardrail{action.title()}"
    return Bridge


def _holds(result: str, value: str) -> bool:
    return result == value or (len(value) >= 3 and value.casefold() in result.casefold())
