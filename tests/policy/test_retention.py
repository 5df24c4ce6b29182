"""A floor is always met, a ceiling never exceeded; what one policy must keep no other throws away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.errors import PolicyError
from guardrail.policy.retention import seconds, shortest

DAY = 86_400
RULE = '[[rules]]\nid = "names"\nfind = ["PERSON"]\naction = "redact"\n'


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("never", 0),
        ("1 day", 1),
        ("30 days", 30),
        ("2 weeks", 14),
        ("1 month", 31),
        ("6 months", 186),
        ("12 months", 366),
        ("13 months", 397),
        ("1 year", 366),
        ("3 years", 1098),
        ("100 years", 36_600),
    ],
)
def test_months_count_as_31_days_and_years_as_366(text, days):
    assert seconds(text) == days * DAY


def test_short_times_are_exact():
    assert [seconds(text) for text in ("45 seconds", "10 minutes", "1 hour")] == [45, 600, 3_600]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "days",
        "0 days",
        "-1 day",
        "1.5 years",
        "1  day",
        "٣ days",
        "30 days ",
        "999999 days",
        "101 years",
    ],
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError):
        seconds(text)


@given(st.integers(1, 1_200), st.sampled_from(("day", "week", "month", "year")))
def test_counted_short_is_never_longer_than_counted_long(count, unit):
    text = f"{count} {unit}s"
    try:
        longest = seconds(text)
    except ValueError:
        return
    assert 0 < shortest(text) <= longest


def test_what_no_policy_says_is_strict_for_values_and_a_year_for_the_record(policy):
    policies = policy(RULE)
    assert [policies.keep(name) for name in ("content", "vault", "ledger")] == [0, 0, 366 * DAY]


def test_an_unknown_class_is_an_error(policy):
    with pytest.raises(PolicyError, match="unknown retention class 'letters'"):
        policy(RULE).keep("letters")


def test_of_several_policies_the_shortest_time_holds(policy):
    one, two = ('[retention]\nvault = "30 days"\n', '[retention]\nvault = "7 days"\n')
    assert policy(one + RULE, two + RULE, RULE).keep("vault") == 7 * DAY


def test_a_floor_of_one_policy_lifts_the_shorter_time_of_another(policy):
    short = '[retention]\nledger = "7 days"\n'
    floor = '[retention]\nledger = { keep = "3 years", at_least = "6 months" }\n'
    assert policy(short + RULE, floor + RULE).keep("ledger") == 186 * DAY


def test_a_shadow_policy_does_not_shorten_what_is_kept(policy):
    short = 'mode = "shadow"\n[retention]\nledger = "7 days"\n'
    assert policy(short + RULE, '[retention]\nledger = "1 year"\n' + RULE).keep("ledger") == 366 * DAY
