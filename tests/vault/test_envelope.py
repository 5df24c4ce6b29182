"""The bytes of the vault are those of docs/spec/vault.md; the vectors are made by other code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardrail.crypto import mac
from guardrail.vault.envelope import Address, Blinds, open_row, row_key, seal_row
from guardrail.vault.keys import Keys
from guardrail.vault.store import Row, Scope

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "vault_v1.json").read_text())
KEY = bytes.fromhex(VECTORS["row_key"])
KIDS = bytes.fromhex(VECTORS["kid_s"] + VECTORS["kid_e"])


def blinds(tenant):
    keys = Keys(root=bytes.fromhex(VECTORS["root"]), log_seed=bytes(32))
    return Blinds(keys.derive("vault-index", tenant))


def test_keys_and_blind_indexes_are_those_of_the_spec():
    mine = blinds(VECTORS["tenant"])
    assert mine.key.hex() == VECTORS["index_key"]
    assert mine.scope(Scope(VECTORS["tenant"], VECTORS["conversation"])).hex() == VECTORS["s"]
    assert mine.subject(VECTORS["subject"]).hex() == VECTORS["h"]
    pair = bytes.fromhex(VECTORS["subject_key"]), bytes.fromhex(VECTORS["epoch_key"])
    assert row_key(*pair) == KEY
    assert mac(blinds("").key, b"pgl/v1/vault", b"root").hex() == VECTORS["mark"]


@pytest.mark.parametrize("vector", VECTORS["rows"], ids=lambda one: one["kind"])
def test_rows_are_sealed_and_opened_as_the_spec_says(vector):
    at = blinds(VECTORS["tenant"]).address(
        bytes.fromhex(VECTORS["s"]), vector["name"], vector["kind"], vector["exp"]
    )
    assert (at.n.hex(), at.b.hex()) == (vector["n"], vector["b"])
    row = Row(
        bytes.fromhex(vector["mark"]),
        vector["value"],
        frozenset(vector["restore"]),
        vector["kind"],
        vector["entity"],
    )
    envelope = seal_row(KEY, KIDS, at, vector["name"], row)
    assert envelope.hex() == vector["env"]
    assert open_row(KEY, envelope, at) == (vector["name"], row)


def test_a_row_opens_in_its_place_with_its_keys_and_whole_or_not_at_all():
    vector = VECTORS["rows"][0]
    at = Address(
        *(bytes.fromhex(one) for one in (VECTORS["s"], vector["n"], vector["b"])), "token", vector["exp"]
    )
    envelope = bytes.fromhex(vector["env"])
    assert open_row(KEY, envelope, at)
    for other in (
        at._replace(s=bytes(16)),
        at._replace(n=bytes(16)),
        at._replace(b=b""),
        at._replace(kind="date"),
        at._replace(expires=at.expires + 1),
    ):
        assert open_row(KEY, envelope, other) is None
    assert open_row(bytes(64), envelope, at) is None
    for place in range(len(envelope)):
        harmed = bytearray(envelope)
        harmed[place] ^= 1
        assert open_row(KEY, bytes(harmed), at) is None
    for size in range(0, len(envelope), 7):
        assert open_row(KEY, envelope[:size], at) is None


def test_the_length_of_a_value_shows_in_steps_only():
    at = Address(bytes(16), bytes(16), bytes(16), "token", 1)
    sizes = {len(seal_row(KEY, KIDS, at, "ID_0000000", Row(bytes(32), "x" * size))) for size in range(1, 40)}
    assert len(sizes) <= 2
