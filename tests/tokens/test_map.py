"""A map restores what it issued, where its rule allows it, and nothing else."""

from __future__ import annotations

import itertools
import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail import tokens
from guardrail.errors import ConfigError
from guardrail.vault.conversations import Conversations
from guardrail.vault.memory import TokenMap
from guardrail.vault.store import Row, Scope

KEY = b"k" * 32
HERE = "completion"


def a_map(length=tokens.TENANT, key=KEY):
    return TokenMap(key, length=length)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(["PERSON", "NRP", "ID"]), st.text(max_size=6)), max_size=12))
def test_every_value_comes_back_as_it_went_in_and_no_two_share_a_token(values):
    issued = a_map(length=6)
    given_out = [issued.issue(entity, value, restore=[HERE]) for entity, value in values]
    assert len(set(given_out)) == len(set(values)) == len(issued)
    for (entity, value), token in zip(values, given_out, strict=True):
        assert issued.issue(entity, value, restore=[HERE]) == token
        assert issued.restore(token, destination=HERE) == value
    text = " ".join(given_out)
    assert issued.restore(text, destination=HERE) == " ".join(value for _, value in values)


def test_the_same_value_has_the_same_token_in_every_map_of_the_scope():
    assert a_map().issue("PERSON", "Ann") == a_map().issue("PERSON", "Ann")
    assert a_map().issue("PERSON", "Ann") != a_map(key=b"o" * 32).issue("PERSON", "Ann")


def test_two_spellings_of_one_name_come_back_as_they_were_written():
    issued = a_map()
    one, other = (issued.issue("PERSON", name, restore=[HERE]) for name in ("José", "Jose\u0301"))
    assert one != other
    assert issued.restore(f"{one}|{other}", destination=HERE) == "José|Jose\u0301"


def test_a_value_that_looks_like_a_token_comes_back_and_is_not_restored_again():
    issued = a_map()
    inner = issued.issue("PERSON", "Ann", restore=[HERE])
    outer = issued.issue("ID", inner, restore=[HERE])
    assert issued.restore(outer, destination=HERE) == inner


def test_lost_brackets_and_another_case_are_restored_whole():
    issued = a_map()
    token = issued.issue("PERSON", "Ann", restore=[HERE])
    for spelling in (token, token[1:], token[:-1], token[1:-1], token.lower(), token.lower()[1:]):
        assert issued.restore(f"({spelling})", destination=HERE) == "(Ann)"


def test_a_planted_token_of_another_scope_restores_nothing():
    foreign = a_map(key=b"o" * 32).issue("PERSON", "someone else", restore=[HERE])
    issued = a_map()
    issued.issue("PERSON", "Ann", restore=[HERE])
    assert issued.restore(f"Hello {foreign}", destination=HERE) == f"Hello {foreign}"
    (left,) = issued.find(foreign, destination=HERE)
    assert left.value is None


def test_a_word_that_only_looks_like_a_token_is_a_word():
    foreign = a_map(key=b"o" * 32).issue("PERSON", "someone else")
    assert a_map().find(foreign.lower(), destination=HERE) == []
    assert a_map().find(foreign[1:-1], destination=HERE) == []


def test_a_planted_token_never_comes_to_mean_a_value_of_the_request():
    planted = a_map().issue("PERSON", "Ann")  # an attacker of the same scope knows Ann's token
    issued = a_map()
    issued.reserve(f"Repeat {planted.lower()} to me")
    token = issued.issue("PERSON", "Ann", restore=[HERE])
    assert token != planted
    assert len(token) == len(planted) + tokens.STEP
    assert issued.restore(f"{planted} {token}", destination=HERE) == f"{planted} Ann"


def test_reserving_a_token_that_was_issued_before_takes_nothing_back():
    issued = a_map()
    token = issued.issue("PERSON", "Ann", restore=[HERE])
    issued.reserve(f"as said, {token}")
    assert issued.issue("PERSON", "Ann", restore=[HERE]) == token
    assert issued.restore(token, destination=HERE) == "Ann"


def reserved_in_every_length(value):
    return " ".join(
        tokens.make(KEY, "PERSON", value, length=length)
        for length in range(tokens.CONVERSATION, tokens.MAX_LENGTH + 1, tokens.STEP)
    )


def test_a_value_whose_token_is_planted_in_every_length_leaves_as_a_token_and_never_comes_back():
    issued = a_map()
    issued.reserve(reserved_in_every_length("Zaphira"))
    token = issued.issue("PERSON", "Zaphira", restore=[HERE])
    assert token == f"<{tokens.make(KEY, 'PERSON', 'Zaphira', length=tokens.MAX_LENGTH)}>"
    assert issued.issue("PERSON", "Zaphira", restore=[HERE]) == token
    assert issued.restore(token, destination=HERE) == token
    other = issued.issue("PERSON", "Ann", restore=[HERE])
    assert issued.restore(other, destination=HERE) == "Ann"


def test_when_every_length_is_another_values_the_value_is_refused():
    shelf = Conversations().shelf(Scope("", "c"), keep=60)
    for name in reserved_in_every_length("Zaphira").split():
        shelf.put(name, Row(b"another value", "Ann", frozenset({HERE})))
    issued = TokenMap(KEY, shelf=shelf)
    with pytest.raises(ConfigError, match="no token is free") as caught:
        issued.issue("PERSON", "Zaphira", restore=[HERE])
    assert "Zaphira" not in str(caught.value) + caught.value.advice
    assert len(issued) == 0
    assert issued.issue("PERSON", "Bob", restore=[HERE])


def colliding_values():
    """Find two values whose shortest tokens are equal: 2^15 tries for 30 bits, by the birthday paradox."""
    seen = {}
    for number in itertools.count():
        value = f"value {number}"
        other = seen.setdefault(tokens.make(KEY, "ID", value, length=6), value)
        if other != value:
            return other, value
    return None


def test_two_values_whose_tokens_collide_get_two_tokens():
    one, other = colliding_values()
    issued = a_map(length=6)
    first, second = issued.issue("ID", one, restore=[HERE]), issued.issue("ID", other, restore=[HERE])
    assert len(second) == len(first) + tokens.STEP
    assert issued.restore(f"{first} {second}", destination=HERE) == f"{one} {other}"
    assert issued.issue("ID", one, restore=[HERE]) == first
    assert issued.issue("ID", other, restore=[HERE]) == second


def test_with_payloads_of_one_character_no_two_values_share_a_token():
    # 32 names of the shortest length for 200 values: nearly every one is lengthened.
    issued = a_map(length=1)
    given_out = {issued.issue("ID", str(number), restore=[HERE]) for number in range(200)}
    assert len(given_out) == len(issued) == 200


def test_a_token_goes_only_where_its_rule_allows():
    issued = a_map()
    token = issued.issue("PERSON", "Ann", restore=["completion", "tool:crm_*"])
    assert issued.restore(token, destination="completion") == "Ann"
    assert issued.restore(token, destination="tool:crm_update") == "Ann"
    for elsewhere in (
        "tool:web_search",
        "tool:xcrm_",
        "tool:",
        "log",
        "trace",
        "",
        "Completion",
        "completion2",
    ):
        assert issued.restore(token, destination=elsewhere) == token


def test_a_rule_without_destinations_restores_nowhere():
    issued = a_map()
    token = issued.issue("PERSON", "Ann", restore=[])
    assert issued.restore(token, destination=HERE) == token


def test_where_two_rules_issued_one_token_only_the_destinations_of_both_remain():
    issued = a_map()
    token = issued.issue("PERSON", "Ann", restore=["completion", "tool:crm"])
    assert issued.issue("PERSON", "Ann", restore=["completion", "tool:mail"]) == token
    assert issued.restore(token, destination="completion") == "Ann"
    assert issued.restore(token, destination="tool:crm") == token
    assert issued.restore(token, destination="tool:mail") == token
    issued.issue("PERSON", "Ann", restore=[])
    issued.issue("PERSON", "Ann", restore=["completion"])
    assert issued.restore(token, destination="completion") == token


@settings(max_examples=60)
@given(st.permutations([["completion"], ["completion", "tool:a"], ["tool:a", "completion", "tool:b"]]))
def test_the_order_of_the_rules_never_widens_a_destination(rules):
    issued = a_map()
    for rule in rules:
        token = issued.issue("PERSON", "Ann", restore=rule)
    assert issued.restore(token, destination="completion") == "Ann"
    assert issued.restore(token, destination="tool:a") == token


def test_a_value_that_the_model_brings_is_never_restored():
    issued = a_map()
    token = issued.issue("PERSON", "Ann")
    assert issued.issue("PERSON", "Ann") == token
    assert issued.restore(token, destination=HERE) == token
    (left,) = issued.find(token, destination=HERE)
    assert left.value is None


def test_a_value_that_the_caller_sends_too_is_restored_from_then_on():
    issued = a_map()
    token = issued.issue("PERSON", "Ann")
    assert issued.issue("PERSON", "Ann", restore=[HERE]) == token
    assert issued.restore(token, destination=HERE) == "Ann"


def test_a_value_that_the_model_brings_keeps_the_token_that_the_history_holds():
    history = a_map().issue("PERSON", "Ann")
    issued = a_map()
    issued.reserve(history)
    assert issued.issue("PERSON", "Ann") == history
    assert issued.restore(history, destination=HERE) == history


def test_a_planted_token_is_not_restored_when_model_and_caller_both_name_its_value():
    planted = a_map().issue("PERSON", "Ann")
    issued = a_map()
    issued.reserve(planted)
    issued.issue("PERSON", "Ann")
    token = issued.issue("PERSON", "Ann", restore=[HERE])
    assert token != planted
    assert issued.restore(f"{planted} {token}", destination=HERE) == f"{planted} Ann"
    assert issued.issue("PERSON", "Ann") == token
    assert issued.issue("PERSON", "Ann", restore=[HERE]) == token


def test_a_model_that_repeats_the_callers_value_changes_no_destination():
    issued = a_map()
    token = issued.issue("PERSON", "Ann", restore=[HERE])
    assert issued.issue("PERSON", "Ann") == token
    assert issued.restore(token, destination=HERE) == "Ann"


def test_an_entity_without_a_token_leaves_the_map_as_it_was():
    issued = a_map()
    with pytest.raises(ConfigError):
        issued.issue("employee-id", "4711", restore=[HERE])
    assert len(issued) == 0


def test_threads_that_issue_and_restore_at_once_agree_on_every_token():
    issued = a_map(length=6)
    values = [f"person {number}" for number in range(400)]
    begin = threading.Barrier(8)
    seen = [dict[str, str]() for _ in range(8)]
    wrong = []

    def work(mine, seed):
        order = list(values)
        random.Random(seed).shuffle(order)
        begin.wait()
        for value in order:
            token = issued.issue("PERSON", value, restore=[HERE])
            issued.reserve(token)
            mine[value] = token
            if issued.restore(token, destination=HERE) != value:
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(mine, seed)) for seed, mine in enumerate(seen)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert all(mine == seen[0] for mine in seen)
    assert len(set(seen[0].values())) == len(issued) == len(values)
