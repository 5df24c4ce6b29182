"""A guard on a vault that outlives it: workers share it, and nothing leaves before it is kept."""

from __future__ import annotations

import json

import pytest

from guardrail.errors import VaultError
from guardrail.guard import Guard
from guardrail.testing import KnownValues, memory_guard
from guardrail.types import Context
from guardrail.vault.keys import Keys
from guardrail.vault.opening import open_sealed
from guardrail.vault.scopes import Scopes

WHERE = Context(tenant="acme", conversation="c-1", subject="u1")


@pytest.fixture
def worker(tmp_path):
    """Return what makes one of several workers with one vault."""
    keys = Keys.ephemeral()
    made = []

    def make():
        guard = memory_guard("gdpr-chat", known={"Ann Smith": "PERSON", "Bob Ray": "PERSON"}, context=WHERE)
        store = open_sealed(tmp_path / "vault.db", keys)
        guard.vault = Scopes(keys, keep=guard.policy.keep("vault"), store=store)
        made.append((guard, store))
        return guard

    yield make
    for guard, store in made:
        guard.close()
        store.close()


def ask(guard, text, context=WHERE):
    exchange = guard.exchange(context=context)
    body = exchange.request(json.dumps({"text": text}).encode(), content_type="application/json")
    return exchange, json.loads(body)["text"]


def answer(exchange, text):
    exchange.answer("application/json")
    out = exchange.response(json.dumps({"text": text}).encode()) + exchange.finish()
    return json.loads(out)["text"]


def test_what_one_worker_issued_another_restores(worker):
    _, sent = ask(worker(), "Ann Smith called")
    exchange, same = ask(worker(), f"{sent}, and Ann Smith again")
    assert same == f"{sent}, and {sent.split(' called')[0]} again"
    assert answer(exchange, f"Dear {sent}") == "Dear Ann Smith called"
    elsewhere, _ = ask(worker(), "hello", Context(tenant="acme", conversation="c-2"))
    assert answer(elsewhere, f"Dear {sent}") == f"Dear {sent}"


def test_nothing_leaves_before_the_vault_has_it(worker, tmp_path):
    guard = worker()
    (tmp_path / "vault.db").rename(tmp_path / "gone.db")
    exchange = guard.exchange(context=WHERE)
    with pytest.raises(VaultError) as caught:
        exchange.request(b'{"text": "Ann Smith called"}', content_type="application/json")
    refusal = exchange.refusal(caught.value)
    assert refusal.status == 503
    assert b"guardrail_vault_unavailable" in refusal.body
    with pytest.raises(VaultError):
        guard.scrub("Ann Smith called")
    with guard.session(conversation="c-1") as session, pytest.raises(VaultError):
        session.scrub("Ann Smith called")
    duplex = guard.duplex(context=WHERE)
    with pytest.raises(VaultError):
        duplex.up("Ann Smith called")
    (tmp_path / "gone.db").rename(tmp_path / "vault.db")
    assert "Ann" not in guard.scrub("Ann Smith called").text


def test_a_value_of_the_model_is_committed_before_the_piece_that_holds_its_token(worker, tmp_path):
    guard = worker()
    exchange, _ = ask(guard, "hello")
    (tmp_path / "vault.db").rename(tmp_path / "gone.db")
    exchange.answer("application/json")
    exchange.response(b'{"text": "Bob Ray"}')
    with pytest.raises(VaultError):
        exchange.finish()
    assert exchange.closing("error").facts["reason"] == "vault"


def test_a_request_is_one_transaction(worker, monkeypatch):
    guard = worker()
    store = guard.vault.store
    count = []
    whole = store._write
    monkeypatch.setattr(store, "_write", lambda batches: (count.append(len(batches)), whole(batches)))
    _, sent = ask(guard, "Ann Smith and Bob Ray, ann@example.com, bob@example.org")
    assert count == [1]
    ask(guard, f"{sent} Ann Smith and Bob Ray")
    assert count == [1], "what is kept already is not written again"


def test_a_line_of_a_log_does_not_speak_for_the_conversation(worker):
    guard = worker()
    text, _ = guard.clean("Ann Smith called", channel="log")
    assert "Ann" not in text
    assert guard.vault.store.counts()["rows"] == 0


def test_a_guard_opens_the_vault_that_is_named_and_closes_it(tmp_path):
    ledger, vault, own = tmp_path / "ledger.db", tmp_path / "vault.db", [KnownValues({})]
    with Guard.load(
        "gdpr-chat", ledger=ledger, vault=vault, names="none", context=WHERE, recognizers=own
    ) as guard:
        token = guard.scrub("ann@example.com").text
    url = f"sqlite:///{vault}"
    with (
        Guard.load(
            "gdpr-chat", ledger=ledger, vault=url, names="none", context=WHERE, recognizers=own
        ) as guard,
        guard.session(conversation="c-1") as session,
    ):
        assert session.restore(token) == "ann@example.com"
    assert vault.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "vault.db.kek").stat().st_mode & 0o777 == 0o600
