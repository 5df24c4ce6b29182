"""The key file is made once, is open to its owner alone, and is read strictly."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading

import pytest

from guardrail.canonical import b64u, canonical
from guardrail.errors import ConfigError
from guardrail.vault.keys import Keys

ROOT, LOG = b"R" * 32, b"L" * 32
GOOD = {"log": b64u(LOG), "root": b64u(ROOT), "v": 1}


def write(path, data, mode=0o600):
    path.write_bytes(data)
    path.chmod(mode)
    return path


def refused(path, match):
    with pytest.raises(ConfigError, match=match) as caught:
        Keys.load(path)
    told = str(caught.value) + caught.value.advice
    assert caught.value.advice
    assert b64u(ROOT) not in told
    assert b64u(LOG) not in told
    return caught.value


def test_created_keys_are_read_back_and_the_file_is_its_owners_alone(tmp_path):
    made = Keys.create(tmp_path / "ledger.key")
    assert Keys.load(tmp_path / "ledger.key") == made
    assert stat.S_IMODE((tmp_path / "ledger.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.key"]


def test_the_umask_never_opens_the_file(tmp_path):
    before = os.umask(0)
    try:
        Keys.create(tmp_path / "ledger.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "ledger.key").stat().st_mode) == 0o600


def test_the_file_has_the_one_spelling_of_its_version(tmp_path):
    made = Keys.create(tmp_path / "k")
    body = canonical({"log": b64u(made.log_seed), "root": b64u(made.root), "v": 1})
    assert (tmp_path / "k").read_bytes() == body + b"\n"


def test_an_existing_key_is_never_overwritten(tmp_path):
    made = Keys.create(tmp_path / "k")
    with pytest.raises(ConfigError, match="the key file k exists"):
        Keys.create(tmp_path / "k")
    assert Keys.load(tmp_path / "k") == made


def test_a_dangling_link_is_not_written_through(tmp_path):
    (tmp_path / "k").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="exists"):
        Keys.create(tmp_path / "k")
    with pytest.raises(ConfigError):
        Keys.load_or_create(tmp_path / "k")
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_to_a_key_file_is_read_as_mounted_secrets_are(tmp_path):
    made = Keys.create(tmp_path / "real")
    (tmp_path / "k").symlink_to(tmp_path / "real")
    assert Keys.load(tmp_path / "k") == made


def test_a_link_to_a_file_that_others_can_read_is_refused(tmp_path):
    Keys.create(tmp_path / "real")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "k").symlink_to(tmp_path / "real")
    refused(tmp_path / "k", "can be read by others")


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o602, 0o601, 0o610, 0o644, 0o660, 0o777])
def test_a_file_that_is_open_to_others_is_refused(tmp_path, mode):
    error = refused(write(tmp_path / "k", canonical(GOOD) + b"\n", mode), "can be read by others")
    assert "chmod 600 k" in error.advice


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_its_owner_alone_is_read(tmp_path, mode):
    assert Keys.load(write(tmp_path / "k", canonical(GOOD) + b"\n", mode)) == Keys(root=ROOT, log_seed=LOG)


def test_a_missing_file_is_refused_with_what_is_lost_without_it(tmp_path):
    assert "no token can be restored" in refused(tmp_path / "none", "cannot be read").advice


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "k").mkdir(0o700)
    refused(tmp_path / "k", r"k (cannot be read|is not)")


def test_a_named_pipe_is_refused_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "k", 0o600)
    refused(tmp_path / "k", "is not a guardrail key file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_file_is_refused(tmp_path):
    refused(write(tmp_path / "k", canonical(GOOD), 0o000), "cannot be read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_is_not_writable_is_an_error_with_advice(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        Keys.create(tmp_path / "k")
    tmp_path.chmod(0o700)
    assert caught.value.advice


def test_a_folder_that_does_not_exist_is_an_error_with_advice(tmp_path):
    for make in (Keys.create, Keys.load_or_create):
        with pytest.raises(ConfigError, match="cannot be written") as caught:
            make(tmp_path / "none" / "k")
        assert caught.value.advice


def test_a_disk_that_fills_while_the_key_is_written_leaves_no_half_of_it(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        Keys.create(tmp_path / "k")
    assert list(tmp_path.iterdir()) == []


ALTERED = {
    "empty": b"",
    "a newline": b"\n",
    "truncated": canonical(GOOD)[:-20],
    "not JSON": b"-----BEGIN PRIVATE KEY-----\n",
    "not UTF-8": b"\xff\xfe\x00",
    "white space inside": b'{"log": "x", "root": "y", "v": 1}',
    "two newlines": canonical(GOOD) + b"\n\n",
    "far too long": canonical(GOOD) + b" " * 10_000,
    "a list": b"[]",
    "another key too": canonical({**GOOD, "x": 1}),
    "a key less": canonical({"log": b64u(LOG), "v": 1}),
    "a short root": canonical({**GOOD, "root": b64u(b"R" * 31)}),
    "a long log seed": canonical({**GOOD, "log": b64u(b"L" * 33)}),
    "padded base64": canonical({**GOOD, "root": b64u(ROOT) + "="}),
    "standard base64": canonical({**GOOD, "root": "/" * 43}),
    "a number for a key": canonical({**GOOD, "root": 7}),
    "a list for a key": canonical({**GOOD, "log": []}),
}


@pytest.mark.parametrize("data", ALTERED.values(), ids=ALTERED.keys())
def test_what_is_no_key_file_is_refused(tmp_path, data):
    refused(write(tmp_path / "k", data), "is not a guardrail key file")


@pytest.mark.parametrize("version", [0, 2, True, "1", [1]])
def test_another_version_is_refused_by_name(tmp_path, version):
    refused(
        write(tmp_path / "k", canonical({**GOOD, "v": version})), "format that this version does not know"
    )


def test_load_or_create_makes_the_file_once(tmp_path):
    made = Keys.load_or_create(tmp_path / "k")
    assert Keys.load_or_create(tmp_path / "k") == made


def test_load_or_create_never_replaces_a_file_that_it_cannot_read(tmp_path):
    write(tmp_path / "k", b"damaged")
    with pytest.raises(ConfigError, match="not a guardrail key file"):
        Keys.load_or_create(tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == b"damaged"


def test_threads_that_start_together_get_the_same_keys(tmp_path):
    begin = threading.Barrier(8)
    made = []

    def work():
        for number in range(20):
            begin.wait()
            made.append((number, Keys.load_or_create(tmp_path / f"{number}.key")))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 160
    assert len({(number, keys.root) for number, keys in made}) == 20


def test_processes_that_start_together_get_the_same_keys(tmp_path):
    code = (
        "import sys, pathlib; from guardrail.vault.keys import Keys; sys.stdin.read(1);"
        "print(Keys.load_or_create(pathlib.Path(sys.argv[1])).root.hex())"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "k")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in running:
        process.stdin.write(".")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in running}) == 1


def test_ephemeral_keys_are_new_each_time_and_independent():
    one, other = Keys.ephemeral(), Keys.ephemeral()
    assert len({one.root, one.log_seed, other.root, other.log_seed}) == 4
    assert {len(secret) for secret in (one.root, one.log_seed)} == {32}


def test_every_purpose_and_context_has_its_own_key():
    keys = Keys(root=ROOT, log_seed=LOG)
    wanted = [
        ("token",),
        ("token", ""),
        ("token", "tenant"),
        ("tokentenant",),
        ("token", "tenant", "acme", ""),
        ("token", "tenant", "", "acme"),
        ("operator", "tenant", "acme", ""),
    ]
    assert len({keys.derive(*words) for words in wanted}) == len(wanted)
    assert keys.derive("token", length=64)[:32] == keys.derive("token")
    assert len(keys.derive("token", length=64)) == 64


def test_a_new_log_key_changes_no_token():
    one, other = Keys(root=ROOT, log_seed=LOG), Keys(root=ROOT, log_seed=b"x" * 32)
    assert one.derive("token") == other.derive("token")


def test_keys_have_no_repr():
    keys = Keys(root=ROOT, log_seed=LOG)
    assert repr(keys) == str(keys) == "Keys()"
