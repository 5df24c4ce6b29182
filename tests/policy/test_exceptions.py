"""Allow lists and hot words: they change what they name, and nothing beside it."""

from __future__ import annotations

from datetime import date

import pytest

from guardrail import policy
from guardrail.border import Border
from guardrail.errors import PolicyError
from guardrail.policy.load import parse
from guardrail.types import Context, Finding, Passage
from guardrail.vault.keys import Keys

HEAD = 'schema = 1\nname = "{name}"\nversion = "1"\n'
RULES = """
[[rules]]
id = "people"
find = ["PERSON", "EMAIL_ADDRESS", "ORGANIZATION"]
action = "redact"
"""
ALLOW = """
[[allow]]
values = ["Acme Corp", "support@example.com", "Max  Muster"]
patterns = ["ticket-[0-9]{4,8}"]
"""


def load(*texts):
    return policy.PolicySet.of(
        parse((HEAD.format(name=f"p{n}") + text).encode(), file=f"p{n}.toml") for n, text in enumerate(texts)
    )


class Finds:
    """A detector that finds the values it is told, wherever they stand."""

    versions = {}  # noqa: RUF012 - a part for tests

    def __init__(self, **values):
        self.values = {value: entity for entity, listed in values.items() for value in listed}
        self.entities = frozenset(self.values.values())

    def detect(self, passages):
        return [
            tuple(
                Finding(at, at + len(value), entity, 0.8, "test")
                for value, entity in self.values.items()
                if (at := passage.text.find(value)) >= 0
            )
            for passage in passages
        ]


def decided(policies, text, detector, channel="prompt"):
    border = Border(detector, policies, Keys.ephemeral())
    (decisions,) = border.decide([Passage(text)], channels=[channel], context=Context())
    return {text[d.finding.start : d.finding.end]: (d.action.type, d.rule) for d in decisions}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mail support@example.com now", "support@example.com"),
        ("mail SUPPORT@Example.com now", "SUPPORT@Example.com"),
        ("from Acme Corp today", "Acme Corp"),
        ("from Acme Corp today", "Acme"),  # a part of the value that stands there
        ("at (Acme Corp).", "Corp"),
        ("Max Muster", "Max Muster"),
        ("see ticket-12345", "ticket-12345"),
    ],
)
def test_an_allowed_value_is_left_and_recorded_as_allowed(text, value):
    assert decided(load(RULES + ALLOW), text, Finds(PERSON=[value])) == {value: ("allow", "allow-list")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mail xsupport@example.com", "xsupport@example.com"),
        ("Acme", "Acme"),  # the value does not stand there
        ("Acme Corporation", "Acme"),
        ("Acme Corp Ann", "Acme Corp Ann"),
        ("see ticket-123456789", "ticket-123456789"),
        ("ticket-1234 x", "ticket-1234 x"),
        ("a" * 300, "a" * 300),
    ],
)
def test_what_is_longer_shorter_or_other_than_an_allowed_value_is_acted_on(text, value):
    assert decided(load(RULES + ALLOW), text, Finds(PERSON=[value])) == {value: ("redact", "people")}


def test_an_allowed_value_never_shields_what_overlaps_it():
    finds = Finds(ORGANIZATION=["Acme Corp"], PERSON=["Corp Ann"])
    assert decided(load(RULES + ALLOW), "Acme Corp Ann", finds) == {"Corp Ann": ("redact", "people")}


def test_a_list_for_some_entities_allows_no_others():
    allow = '[[allow]]\nvalues = ["Jordan"]\nfind = ["ORGANIZATION"]\n'
    assert decided(load(RULES + allow), "Jordan", Finds(ORGANIZATION=["Jordan"]))["Jordan"][0] == "allow"
    assert decided(load(RULES + allow), "Jordan", Finds(PERSON=["Jordan"]))["Jordan"][0] == "redact"


def test_another_policy_still_acts_on_what_one_allows():
    text, finds = "Acme Corp", Finds(ORGANIZATION=["Acme Corp"])
    assert decided(load(RULES + ALLOW, RULES), text, finds) == {"Acme Corp": ("redact", "people")}
    assert decided(load(RULES + ALLOW, RULES + ALLOW), text, finds)["Acme Corp"][0] == "allow"


def test_the_default_for_unlisted_entities_of_another_policy_is_not_woken_by_a_list():
    other = '[[rules]]\nid = "cards"\nfind = ["CREDIT_CARD"]\naction = "block"\n'
    finds = Finds(ORGANIZATION=["Acme Corp"])
    assert decided(load(RULES + ALLOW, other), "Acme Corp", finds)["Acme Corp"][0] == "allow"


def test_a_scope_does_not_act_on_what_its_own_policy_allows():
    scope = '[[scopes]]\nwhen = { provider = "*" }\n[[scopes.rules]]\nid = "x"\n'
    scope += 'find = ["PERSON"]\naction = "block"\n'
    assert (
        decided(load(RULES + ALLOW + scope), "Max Muster", Finds(PERSON=["Max Muster"]))["Max Muster"][0]
        == "allow"
    )


HOT = '[[hot]]\nwords = ["case ref", "Aktenzeichen"]\nfind = ["PERSON"]\nadd = {add}\nwithin = 20\n'
LOW = "[defaults]\nmin_score = 0.9\n"


@pytest.mark.parametrize(
    ("text", "acted"),
    [
        ("CASE  REF: Zeta-7", True),
        ("Zeta-7 (Aktenzeichen)", True),
        ("case reference Zeta-7", False),
        ("case ref " + "x" * 30 + " Zeta-7", False),
        ("Zeta-7", False),
    ],
)
def test_hot_words_raise_what_stands_near_them(text, acted):
    policies = load(LOW + RULES + HOT.format(add=0.15))
    assert ("Zeta-7" in decided(policies, text, Finds(PERSON=["Zeta-7"]))) is acted


def test_hot_words_lower_a_score_only_where_every_policy_lowers_it():
    cold = RULES + HOT.format(add=-0.5)
    text, finds = "case ref Zeta-7", Finds(PERSON=["Zeta-7"])
    assert decided(load(cold), text, finds) == {}
    assert decided(load(cold, RULES), text, finds)["Zeta-7"][0] == "redact"
    assert decided(load(cold, cold), text, finds) == {}


def test_hot_words_make_nothing_certain_and_touch_no_other_entity():
    policies = load(RULES + HOT.format(add=1))
    ((seen, allowed),) = policies.weigh("case ref Zeta-7", [Finding(9, 15, "PERSON", 0.4, "t")])
    assert (seen.score, allowed) == (0.99, frozenset())
    ((other, _),) = policies.weigh("case ref Zeta-7", [Finding(9, 15, "ID", 0.4, "t")])
    assert other.score == 0.4
    ((certain, _),) = policies.weigh("case ref Zeta-7", [Finding(9, 15, "PERSON", 1.0, "t")])
    assert certain.score == 1.0


SECRET = "zaphodbeeblebrox"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[[allow]]\n", "empty"),
        ('[[allow]]\nvalues = ["x"]\n', "2 to 100"),
        ('[[allow]]\nvalues = ["  "]\n', "2 to 100"),
        (f'[[allow]]\nvalues = ["{SECRET * 9}"]\n', "2 to 100"),
        ('[[allow]]\npatterns = [".*"]\n', "nearly everything"),
        ("[[allow]]\npatterns = ['[\\s\\S]+']\n", "nearly everything"),
        (f'[[allow]]\npatterns = ["({SECRET}"]\n', "cannot be used"),
        (f'[[allow]]\npatterns = ["{SECRET * 20}"]\n', "200 characters"),
        (f'[[allow]]\nvalues = [["{SECRET}"]]\n', "text"),
        ('[[hot]]\nwords = ["a"]\nfind = ["ID"]\nadd = 0.2\n', "2 to 60"),
        ('[[hot]]\nwords = ["ab"]\nfind = ["ID"]\nadd = 0\n', "between -1 and 1"),
        ('[[hot]]\nwords = ["ab"]\nfind = ["ID"]\nadd = 0.2\nwithin = 999\n', "between 1 and 200"),
        ('[[hot]]\nwords = ["ab"]\nfind = ["ID"]\nadd = 0.2\nnear = 1\n', "unknown key 'near'"),
        ('[[hot]]\nwords = []\nfind = ["ID"]\nadd = 0.2\n', "empty"),
        ('[[rules]]\nid = "allow-list"\nfind = ["ID"]\naction = "redact"\n', "allow-list"),
    ],
)
def test_lists_that_mean_nothing_or_everything_are_refused_without_their_values(table, told):
    with pytest.raises(PolicyError, match=told) as error:
        load(RULES + table)
    assert SECRET not in str(error.value) + error.value.advice


def test_a_list_that_names_an_unknown_entity_is_a_problem_and_its_values_are_no_part_of_it():
    table = f'[[allow]]\nvalues = ["{SECRET}"]\nfind = ["PERSN"]\n'
    table += f'[[hot]]\nwords = ["{SECRET}"]\nfind = ["ID"]\nadd = 0.1\n'
    found = policy.lint(
        load(RULES + table),
        detectable=frozenset({"PERSON", "ORGANIZATION", "EMAIL_ADDRESS"}),
        today=date(2026, 1, 1),
    )
    told = " ".join(f"{problem} {problem.advice}" for problem in found)
    assert "unknown entity 'PERSN'" in told
    assert "no installed recognizer finds ID" in told
    assert "1 allowed value" in told
    assert SECRET not in told
    assert SECRET not in repr(load(RULES + table))


def test_a_pattern_that_runs_out_of_time_allows_nothing():
    table = "[[allow]]\npatterns = ['(a|aa|a?)+b']\n"
    value = "a" * 60 + "c"
    assert decided(load(RULES + table), value, Finds(PERSON=[value]))[value][0] == "redact"
