"""Every place for keys: kept once, read strictly, refused with what to do; secrets are never told."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

import pytest

from guardrail.canonical import b64u, canonical
from guardrail.crypto import derive, length_prefixed, open_siv
from guardrail.custody import Secrets, custody_of
from guardrail.custody.document import LIMIT, Wrapping, parse
from guardrail.custody.environment import encode
from guardrail.custody.provider import KEK, Either
from guardrail.errors import ConfigError

SECRETS = Secrets(b"R" * 32, b"L" * 32)
KEY = bytes(range(32))


@pytest.fixture(params=["file", "env", "keyring", "vault", "kms"])
def place(request, tmp_path, monkeypatch):
    """Return a custody of each kind, with nothing in it but what a variable must have before."""
    ledger = tmp_path / "ledger.db"
    if request.param == "file":
        return custody_of(None, ledger=ledger)
    if request.param == "env":
        monkeypatch.setenv("GUARDRAIL_KEYS", encode(SECRETS))
        return custody_of("env:GUARDRAIL_KEYS")
    fixture = request.getfixturevalue(request.param)
    uri = "keyring:guardrail/prod" if request.param == "keyring" else fixture.uri
    return custody_of(uri, ledger=ledger)


def told(error):
    return f"{error.value!r} {error.value} {error.value.advice} {error.value.__cause__!r}"


def test_what_is_kept_is_loaded_again(place):
    place.keep(SECRETS)
    assert place.load() == SECRETS
    assert custody_of(place.uri).load() == SECRETS


def test_what_is_there_is_never_replaced_without_being_told_to(place):
    place.keep(SECRETS)
    other = Secrets.fresh()
    with pytest.raises(ConfigError, match=r"exists|cannot be written"):
        place.keep(other)
    assert place.load() == SECRETS
    if not place.uri.startswith("env:"):
        place.keep(other, replace=True)
        assert place.load() == other


def test_a_wrapped_key_opens_for_its_purpose_alone_and_under_its_own_name(place):
    place.keep(SECRETS)
    wrapper = place.wrapper(SECRETS)
    if wrapper is None:
        assert place.uri.startswith("file:")
        return
    wrapped = wrapper.wrap(KEY, KEK)
    assert KEY not in wrapped
    assert custody_of(place.uri).wrapper(SECRETS).unwrap(wrapped, KEK, wrapper.name) == KEY
    fresh = custody_of(place.uri).wrapper(SECRETS)
    with pytest.raises(ConfigError):
        fresh.unwrap(wrapped, "other", wrapper.name)
    with pytest.raises(ConfigError, match="is wrapped by another") as caught:
        fresh.unwrap(wrapped, KEK, "another")
    assert "--to" in caught.value.advice
    for index in (0, len(wrapped) // 2, len(wrapped) - 2):
        broken = bytearray(wrapped)
        broken[index] ^= 1
        with pytest.raises(ConfigError):
            fresh.unwrap(bytes(broken), KEK, wrapper.name)


def test_no_repr_state_or_uri_tells_a_secret(place):
    place.keep(SECRETS)
    wrapper = place.wrapper(SECRETS)
    shown = f"{place!r} {place.load()!r} {wrapper!r} {place.state()!r} {place.uri} {vars(place)!r}"
    service = getattr(place, "path", None) and getattr(place, "service", None)
    shown += f"{service!r} {vars(service) if service else ''}"
    for secret in (SECRETS.root, SECRETS.log, b"canary-token", b"canary-secret"):
        assert secret.decode() not in shown
        assert b64u(secret) not in shown
        assert base64.b64encode(secret).decode() not in shown


def test_nothing_is_made_where_nothing_is(place, tmp_path, monkeypatch):
    monkeypatch.delenv("GUARDRAIL_KEYS", raising=False)
    with pytest.raises(ConfigError) as caught:
        place.load()
    assert caught.value.advice
    assert not (tmp_path / "ledger.db.key").exists()


def test_a_replaced_secret_is_overwritten_unless_another_name_keeps_it(tmp_path):
    from guardrail.custody.files import replace_secret, write_new

    path = tmp_path / "k"
    write_new(path, b"first secret")
    with path.open("rb") as before:
        replace_secret(path, b"second")
        assert before.read() == bytes(12)
    os.link(path, tmp_path / "backup")
    replace_secret(path, b"third")
    assert (tmp_path / "backup").read_bytes() == b"second"
    (tmp_path / "link").symlink_to(tmp_path / "backup")
    replace_secret(tmp_path / "link", b"fourth")
    assert (tmp_path / "backup").read_bytes() == b"second"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["backup", "k", "link"]


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    from guardrail.custody import files

    path = tmp_path / "k"
    files.write_new(path, b"first")
    opened = files.os.fdopen
    turns = []

    def slow(handle, *rest):
        if not turns:
            turns.append(1)
            files.replace_secret(path, b"second")
        return opened(handle, *rest)

    monkeypatch.setattr(files.os, "fdopen", slow)
    assert files.read_secret(path, 100).data == b"second"


# -- the document


def test_a_document_of_each_version_has_one_spelling():
    assert parse(SECRETS.format(), "x") == SECRETS
    wrapping = Wrapping("aws-kms:arn", b"123")
    assert parse(wrapping.format(), "x") == wrapping


@pytest.mark.parametrize(
    "body",
    [
        {"by": "x", "key": "", "v": 2},
        {"by": "x", "key": "=", "v": 2},
        {"by": "x\n", "key": "AAAA", "v": 2},
        {"by": "é", "key": "AAAA", "v": 2},
        {"by": "x" * 300, "key": "AAAA", "v": 2},
        {"by": "x", "v": 2},
    ],
)
def test_what_is_no_wrapped_document_is_refused(body):
    with pytest.raises(ConfigError, match="not a guardrail key file"):
        parse(canonical(body), "x")


def test_a_wrapped_document_of_another_version_is_told_as_that():
    with pytest.raises(ConfigError, match="format that this version does not know"):
        parse(canonical({"by": "x", "key": "AAAA", "v": 3}), "x")


@pytest.mark.parametrize("cut", range(0, len(SECRETS.format()), 7))
def test_a_document_that_is_cut_short_anywhere_is_refused_and_not_told(cut):
    with pytest.raises(ConfigError) as caught:
        parse(SECRETS.format()[:cut], "k")
    assert b64u(SECRETS.log)[:20] not in told(caught)


# -- the variable


def test_a_variable_is_read_with_and_without_the_newline_of_the_file(monkeypatch):
    for data in (SECRETS.format(), SECRETS.format() + b"\n"):
        monkeypatch.setenv("K", base64.b64encode(data).decode())
        assert custody_of("env:K").load() == SECRETS
        monkeypatch.setenv("K", base64.b64encode(data).decode() + "\n")
        assert custody_of("env:K").load() == SECRETS


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "is not set"),
        ("canary!", "is not base64"),
        ("é", "is not base64"),
        (encode(SECRETS)[:-9], "base64|key file"),
        (encode(SECRETS)[:-8], "not a guardrail key file"),
        ("A" * 3 * LIMIT, "not a guardrail key file"),
        (base64.b64encode(b"canary").decode(), "not a guardrail key file"),
        (base64.b64encode(Wrapping("aws-kms:x", b"1").format()).decode(), "wrapped"),
    ],
)
def test_a_variable_that_holds_something_else_is_refused_and_never_echoed(monkeypatch, text, match):
    monkeypatch.setenv("K", text)
    with pytest.raises(ConfigError, match=match) as caught:
        custody_of("env:K").load()
    assert caught.value.advice
    assert "canary" not in told(caught)
    assert b64u(SECRETS.log)[:10] not in told(caught)


def test_a_variable_is_never_written(monkeypatch):
    monkeypatch.delenv("K", raising=False)
    with pytest.raises(ConfigError, match="cannot be written from here"):
        custody_of("env:K").keep(SECRETS)
    assert "K" not in os.environ


def test_a_kek_is_wrapped_under_the_root_as_the_spec_says(monkeypatch):
    monkeypatch.setenv("K", encode(SECRETS))
    wrapped = custody_of("env:K").wrapper(SECRETS).wrap(KEY, KEK)
    key = derive(SECRETS.root, "custody", length=64)
    assert open_siv(key, wrapped, length_prefixed(b"pgl/v1/custody", b"kek")) == KEY
    assert wrapped.hex() == (custody_of("env:K").wrapper(SECRETS).wrap(KEY, KEK).hex()), (
        "deterministic: equal keys have equal wrappings, and nothing hangs on a nonce"
    )


# -- the file


def test_a_file_that_a_service_has_wrapped_is_told_as_that(tmp_path):
    path = tmp_path / "k"
    path.write_bytes(Wrapping("aws-kms:arn", b"1").format())
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="is wrapped by aws-kms:arn") as caught:
        custody_of(path).load()
    assert "--keys" in caught.value.advice


# -- the keyring


def test_a_machine_without_a_keyring_says_what_to_do(monkeypatch):
    library = pytest.importorskip("keyring")
    from keyring.backends.fail import Keyring

    before = library.get_keyring()
    library.set_keyring(Keyring())
    try:
        for work in (lambda one: one.load(), lambda one: one.keep(SECRETS)):
            with pytest.raises(ConfigError, match="does not answer, or is locked") as caught:
                work(custody_of("keyring:guardrail/prod"))
            assert "gnome-keyring" in caught.value.advice
    finally:
        library.set_keyring(before)


def test_a_keyring_that_loses_or_refuses_what_it_is_given_is_told(monkeypatch, keyring):
    custody = custody_of("keyring:guardrail/prod")

    def refuses(*_):
        raise RuntimeError("canary")

    with monkeypatch.context() as patch:
        patch.setattr(keyring, "set_password", refuses)
        with pytest.raises(ConfigError, match="does not answer") as caught:
            custody.keep(SECRETS)
        assert "canary" not in told(caught)
        patch.setattr(keyring, "set_password", lambda *_: None)
        with pytest.raises(ConfigError, match="did not keep"):
            custody.keep(SECRETS)


def test_a_keyring_tells_its_backend_and_whether_it_keeps_passwords_in_clear(keyring):
    state = custody_of("keyring:guardrail/prod").state()
    assert state.version == "keyrings.alt.file.PlaintextKeyring"
    assert "in clear" in state.note


def test_an_entry_that_holds_something_else_is_refused_and_never_told(keyring):
    for text, match in (
        ("canary", "not a guardrail key file"),
        (Wrapping("x", b"1").format().decode(), "wrapped"),
    ):
        keyring.set_password("guardrail", "prod", text)
        with pytest.raises(ConfigError, match=match) as caught:
            custody_of("keyring:guardrail/prod").load()
        assert "canary" not in told(caught)


@pytest.mark.parametrize(
    ("uri", "library", "extra"),
    [
        ("keyring:a/b", "keyring", "keyring"),
        ("vault-transit://127.0.0.1:1/transit/k#{}", "hvac", "vault"),
        ("aws-kms:arn:aws:kms:eu-central-1:111122223333:key/1#{}", "boto3", "aws"),
    ],
)
def test_a_library_that_is_not_installed_is_named_with_its_extra(tmp_path, monkeypatch, uri, library, extra):
    path = tmp_path / "k"
    by = uri.partition("#")[0].replace("://127.0.0.1:1/", ":")
    path.write_bytes(Wrapping(by, b"vault:v1:AAAA").format())
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match="not installed") as caught:
        custody_of(uri.format(path)).load()
    assert f"guardrail-pii[{extra}]" in caught.value.advice


def test_no_library_of_a_custody_is_loaded_before_it_is_named():
    code = (
        "import sys, guardrail, guardrail.vault.keys; from guardrail.custody import custody_of;"
        "custody_of('k'); custody_of('env:K');"
        "print([one for one in ('hvac', 'boto3', 'botocore', 'keyring', 'requests') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- two at once, while keys move


def test_while_keys_move_each_opens_its_own_and_the_new_one_wraps(vault, tmp_path):
    new = custody_of(vault.uri, ledger=tmp_path / "l").wrapper(SECRETS)
    from guardrail.custody.root_key import RootKey

    old = RootKey(SECRETS)
    both = Either(old, new)
    assert both.name == new.name
    assert both.unwrap(old.wrap(KEY, KEK), KEK, "root") == KEY
    assert both.unwrap(both.wrap(KEY, KEK), KEK, new.name) == KEY
    with pytest.raises(ConfigError, match="is wrapped by third"):
        both.unwrap(b"", KEK, "third")
