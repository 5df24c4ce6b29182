"""Key services that refuse, stall, go away or answer nonsense: told in our words, in bounded time."""

from __future__ import annotations

import socket
import time

import pytest

from guardrail.custody import Secrets, custody_of, kms, transit
from guardrail.custody.document import Wrapping
from guardrail.custody.provider import KEK
from guardrail.errors import ConfigError

SECRETS = Secrets(b"R" * 32, b"L" * 32)
KEY = bytes(range(32))
CANARIES = ("canary", "hvs.", "RRRR", "LLLL", "UlJS", "AKIA")


@pytest.fixture
def kept(vault, tmp_path):
    """Return a custody in Vault that holds keys."""
    custody = custody_of(vault.uri, ledger=tmp_path / "ledger.db")
    custody.keep(SECRETS)
    vault.calls.clear()
    return custody


@pytest.fixture
def kept_by_aws(kms, tmp_path):
    custody = custody_of(kms.uri, ledger=tmp_path / "aws.db")
    custody.keep(SECRETS)
    kms.calls.clear()
    return custody


def refused(work, match):
    with pytest.raises(ConfigError, match=match) as caught:
        work()
    told = f"{caught.value!r} {caught.value.advice} {caught.value.__cause__!r} {caught.value.__notes__}"
    assert caught.value.advice
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert not [canary for canary in CANARIES if canary in told]


# -- Vault


@pytest.mark.parametrize(
    ("status", "match", "tries"),
    [
        (403, "does not permit", 1),
        (401, "does not permit", 1),
        (404, "has no key", 1),
        (400, "does not open what v1", 1),
        (429, "does not answer", 2),
        (500, "does not answer", 2),
        (502, "does not answer", 2),
        (503, "does not answer, or is sealed", 2),
        (472, "does not answer", 2),
    ],
)
def test_what_vault_refuses_is_told_with_what_to_do_and_only_passing_faults_are_tried_again(
    vault, kept, status, match, tries
):
    vault.faults[:] = [(status, {"errors": ["canary"]})] * 3
    before = len(vault.seen)
    refused(kept.load, match)
    assert len(vault.seen) - before == tries


def test_a_fault_that_passes_is_not_told(vault, kept, monkeypatch):
    monkeypatch.setattr(transit, "PAUSE", 0)
    vault.faults[:] = [(503, {"errors": []})]
    assert kept.load() == SECRETS


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>canary</html>"),
        (200, {"data": {}}),
        (200, {"data": {"plaintext": "canary!"}}),
        (200, {"data": {"plaintext": 7}}),
        (200, []),
        (204, b""),
        (307, b""),
    ],
)
def test_an_answer_of_another_form_is_refused_and_no_redirection_followed(vault, kept, answer):
    vault.faults[:] = [answer] * 2
    refused(kept.load, "not of the form|not a guardrail key file")


def test_another_text_than_vaults_is_never_taken_for_a_wrapping(vault, kept):
    wrapper = kept.wrapper(SECRETS)
    for text in (b"vault:v0:AAAA", b"vault:v1:", b"vault:v1:AA\n", b"\xff", b"AAAA"):
        refused(lambda text=text: wrapper.unwrap(text, KEK, wrapper.name), "not of the form")
    vault.faults[:] = [(200, {"data": {"ciphertext": "canary"}})]
    refused(lambda: wrapper.wrap(KEY, KEK), "not of the form")
    vault.faults[:] = [(400, {"errors": ["canary"]})]
    refused(lambda: wrapper.wrap(KEY, KEK), "aes256-gcm96|cannot do this")


def test_without_a_token_nothing_is_sent(vault, kept, monkeypatch):
    monkeypatch.delenv("VAULT_TOKEN")
    before = len(vault.seen)
    refused(kept.load, "does not permit")
    assert len(vault.seen) == before


def test_a_service_that_is_gone_or_stalls_costs_a_bounded_time(vault, kept, monkeypatch):
    monkeypatch.setattr(transit, "PAUSE", 0)
    monkeypatch.setattr(transit, "READ", 0.1)
    vault.delay = 30
    began = time.monotonic()
    refused(kept.load, "does not answer")
    assert time.monotonic() - began < 25  # two tries of 0.1 s, on a busy machine; never the 30 of the service
    vault.stop()
    refused(kept.load, "does not answer")


def test_what_is_sent_to_vault_is_the_wrapped_key_and_its_purpose_and_no_more(vault, kept):
    kept.load()
    path, headers, body = vault.seen[-1]
    assert path == "/v1/transit/decrypt/guardrail"
    assert set(__import__("json").loads(body)) == {"ciphertext", "associated_data"}
    assert b"ledger" not in body
    assert headers["X-Vault-Token"] == vault.token


def test_a_host_elsewhere_is_spoken_to_by_tls_alone(vault, kept, monkeypatch):
    import requests

    asked = []

    def ask(_self, *, url, **_rest):
        asked.append(url)
        raise requests.ConnectionError

    monkeypatch.setattr(transit, "PAUSE", 0)
    monkeypatch.setattr(requests.Session, "request", ask)
    for host in ("vault.example.com", "vault.example.com:8200", "10.0.0.1:8200", "127.0.0.1.example.com"):
        with pytest.raises(ConfigError):
            transit.Transit(host, "transit", "k").unwrap(b"vault:v1:AAAA", KEK, "vault-transit:transit/k")
    assert [one.partition(":")[0] for one in asked] == ["https"] * len(asked) != []
    asked.clear()
    monkeypatch.setenv("VAULT_CACERT", "/ca.pem")
    with pytest.raises(ConfigError):
        transit.Transit("127.0.0.1:1", "transit", "k").unwrap(b"vault:v1:AA", KEK, "vault-transit:transit/k")
    assert asked[0].startswith("https:")


def test_the_state_tells_versions_and_what_is_amiss(vault, kept):
    vault.rotate({})
    vault.flags = {"exportable": True, "deletion_allowed": True}
    state = kept.state()
    assert (state.kind, state.version) == ("vault-transit", "v1 of v2")
    assert "may be exported" in state.note
    assert "may be deleted" in state.note
    vault.faults[:] = [(200, {"data": 7})]
    refused(kept.state, "not of the form")
    vault.faults[:] = [(200, {"data": {"latest_version": "x"}})]
    refused(kept.state, "not of the form")


# -- AWS KMS


@pytest.mark.parametrize(
    ("code", "match", "tries"),
    [
        ("AccessDeniedException", "does not permit", 1),
        ("UnrecognizedClientException", "does not permit", 1),
        ("DisabledException", "is disabled", 1),
        ("KMSInvalidStateException", "is to be deleted", 1),
        ("InvalidCiphertextException", "another key wrapped it", 1),
        ("IncorrectKeyException", "another key wrapped it", 1),
        ("NotFoundException", "has no key", 1),
        ("SomethingNewException", "does not answer", 1),
        ("ThrottlingException", "does not answer", 2),
        ("KMSInternalException", "does not answer", 2),
    ],
)
def test_what_aws_refuses_is_told_with_what_to_do(kms, kept_by_aws, code, match, tries):
    status = 500 if code == "KMSInternalException" else 400
    kms.faults[:] = [(status, {"__type": code, "message": "canary"})] * 3
    before = len(kms.seen)
    refused(kept_by_aws.load, match)
    assert len(kms.seen) - before == tries


def test_aws_without_credentials_or_with_a_strange_answer_is_told(kms, kept_by_aws, monkeypatch):
    kms.faults[:] = [(200, {})]
    refused(kept_by_aws.load, "not of the form")
    kms.faults[:] = [(200, {"KeyMetadata": 7})]
    refused(kept_by_aws.state, "not of the form")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    refused(custody_of(kept_by_aws.uri).load, "no credentials")


def test_aws_that_is_gone_or_stalls_costs_a_bounded_time(kms, kept_by_aws, monkeypatch):
    from guardrail.custody import kms as module

    monkeypatch.setattr(module, "READ", 0.1)
    kms.delay = 30
    began = time.monotonic()
    refused(kept_by_aws.load, "does not answer")
    assert time.monotonic() - began < 25
    kms.stop()
    refused(kept_by_aws.load, "does not answer")


def test_the_encryption_context_holds_nothing_of_anyone(kms, kept_by_aws):
    import json

    kept_by_aws.load()
    body = json.loads(kms.seen[-1][2])
    assert body["EncryptionContext"] == {"guardrail": "custody/v1", "purpose": "keys"}
    assert body["KeyId"] == kms.arn


def test_the_state_of_a_key_of_aws_is_told(kms, kept_by_aws):
    kms.state = "PendingDeletion"
    state = kept_by_aws.state()
    assert state.version == kms.arn.rpartition("/")[2]
    assert "PendingDeletion" in state.note


def test_aws_retires_no_version_and_says_what_does(kept_by_aws):
    for work in (kept_by_aws.service.renew, kept_by_aws.service.retire):
        refused(work, "cannot retire")


# -- both


def test_a_service_that_gives_back_other_keys_is_not_trusted_with_any(vault, kept, monkeypatch):
    monkeypatch.setattr(vault, "decrypt", lambda _body: (200, {"data": {"plaintext": "AAAA"}}))
    refused(kept.try_out, "other keys")
    refused(lambda: kept.keep(SECRETS, replace=True), "other keys")
    refused(kept.load, "not a guardrail key file")


def test_a_wrapping_in_a_wrapping_is_no_document(vault, kept, tmp_path):
    inner = Wrapping("x", b"1").format()
    wrapped = kept.service.wrap(inner, "keys")
    (tmp_path / "ledger.db.key").write_bytes(Wrapping(kept.service.name, wrapped).format())
    refused(kept.load, "not a guardrail key file")


def test_a_wrapped_file_that_is_no_file_or_lies_in_clear_is_told(kept, tmp_path):
    path = tmp_path / "ledger.db.key"
    path.write_bytes(SECRETS.format() + b"\n")
    refused(kept.load, "is not wrapped")
    path.unlink()
    path.mkdir()
    refused(kept.load, "cannot be read|not a guardrail key file")


def test_a_kek_is_asked_for_once_and_a_new_one_displaces_it(vault, kept):
    wrapper = kept.wrapper(SECRETS)
    first, second = wrapper.wrap(KEY, KEK), wrapper.wrap(KEY[::-1], KEK)
    vault.calls.clear()
    fresh = kept.wrapper(SECRETS)
    for _ in range(3):
        assert fresh.unwrap(first, KEK, wrapper.name) == KEY
    assert len(vault.calls) == 1
    assert fresh.unwrap(second, KEK, wrapper.name) == KEY[::-1]
    vault.stop()
    assert fresh.unwrap(second, KEK, wrapper.name) == KEY[::-1]
    refused(lambda: fresh.unwrap(first, KEK, wrapper.name), "does not answer")
    assert len(fresh._kept) == 1


def test_no_connection_is_left_open_between_calls(vault, kept, kept_by_aws, monkeypatch):
    opened = []
    real = socket.socket.connect

    def connect(self, address):
        opened.append(self)
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    kept.load()
    kept_by_aws.load()
    assert opened
    assert {one.fileno() for one in opened} == {-1}


def test_time_outs_stay_below_a_ledgers_patience():
    from guardrail.ledger.writer import PATIENCE

    for module in (transit, kms):
        assert module.TRIES * (module.CONNECT + module.READ) < PATIENCE
