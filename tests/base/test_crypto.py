"""Every primitive agrees with its published vectors, and every changed byte is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail import crypto

SHARED = Path(os.environ.get("GUARDRAIL_SHARED", Path(__file__).parents[3] / "shared"))


def wycheproof(name):
    path = SHARED / "vectors" / f"wycheproof_{name}_test.json"
    if not path.exists():
        pytest.skip(f"the Wycheproof vectors of {name} are not beside the checkout")
    for group in json.loads(path.read_text())["testGroups"]:
        for case in group["tests"]:
            yield group, case


def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


def hkdf(key, info, length, salt=b""):
    """RFC 5869 §2, by the standard library alone."""
    secret = hmac.digest(salt or bytes(32), key, "sha256")
    out, block = b"", b""
    for count in range(1, -(-length // 32) + 1):
        block = hmac.digest(secret, block + info + bytes([count]), "sha256")
        out += block
    return out[:length]


def lp(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_the_reference_for_hkdf_agrees_with_rfc_5869_test_case_1():
    made = hkdf(b"\x0b" * 22, unhex("f0f1f2f3f4f5f6f7f8f9"), 42, unhex("000102030405060708090a0b0c"))
    assert made == unhex(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_the_reference_for_hkdf_agrees_with_rfc_5869_test_case_3():
    assert hkdf(b"\x0b" * 22, b"", 42) == unhex(
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


def test_the_reference_for_hkdf_agrees_with_wycheproof():
    for _, case in wycheproof("hkdf_sha256"):
        if case["result"] == "valid" and case["size"] <= 255 * 32:
            made = hkdf(unhex(case["ikm"]), unhex(case["info"]), case["size"], unhex(case["salt"]))
            assert made == unhex(case["okm"]), case["tcId"]


@settings(max_examples=50)
@given(
    st.binary(min_size=1, max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.lists(st.text(max_size=6), max_size=4),
    st.integers(1, 200),
)
def test_derived_keys_are_hkdf_over_length_prefixed_words(key, purpose, context, length):
    info = lp(b"pgl/v1", purpose.encode(), *(part.encode("utf-8", "surrogatepass") for part in context))
    assert crypto.derive(key, purpose, *context, length=length) == hkdf(key, info, length)


def test_moving_a_boundary_between_words_gives_another_key():
    made = {
        crypto.derive(b"k" * 32, "token", *context)
        for context in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("a", "b", "c"))
    }
    assert len(made) == 6


@given(st.lists(st.binary(max_size=5), max_size=4), st.lists(st.binary(max_size=5), max_size=4))
def test_two_lists_of_parts_never_join_to_the_same_bytes(one, other):
    assert (crypto.length_prefixed(*one) == crypto.length_prefixed(*other)) == (one == other)


def test_a_mac_is_hmac_sha256_of_the_joined_parts():
    assert crypto.mac(b"key", b"a", b"") == hmac.new(b"key", lp(b"a", b""), hashlib.sha256).digest()


def test_the_digest_is_sha_256():
    assert crypto.digest(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_comparison_tells_equal_from_unequal():
    assert crypto.equal(b"abc", b"abc")
    assert not crypto.equal(b"abc", b"abd")
    assert not crypto.equal(b"abc", b"ab")


def test_random_bytes_do_not_repeat():
    assert len({crypto.random_bytes(16) for _ in range(1000)}) == 1000
    assert crypto.random_bytes(0) == b""


RFC8032 = (  # §7.1, tests 1 to 3: seed, public key, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC8032)
def test_signatures_are_those_of_rfc_8032(seed, public, message, signature):
    assert crypto.verify_key(unhex(seed)).hex() == public
    assert crypto.sign(unhex(seed), unhex(message)).hex() == signature
    assert crypto.verify_signature(unhex(public), unhex(signature), unhex(message))


def test_signatures_are_judged_as_wycheproof_judges_them():
    for group, case in wycheproof("ed25519"):
        holds = crypto.verify_signature(
            unhex(group["publicKey"]["pk"]), unhex(case["sig"]), unhex(case["msg"])
        )
        assert holds == (case["result"] == "valid"), case["tcId"]


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_key_or_signature_of_another_size_never_holds(size):
    public, message = crypto.verify_key(bytes(32)), b"m"
    assert not crypto.verify_signature(bytes(size), crypto.sign(bytes(32), message), message)
    assert not crypto.verify_signature(public, bytes(size), message)


def test_every_changed_bit_of_a_signature_or_message_is_refused():
    public, signature = crypto.verify_key(b"s" * 32), crypto.sign(b"s" * 32, b"message")
    for bit in range(512):
        changed = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
        assert not crypto.verify_signature(public, changed, b"message")
    assert not crypto.verify_signature(public, signature, b"messagf")


def test_sealing_is_that_of_rfc_5297_a_1():
    key = unhex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
    data, plain = (
        unhex("101112131415161718191a1b1c1d1e1f2021222324252627"),
        unhex("112233445566778899aabbccddee"),
    )
    sealed = crypto.seal_siv(key, plain, data)
    assert sealed.hex() == "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"
    assert crypto.open_siv(key, sealed, data) == plain


def test_sealing_is_that_of_rfc_5297_a_2():
    key = unhex("7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f")
    associated = (
        unhex("00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100"),
        unhex("102030405060708090a0"),
        unhex("09f911029d74e35bd84156c5635688c0"),
    )
    plain = b"this is some plaintext to encrypt using SIV-AES"
    sealed = crypto.seal_siv(key, plain, *associated)
    assert sealed.hex() == (
        "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17"
        "dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d"
    )


def test_sealing_is_judged_as_wycheproof_judges_it():
    for group, case in wycheproof("aes_siv_cmac"):
        key, plain, data = unhex(case["key"]), unhex(case["msg"]), unhex(case["aad"])
        sealed = unhex(case["ct"])
        assert group["keySize"] in {256, 384, 512}
        if case["result"] == "valid":
            assert crypto.seal_siv(key, plain, data) == sealed, case["tcId"]
            assert crypto.open_siv(key, sealed, data) == plain, case["tcId"]
        else:
            assert crypto.open_siv(key, sealed, data) is None, case["tcId"]


def test_equal_values_seal_to_equal_bytes_and_an_empty_one_is_a_value():
    key = b"k" * 64
    assert crypto.seal_siv(key, b"Ann", b"PERSON") == crypto.seal_siv(key, b"Ann", b"PERSON")
    assert crypto.seal_siv(key, b"Ann", b"PERSON") != crypto.seal_siv(key, b"Ann", b"NRP")
    assert crypto.open_siv(key, crypto.seal_siv(key, b"")) == b""


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(15), bytes(16), bytes(40)])
def test_bytes_that_nobody_sealed_do_not_open(sealed):
    assert crypto.open_siv(b"k" * 64, sealed, b"x") is None
    assert crypto.open_gcm(b"k" * 32, bytes(12), sealed, b"x") is None


def test_gcm_is_that_of_the_nist_submission_test_cases_13_and_14():
    key, nonce = bytes(32), bytes(12)
    assert crypto.seal_gcm(key, nonce, b"", b"").hex() == "530f8afbc74536b9a963b4f1c4cb738b"
    assert crypto.seal_gcm(key, nonce, bytes(16), b"").hex() == (
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
    )


@given(st.binary(max_size=40), st.binary(max_size=10), st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=60)
def test_what_was_sealed_opens_and_a_changed_byte_does_not(plain, associated, place, change):
    key, nonce = b"k" * 32, b"n" * 12
    sealed = crypto.seal_gcm(key, nonce, plain, associated)
    assert crypto.open_gcm(key, nonce, sealed, associated) == plain
    changed = bytearray(sealed)
    changed[place % len(changed)] ^= change
    assert crypto.open_gcm(key, nonce, bytes(changed), associated) is None
    assert crypto.open_gcm(key, nonce, sealed, associated + b"x") is None
    assert crypto.open_gcm(b"o" * 32, nonce, sealed, associated) is None
    assert crypto.open_gcm(b"short", nonce, sealed, associated) is None
