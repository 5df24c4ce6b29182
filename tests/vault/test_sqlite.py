"""The vault's file: private, whole, shared by processes, silent, and clear in what is wrong."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from sealed_file import ANNS, CANARY, KEYS, SCOPE, everything, get, put, raw

from guardrail import disk
from guardrail.errors import ConfigError, VaultError
from guardrail.vault.keys import Keys
from guardrail.vault.opening import open_sealed, open_store, vault_file
from guardrail.vault.sqlite import SqliteFile
from guardrail.vault.store import Row, Scope

# --- what stands in the file


def test_no_value_name_or_id_stands_in_any_file_in_clear(opened, path):
    store = opened()
    put(store)
    put(store, name="mark", value="x", subject="")
    store.shelf(SCOPE, keep=60).listed("surrogate")
    for _ in range(2):
        data = everything(path)
        for text in (CANARY, "Zaphira", ANNS, "7Q9NXQV", "acme"):
            assert text.encode() not in data
            assert text.encode("utf-16-le") not in data
        store.close()
    assert {file.name for file in path.parent.iterdir()} == {"vault.db", "vault.db.kek", "vault.db.lock"}
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in path.parent.iterdir())


def test_what_went_leaves_no_copy_in_the_file_or_its_log(opened, path):
    store = opened()
    for number in range(50):
        put(store, scope=Scope("acme", f"c-{number}"), keep=3600 if number % 2 else 10**7)
    rows = [bytes(row[0]) for row in raw(path, "SELECT env FROM vault_row")]
    keys = [bytes(row[0]) for row in raw(path, "SELECT wrapped FROM vault_key WHERE kind = 'subject'")]
    assert all(one in everything(path) for one in (*rows, *keys))
    store.destroy(store.find_subject("acme", CANARY).kid)
    assert not any(key in everything(path) for key in keys), "the key is overwritten at once"
    assert store.expire() == 50
    assert not any(row in everything(path) for row in rows)


def test_rows_written_anew_leave_no_old_copy(opened, path):
    store = opened()
    put(store, keep=100)
    (before,) = raw(path, "SELECT env FROM vault_row")[0]
    put(store, keep=9_000)
    store._database.scour()
    assert before not in everything(path)


def test_what_is_due_goes_now_and_then_by_itself(opened, path):
    store = opened()
    put(store, keep=0)
    put(store, name="PERSON_0000000")
    store.tend()
    assert store.counts()["rows"] == 1
    assert store.leftover() == 0


def test_a_store_that_is_full_loses_the_rows_that_end_first(opened):
    from guardrail.vault.sealed import Bounds

    store = opened()
    store._bounds = Bounds(rows=3)
    for number in range(5):
        put(store, name=f"PERSON_000000{number}", keep=3600 + 10 * number)
    store.tend()
    assert [number for number in range(5) if get(store, f"PERSON_000000{number}")] == [2, 3, 4]


# --- what is refused


def test_a_file_that_others_can_read_or_that_is_none_is_refused(opened, path, tmp_path):
    opened().close()
    path.chmod(0o640)
    with pytest.raises(VaultError, match="by others") as caught:
        opened()
    assert "chmod 600" in caught.value.advice
    with pytest.raises(VaultError, match="cannot be opened"):
        SqliteFile.open(tmp_path, patience=1)
    with pytest.raises(VaultError, match="cannot be opened"):
        SqliteFile.open(tmp_path / "none" / "vault.db", patience=1)


def test_a_network_file_system_is_refused(path, tmp_path, monkeypatch):
    table = tmp_path / "mountinfo"
    table.write_text("22 1 0:20 / / rw - nfs4 x rw\n")
    monkeypatch.setattr(disk, "_MOUNTS", table)
    with pytest.raises(VaultError, match="network file system"):
        SqliteFile.open(path, patience=1)


@pytest.mark.parametrize(
    ("harm", "match"),
    [
        (lambda path: raw(path, "UPDATE vault_meta SET v = x'39' WHERE k = 'format'"), "format 9"),
        (lambda path: raw(path, "UPDATE vault_meta SET v = x'41' WHERE k = 'format'"), "cannot be read"),
        (lambda path: raw(path, "PRAGMA application_id=7"), "not a vault"),
        (lambda path: path.write_bytes(b"no database at all" * 100), "not a vault"),
        (lambda path: Path(f"{path}.kek").unlink(), "missing"),
        (lambda path: Path(f"{path}.kek").write_bytes(b"{}\n"), "not a guardrail key"),
        (lambda path: Path(f"{path}.kek").chmod(0o644), "by others"),
    ],
)
def test_what_is_not_this_vault_is_told(opened, path, harm, match):
    opened().close()
    harm(path)
    with pytest.raises(VaultError, match=match) as caught:
        opened()
    assert caught.value.advice


def test_other_keys_are_told(opened, path, tmp_path):
    put(opened())
    with pytest.raises(VaultError, match="another key file"):
        opened(Keys.ephemeral())
    other = open_sealed(tmp_path / "other.db", KEYS)
    other.close()
    Path(f"{path}.kek").write_bytes(Path(f"{tmp_path / 'other.db'}.kek").read_bytes())
    with pytest.raises(VaultError, match="does not open"):
        opened()


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE vault_row SET env = CAST(substr(env, 1, 40) || x'00' || substr(env, 42) AS BLOB)",
        "UPDATE vault_row SET exp = exp + 1000",
        "UPDATE vault_row SET kind = 'surrogate'",
        "UPDATE vault_row SET env = CAST(x'0103' || zeroblob(99) AS BLOB)",
    ],
)
def test_a_row_that_was_changed_is_told_and_not_restored(opened, path, harm):
    store = opened()
    put(store)
    put(store, "Bob", "PERSON_0000000", scope=Scope("acme", "c-2"), subject="another")
    raw(path, harm)
    with pytest.raises(VaultError, match="altered") as caught:
        get(store)
    assert CANARY not in str(caught.value)


def test_a_row_that_was_moved_to_another_conversation_is_told(opened, path):
    store = opened()
    put(store)
    mine = store.blinds("acme")
    s = mine.scope(Scope("acme", "c-2"))
    raw(path, "UPDATE vault_row SET s = ?, n = ?", s, mine.name(s, "token", ANNS))
    assert get(store) is None
    with pytest.raises(VaultError, match="altered"):
        get(store, scope=Scope("acme", "c-2"))


def test_torn_pages_are_told(opened, path):
    store = opened()
    for number in range(50):
        put(store, name=f"PERSON_{number:07}")
    store.close()
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = os.urandom(len(data) - 4096 * 2)
    path.write_bytes(data)
    with pytest.raises(VaultError, match="damaged") as caught:
        put(opened())
    assert "backup" in caught.value.advice


def test_a_full_disk_keeps_what_was_committed_and_goes_on_when_there_is_room(opened):
    store = opened()
    put(store)
    writer = store._database._connections().writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count={pages}")
    shelf = store.shelf(SCOPE, keep=3600)
    for number in range(200):
        shelf.put(f"PERSON_{number:07}", Row(b"m", "Bob"))
    with pytest.raises(VaultError, match="disk is full"):
        shelf.commit()
    assert get(store).value == CANARY
    writer.execute("PRAGMA max_page_count=100000")
    put(store, "Bob", "PERSON_ZZZZZZZ")
    assert get(store, "PERSON_ZZZZZZZ").value == "Bob"


def test_a_lock_that_nobody_gives_back_is_told_in_time(opened, path):
    store = opened()
    store._database._patience = 0.05
    with Path(f"{path}.lock").open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(VaultError, match="in time"):
            put(store)
    put(store)


def test_a_closed_store_says_so_and_a_vault_is_not_made_where_it_is_only_looked_at(opened, path):
    with pytest.raises(ConfigError, match="no vault"):
        opened(make=False)
    store = opened()
    store.close()
    with pytest.raises(VaultError, match="closed"):
        put(store)


def test_a_vault_is_named_by_a_path_or_an_address(tmp_path):
    assert vault_file("vault.db") == vault_file(Path("vault.db")) == vault_file("sqlite:///vault.db")
    assert vault_file("postgresql://host/db") is None
    with pytest.raises(ConfigError, match="a file, or lives in PostgreSQL"):
        vault_file("mysql://host/db")
    with pytest.raises(ConfigError, match="needs a ledger or a key file"):
        open_sealed("postgresql://host/db", KEYS)
    assert repr(open_store(None, KEYS)).startswith("<Conversations")
