"""Errors say what is wrong and what to do, and survive the ways errors travel."""

from __future__ import annotations

import copy
import pickle

import pytest

from guardrail import errors
from guardrail.errors import BlockedError, BodyError, ConfigError, GuardrailError, PolicyError

EXAMPLES = (
    GuardrailError("wrong", advice="do this"),
    ConfigError("wrong", advice="do this"),
    PolicyError("wrong", advice="do this"),
    errors.DetectionError("wrong", advice="do this"),
    errors.OperatorError("wrong", advice="do this"),
    errors.LedgerError("wrong", advice="do this"),
    errors.VaultError("wrong", advice="do this"),
    BodyError("wrong", advice="do this", status=413),
    BlockedError(policy="gdpr-chat", rule="cards", entity="CREDIT_CARD"),
)


def through_a_pipe(error):
    return pickle.loads(pickle.dumps(error))  # noqa: S301 - made in this line


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_is_of_one_tree_and_tells_fault_and_advice_apart(error):
    assert isinstance(error, GuardrailError)
    assert str(error) == error.message
    assert error.advice
    assert error.advice not in str(error)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("travel", [copy.copy, through_a_pipe])
def test_an_error_survives_a_copy_and_a_process_border(error, travel):
    # A pool whose worker raises an error that does not unpickle never answers.
    other = travel(error)
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert vars(other) == vars(error)


def test_every_example_of_the_tree_is_tried_here():
    tree = {getattr(errors, name) for name in errors.__all__} - {errors.alone, errors.GuardrailWarning}
    assert tree == {type(error) for error in EXAMPLES}


def test_a_body_error_answers_400_where_nothing_else_is_said():
    assert BodyError("broken").status == 400
    assert BodyError("broken").advice == ""


def test_a_policy_error_is_an_error_of_configuration():
    assert issubclass(PolicyError, ConfigError)


def test_a_blocked_error_names_rule_policy_and_kind():
    message = str(BlockedError(policy="gdpr-chat", rule="cards", entity="CREDIT_CARD"))
    assert "gdpr-chat" in message
    assert "cards" in message
    assert "CREDIT_CARD" in message
