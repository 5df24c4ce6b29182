"""Rotation under every custody: killed at any step everything opens, and the same command goes on."""

from __future__ import annotations

import os
import shutil

import pytest

from guardrail.canonical import canonical
from guardrail.custody import Secrets, custody_of, files
from guardrail.custody.environment import encode
from guardrail.custody.kek import Kek
from guardrail.custody.provider import Either
from guardrail.custody.root_key import RootKey
from guardrail.errors import LedgerError
from guardrail.ledger import Ledger, Reader, erasure, rotation, verify
from guardrail.ledger.disclosure import body_of
from guardrail.ledger.kek import KekFile
from guardrail.ledger.keystore import KeyStore
from guardrail.types import Event

SECRETS = Secrets(b"R" * 32, bytes(range(32)))
ROOT = RootKey(SECRETS)


def opened(path, wrapper):
    return Ledger.open(path, seed=SECRETS.log, bodies=True, custody=wrapper)


def write(ledger, count=3):
    for n in range(count):
        ledger.append(Event("scrub", keep=86_400, who={"subject": f"person-{n}"}))


def states(path, wrapper):
    keys = KeyStore.open(path, make=False, custody=wrapper)
    with Reader.open(path) as reader:
        found = [body_of(reader, keys, index).state for index in range(1, 4)]
    keys.close()
    return found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture(params=["clear", "root", "vault", "kms"])
def custody(request, path):
    """Return a function that makes the wrapper anew, as a process that starts does."""
    if request.param == "clear":
        return lambda: None
    if request.param == "root":
        return lambda: RootKey(SECRETS)
    stub = request.getfixturevalue(request.param)
    return lambda: custody_of(stub.uri, ledger=path).wrapper(SECRETS)


# -- the form


def test_a_kek_has_one_spelling_in_clear_and_wrapped():
    for kek in (Kek(1, b"1" * 32), Kek(3, b"3" * 32, b"2" * 32)):
        assert Kek.parse(kek.format()) == kek
        assert Kek.parse(kek.format(ROOT), ROOT) == kek
        assert Kek.parse(kek.format(), ROOT) == kek
        assert kek.key not in kek.format(ROOT)
    assert repr(Kek(1, b"1" * 32)) == "Kek(number=1)"


def forged(**changes):
    from guardrail.canonical import parse_canonical

    body = parse_canonical(Kek(3, b"3" * 32, b"2" * 32).format(ROOT).strip())
    return canonical({key: value for key, value in (body | changes).items() if value is not None})


@pytest.mark.parametrize(
    "data",
    [
        forged(n=4),
        forged(v=True),
        forged(v=3),
        forged(kek=""),
        forged(kek=None),
        forged(old="AAAA"),
        forged(by="x\n"),
        forged(by="é"),
        forged(more="x"),
        forged()[:-9],
        canonical({"by": "root", "kek": "AAAA", "n": 1, "v": 2}),
        b"[]",
        b"",
    ],
)
def test_what_is_no_wrapped_kek_is_refused_whole(data, tmp_path):
    file = tmp_path / "ledger.db.kek"
    file.write_bytes(data)
    file.chmod(0o600)
    with pytest.raises(LedgerError, match=r"ledger\.db\.kek") as caught:
        KekFile(file, ROOT).read()
    assert caught.value.advice


# -- under every custody


def test_rotation_wraps_anew_touches_no_body_and_every_worker_goes_on(path, custody):
    one, other = opened(path, custody()), opened(path, custody())
    write(one)
    with Reader.open(path) as reader:
        before = reader.rows("SELECT env FROM @body")
    assert rotation.rotate(one).number == 2
    write(other)
    assert rotation.rotate(other).number == 3
    write(one)
    with Reader.open(path) as reader:
        assert reader.rows("SELECT env FROM @body")[: len(before)] == before
    one.close()
    other.close()
    assert states(path, custody()) == ["none", "present", "present"]
    assert verify(path, vkey=path.with_name("ledger.db.vkey").read_text().strip()).status == "ok"


@pytest.mark.parametrize("step", range(1, 6))
def test_a_rotation_that_is_killed_at_any_step_loses_nothing_and_is_finished_by_the_next(
    path, monkeypatch, step
):
    """Steps: before and after KEK n+1 is written, inside and after the wrapping, after KEK n is destroyed."""
    ledger = opened(path, ROOT)
    write(ledger)
    erased = erasure.erase(ledger, "person-0")
    calls = []

    def dying_write(file, data, real=files.replace_secret):
        calls.append("write")
        if (step, len(calls)) in {(1, 1), (4, 2)}:
            raise KeyboardInterrupt
        real(file, data)
        if (step, len(calls)) in {(2, 1), (5, 2)}:
            raise KeyboardInterrupt

    def told(done, total):
        if step == 3 and done == total:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("guardrail.ledger.kek.replace_secret", dying_write)
        with pytest.raises(LedgerError, match="stopped unexpectedly"):
            rotation.rotate(ledger, told)
    with pytest.raises(LedgerError):
        ledger.close()
    assert states(path, ROOT)[1:] == ["present", "present"]
    ledger = opened(path, RootKey(SECRETS))
    assert erasure.erasure_of(ledger, erased.kids[0]).stage == "keys_deleted"
    write(ledger)
    done = rotation.rotate(ledger)
    assert done.number == (3 if step == 5 else 2)
    assert Kek.parse(path.with_name("ledger.db.kek").read_bytes(), ROOT).old == b""
    assert erasure.erasure_of(ledger, erased.kids[0]).stage == "final"
    ledger.close()
    assert states(path, ROOT)[1:] == ["present", "present"]


def test_a_rotation_that_cannot_write_or_wrap_is_refused_and_the_ledger_goes_on(path, vault, monkeypatch):
    from guardrail.custody import transit

    monkeypatch.setattr(transit, "PAUSE", 0)
    ledger = opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    write(ledger)
    vault.stop()
    with pytest.raises(LedgerError, match="does not answer"):
        rotation.rotate(ledger)
    write(ledger)  # what is in memory goes on without the service
    vault.again()
    assert rotation.rotate(ledger).number == 2
    ledger.close()


def test_without_the_service_nothing_opens_and_nothing_new_is_made(path, vault, monkeypatch):
    from guardrail.custody import transit

    monkeypatch.setattr(transit, "PAUSE", 0)
    vault.stop()
    with pytest.raises(LedgerError, match="does not answer") as caught:
        opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    assert "nothing starts" in caught.value.advice
    assert not path.with_name("ledger.db.kek").exists()
    vault.again()
    ledger = opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    write(ledger)
    ledger.close()
    before = path.with_name("ledger.db.kek").read_bytes()
    vault.stop()
    with pytest.raises(LedgerError, match="does not answer"):
        opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    assert path.with_name("ledger.db.kek").read_bytes() == before


def test_when_another_worker_rotated_and_the_service_is_away_appends_wait_for_it(path, vault, monkeypatch):
    from guardrail.custody import transit

    monkeypatch.setattr(transit, "PAUSE", 0)
    one = opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    other = opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    write(one)
    write(other)
    rotation.rotate(one)
    vault.stop()
    with pytest.raises(LedgerError, match="does not answer"):
        write(other, 1)
    write(one, 1)
    vault.again()
    write(other, 1)
    one.close()
    other.close()


def test_a_retired_version_of_a_service_key_is_told_as_that(path, vault):
    ledger = opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    write(ledger)
    ledger.close()
    vault.rotate({})
    vault.least = 2
    with pytest.raises(LedgerError, match="that version is retired") as caught:
        opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    assert "min_decryption_version" in caught.value.advice


# -- copies that do not fit


def test_each_copy_that_is_older_than_a_rotation_is_named(path, tmp_path):
    ledger = opened(path, ROOT)
    write(ledger)
    ledger.close()
    for name in (".kek", ".keys"):
        shutil.copy(path.with_name(f"ledger.db{name}"), tmp_path / f"old{name}")
    ledger = opened(path, ROOT)
    rotation.rotate(ledger)
    ledger.close()
    newest = path.with_name("ledger.db.kek").read_bytes()
    shutil.copy(tmp_path / "old.kek", path.with_name("ledger.db.kek"))
    with pytest.raises(LedgerError, match="key-encryption key is an older copy: version 1"):
        states(path, ROOT)
    path.with_name("ledger.db.kek").write_bytes(newest)
    shutil.copy(tmp_path / "old.keys", path.with_name("ledger.db.keys"))
    with pytest.raises(LedgerError, match="keys of bodies are an older copy"):
        states(path, ROOT)


def test_the_kek_of_another_ledger_is_told_as_that(path, tmp_path):
    for one in (path, tmp_path / "other.db"):
        ledger = opened(one, ROOT)
        write(ledger)
        ledger.close()
    shutil.copy(tmp_path / "other.db.kek", path.with_name("ledger.db.kek"))
    with pytest.raises(LedgerError, match="does not open") as caught:
        states(path, ROOT)
    assert "another ledger's" in caught.value.advice


def test_a_wrapped_kek_without_its_custody_is_never_replaced(path):
    ledger = opened(path, ROOT)
    write(ledger)
    ledger.close()
    before = path.with_name("ledger.db.kek").read_bytes()
    with pytest.raises(LedgerError, match="is wrapped by root") as caught:
        opened(path, None)
    assert "--keys" in caught.value.advice
    with pytest.raises(LedgerError, match="another ledger's, or it is altered"):
        opened(path, RootKey(Secrets.fresh()))
    assert path.with_name("ledger.db.kek").read_bytes() == before


def test_a_kek_in_clear_is_read_under_any_custody_and_wrapped_by_the_next_rotation(path):
    ledger = opened(path, None)
    write(ledger)
    ledger.close()
    ledger = opened(path, ROOT)
    write(ledger)
    rotation.rotate(ledger)
    ledger.close()
    assert KekFile(path.with_name("ledger.db.kek")).wrapped_by() == "root"
    both = opened(path, Either(ROOT, None))
    rotation.rotate(both)
    both.close()
    assert KekFile(path.with_name("ledger.db.kek")).wrapped_by() == ""
    assert states(path, None)[1:] == ["present", "present"]


def test_after_a_fork_a_child_can_use_neither_ledger_nor_service(path, vault):
    ledger = opened(path, custody_of(vault.uri, ledger=path).wrapper(SECRETS))
    child = os.fork()
    if not child:
        try:
            ledger.append(Event("scrub"))
        except LedgerError:
            os._exit(3)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    write(ledger)
    ledger.close()


def test_the_variable_of_a_ledger_is_what_encode_gives(path, monkeypatch):
    monkeypatch.setenv("K", encode(SECRETS))
    custody = custody_of("env:K")
    ledger = opened(path, custody.wrapper(custody.load()))
    write(ledger)
    ledger.close()
    assert states(path, ROOT)[1:] == ["present", "present"]


# -- stores whose writers do not share one lock (PostgreSQL)


def stores(path, count=2):
    opened(path, ROOT).close()
    return [KeyStore.open(path, make=False, custody=RootKey(SECRETS)) for _ in range(count)]


def test_a_key_that_is_made_while_a_rotation_waits_for_its_lock_is_wrapped_too(path, monkeypatch):
    one, other = stores(path)
    for store in (one, other):
        store.begin()
    locks, begin = [], one._tables.begin

    def late():
        if not locks:
            locks.append(other.locks("", "late", "class", 86_400))
            other.flush()
        begin()

    monkeypatch.setattr(one._tables, "begin", late)
    one.rotate()
    (fresh,) = stores(path, 1)
    assert fresh.key(locks[0].kid_s) == locks[0].subject
    for store in (one, other, fresh):
        store.close()


def test_a_key_that_is_made_after_a_rotation_is_never_wrapped_under_what_it_destroyed(path):
    one, other = stores(path)
    for store in (one, other):
        store.begin()
        store.flush()
    one.rotate()
    locks = other.locks("", "late", "class", 86_400)  # in the same turn: it has not looked since
    other.flush()
    (fresh,) = stores(path, 1)
    assert fresh.key(locks.kid_s) == locks.subject
    for store in (one, other, fresh):
        store.close()
