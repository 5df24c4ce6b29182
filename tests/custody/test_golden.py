"""The golden values of docs/spec/keys.md: what one version wrote, every later one reads."""

from __future__ import annotations

import json
from pathlib import Path

from guardrail.crypto import derive, length_prefixed, seal_siv, wrap_key
from guardrail.custody import Secrets
from guardrail.custody.document import Wrapping, parse
from guardrail.custody.environment import encode
from guardrail.custody.kek import Kek
from guardrail.custody.provider import bound_to
from guardrail.custody.root_key import RootKey

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "keys_v1.json").read_text())
SECRETS = Secrets(bytes.fromhex(GOLDEN["root"]), bytes.fromhex(GOLDEN["log"]))


def test_the_document_and_the_variable_are_those_of_the_golden_file():
    assert SECRETS.format().decode() == GOLDEN["document"]
    assert encode(SECRETS) == GOLDEN["variable"]
    wrapped = GOLDEN["wrapped_document"]
    assert parse(wrapped["file"].encode(), "x") == Wrapping(wrapped["by"], bytes.fromhex(wrapped["key"]))


def test_the_kek_is_read_and_written_as_in_the_golden_file():
    one = GOLDEN["kek"]
    kek = Kek(one["n"], bytes.fromhex(one["key"]), bytes.fromhex(one["old"]))
    root = RootKey(SECRETS)
    for data, wrapper, wanted in (
        (one["clear"], None, kek),
        (one["by_root"], root, kek),
        (one["settled_by_root"], root, kek.settled()),
    ):
        assert wanted.format(wrapper).decode() == data
        assert Kek.parse(data.encode(), wrapper) == wanted


def test_the_wrapping_under_the_root_follows_from_the_spec_alone():
    key = derive(SECRETS.root, "custody", length=64)
    assert key.hex() == GOLDEN["root_wrapping_key"]
    bound = length_prefixed(b"pgl/v1/custody", b"kek")
    assert bound == bound_to("kek") == bytes.fromhex(GOLDEN["bound_to"]["kek"])
    one = GOLDEN["kek"]
    from guardrail.canonical import b64u, canonical

    plain = canonical({"kek": b64u(bytes.fromhex(one["key"])), "n": 7, "v": 1})
    body = json.loads(one["by_root"])
    assert body["kek"] == b64u(seal_siv(key, plain, bound))
    assert body["old"] == b64u(wrap_key(bytes.fromhex(one["key"]), bytes.fromhex(one["old"])))
