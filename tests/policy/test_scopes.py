"""A scope may be stricter, never weaker."""

import pytest

from guardrail.errors import PolicyError
from guardrail.types import Context

RULES = '[[rules]]\nid = "names"\nfind = ["PERSON"]\nwhere = ["prompt"]\naction = "tokenize"\n'


def scope(when, body):
    return f"[[scopes]]\nwhen = {{ {when} }}\n{body}\n"


def scoped_rule(action, find="PERSON", **more):
    extra = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f'[[scopes.rules]]\nid = "scoped"\nfind = ["{find}"]\naction = "{action}"\n{extra}'


@pytest.mark.parametrize(
    ("glob", "provider", "holds"),
    [
        ("eu-*", "eu-west", True),
        ("eu-*", "EU-West", True),
        ("EU-*", "eu-west", True),
        ("eu-*", "us-east", False),
        ("eu-*", "", False),
        ("*", "", True),
        ("a.c", "abc", False),
        ("*-west", "eu-west\n-west", True),
        ("eu", "eu-west", False),
    ],
)
def test_a_scope_holds_where_its_pattern_fits_whatever_the_letter_case(
    policy, decided, glob, provider, holds
):
    policies = policy(RULES + scope(f'provider = "{glob}"', scoped_rule("block")))
    assert decided(policies, provider=provider) == ("block by scoped" if holds else "tokenize by names")


def test_every_condition_must_hold(policy, decided):
    policies = policy(RULES + scope('provider = "eu-*", purpose = "support"', scoped_rule("block")))
    assert decided(policies, provider="eu-1", purpose="support") == "block by scoped"
    assert decided(policies, provider="eu-1") == "tokenize by names"


@pytest.mark.parametrize("name", ["route", "model", "provider", "region", "tenant", "role", "purpose"])
def test_each_field_of_the_context_can_be_a_condition(policy, decided, name):
    policies = policy(RULES + scope(f'{name} = "x"', scoped_rule("block")))
    assert decided(policies, **{name: "x"}) == "block by scoped"
    assert decided(policies) == "tokenize by names"


def test_a_scope_lowers_the_score_from_which_findings_count(policy, decided):
    policies = policy(RULES + scope('role = "guest"', "min_score = 0.2"))
    assert decided(policies, score=0.3) is None
    assert decided(policies, score=0.3, role="guest") == "tokenize by names"
    assert decided(policies, "US_SSN", score=0.3, role="guest") == "redact by unlisted"


def test_a_lowered_score_reaches_rules_with_a_score_of_their_own(policy, decided):
    sure = RULES + "min_score = 0.9\n"
    policies = policy(sure + scope('role = "guest"', "min_score = 0.2"))
    assert decided(policies, score=0.3, role="guest") == "tokenize by names"


def test_a_lowered_score_does_not_let_a_mild_rule_come_first(policy, decided):
    body = (
        '[[rules]]\nid = "sure"\nfind = ["PERSON"]\naction = "mask"\nmin_score = 0.9\n'
        '[[rules]]\nid = "rest"\nfind = ["PERSON"]\naction = "redact"\n'
    )
    policies = policy(body + scope('role = "guest"', "min_score = 0.2"))
    assert decided(policies, score=0.6) == "redact by rest"
    assert decided(policies, score=0.6, role="guest") == "redact by rest"


def test_a_mild_rule_of_a_scope_changes_nothing(policy, decided):
    policies = policy(RULES + scope('role = "guest"', scoped_rule("mask")))
    assert decided(policies, role="guest") == "tokenize by names"


def test_a_rule_of_a_scope_does_not_displace_unlisted(policy, decided):
    policies = policy(RULES + scope('role = "guest"', scoped_rule("allow", "US_SSN")))
    assert decided(policies, "US_SSN", role="guest") == "redact by unlisted"


def test_a_scope_may_make_unlisted_stricter(policy, decided):
    policies = policy(RULES + scope('role = "guest"', 'unlisted = "block"'))
    assert decided(policies, "US_SSN", role="guest") == "block by unlisted"
    assert decided(policies, "US_SSN") == "redact by unlisted"


def test_a_scope_may_make_settings_stricter(policy):
    mild = '[defaults]\non_error = "pass"\nunknown_field = "pass"\n' + RULES
    policies = policy(mild + scope('role = "guest"', 'on_error = "block"\nunknown_field = "scrub"'))
    guest = Context(role="guest")
    assert [policies.setting(n, guest) for n in ("on_error", "unknown_field")] == ["block", "scrub"]
    assert [policies.setting(n, Context()) for n in ("on_error", "unknown_field")] == ["pass", "pass"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("min_score = 0.6", "min_score 0.6 is weaker than 0.5"),
        ('unlisted = "allow"', "unlisted 'allow' is weaker than 'redact'"),
        ('on_error = "redact"', "on_error 'redact' is weaker than 'block'"),
        ('on_unreadable = "pass"', "on_unreadable 'pass' is weaker than 'block'"),
        ('unknown_field = "pass"', "unknown_field 'pass' is weaker than 'scrub'"),
    ],
)
def test_a_scope_that_weakens_is_refused_with_its_line(policy, body, said):
    with pytest.raises(PolicyError) as caught:
        policy(RULES + scope('role = "guest"', body))
    assert str(caught.value) == f"policy-0.toml, scope 1 (line 11, column 1): {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (scope("", "min_score = 0.1"), "the scope names no condition"),
        (scope('role = "x"', ""), "the scope changes nothing"),
        (scope('role = "x?"', "min_score = 0.1"), "only '*' stands for other characters"),
        (scope('role = ""', "min_score = 0.1"), "'role' is empty"),
        (scope('actor = "x"', "min_score = 0.1"), "unknown key 'actor'"),
    ],
)
def test_a_scope_that_says_nothing_is_refused(policy, text, said):
    with pytest.raises(PolicyError, match="scope 1") as caught:
        policy(RULES + text)
    assert said in str(caught.value)


def test_ids_are_told_apart_over_scopes_too(policy):
    twice = scope('role = "x"', scoped_rule("block").replace('"scoped"', '"names"'))
    with pytest.raises(PolicyError, match="two rules have the id 'names'"):
        policy(RULES + twice)
