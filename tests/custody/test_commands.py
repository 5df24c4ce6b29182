"""`guardrail keys` for every custody: made once, rotated, moved, shown; no key in what is printed."""

from __future__ import annotations

import base64
import json
from itertools import pairwise

import pytest

from guardrail.canonical import b64u
from guardrail.custody import Secrets, custody_of
from guardrail.custody.environment import encode
from guardrail.ledger import Ledger
from guardrail.ledger.kek import KekFile
from guardrail.types import Event

SECRETS = Secrets(b"R" * 32, b"L" * 32)
POLICY = b"""schema = 1
name = "chat"
version = "1"
[[rules]]
id = "mail"
why = "joined by orders"
find = ["EMAIL_ADDRESS"]
action = { type = "hash", key = "orders" }
[[rules]]
id = "phone"
why = "opened by the desk"
find = ["PHONE_NUMBER"]
action = { type = "encrypt", key = "desk" }
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture(params=["file", "env", "keyring", "vault", "kms"])
def uri(request, path, monkeypatch):
    """Return the spelling of each custody, with the keys in it."""
    if request.param == "env":
        monkeypatch.setenv("GUARDRAIL_KEYS", encode(SECRETS))
        return "env:GUARDRAIL_KEYS"
    if request.param in {"vault", "kms"}:
        text = request.getfixturevalue(request.param).uri
    elif request.param == "keyring":
        request.getfixturevalue("keyring")
        text = "keyring:guardrail/prod"
    else:
        text = f"file:{path}.key"
    custody_of(text, ledger=path).keep(SECRETS)
    return text


def fill(path, uri):
    from guardrail.crypto import digest

    custody = custody_of(uri, ledger=path)
    wrapper = custody.wrapper(custody.load())
    with Ledger.open(path, seed=SECRETS.log, bodies=True, custody=wrapper) as book:
        book.append_policy([("chat", "1", digest(POLICY), POLICY)])
        for n in range(2):
            book.append(Event("scrub", keep=86_400, who={"subject": f"person-{n}"}))


def clean(*results):
    """See that no key stands in what was printed."""
    for secret in (SECRETS.root, SECRETS.log):
        for form in (b64u(secret), secret.hex(), secret.decode(), encode(SECRETS)):
            assert all(form not in one.out + one.err for one in results)


def test_status_rotation_and_its_foresight_know_every_custody(shell, path, uri):
    fill(path, uri)
    shown = shell("keys", "status", path, "--keys", uri, "--json")
    told = json.loads(shown.out)
    assert told["kek"]["version"] == 1
    assert told["keys"] == {"epoch": 1, "index": 1, "subject": 2}
    assert [one["name"] for one in told["named"]] == ["desk", "orders"]
    assert told["named"][1] == {"name": "orders", "action": "hash", "rules": "chat/mail"}
    assert bool(told["kek"]["wrapped"]) == (not uri.startswith("file:"))
    before = path.with_name("ledger.db.kek").read_bytes()
    dry = shell("keys", "rotate", path, "--keys", uri, "--dry-run", "--json")
    line = json.loads(dry.out)
    assert (line["dry_run"], line["version"], line["keys"], line["final"]) == (True, 2, 4, 0)
    assert path.with_name("ledger.db.kek").read_bytes() == before
    done = shell("keys", "rotate", path, "--keys", uri, "--json")
    assert json.loads(done.out)["version"] == 2
    table = shell("keys", "status", path, "--keys", uri)
    assert "named: orders" in table.out
    assert "version 2" in table.out
    bodies = shell("ledger", "show", path, "--keys", uri, "--bodies", "--json")
    assert '"who"' in bodies.out
    assert shell("ledger", "subject", "person-1", "--ledger", path, "--keys", uri).code == 0
    assert shell("retention", "plan", path, "--keys", uri).code == 0
    assert shell("doctor", "--help").code == 0
    clean(shown, dry, done, table, bodies)


def test_an_erasure_is_final_by_the_rotation_that_was_foreseen(shell, path):
    uri = f"file:{path}.key"
    custody_of(uri).keep(SECRETS)
    fill(path, uri)
    assert shell("erase", "person-1", "--ledger", path).code == 0
    assert json.loads(shell("keys", "rotate", path, "--dry-run", "--json").out)["final"] == 1
    assert len(json.loads(shell("keys", "rotate", path, "--json").out)["entries"]) == 1
    assert json.loads(shell("keys", "rotate", path, "--dry-run", "--json").out)["final"] == 0


# -- init


@pytest.mark.parametrize("kind", ["file", "keyring", "vault", "kms"])
def test_init_makes_keys_once_and_never_for_a_ledger_that_has_some(shell, path, request, kind):
    text = str(path) + ".key"
    if kind != "file":
        stub = request.getfixturevalue(kind)
        text = "keyring:guardrail/prod" if kind == "keyring" else stub.uri
    made = shell("keys", "init", text, "--ledger", path, "--json")
    assert made.code == 0
    assert json.loads(made.out)["made"].startswith(text if kind != "file" else "file:")
    custody = custody_of(text, ledger=path)
    first = custody.load()
    again = shell("keys", "init", text, "--ledger", path)
    assert (again.code, "exists" in again.err) == (2, True)
    assert custody.load() == first
    with Ledger.open(path, seed=first.log):
        pass
    third = shell("keys", "init", "keyring:guardrail/other", "--ledger", path)
    assert third.code == 2
    assert "--to" in third.err


def test_keys_for_a_variable_are_handed_over_where_nobody_looks_on(shell, monkeypatch):
    made = shell("keys", "init", "env:GUARDRAIL_KEYS")
    assert made.code == 0
    assert made.out.strip() not in made.err
    monkeypatch.setenv("GUARDRAIL_KEYS", made.out)
    first = custody_of("env:GUARDRAIL_KEYS").load()
    assert json.loads(base64.b64decode(made.out))["root"] == b64u(first.root)
    refused = shell("keys", "init", "env:GUARDRAIL_KEYS", "--json")
    assert (refused.code, refused.out) == (2, "")


def test_a_wrong_spelling_is_answered_with_the_right_one(shell, path):
    refused = shell("keys", "status", path, "--keys", "vault://host/transit/key")
    assert refused.code == 2
    assert "vault-transit://HOST/MOUNT/KEY" in refused.err


# -- moving


def test_keys_move_from_a_file_through_every_custody_and_back(shell, path, request, monkeypatch):
    vault, kms = request.getfixturevalue("vault"), request.getfixturevalue("kms")
    request.getfixturevalue("keyring")
    first = f"file:{path}.key"
    custody_of(first).keep(SECRETS)
    fill(path, first)
    monkeypatch.setenv("GUARDRAIL_KEYS", encode(SECRETS))
    way = [first, "env:GUARDRAIL_KEYS", f"{kms.uri}#{path}.aws", "keyring:guardrail/prod"]
    way += [f"{vault.uri}#{path}.vault", f"file:{path}.vault", first]
    for number, (old, new) in enumerate(pairwise(way), 2):
        dry = shell("keys", "rotate", path, "--keys", old, "--to", new, "--dry-run")
        assert (dry.code, "would" in dry.err) == (0, True), dry.err
        moved = shell("keys", "rotate", path, "--keys", old, "--to", new)
        assert moved.code == 0, moved.err
        told = json.loads(shell("keys", "status", path, "--keys", new, "--json").out)
        assert told["kek"]["version"] == number
        clean(dry, moved)
    assert KekFile(path.with_name("ledger.db.kek")).wrapped_by() == ""
    assert custody_of(first).load() == SECRETS


@pytest.mark.parametrize("step", ["after the key is wrapped", "before the document is read back"])
def test_a_move_that_was_cut_short_is_gone_on_with(shell, path, vault, monkeypatch, step):
    from guardrail.custody import moving

    first = f"file:{path}.key"
    custody_of(first).keep(SECRETS)
    fill(path, first)

    def dying(new, secrets, *, replace):
        if step != "after the key is wrapped":
            new.keep(secrets, replace=replace)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, "put", dying)
        assert shell("keys", "rotate", path, "--to", vault.uri).code == 130
    alone = shell("keys", "rotate", path, "--keys", first)
    assert alone.code == 2
    assert "what to do" in alone.err
    again = shell("keys", "rotate", path, "--to", vault.uri)
    assert again.code == 0, again.err
    assert custody_of(vault.uri, ledger=path).load() == SECRETS
    assert shell("keys", "status", path, "--keys", vault.uri).code == 0


def test_other_keys_are_never_replaced_by_a_move(shell, path, keyring, vault):
    first = f"file:{path}.key"
    custody_of(first).keep(SECRETS)
    fill(path, first)
    custody_of("keyring:guardrail/prod").keep(Secrets.fresh())
    refused = shell("keys", "rotate", path, "--to", "keyring:guardrail/prod")
    assert (refused.code, "other keys are there" in refused.err) == (2, True)
    unset = shell("keys", "rotate", path, "--to", "env:NOT_SET_ANYWHERE")
    assert (unset.code, "cannot be written from here" in unset.err) == (2, True)
    vault.stop()
    away = shell("keys", "rotate", path, "--to", vault.uri)
    assert (away.code, "does not answer" in away.err) == (2, True)
    assert json.loads(shell("keys", "status", path, "--json").out)["kek"] == {"version": 1, "wrapped": ""}


# -- retiring


def test_after_retiring_no_older_copy_opens_whoever_has_the_service(shell, path, vault):
    custody_of(vault.uri, ledger=path).keep(SECRETS)
    fill(path, vault.uri)
    old = path.with_name("ledger.db.kek").read_bytes()
    done = shell("keys", "rotate", path, "--keys", vault.uri, "--retire")
    assert done.code == 0, done.err
    assert "versions before v2" in done.err
    assert vault.least == 2
    assert shell("keys", "status", path, "--keys", vault.uri).code == 0
    path.with_name("ledger.db.kek").write_bytes(old)
    refused = shell("ledger", "show", path, "--bodies", "--keys", vault.uri)
    assert (refused.code, "retired" in refused.err) == (2, True)


def test_a_new_version_that_is_there_is_the_one_that_stays(shell, path, vault):
    """Somebody made it, and wrapped anew under it what else the key wraps: a vault, another ledger."""
    custody_of(vault.uri, ledger=path).keep(SECRETS)
    fill(path, vault.uri)
    vault.rotate({})
    assert shell("keys", "rotate", path, "--keys", vault.uri, "--retire").code == 0
    assert (len(vault.versions), vault.least) == (2, 2)
    assert shell("keys", "status", path, "--keys", vault.uri).code == 0


def test_only_a_service_has_versions_to_retire(shell, path, kms):
    custody_of(f"file:{path}.key").keep(SECRETS)
    fill(path, f"file:{path}.key")
    assert "has no versions" in shell("keys", "rotate", path, "--retire").err
    assert "two rotations" in shell("keys", "rotate", path, "--retire", "--to", "env:X").err
    custody_of(f"{kms.uri}#{path}.aws").keep(SECRETS)
    refused = shell("keys", "rotate", path, "--keys", f"{kms.uri}#{path}.aws", "--retire")
    assert (refused.code, "cannot retire" in refused.err) == (2, True)


# -- whose keys


def test_lost_wrong_and_foreign_keys_are_told_apart(shell, path, keyring):
    first = f"file:{path}.key"
    custody_of(first).keep(SECRETS)
    fill(path, first)
    custody_of("keyring:guardrail/prod").keep(Secrets.fresh())
    foreign = shell("keys", "status", path, "--keys", "keyring:guardrail/prod")
    assert (foreign.code, "another ledger's" in foreign.err) == (2, True)
    path.with_name("ledger.db.key").write_bytes(SECRETS.format()[:50])
    assert "cut short" in shell("keys", "status", path).err
    path.with_name("ledger.db.key").chmod(0o644)
    assert "chmod 600" in shell("keys", "status", path).err
    path.with_name("ledger.db.key").unlink()
    lost = shell("keys", "rotate", path)
    assert (lost.code, "restore it" in lost.err) == (2, True)
    assert not path.with_name("ledger.db.key").exists()
