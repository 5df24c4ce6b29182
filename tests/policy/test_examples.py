"""A policy's own tests are judged strictly: only tokens and sealed forms may vary."""

import pytest

from guardrail.policy import judge
from guardrail.policy.examples import agrees
from guardrail.types import Context


@pytest.mark.parametrize(
    ("expect", "got"),
    [
        ("a [PERSON] b", "a [PERSON] b"),
        ("<PERSON_*>, <EMAIL_ADDRESS_*>", "<PERSON_7Q9NXQV>, <EMAIL_ADDRESS_0000000>"),
        ("<PERSON:h1:*>", "<PERSON:h1:JCnqypNFa0Ejiy9MWOXgBU2rqaw>"),
        ("<PERSON:1*>", "<PERSON:1ASQp6sqnSuB61o5RgGTyeOjUQ1fKD6NwmaCa>"),
        ("******************3000", "******************3000"),
        ("a.b", "a.b"),
    ],
)
def test_what_agrees(expect, got):
    assert agrees(expect, got)


@pytest.mark.parametrize(
    ("expect", "got"),
    [
        ("****3000", "DE893000"),
        ("<PERSON_*>", "<LOCATION_7Q9NXQV>"),
        ("<PERSON_*>", "<PERSON_>"),
        ("<PERSON_*>", "<PERSON_A> and <PERSON_B>"),
        ("<PERSON_*>", "<PERSON_7Q9NXQV> "),
        ("<PERSON_*>", "<PERSON_*>"),
        ("a.b", "axb"),
        ("a", "a\n"),
    ],
)
def test_what_does_not_agree(expect, got):
    assert not agrees(expect, got)


RULE = '[[rules]]\nid = "names"\nfind = ["PERSON"]\naction = "redact"\n'
WANTED = (
    '[[examples]]\ntext = "Ann Smith"\nwhere = "log"\nexpect = "[PERSON]"\ncontext = { role = "guest" }\n'
)
BLOCKED = '[[examples]]\ntext = "Ann Smith"\nblocked = true\n'


def test_an_example_says_its_policy_channel_and_context(policy):
    (example,) = policy(chat=RULE + WANTED).examples
    assert (example.policy, example.where, example.context) == ("chat", "log", Context(role="guest"))


@pytest.mark.parametrize(
    ("body", "got", "said"),
    [
        (WANTED, "[PERSON]", None),
        (WANTED, "Ann Smith", "does not give the text that it expects"),
        (WANTED, None, "is blocked, which it does not expect"),
        (BLOCKED, None, None),
        (BLOCKED, "Ann Smith", "is not blocked, as it expects"),
    ],
)
def test_a_failing_example_is_told_with_its_place_and_without_its_text(policy, body, got, said):
    found = judge(policy(RULE + body).examples[0], got)
    if said is None:
        assert found is None
        return
    assert str(found) == f"policy-0.toml, example 1 (line 9, column 1): the example {said}"
    assert "Smith" not in repr(found)
