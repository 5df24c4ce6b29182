"""`compare` and `replay`: what a new policy decides differently, and would have done."""

from __future__ import annotations

import pytest

from guardrail.policy import compare, replay
from guardrail.policy.compare import OTHERS
from guardrail.types import CHANNELS, Context

RULE = '[[rules]]\nid = "r"\nfind = ["PERSON"]\naction = {action}\n{more}\n'


@pytest.fixture
def one(policy):
    def make(action='"tokenize"', more="", after=""):
        return policy(chat=RULE.format(action=action, more=more) + after)

    return make


def seen(differences):
    return [(one.trend, one.what, one.where, one.before, one.after) for one in differences]


def test_what_is_said_differently_but_decides_alike_is_no_difference(one):
    assert compare(one(), one(after='[retention]\nledger = "366 days"')) == ()
    assert compare(one(), one(more='why = "because"')) == ()


def test_a_stricter_and_a_weaker_action_are_told_apart(one):
    ((trend, what, where, before, after),) = seen(compare(one(), one('"redact"')))
    assert (trend, what, where) == ("stricter", "PERSON", "all channels")
    assert (before, after) == ("tokenize from score 0.5", "redact from score 0.5")
    assert compare(one('"redact"'), one())[0].trend == "weaker"


def test_channels_that_change_alike_stand_in_one_line(one):
    (line,) = compare(one('"redact"'), one(more='where = ["prompt", "tool"]'))
    assert (line.where, line.trend) == ("prompt, tool", "weaker")


@pytest.mark.parametrize(
    ("before", "after", "trend"),
    [
        (('"tokenize"', ""), ('"tokenize"', 'restore = ["completion"]'), "weaker"),
        (
            ('"tokenize"', 'restore = ["completion", "tool:a"]'),
            ('"tokenize"', 'restore = ["tool:a"]'),
            "stricter",
        ),
        (
            ('"tokenize"', 'restore = ["completion"]'),
            ('"tokenize"', 'restore = ["tool:a"]'),
            "different",
        ),
        (('{ type = "mask", keep_last = 4 }', ""), ('{ type = "mask", keep_last = 2 }', ""), "stricter"),
        (('"hash"', ""), ('{ type = "hash", key = "orders" }', ""), "different"),
        (('"redact"', "min_score = 0.4"), ('"redact"', "min_score = 0.8"), "weaker"),
        (('"mask"', "min_score = 0.4"), ('"redact"', "min_score = 0.8"), "different"),
    ],
)
def test_equal_actions_are_weighed_by_what_they_show(one, before, after, trend):
    (line,) = compare(one(*before), one(*after))
    assert line.trend == trend


def test_a_rule_that_counts_weaker_guesses_is_stricter_where_nothing_else_decides(one):
    (line,) = compare(one('"redact"', "min_score = 0.5"), one('"redact"', "min_score = 0.3"))
    assert line.trend == "stricter"


def test_what_no_rule_names_is_compared_as_well(one):
    (line,) = compare(one(), one(after='[defaults]\nunlisted = "block"'))
    assert (line.what, line.after) == (OTHERS, "block from score 0.5")


def test_a_scope_is_compared_under_its_own_condition_and_says_only_what_is_its_own(one):
    scope = '[[scopes]]\nwhen = { provider = "us-*" }\n[[scopes.rules]]\nid = "s"\n'
    scope += 'find = ["PERSON"]\naction = "block"\n'
    (line,) = compare(one(), one(after=scope))
    assert (line.what, line.where) == ("PERSON", "all channels (where provider us-*)")
    assert line.after == "block from score 0.5"
    both = compare(one(after=scope), one('"redact"', after=scope))
    assert [(line.where, line.after) for line in both] == [("all channels", "redact from score 0.5")]


def test_settings_modes_and_retention_are_compared(one):
    new = one(after='[defaults]\non_error = "pass"\n[retention]\nvault = "1 day"\ncontent = "90 seconds"')
    found = {(line.what, line.trend, line.before, line.after) for line in compare(one(), new)}
    assert found == {
        ("on_error", "weaker", "block", "pass"),
        ("retention of vault", "different", "never kept", "1 days"),
        ("retention of content", "different", "never kept", "90 seconds"),
    }


def test_a_policy_that_only_watches_is_weaker(policy):
    rule = RULE.format(action='"redact"', more="")
    live, watching = policy(chat=rule), policy(chat='mode = "shadow"\n' + rule)
    assert [(line.what, line.trend) for line in compare(live, watching)] == [("mode", "weaker")]
    assert [(line.what, line.trend) for line in compare(watching, live)] == [("mode", "stricter")]


def test_changed_allow_lists_are_told_without_their_values(one):
    listed = one(after='[[allow]]\nvalues = ["ann@example.com"]')
    (line,) = compare(one(), listed)
    assert (line.what, line.before, line.after) == ("[[allow]]", "0 lists", "1 lists")
    assert "ann" not in repr(line)
    assert compare(listed, listed) == ()


def test_the_weaker_come_first(one):
    lines = compare(one(), one('"redact"', after='[defaults]\non_unreadable = "pass"'))
    assert [line.trend for line in lines] == ["weaker", "stricter"]


def test_past_findings_are_counted_by_what_became_of_them_and_would_have(one):
    new = one('"block"', 'where = ["prompt"]', '[defaults]\nunlisted = "mask"')
    recorded = [
        ("prompt", Context(), {"PERSON": {"tokenize": 2}, "URL": {"allow": 1}}),
        ("prompt", Context(), {"PERSON": {"tokenize": 3}}),
        ("log", Context(), {"PERSON": {"redact": 1}}),
    ]
    rows = [(row.entity, row.channel, row.count, row.before, row.after) for row in replay(new, recorded)]
    assert rows[0] == ("PERSON", "prompt", 5, "tokenize", "block")
    assert sorted(rows[1:]) == [
        ("PERSON", "log", 1, "redact", "mask"),
        ("URL", "prompt", 1, "allow", "mask"),
    ]


def test_every_shipped_policy_decides_like_itself_and_unlike_the_others(policy):
    from guardrail.policy import load, policy_path, shipped

    sets = [load(policy_path(name)) for name in shipped()]
    for one in sets:
        for other in sets:
            assert (compare(one, other) == ()) == (one is other)
    assert len(CHANNELS) == 6
