"""An action and its options are checked when the policy is loaded, not when a prompt is under way."""

import pytest

from guardrail.errors import PolicyError
from guardrail.policy.actions import OPTIONS, nearest, parse_action
from guardrail.types import ACTIONS, Action


@pytest.fixture
def refusal(policy):
    def look(action):
        with pytest.raises(PolicyError) as caught:
            policy(f'[[rules]]\nid = "a"\nfind = ["PERSON"]\naction = {action}\n')
        return caught.value

    return look


def loaded(policy, action):
    made = policy(f'[[rules]]\nid = "a"\nfind = ["PERSON"]\naction = {action}\n')
    return made.documents[0].policy.rules[0].action


@pytest.mark.parametrize("kind", sorted(OPTIONS.keys() - {"presidio"}))
def test_every_action_is_known_by_its_word(policy, kind):
    assert loaded(policy, f'"{kind}"') == Action(kind)


def test_every_action_that_has_a_place_in_the_order_can_be_written():
    assert set(OPTIONS) == set(ACTIONS)


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ('{ type = "mask", keep_last = 4, keep_first = 6, char = "#" }', "char=# keep_first=6 keep_last=4"),
        ('{ type = "generalize", date = "year" }', "date=year"),
        ('{ type = "generalize", rules = "safe-harbor", band = 5 }', "band=5 rules=safe-harbor"),
        ('{ type = "hash", key = "orders" }', "key=orders"),
        ('{ type = "encrypt", key = "orders-2026" }', "key=orders-2026"),
        ('{ type = "encrypt", form = "envelope" }', "form=envelope"),
        ('{ type = "shift", days = 30, weekdays = true, order = "dmy" }', "days=30 order=dmy weekdays=True"),
        ('{ type = "surrogate", locale = "de_DE" }', "locale=de_DE"),
        ('{ type = "fpe", key = "cards", alphabet = "upper" }', "alphabet=upper key=cards"),
        ('{ type = "redact", label = false }', "label=False"),
        ('{ type = "presidio", operator = "replace", new_value = "X" }', "new_value=X operator=replace"),
    ],
)
def test_options_are_kept_in_one_order(policy, action, options):
    made = loaded(policy, action)
    assert " ".join(f"{name}={value}" for name, value in made.options) == options


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("5", "an action is a word or a table"),
        ("{ keep_last = 4 }", "the action has no type"),
        ("{ type = 5 }", "the action has no type"),
        ('{ type = "mask", keep_lst = 4 }', "unknown option 'keep_lst' of action 'mask'"),
        ('{ type = "mask", keep_last = 9 }', "'keep_last' must be a whole number from 0 to 8"),
        ('{ type = "mask", keep_last = -1 }', "'keep_last' must be a whole number"),
        ('{ type = "mask", keep_first = true }', "'keep_first' must be a whole number"),
        ('{ type = "mask", keep_first = "4" }', "'keep_first' must be a whole number"),
        ('{ type = "mask", char = "**" }', "'char' must be one visible character"),
        ('{ type = "mask", char = "x" }', "'char' must be one visible character"),
        ('{ type = "mask", char = "\\"" }', "'char' must be one visible character"),
        ('{ type = "mask", char = "\\u200b" }', "'char' must be one visible character"),
        ('{ type = "mask", char = 1 }', "'char' must be one visible character"),
        ('{ type = "generalize", date = "day" }', "'date' must be one of month, year"),
        ('{ type = "generalize", band = 1 }', "'band' must be a whole number from 2"),
        ('{ type = "generalize", band = true }', "'band' must be a whole number from 2"),
        ('{ type = "generalize", rules = "hipaa" }', "'rules' must be one of safe-harbor"),
        ('{ type = "hash", key = "a b" }', "'key' must be a name"),
        ('{ type = "hash", key = 5 }', "'key' must be a name"),
        ('{ type = "redact", label = "no" }', "'label' must be true or false"),
        ('{ type = "tokenize", key = "x" }', "unknown option 'key' of action 'tokenize'"),
        ('"presidio"', "the action 'presidio' names no operator"),
        ('{ type = "presidio", operator = "a b" }', "'operator' must be a name"),
        ('{ type = "presidio", operator = "x", rate = 0.5 }', "option 'rate' must be a text"),
        (f'"{"x" * 99}"', "unknown action '…'"),
    ],
)
def test_an_option_that_cannot_be_carried_out_is_refused(refusal, action, said):
    assert said in str(refusal(action))


def test_an_action_that_takes_no_options_says_so(refusal):
    assert "'block' takes no options" in refusal('{ type = "block", loud = true }').advice


def test_an_action_that_is_already_read_is_taken_as_it_is():
    assert parse_action(Action("mask")) == Action("mask")


def test_a_word_near_none_gets_no_guess():
    assert nearest("zzz", ("mask", "hash"), "actions") == "actions: mask, hash"
    assert nearest("MASK", ("mask", "hash"), "actions").startswith("did you mean 'mask'?")


def test_a_part_of_a_name_is_answered_with_the_whole_name():
    from guardrail.policy.actions import nearest

    assert nearest("EMAIL", ("PERSON", "EMAIL_ADDRESS"), "entities").startswith(
        "did you mean 'EMAIL_ADDRESS'?"
    )
