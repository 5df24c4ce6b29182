"""A guard takes its keys from anywhere, and makes none in silence."""

from __future__ import annotations

import pytest

from guardrail.custody import Secrets, custody_of
from guardrail.custody.environment import encode
from guardrail.errors import ConfigError, LedgerError
from guardrail.guard import _keys
from guardrail.ledger import Ledger

SECRETS = Secrets(b"R" * 32, b"L" * 32)


def test_a_guard_loads_by_every_spelling_and_writes_under_its_custody(tmp_path, monkeypatch, vault, keyring):
    from guardrail import Context, Guard

    monkeypatch.setenv("GUARDRAIL_KEYS", encode(SECRETS))
    ledger = tmp_path / "ledger.db"
    with Guard.load("gdpr-chat", ledger=ledger, keys="env:GUARDRAIL_KEYS") as guard:
        guard.scrub("Write to ann@example.com.", context=Context(subject="customer-1"))
        token = guard.scrub("ann@example.com", context=Context(conversation="c")).text
    assert b'"by":"root"' in ledger.with_name("ledger.db.kek").read_bytes()
    assert not ledger.with_name("ledger.db.key").exists()
    custody_of("keyring:guardrail/prod").keep(SECRETS)
    with Guard.load("gdpr-chat", ledger=ledger, keys="keyring:guardrail/prod") as guard:
        assert guard.scrub("ann@example.com", context=Context(conversation="c")).text == token


def test_only_a_plain_file_is_made_on_first_use(tmp_path, monkeypatch, vault, kms, keyring):
    ledger = tmp_path / "ledger.db"
    monkeypatch.delenv("NOT_SET", raising=False)
    for uri in ("env:NOT_SET", "keyring:guardrail/none", vault.uri, kms.uri):
        with pytest.raises(ConfigError):
            _keys(uri, ledger)
    assert list(tmp_path.glob("ledger*")) == []
    assert keyring.get_password("guardrail", "none") is None
    made = _keys(tmp_path / "elsewhere.key", ledger)
    assert _keys(f"file:{tmp_path}/elsewhere.key", ledger) == made


def test_beside_a_ledger_no_key_is_made_under_any_name(tmp_path):
    ledger = tmp_path / "ledger.db"
    with Ledger.open(ledger, seed=SECRETS.log):
        pass
    for keys in (None, tmp_path / "lost.key", f"file:{tmp_path}/lost.key"):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            _keys(keys, ledger)
        assert "restore it from its backup" in caught.value.advice
    assert not (tmp_path / "lost.key").exists()
    assert not (tmp_path / "ledger.db.key").exists()


def test_keys_of_another_ledger_do_not_continue_this_one(tmp_path, monkeypatch):
    ledger = tmp_path / "ledger.db"
    with Ledger.open(ledger, seed=SECRETS.log):
        pass
    monkeypatch.setenv("K", encode(Secrets.fresh()))
    with pytest.raises(LedgerError, match="key"):
        Ledger.open(ledger, seed=_keys("env:K", ledger).log_seed)
