"""Both ways between guardrail and presidio-anonymizer."""

import logging

import pytest
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult
from presidio_anonymizer.operators import Operator, OperatorType

from guardrail.errors import BlockedError, ConfigError, OperatorError
from guardrail.operators import presidio

TEXT = "Ann Smith pays with 4111 1111 1111 1111"
FOUND = [RecognizerResult("PERSON", 0, 9, 0.9), RecognizerResult("CREDIT_CARD", 20, 39, 1.0)]


@pytest.fixture
def engine(tools):
    made = AnonymizerEngine()
    presidio.register(made, tools)
    return made


def anonymized(engine, **operators):
    configs = {entity: OperatorConfig(name, params) for entity, (name, params) in operators.items()}
    return engine.anonymize(TEXT, FOUND, operators=configs).text


# --- ours in theirs ----------------------------------------------------------


def test_our_operators_work_in_a_presidio_engine_with_their_options(engine):
    text = anonymized(
        engine,
        PERSON=("guardrail_tokenize", {}),
        CREDIT_CARD=("guardrail_mask", {"keep_last": 4}),
    )
    assert text == "<PERSON_7Q9NXQV> pays with ************1111"


@pytest.mark.parametrize("action", ["mask", "generalize", "tokenize", "encrypt", "hash", "redact"])
def test_a_presidio_engine_gets_what_act_gives(engine, run, action):
    text = anonymized(engine, PERSON=(f"guardrail_{action}", {}), CREDIT_CARD=("redact", {}))
    assert text == f"{run('Ann Smith', 'PERSON', action)} pays with "


def test_operators_that_presidio_has_no_place_for_are_not_registered(engine):
    names = {name for name in engine.operators_factory.get_anonymizers() if name.startswith("guardrail_")}
    actions = ("mask", "generalize", "tokenize", "encrypt", "hash", "redact", "shift", "surrogate", "fpe")
    assert names == {f"guardrail_{action}" for action in actions}


def test_an_operator_of_ours_is_of_presidios_kind(engine):
    made = engine.operators_factory.create_operator_class("guardrail_redact", OperatorType.Anonymize)
    assert (type(made).__name__, made.operator_type()) == ("GuardrailRedact", OperatorType.Anonymize)
    assert made.operate("Ann") == "[ID]"


# --- theirs in ours ----------------------------------------------------------


class Initials(Operator):
    """An operator such as a user writes."""

    def operate(self, text, params=None):
        return ".".join(word[0] for word in text.split()) + params.get("end", "")

    def validate(self, params=None):
        if not isinstance(params.get("end", ""), str):
            raise TypeError(f"end must be a text, not {params['end']}")

    def operator_name(self):
        return "initials"

    def operator_type(self):
        return OperatorType.Anonymize


class Broken(Initials):
    """An operator that fails, leaks or returns no text, as `how` says."""

    def operate(self, text, params=None):
        if params["how"] == "raise":
            raise ValueError(f"cannot handle {text}")
        return {"same": text, "inside": f"({text.upper()})", "none": None}[params["how"]]

    def validate(self, params=None):
        pass

    def operator_name(self):
        return "broken"


@pytest.fixture(scope="module", autouse=True)
def _known():
    presidio.add(Initials)
    presidio.add(Broken)


def test_an_operator_of_presidios_own_can_be_named_in_a_policy(run):
    assert run("Ann Smith", "PERSON", "presidio", operator="replace", new_value="someone") == "someone"
    assert run("Ann Smith", "PERSON", "presidio", operator="replace") == "<PERSON>"
    assert run("Ann Smith", "PERSON", "presidio", operator="redact") == ""


def test_an_operator_of_a_users_own_can_be_named_in_a_policy(run):
    assert run("Ann Smith", "PERSON", "presidio", operator="initials", end=".") == "A.S."


def test_the_names_that_a_policy_may_give_are_told():
    assert {"replace", "redact", "mask", "hash", "initials"} <= presidio.names()


@pytest.mark.parametrize("name", ["encrypt", "custom", "keep", "decrypt", "gone"])
def test_an_operator_that_is_unknown_or_unsafe_is_refused(run, name):
    with pytest.raises(OperatorError, match=f"there is no presidio operator '{name}'"):
        run("Ann Smith", "PERSON", "presidio", operator=name)


def test_a_name_is_given_once():
    with pytest.raises(ConfigError, match="there is already a presidio operator 'initials'"):
        presidio.add(Initials)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raise", "failed on PERSON with ValueError"),
        ("same", "left the value in the text"),
        ("inside", "left the value in the text"),
        ("none", "returned no text"),
    ],
)
def test_an_operator_that_fails_or_leaks_stops_the_text_without_telling_the_value(run, how, said):
    with pytest.raises(OperatorError) as caught:
        run("Ann Smith", "PERSON", "presidio", operator="broken", how=how)
    assert said in str(caught.value)
    assert "Smith" not in str(caught.value) + caught.value.advice
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_wrong_options_are_an_error_of_ours(run):
    with pytest.raises(OperatorError, match="failed on PERSON with TypeError"):
        run("Ann Smith", "PERSON", "presidio", operator="initials", end=5)


def test_presidio_prints_no_values(caplog, engine):
    with caplog.at_level(logging.DEBUG):
        anonymized(engine, PERSON=("guardrail_redact", {}), CREDIT_CARD=("redact", {}))
    assert not [record for record in caplog.records if record.name == "presidio-anonymizer"]


def test_a_blocking_rule_is_no_operator_of_presidio(run):
    with pytest.raises(BlockedError):
        run("Ann Smith", "PERSON", "block")
