"""Erasing a subject reaches the vault: nothing under its key is restored, and the certificate says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from guardrail.cli.app import app
from guardrail.errors import VaultError
from guardrail.ledger import Ledger, Reader, holds, verify
from guardrail.ledger.certificate import verify_certificate
from guardrail.subjects import erase, erasure_of, expire
from guardrail.types import Event
from guardrail.vault.keys import Keys
from guardrail.vault.opening import open_sealed
from guardrail.vault.store import Row, Scope

HERE = "completion"
ANNS = "PERSON_7Q9NXQV"
YEAR = 366 * 86_400


@pytest.fixture
def keys(tmp_path):
    return Keys.create(tmp_path / "ledger.db.key")


@pytest.fixture
def ledger(tmp_path, keys):
    with Ledger.open(tmp_path / "ledger.db", seed=keys.log_seed, bodies=True) as book:
        yield book


@pytest.fixture
def vault(tmp_path, keys):
    store = open_sealed(tmp_path / "vault.db", keys)
    yield store
    store.close()


def put(vault, subject, value="Ann", conversation="c-1", keep=YEAR):
    shelf = vault.shelf(Scope("acme", conversation), keep=keep, subject=subject)
    shelf.put(ANNS, Row(value.encode(), value, frozenset({HERE})))
    shelf.commit()


def get(vault, conversation="c-1"):
    return vault.shelf(Scope("acme", conversation), keep=YEAR).get(ANNS)


def told(ledger):
    return [entry.type for entry in ledger.entries() if entry.type.split(".")[0] in {"erasure", "vault"}]


def said(ledger, subject):
    ledger.append(Event("scrub", keep=YEAR, who={"subject": subject}, facts={"tenant": "acme"}))


def test_a_subject_goes_from_the_ledger_and_the_vault_with_one_certificate(ledger, vault, tmp_path):
    said(ledger, "u1")
    put(vault, "u1")
    put(vault, "u2", "Bob", "c-2")
    certificate = erase(ledger, vault, "u1", tenant="acme")
    assert get(vault) is None
    assert get(vault, "c-2").value == "Bob"
    assert (certificate.stage, certificate.records, certificate.vault) == ("keys_deleted", 1, 1)
    assert len(certificate.kids) == 2
    headers = verify_certificate(certificate.format(), vkey=ledger.vkey)
    assert [header.type for header in headers] == [
        *("erasure.requested", "erasure.keys_deleted", "vault.requested", "vault.keys_deleted")
    ]
    assert verify(tmp_path / "ledger.db", vkey=ledger.vkey).exit_code == 0
    assert vault.counts()["rows"] == 1
    again = erase(ledger, vault, "u1", tenant="acme")
    assert (again.stage, again.vault) == ("nothing", 0)


def test_what_only_the_vault_has_is_certified_too(ledger, vault):
    put(vault, "u1")
    certificate = erase(ledger, vault, "u1", tenant="acme")
    assert (certificate.stage, certificate.vault, len(certificate.kids)) == ("keys_deleted", 1, 1)
    headers = verify_certificate(certificate.format(), vkey=ledger.vkey)
    assert {header.type for header in headers} == {"vault.requested", "vault.keys_deleted"}
    later = erasure_of(ledger, certificate.kids[0])
    assert later.stage == "keys_deleted"


def test_without_a_vault_the_certificate_says_that_none_was_reached(ledger, vault):
    said(ledger, "u1")
    put(vault, "u1")
    certificate = erase(ledger, None, "u1", tenant="acme")
    assert certificate.vault is None
    assert b"vault" not in certificate.format()
    assert get(vault).value == "Ann"


def test_an_erasure_that_was_cut_short_is_carried_out_by_the_next(ledger, vault, monkeypatch):
    put(vault, "u1")

    def broken(kid):
        raise VaultError("the disk answered with an error")

    with monkeypatch.context() as patch:
        patch.setattr(vault, "destroy", broken)
        with pytest.raises(VaultError):
            erase(ledger, vault, "u1", tenant="acme")
    assert told(ledger) == ["vault.requested", "erasure.requested"]
    certificate = erase(ledger, vault, "u1", tenant="acme")
    assert certificate.stage == "keys_deleted"
    assert told(ledger).count("vault.requested") == told(ledger).count("vault.keys_deleted") == 1
    assert get(vault) is None


def test_a_key_that_was_destroyed_and_not_told_is_told_by_the_next_run(ledger, vault):
    put(vault, "u1")
    found = vault.find_subject("acme", "u1")
    from guardrail.ledger import vault_acts

    vault_acts.request(ledger, found.kid, rows=1, reason="request")
    vault.destroy(found.kid)
    assert expire(ledger, vault) == 1
    assert told(ledger) == ["vault.requested", "vault.keys_deleted", "vault.purge"]
    assert expire(ledger, vault) == 0


def test_a_hold_keeps_the_named_bodies_and_no_value_of_the_vault(ledger, vault):
    said(ledger, "u1")
    put(vault, "u1")
    holds.place(ledger, matter="case 7", subject="u1", tenant="acme")
    certificate = erase(ledger, vault, "u1", tenant="acme")
    assert (certificate.stage, certificate.held, certificate.vault) == ("restricted", 1, 1)
    assert get(vault) is None
    verify_certificate(certificate.format(), vkey=ledger.vkey)


def test_the_cost_of_an_erasure_does_not_depend_on_the_vaults_size(vault, monkeypatch):
    """One key is overwritten: the statements are the same few, whatever there is."""
    for number in range(3):
        put(vault, "u1", f"Ann {number}", f"c-{number}")
    kid = vault.find_subject("acme", "u1").kid
    with vault._database.transaction() as session:
        connection = session._connection
    count = []
    connection.set_trace_callback(count.append)
    vault.destroy(kid)
    connection.set_trace_callback(None)
    assert len(count) <= 6
    assert vault.counts()["rows"] == 3, "rows go afterwards"


# --- the command line


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [*words, "--ledger", "ledger.db"])


def test_the_commands_reach_the_vault_that_is_named(ledger, vault, run, tmp_path):
    put(vault, "u1")
    put(vault, "u2", "Bob", "c-2", keep=1)
    put(vault, "u3", "Cid", "c-3")
    ledger.checkpoint()
    vault.close()
    ledger.close()
    status = run("vault", "status", "vault.db")
    assert status.exit_code == 0, status.output
    assert "Ann" not in status.output
    erased = run("erase", "u1", "--tenant", "acme", "--vault", "vault.db", "-o", "erasure.json")
    assert erased.exit_code == 0, erased.output
    assert "vault: 1 rows" in erased.output
    assert "no vault was named" in run("erase", "u9").output
    with Reader.open(tmp_path / "ledger.db") as reader:
        verify_certificate((tmp_path / "erasure.json").read_bytes(), vkey=reader.vkey)
    assert run("retention", "plan", "--vault", "vault.db").exit_code == 0
    dry = run("retention", "run", "--dry-run", "--vault", "vault.db")
    assert "rows of the vault" in dry.output
    done = run("retention", "run", "--vault", "vault.db")
    assert "rows of the vault" in done.output, done.output
    before = (tmp_path / "vault.db.kek").read_bytes()
    rotated = run("vault", "rotate", "vault.db")
    assert "version 2 wraps" in rotated.output, rotated.output
    assert "1 erasures are final" in rotated.output
    assert (tmp_path / "vault.db.kek").read_bytes() != before
    store = open_sealed(Path("vault.db"), Keys.load(tmp_path / "ledger.db.key"))
    assert get(store, "c-3").value == "Cid"
    store.close()
    missing = run("vault", "status", "none.db")
    assert missing.exit_code == 2
    assert not Path("none.db").exists()
