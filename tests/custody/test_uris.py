"""One spelling of keys everywhere; a wrong one is answered with the nearest right form."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.custody import custody_of
from guardrail.custody.uri import FORMS
from guardrail.errors import ConfigError

ARN = "arn:aws:kms:eu-central-1:111122223333:key/0000aaaa-11bb"
LEDGER = Path("/data/ledger.db")

RIGHT = {
    "k.key": "file:k.key",
    "./a:b": "file:a:b",
    "/etc/guardrail/k:1": "file:/etc/guardrail/k:1",
    "file:/etc/k": "file:/etc/k",
    "file:a:b": "file:a:b",
    "env:GUARDRAIL_KEYS": "env:GUARDRAIL_KEYS",
    "keyring:guardrail/prod": "keyring:guardrail/prod",
    "keyring:my app/a/b": "keyring:my app/a/b",
    "vault-transit://vault.example.com/transit/guardrail": (
        "vault-transit://vault.example.com/transit/guardrail#/data/ledger.db.key"
    ),
    "vault-transit://[::1]:8200/a/b/key#k": "vault-transit://[::1]:8200/a/b/key#k",
    f"aws-kms:{ARN}": f"aws-kms:{ARN}#/data/ledger.db.key",
    f"aws-kms:{ARN}#/etc/k": f"aws-kms:{ARN}#/etc/k",
    "aws-kms:arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a/b#k": (
        "aws-kms:arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a/b#k"
    ),
}


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_spelling_names_its_custody_and_comes_back_as_it_is(text):
    found = custody_of(text, ledger=LEDGER)
    assert found.uri == RIGHT[text]
    assert custody_of(found.uri, ledger=LEDGER).uri == found.uri


def test_without_a_spelling_the_file_beside_the_ledger_is_meant():
    assert custody_of(None, ledger=LEDGER).uri == "file:/data/ledger.db.key"
    assert custody_of(Path("env:x"), ledger=LEDGER).uri == "file:env:x"
    with pytest.raises(ConfigError, match="no keys are named"):
        custody_of(None)


WRONG = {
    "vault://host/transit/key": "vault-transit",
    "hashicorp://host": "vault-transit",
    "vault-transit:host/transit/key": "vault-transit",
    "vault-transit://host/key": "vault-transit",
    "vault-transit://user@host/transit/key": "vault-transit",
    "vault-transit://host/transit/key#": "vault-transit",
    "vault-transit://host/transit/key?token=x": "vault-transit",
    "vault-transt://host/transit/key": "vault-transit",
    "VAULT-TRANSIT://host/transit/key": "vault-transit",
    "https://vault.example.com/transit/key": "vault-transit",
    "kms:1234": "aws-kms",
    ARN: "aws-kms",
    "aws-kms://key": "aws-kms",
    "aws-kms:1234abcd": "aws-kms",
    "AWS-KMS:x": "aws-kms",
    "environ:X": "env",
    "enviroment:X": "env",
    "ENV:X": "env",
    "env:A-B": "env",
    "env:": "env",
    "keyrng:a/b": "keyring",
    "keyring:guardrail": "keyring",
    "keychain:a/b": "keyring",
    "file:": "file",
    "fil:x": "file",
}


@pytest.mark.parametrize(("text", "near"), WRONG.items())
def test_a_wrong_spelling_is_answered_with_the_nearest_right_form(text, near):
    with pytest.raises(ConfigError) as caught:
        custody_of(text, ledger=LEDGER)
    assert (
        f"spell it {FORMS[near]}" in caught.value.advice or f"spell them {FORMS[near]}" in caught.value.advice
    )


def test_what_is_like_nothing_is_answered_with_every_form():
    with pytest.raises(ConfigError, match="not known") as caught:
        custody_of("zzzz:qqqq", ledger=LEDGER)
    assert all(form in caught.value.advice for form in FORMS.values())
    assert "file:NAME" in caught.value.advice


def test_a_key_that_somebody_put_in_the_place_of_a_name_is_not_told_back():
    canary = "c2VjcmV0LWNhbmFyeS1rZXk="
    for text in (
        f"env:{canary}",
        f"secret:{canary}",
        f"vault://{canary}/x",
        f"keyring:{canary}",
        f"aws-kms:{canary}",
    ):
        with pytest.raises(ConfigError) as caught:
            custody_of(text, ledger=LEDGER)
        assert canary not in str(caught.value) + caught.value.advice


def test_a_wrapped_document_needs_a_file_to_lie_in():
    for text in ("vault-transit://host/transit/key", f"aws-kms:{ARN}"):
        with pytest.raises(ConfigError, match="a file is needed") as caught:
            custody_of(text)
        assert "#FILE" in caught.value.advice
