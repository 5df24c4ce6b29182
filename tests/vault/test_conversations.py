"""A conversation remembers its tokens: within its scope, its time and its bounds, and for nobody else."""

from __future__ import annotations

import random
import threading

import pytest

from guardrail import tokens
from guardrail.vault.conversations import Conversations, Limits
from guardrail.vault.keys import Keys
from guardrail.vault.memory import TokenMap
from guardrail.vault.scopes import Scopes, epoch
from guardrail.vault.store import Row, Scope

HERE = "completion"
ANN = Scope("acme", "c-1")
CANARY = "Zaphira Quillon"


class Clock:
    """A clock that is set by hand, in seconds."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def row(value, *restore, mark=b""):
    return Row(mark or value.encode(), value, frozenset(restore or (HERE,)))


def scopes(store, keep=60, now=lambda: 1_800_000_000.0):
    return Scopes(Keys(root=bytes(32), log_seed=bytes(32)), keep=keep, store=store, now=now)


def test_what_one_exchange_issued_the_next_of_the_conversation_restores():
    held = scopes(Conversations())
    token = held.tokens("acme", "c-1").issue("PERSON", "Ann", restore=[HERE])
    later = held.tokens("acme", "c-1")
    assert later.restore(f"Dear {token}", destination=HERE) == "Dear Ann"
    assert later.restore(token.lower().strip("<>"), destination=HERE) == "Ann"
    assert later.restore(token.replace("PERSON", "PERSONA"), destination=HERE) == "Ann"
    assert later.restore(token, destination="tool:web") == token


@pytest.mark.parametrize(
    ("tenant", "conversation"),
    [("acme", "c-2"), ("other", "c-1"), ("acme", ""), ("", ""), ("", "c-1"), ("acmec", "-1")],
)
def test_no_other_conversation_or_tenant_restores_it(tenant, conversation):
    held = scopes(Conversations())
    token = held.tokens("acme", "c-1").issue("PERSON", "Ann", restore=[HERE])
    assert held.tokens(tenant, conversation).restore(token, destination=HERE) == token


def test_without_a_conversation_nothing_outlives_the_exchange():
    store = Conversations()
    held = scopes(store)
    token = held.tokens("acme", "").issue("PERSON", "Ann", restore=[HERE])
    assert held.tokens("acme", "").restore(token, destination=HERE) == token
    assert len(store) == 0


def test_a_vault_that_keeps_nothing_leaves_the_conversation_its_own_exchange_alone():
    store = Conversations()
    held = scopes(store, keep=0)
    first = held.tokens("acme", "c-1")
    token = first.issue("PERSON", "Ann", restore=[HERE])
    assert first.restore(token, destination=HERE) == "Ann"
    assert held.tokens("acme", "c-1").restore(token, destination=HERE) == token
    assert held.tokens("acme", "c-1").issue("PERSON", "Ann", restore=[HERE]) == token
    assert len(store) == 0


def test_a_value_is_kept_for_its_time_and_no_second_longer(clock):
    store = Conversations(clock=clock)
    shelf = store.shelf(ANN, keep=60)
    shelf.put("PERSON_7Q9NXQV", row("Ann"))
    clock.now += 59.9
    assert shelf.get("PERSON_7Q9NXQV") == row("Ann")
    assert shelf.bodied("7Q9NXQV") == "PERSON_7Q9NXQV"
    clock.now += 0.1
    assert shelf.get("PERSON_7Q9NXQV") is None
    assert shelf.bodied("7Q9NXQV") == ""
    assert store.expire() == 1
    assert len(store) == 0
    assert store._bytes == 0


def test_the_time_of_a_value_begins_anew_when_the_caller_sends_it_again(clock):
    shelf = Conversations(clock=clock).shelf(ANN, keep=60)
    shelf.put("PERSON_7Q9NXQV", row("Ann"))
    clock.now += 40
    shelf.put("PERSON_7Q9NXQV", row("Ann"))
    clock.now += 40
    assert shelf.get("PERSON_7Q9NXQV") == row("Ann")


def test_a_name_whose_time_is_over_is_free_for_another_value(clock):
    shelf = Conversations(clock=clock).shelf(ANN, keep=60)
    shelf.put("PERSON_7Q9NXQV", row("Ann"))
    assert shelf.put("PERSON_7Q9NXQV", row("Bob")) == row("Ann")
    clock.now += 60
    assert shelf.put("PERSON_7Q9NXQV", row("Bob")) == row("Bob")
    assert shelf.get("PERSON_7Q9NXQV") == row("Bob")


def test_what_is_due_goes_when_something_is_put_and_not_only_when_it_is_asked_for(clock):
    store = Conversations(clock=clock)
    store.shelf(Scope("", "old"), keep=10).put("PERSON_7Q9NXQV", row("Ann"))
    clock.now += 11
    store.shelf(ANN, keep=10).put("PERSON_AAAAAAA", row("Bob"))
    assert len(store) == 1


def test_only_the_destinations_of_both_rules_remain_over_the_turns():
    held = scopes(Conversations())
    token = held.tokens("acme", "c-1").issue("PERSON", "Ann", restore=[HERE, "tool:crm"])
    held.tokens("acme", "c-1").issue("PERSON", "Ann", restore=[HERE])
    assert held.tokens("acme", "c-1").restore(token, destination="tool:crm") == token
    assert held.tokens("acme", "c-1").restore(token, destination=HERE) == "Ann"


def test_a_value_of_the_model_is_not_kept_and_its_token_comes_to_mean_nobody_else():
    store = Conversations()
    held = scopes(store)
    token = held.tokens("acme", "c-1").issue("PERSON", CANARY)
    assert store.shelf(Scope("acme", "c-1"), keep=60).get(token.strip("<>")).value is None
    later = held.tokens("acme", "c-1")
    assert later.restore(token, destination=HERE) == token
    assert later.issue("PERSON", CANARY, restore=[HERE]) == token
    assert later.restore(token, destination=HERE) == CANARY


def test_two_values_whose_tokens_collide_over_two_turns_get_two_tokens():
    store = Conversations()
    key = bytes(32)
    given = set()
    for number in range(200):
        turn = TokenMap(key, length=1, shelf=store.shelf(ANN, keep=60), reserving=False)
        given.add(turn.issue("ID", str(number), restore=[HERE]))
        assert turn.issue("ID", str(number), restore=[HERE]) in given
    assert len(given) == len(store) == 200


def test_one_conversation_holds_a_bounded_number_of_tokens_and_loses_the_oldest():
    store = Conversations(limits=Limits(tokens_of_one=3))
    shelf = store.shelf(ANN, keep=60)
    for number in range(5):
        shelf.put(f"ID_{number}000000", row(str(number)))
    assert [number for number in range(5) if shelf.get(f"ID_{number}000000")] == [2, 3, 4]
    assert len(store) == 3


@pytest.mark.parametrize("limits", [Limits(tokens=4), Limits(bytes=4 * 516)])
def test_a_full_store_takes_from_the_conversation_that_was_used_least_lately(limits):
    store = Conversations(limits=limits)
    old, new = store.shelf(Scope("", "old"), keep=60), store.shelf(Scope("", "new"), keep=60)
    for number in range(2):
        old.put(f"ID_{number}000000", row("x"))
    for number in range(3):
        new.put(f"ID_{number}000000", row("x"))
    assert len(store) == 4
    assert old.get("ID_0000000") is None
    assert old.get("ID_1000000") is not None
    assert all(new.get(f"ID_{number}000000") for number in range(3))


def test_what_an_exchange_issued_it_restores_though_the_store_lost_it():
    store = Conversations(limits=Limits(tokens=1))
    exchange = scopes(store).tokens("acme", "c-1")
    given = [exchange.issue("PERSON", name, restore=[HERE]) for name in ("Ann", "Bob", "Cid")]
    assert exchange.restore(" ".join(given), destination=HERE) == "Ann Bob Cid"


def test_a_conversation_is_forgotten_whole_and_alone():
    store = Conversations()
    held = scopes(store)
    tokens_of = {
        name: held.tokens("acme", name).issue("PERSON", "Ann", restore=[HERE]) for name in ("c-1", "c-2")
    }
    held.tokens("acme", "c-1").issue("PERSON", "Bob", restore=[HERE])
    assert store.forget(ANN) == 2
    assert store.forget(ANN) == 0
    assert held.tokens("acme", "c-1").restore(tokens_of["c-1"], destination=HERE) == tokens_of["c-1"]
    assert held.tokens("acme", "c-2").restore(tokens_of["c-2"], destination=HERE) == "Ann"


def test_no_value_conversation_or_key_has_a_repr():
    store = Conversations()
    scope = Scope("acme", CANARY)
    shelf = store.shelf(scope, keep=60)
    shelf.put("PERSON_7Q9NXQV", row(CANARY))
    issued = TokenMap(CANARY.encode(), shelf=shelf)
    issued.issue("PERSON", CANARY, restore=[HERE])
    for thing in (
        store,
        scope,
        shelf,
        row(CANARY),
        issued,
        store._scopes,
        Scopes(Keys.ephemeral(), keep=1, store=store),
    ):
        assert CANARY not in repr(thing)


def test_two_types_with_one_body_are_told_apart_by_their_names_alone():
    shelf = Conversations().shelf(ANN, keep=60)
    shelf.put("PERSON_7Q9NXQV", row("Ann"))
    shelf.put("NRP_7Q9NXQV", row("Bob"))
    assert shelf.bodied("7Q9NXQV") == ""
    assert shelf.get("PERSON_7Q9NXQV") == row("Ann")
    here = TokenMap(bytes(32), shelf=shelf)
    here._bodies["7Q9NXQV"] = "ID_7Q9NXQV"
    assert here.bodied("7Q9NXQV") == "ID_7Q9NXQV"


# --- the tenant's month


def test_a_tenants_tokens_change_with_the_month_and_a_conversations_do_not():
    months = {}
    for now in (1_793_491_199.0, 1_793_491_200.0):  # the last second of October 2026 in UTC, and the next
        held = scopes(Conversations(), now=lambda now=now: now)
        months[epoch(now)] = [
            held.tokens("acme", where).issue("PERSON", "Ann", restore=[HERE]) for where in ("", "c-1")
        ]
    assert list(months) == ["2026-10", "2026-11"]
    october, november = months.values()
    assert october[0] != november[0]
    assert october[1] == november[1]


def test_a_token_of_the_last_month_restores_nothing_and_is_counted_as_foreign():
    token = (
        scopes(Conversations(), now=lambda: 1_793_491_199.0)
        .tokens("acme", "")
        .issue("PERSON", "Ann", restore=[HERE])
    )
    now = scopes(Conversations(), now=lambda: 1_793_491_200.0).tokens("acme", "")
    now.reserve(f"{token} Ann")
    assert now.issue("PERSON", "Ann", restore=[HERE]) != token
    assert now.restore(token, destination=HERE) == token
    assert [place.proof for place in now.find(token, destination=HERE)] == ["foreign"]


# --- threads


def together(count, work):
    begin = threading.Barrier(count)
    wrong = []

    def run(number):
        begin.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - told to the test
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_exchanges_of_one_conversation_that_run_at_once_never_share_a_token_between_two_values():
    store = Conversations()
    given = [dict[str, str]() for _ in range(8)]

    def work(number):
        order = [f"person {n}" for n in range(60)]
        random.Random(number).shuffle(order)
        mine = TokenMap(bytes(32), length=1, shelf=store.shelf(ANN, keep=60), reserving=False)
        for value in order:  # payloads of one character: every second token collides
            given[number][value] = mine.issue("PERSON", value, restore=[HERE])
        for value, token in given[number].items():
            assert mine._row(token.strip("<>")).value == value

    together(8, work)
    assert all(mine == given[0] for mine in given)
    owners = {}
    for mine in given:
        for value, token in mine.items():
            assert owners.setdefault(token, value) == value, "two people share a token"


def test_a_store_under_eviction_expiry_and_reading_keeps_its_sums():
    clock = Clock()
    store = Conversations(limits=Limits(tokens=50, bytes=20_000, tokens_of_one=20), clock=clock)

    def work(number):
        chance = random.Random(number)
        for _ in range(1_500):
            scope = Scope("", f"c-{chance.randrange(6)}")
            shelf = store.shelf(scope, keep=chance.choice((1, 50)))
            inner = f"ID_{chance.randrange(40):07}"
            shelf.put(inner, row("x" * chance.randrange(60), mark=b"m"))
            shelf.get(inner)
            shelf.bodied(tokens.body_of(inner))
            clock.now += 0.01
            if chance.random() < 0.01:
                store.forget(scope)
            if chance.random() < 0.01:
                store.expire()

    together(4, work)
    assert len(store) == sum(len(pages.rows) for pages in store._scopes.values()) <= 50
    assert all(pages.rows for pages in store._scopes.values())
    clock.now += 100
    store.expire()
    assert (len(store), store._bytes, len(store._scopes)) == (0, 0, 0)


# --- other kinds of stand-ins


def test_names_of_two_kinds_never_meet_and_all_of_a_kind_are_told():
    shelf = Conversations().shelf(ANN, keep=60)
    shelf.put("Maria Lopez", Row(b"a", "Ann", frozenset({HERE}), "surrogate", "PERSON"))
    shelf.put("Maria Lopez", Row(b"b", "Bob", frozenset({HERE}), "date"))
    assert shelf.get("Maria Lopez") is None
    assert shelf.get("Maria Lopez", "date").value == "Bob"
    assert [(name, row.value, row.entity) for name, row in shelf.listed("surrogate")] == [
        ("Maria Lopez", "Ann", "PERSON")
    ]
    assert shelf.listed("token") == []
