"""Rotation: the old key-encryption key is gone, every body still opens, and erasures before it are final."""

from __future__ import annotations

import shutil

import pytest

from guardrail.errors import LedgerError
from guardrail.ledger import Reader, erasure, holds, retention, rotation, verify
from guardrail.ledger import kek as kek_module
from guardrail.ledger.disclosure import body_of
from guardrail.ledger.keystore import KeyStore
from guardrail.types import Event


def write(ledger, count=4):
    for n in range(count):
        ledger.append(Event("scrub", keep=86_400, who={"subject": f"person-{n}"}))


def states(path):
    keys = KeyStore.open(path, make=False)
    with Reader.open(path) as reader:
        found = [body_of(reader, keys, index).state for index in range(1, 5)]
    keys.close()
    return found


def test_after_a_rotation_every_body_opens_and_writing_goes_on_in_every_process(open_ledger, path):
    ledger, other = open_ledger(bodies=True), open_ledger(bodies=True)
    write(ledger)
    done = rotation.rotate(ledger)
    assert (done.number, done.keys, done.entries) == (2, 6, ())
    other.append(Event("scrub", keep=86_400, who={"subject": "person-1"}))  # it learns of the new key
    other.append(Event("scrub", keep=86_400, who={"subject": "new"}))
    assert rotation.rotate(other).number == 3
    ledger.append(Event("scrub", keep=86_400, who={"subject": "newer"}))
    assert states(path) == ["none", "present", "present", "present"]
    assert verify(path, vkey=ledger.vkey).status == "ok"


def test_erasures_before_a_rotation_are_final_by_it_and_held_ones_after_their_release(open_ledger):
    ledger = open_ledger(bodies=True)
    write(ledger)
    hold = holds.place(ledger, [2], matter="case 7")
    free, held = erasure.erase(ledger, "person-0"), erasure.erase(ledger, "person-1")
    assert len(rotation.rotate(ledger).entries) == 1
    assert erasure.erasure_of(ledger, free.kids[0]).stage == "final"
    assert erasure.erasure_of(ledger, held.kids[0]).stage == "restricted"
    holds.release(ledger, hold.id)
    assert erasure.erasure_of(ledger, held.kids[0]).stage == "keys_deleted"
    rotation.rotate(ledger)
    assert erasure.erasure_of(ledger, held.kids[0]).stage == "final"
    assert rotation.rotate(ledger).entries == ()


def test_an_older_copy_of_the_keys_gives_nothing_back_after_a_rotation(open_ledger, path, tmp_path):
    ledger = open_ledger(bodies=True)
    write(ledger)
    ledger.close()
    old = tmp_path / "old.keys"
    shutil.copy(path.with_name("ledger.db.keys"), old)
    ledger = open_ledger(bodies=True)
    erasure.erase(ledger, "person-1")
    rotation.rotate(ledger)
    ledger.close()
    shutil.copy(old, path.with_name("ledger.db.keys"))
    keys = KeyStore.open(path, make=False)
    with Reader.open(path) as reader, pytest.raises(LedgerError, match="key-encryption"):
        body_of(reader, keys, 2)
    keys.close()


def test_keys_that_an_older_copy_brings_back_are_destroyed_by_the_next_run(open_ledger, path, tmp_path):
    ledger = open_ledger(bodies=True)
    write(ledger)
    ledger.close()
    shutil.copy(path.with_name("ledger.db.keys"), tmp_path / "old.keys")
    ledger = open_ledger(bodies=True)
    erasure.erase(ledger, "person-1")
    ledger.close()
    shutil.copy(tmp_path / "old.keys", path.with_name("ledger.db.keys"))
    assert states(path)[1:] == ["present"] * 3
    ledger = open_ledger(bodies=True)
    retention.run(ledger)
    assert states(path)[1:] == ["removed", "present", "present"]


@pytest.mark.parametrize("step", [1, 2])
def test_a_rotation_killed_before_or_after_wrapping_is_finished_by_the_next(
    open_ledger, path, monkeypatch, step
):
    ledger = open_ledger(bodies=True)
    write(ledger)
    replace, calls = kek_module.replace_secret, []

    def dying(file, data):
        calls.append(1)
        replace(file, data)
        if len(calls) == step:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kek_module, "replace_secret", dying)
        with pytest.raises(LedgerError, match="stopped unexpectedly"):
            rotation.rotate(ledger)
    with pytest.raises(LedgerError):
        ledger.close()
    assert states(path)[1:] == ["present"] * 3
    ledger = open_ledger(bodies=True)
    rotation.rotate(ledger)
    write(ledger)
    assert states(path)[1:] == ["present"] * 3


def test_keys_in_memory_rotate_too(open_ledger):
    ledger = open_ledger(at=None, bodies=True)
    write(ledger)
    assert rotation.rotate(ledger).number == 2
    write(ledger)
