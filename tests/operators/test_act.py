"""Each action leaves what it promises, and never the value."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guardrail.errors import BlockedError, OperatorError
from guardrail.operators import ACTIONS, Tools
from guardrail.types import ACTIONS as NAMES

SURROGATES = st.characters(categories=("L", "N", "P", "S", "Zs", "Cs", "Cc"))
values = st.text(alphabet=SURROGATES, min_size=1, max_size=60)
# What may stand in a result without having been in the value.
OURS = "<>[]:_*"


def test_the_actions_carried_out_are_those_that_a_policy_may_name():
    assert set(ACTIONS) == set(NAMES)


def test_allow_leaves_the_value(run):
    assert run("Ann", "PERSON", "allow") == "Ann"


def test_redact_leaves_the_entity_or_nothing(run):
    assert run("Ann", "PERSON", "redact") == "[PERSON]"
    assert run("Ann", "PERSON", "redact", label=False) == ""


def test_tokenize_leaves_the_token_that_it_was_issued(run):
    assert run("Ann", "PERSON", "tokenize") == "<PERSON_7Q9NXQV>"


def test_block_refuses_and_tells_rule_and_entity_never_the_value(run):
    with pytest.raises(BlockedError) as caught:
        run("Ann Smith", "PERSON", "block")
    assert (caught.value.policy, caught.value.rule, caught.value.entity) == ("chat", "rule", "PERSON")
    assert "Smith" not in str(caught.value) + caught.value.advice


@pytest.mark.parametrize("action", ["redcat"])
def test_an_action_that_this_version_lacks_lets_nothing_pass(run, action):
    with pytest.raises(OperatorError, match=f"this version has no action '{action}'") as caught:
        run("Ann Smith", "PERSON", action)
    assert "Smith" not in str(caught.value) + caught.value.advice


@pytest.mark.parametrize("action", ["redact", "hash", "encrypt", "tokenize"])
@given(value=values)
def test_the_result_never_holds_the_value(run, action, value):
    assume(len(value) > 2 and value not in "[EMAIL_ADDRESS]<EMAIL_ADDRESS:h1:EMAIL_ADDRESS_7Q9NXQV>")
    assert value not in run(value, "EMAIL_ADDRESS", action)


@pytest.mark.parametrize("action", ["redact", "hash", "encrypt", "tokenize", "mask", "generalize"])
@given(value=values)
def test_every_text_has_a_result_that_fits_into_json_as_it_is(run, action, value):
    result = run(value, "PERSON", action)
    assert isinstance(result, str)
    assert '"' not in result
    assert "\\" not in result
    assert result.isascii()


@pytest.mark.parametrize("action", ["hash", "encrypt", "mask", "generalize"])
@given(value=values)
def test_the_same_value_has_the_same_result(run, action, value):
    assert run(value, "DATE_TIME", action) == run(value, "DATE_TIME", action)


def test_tools_show_no_keys(tools):
    assert repr(tools) == "Tools(scope='')"


def test_tools_know_the_date_without_being_told():
    from datetime import date

    made = Tools(issue=lambda *_: "", key=lambda _: b"")
    assert isinstance(made.today(), date)
