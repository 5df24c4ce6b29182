"""What every store keeps to: in memory, in a file, in PostgreSQL."""

from __future__ import annotations

import random
import threading

import pytest

from guardrail.errors import VaultError
from guardrail.vault.conversations import Conversations, Limits
from guardrail.vault.kek import KekFile
from guardrail.vault.keys import Keys
from guardrail.vault.memory import TokenMap
from guardrail.vault.postgres import PostgresVault
from guardrail.vault.scopes import Scopes
from guardrail.vault.sealed import Bounds, SealedStore
from guardrail.vault.sqlite import SqliteFile
from guardrail.vault.store import Row, Scope

HERE = "completion"
ANN = Scope("acme", "c-1")
KEYS = Keys(root=bytes(32), log_seed=bytes(32))
ANNS = "PERSON_7Q9NXQV"


class Clock:
    """A clock that is set by hand, in seconds."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def make(request, tmp_path, clock):
    """Return what opens a store; those that processes share are opened again on the same rows."""
    opened = []
    kek = KekFile(None, None)
    shared = Conversations(clock=clock) if request.param == "memory" else None

    def open_one(*, most=20_000, rows=1_000_000):
        if request.param == "memory":
            small = (most, rows) != (20_000, 1_000_000)
            return (
                Conversations(limits=Limits(tokens=rows, tokens_of_one=most), clock=clock)
                if small
                else shared
            )
        if request.param == "sqlite":
            database = SqliteFile.open(tmp_path / "vault.db", patience=10)
        else:
            database = PostgresVault.open(request.getfixturevalue("postgres_url"), patience=10)
        store = SealedStore(database, kek, KEYS, bounds=Bounds(rows, most), clock=clock)
        store.check()
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(make):
    return make()


def row(value, *restore, mark=b"", kind="token"):
    return Row(mark or value.encode(), value, frozenset(restore or (HERE,)), kind)


def put(store, scope, name, what, *, keep=60, subject=""):
    shelf = store.shelf(scope, keep=keep, subject=subject)
    found = shelf.put(name, what)
    shelf.commit()
    return found


def get(store, scope, name, kind="token"):
    return store.shelf(scope, keep=60).get(name, kind)


def scopes(store, keep=60):
    return Scopes(KEYS, keep=keep, store=store, now=lambda: 1_800_000_000.0)


def test_what_one_exchange_issued_the_next_of_the_conversation_restores(make):
    first = scopes(make()).tokens("acme", "c-1")
    token = first.issue("PERSON", "Ann", restore=[HERE])
    first.commit()
    later = scopes(make()).tokens("acme", "c-1")
    assert later.restore(f"Dear {token}", destination=HERE) == "Dear Ann"
    assert later.restore(token.lower().strip("<>"), destination=HERE) == "Ann"
    assert later.restore(token.replace("PERSON", "PERSONA"), destination=HERE) == "Ann"
    assert later.restore(token, destination="tool:web") == token


@pytest.mark.parametrize(
    ("tenant", "conversation"),
    [("acme", "c-2"), ("other", "c-1"), ("acme", ""), ("", ""), ("", "c-1"), ("acmec", "-1")],
)
def test_no_other_conversation_or_tenant_restores_it(store, tenant, conversation):
    held = scopes(store)
    issuing = held.tokens("acme", "c-1")
    token = issuing.issue("PERSON", "Ann", restore=[HERE])
    issuing.commit()
    assert held.tokens(tenant, conversation).restore(token, destination=HERE) == token


@pytest.mark.parametrize("value", ["Ann", "", "Zoë 東京 \U0001f600", "a\ud800b", "\n\0", "x" * 60_000])
def test_a_value_comes_back_as_it_went(make, value):
    what = Row(b"m" * 32, value, frozenset({HERE, "tool:crm_*"}), "token", "PERSON")
    put(make(), ANN, ANNS, what)
    assert get(make(), ANN, ANNS) == what


def test_the_shelf_that_put_a_row_finds_it_before_it_is_committed(store):
    shelf = store.shelf(ANN, keep=60)
    assert shelf.put(ANNS, row("Ann")) == row("Ann")
    assert shelf.get(ANNS) == row("Ann")
    assert shelf.bodied("7Q9NXQV") == ANNS
    assert shelf.put(ANNS, row("Bob")) == row("Ann")
    shelf.put("Mia", row("Ann", kind="surrogate"))
    assert [name for name, _ in shelf.listed("surrogate")] == ["Mia"]


def test_a_value_is_kept_for_its_time_and_no_second_longer(store, clock):
    put(store, ANN, ANNS, row("Ann"))
    put(store, ANN, "Mia", row("Ann", kind="surrogate"))
    shelf = store.shelf(ANN, keep=60)
    clock.now += 59.9
    assert shelf.get(ANNS) == row("Ann")
    assert shelf.bodied("7Q9NXQV") == ANNS
    clock.now += 0.1
    assert shelf.get(ANNS) is None
    assert shelf.bodied("7Q9NXQV") == ""
    assert shelf.listed("surrogate") == []
    assert store.expire() == 2
    assert store.expire() == 0


def test_the_time_of_a_value_begins_anew_when_the_caller_sends_it_again(store, clock):
    put(store, ANN, ANNS, row("Ann"))
    clock.now += 40
    put(store, ANN, ANNS, row("Ann"))
    clock.now += 40
    assert get(store, ANN, ANNS) == row("Ann")


def test_a_name_whose_time_is_over_is_free_for_another_value(store, clock):
    put(store, ANN, ANNS, row("Ann"))
    assert put(store, ANN, ANNS, row("Bob")) == row("Ann")
    assert get(store, ANN, ANNS) == row("Ann")
    clock.now += 60
    assert put(store, ANN, ANNS, row("Bob")) == row("Bob")
    assert get(store, ANN, ANNS) == row("Bob")


def test_only_the_destinations_of_both_rules_remain(store):
    put(store, ANN, ANNS, row("Ann", HERE, "tool:crm"))
    assert put(store, ANN, ANNS, row("Ann", HERE)) == row("Ann", HERE)
    assert get(store, ANN, ANNS) == row("Ann", HERE)


def test_a_value_of_the_model_is_not_kept_until_the_caller_sends_it(store):
    put(store, ANN, ANNS, Row(b"mark"))
    assert get(store, ANN, ANNS) == Row(b"mark")
    put(store, ANN, ANNS, row("Ann", mark=b"mark"))
    assert get(store, ANN, ANNS).value == "Ann"
    put(store, ANN, ANNS, Row(b"mark"))
    assert get(store, ANN, ANNS).value == "Ann"


def test_two_types_with_one_body_are_told_apart_by_their_names_alone(store):
    put(store, ANN, ANNS, row("Ann"))
    put(store, ANN, "NRP_7Q9NXQV", row("Bob"))
    shelf = store.shelf(ANN, keep=60)
    assert shelf.bodied("7Q9NXQV") == ""
    assert shelf.get(ANNS) == row("Ann")
    other = store.shelf(Scope("acme", "c-2"), keep=60)
    other.put("NRP_AAAAAAA", row("Bob"))
    assert other.bodied("AAAAAAA") == "NRP_AAAAAAA"
    other.put("PERSON_AAAAAAA", row("Cid"))
    assert other.bodied("AAAAAAA") == ""


def test_names_of_two_kinds_never_meet_and_all_of_a_kind_are_told(store):
    put(store, ANN, "Mia", row("Ann", kind="surrogate"))
    put(store, ANN, "Mia", row("Bob", kind="date"))
    assert get(store, ANN, "Mia") is None
    assert get(store, ANN, "Mia", "date").value == "Bob"
    assert [(name, one.value) for name, one in store.shelf(ANN, keep=60).listed("surrogate")] == [
        ("Mia", "Ann")
    ]


def test_two_values_whose_tokens_collide_over_many_turns_get_two_tokens(store):
    given = set()
    for number in range(24):
        turn = TokenMap(bytes(32), length=1, shelf=store.shelf(ANN, keep=60), reserving=False)
        given.add(turn.issue("ID", str(number), restore=[HERE]))
        turn.commit()
        assert turn.issue("ID", str(number), restore=[HERE]) in given
    assert len(given) == 24


def test_one_conversation_holds_a_bounded_number_of_rows_and_loses_those_that_end_first(make, clock):
    store = make(most=3)
    for number in range(5):
        put(store, ANN, f"ID_{number}000000", row(str(number)))
        clock.now += 2
    assert [number for number in range(5) if get(store, ANN, f"ID_{number}000000")] == [2, 3, 4]


def test_a_conversation_is_forgotten_whole_and_alone(store):
    other = Scope("acme", "c-2")
    for scope in (ANN, other):
        put(store, scope, ANNS, row("Ann"))
    put(store, ANN, "ID_0000000", row("Bob"))
    assert store.forget(ANN) == 2
    assert store.forget(ANN) == 0
    assert get(store, ANN, ANNS) is None
    assert get(store, other, ANNS) == row("Ann")


# --- subjects


def test_an_erased_subject_is_not_restored_in_any_conversation_and_everybody_else_is(make):
    store, other = make(), make()
    put(store, ANN, ANNS, row("Ann"), subject="u1")
    put(store, Scope("acme", "c-2"), ANNS, row("Ann"), subject="u1")
    put(store, ANN, "ID_0000000", row("Bob"), subject="u2")
    put(store, ANN, "ID_1000000", row("Cid"))
    put(store, Scope("other", "c-1"), ANNS, row("Dan"), subject="u1")
    found = store.find_subject("acme", "u1")
    assert found.rows == 2
    store.destroy(found.kid)
    for one in (store, other, make()):
        assert get(one, ANN, ANNS) is get(one, Scope("acme", "c-2"), ANNS) is None
        assert one.shelf(ANN, keep=60).bodied("7Q9NXQV") == ""
        assert get(one, ANN, "ID_0000000").value == "Bob"
        assert get(one, ANN, "ID_1000000").value == "Cid"
        assert get(one, Scope("other", "c-1"), ANNS).value == "Dan"
    assert store.find_subject("acme", "u1") is None
    assert store.is_destroyed(found.kid)
    assert store.expire() in {0, 2}  # memory has removed them at once
    store.destroy(found.kid)


def test_a_subject_who_returns_has_a_new_key(store):
    put(store, ANN, ANNS, row("Ann"), subject="u1")
    old = store.find_subject("acme", "u1")
    store.destroy(old.kid)
    assert put(store, ANN, ANNS, row("Eve"), subject="u1") == row("Eve")
    new = store.find_subject("acme", "u1")
    assert new.kid != old.kid
    assert get(store, ANN, ANNS) == row("Eve")
    assert not store.is_destroyed(new.kid)


def test_who_put_nothing_has_no_key(store):
    assert store.find_subject("acme", "u1") is None
    put(store, ANN, ANNS, row("Ann"))
    assert store.find_subject("acme", "u1") is None


def test_what_goes_when_is_told_by_the_day(store, clock):
    put(store, ANN, ANNS, row("Ann"), keep=86_400)
    put(store, ANN, "ID_0000000", row("Bob"), keep=2 * 86_400)
    plan = store.plan()
    assert [one.rows for one in plan] == [1, 1]
    assert plan[0].at < plan[1].at
    assert (plan[0].at - clock.now) <= 2 * 86_400
    clock.now = plan[0].at
    assert store.expire() == 1
    assert [one.rows for one in store.plan()] == [1]
    assert get(store, ANN, "ID_0000000").value == "Bob"


def test_nothing_has_a_repr_that_tells(store):
    scope = Scope("acme", "Zaphira Quillon")
    shelf = store.shelf(scope, keep=60, subject="Zaphira Quillon")
    shelf.put(ANNS, row("Zaphira Quillon"))
    for thing in (store, scope, shelf, row("Zaphira Quillon")):
        assert "Zaphira" not in repr(thing)


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


def test_exchanges_of_one_conversation_that_run_at_once_never_share_a_token_between_two_values(store):
    given = [dict[str, str]() for _ in range(4)]

    def work(number):
        order = [f"person {n}" for n in range(16)]
        random.Random(number).shuffle(order)
        for value in order:  # payloads of one character: every second token collides
            while True:
                mine = TokenMap(bytes(32), length=1, shelf=store.shelf(ANN, keep=60), reserving=False)
                token = mine.issue("PERSON", value, restore=[HERE])
                try:
                    mine.commit()
                except VaultError:  # another exchange was first: the caller sends it again
                    continue
                given[number][value] = token
                break

    together(4, work)
    assert all(mine == given[0] for mine in given)
    assert len(set(given[0].values())) == 16
    for value, token in given[0].items():
        assert get(store, ANN, token.strip("<>")).value == value
