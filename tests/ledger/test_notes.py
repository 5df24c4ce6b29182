"""Signed notes, public keys, checkpoints and proofs: one spelling each, and no forged one passes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.ledger import parse_proof, verify_proof
from guardrail.ledger.checkpoint import Checkpoint, open_checkpoint, parse_body, sign_checkpoint
from guardrail.ledger.merkle import leaf_hash, node_hash
from guardrail.ledger.note import NoteError, VerifierKey, parse_note, sign_note, verify_note, vkey_of_seed
from guardrail.ledger.proof import Proof

SEED = bytes(range(32))
ORIGIN = "example.com/guard"
VKEY = vkey_of_seed(ORIGIN, SEED)


def test_every_published_note_is_accepted_or_refused_as_its_table_says(shared):
    for case in shared("signed_notes")["notes"]:
        data = b64decode(case["note_b64"])
        keys = [VerifierKey.parse(vkey) for vkey in case["vkeys"]]
        if case["want"] == "malformed":
            with pytest.raises(NoteError):
                parse_note(data)
            continue
        note = parse_note(data)
        assert note.format() == data
        if case["want"] == "ok":
            for key in keys:
                verify_note(note, key)
            assert {key.name for key in keys} == set(case["verified"] or {key.name for key in keys})
        elif case["want"] == "invalid":
            with pytest.raises(NoteError):
                verify_note(note, keys[0])


def test_a_signature_is_byte_equal_to_the_one_that_gos_implementation_makes(shared):
    for case in shared("signed_notes")["sign"]:
        seed = b64decode(case["skey"].split("+", 4)[4])[1:]
        name = case["vkey"].split("+")[0]
        assert sign_note(case["text"], name=name, seed=seed).format().decode() == case["want"]
        assert vkey_of_seed(name, seed) == case["vkey"]


def test_published_vkeys_parse_and_every_cut_or_changed_one_is_refused(shared):
    vectors = shared("signed_notes")
    for case in vectors["vkeys_ok"]:
        assert str(VerifierKey.parse(case["vkey"])) == case["vkey"]
    for case in vectors["bad_vkeys"]:
        with pytest.raises(NoteError):
            VerifierKey.parse(case["vkey"])
    good = vectors["sign"][0]["vkey"]
    wrong = [good[:i] for i in range(len(good))] + [good[i:] for i in range(1, len(good))]
    wrong += [good[:i] + chr(ord(good[i]) + 1) + good[i + 1 :] for i in range(len(good))]
    for vkey in wrong:
        with pytest.raises(NoteError):
            VerifierKey.parse(vkey)


def test_the_key_id_of_a_public_log_is_the_published_one(shared):
    (case,) = shared("signed_notes")["key_ids"]
    seed = b64decode(case["ed25519_private_pem_b64"])[-32:]
    key = VerifierKey.parse(vkey_of_seed(case["origin"], seed))
    assert int.from_bytes(key.key_id, "big") == case["key_id_uint32"]


def test_checkpoint_bodies_are_parsed_as_published_but_more_strictly(shared):
    for case in shared("checkpoint_bodies")["unmarshal"]:
        # Their roots have other lengths than 32 and there are extension lines: ours refuses all of these.
        with pytest.raises(NoteError):
            parse_body(case["m"])
    tree = shared("checkpoint_bodies")["sumdb_tree"]["text"]
    assert parse_body(tree).body() == tree


def test_a_checkpoint_of_the_go_checksum_database_verifies(shared):
    vectors = shared("sumdb_real_checkpoint")
    # Its origin is not its key's name: a witness's rule, not that of our own logs.
    note = parse_note(vectors["note"].encode())
    assert verify_note(note, VerifierKey.parse(vectors["vkey"])) is None
    assert parse_body(note.text).size == vectors["size"]
    with pytest.raises(NoteError, match="another log"):
        open_checkpoint(vectors["note"].encode(), vectors["vkey"])


def test_real_proofs_of_a_public_log_verify_offline_as_tlog_proofs(shared):
    cases = [c for c in shared("rekor_real_inclusion")["entries"] if c["logKeyDetails"] == "PKIX_ED25519"]
    assert cases
    for case in cases:
        origin = case["checkpoint"].split("\n")[0]
        vkey = str(VerifierKey(origin, 1, b64decode(case["logKeyDer"])[-32:]))
        path = tuple(b64decode(node) for node in case["hashes"])
        proof = Proof(
            int(case["logIndex"]), path, case["checkpoint"].encode(), b64decode(case["canonicalizedBody"])
        )
        checkpoint = verify_proof(parse_proof(proof.format()), vkey=vkey)
        assert checkpoint.size == int(case["treeSize"])


def test_the_published_tlog_proofs_are_formatted_alike_and_the_broken_ones_refused(shared):
    vectors = shared("tlog_proof_format")
    names = {"h1": b"hash1", "h2": b"hash2"}
    for case in vectors["marshal"]:
        path = tuple(sha256(names[name]).digest() for name in case["hashes"])
        extra = case["extra"].encode() if "extra" in case else None
        proof = Proof(case["index"], path, case["checkpoint"].encode(), extra)
        assert proof.format().decode() == case["want"]
        assert parse_proof(case["want"].encode()) == proof
    for text in vectors["must_fail"]:
        with pytest.raises(NoteError):
            parse_proof(text.encode())


def checkpoint(size=2, root=None):
    return Checkpoint(ORIGIN, size, root or node_hash(leaf_hash(b"a"), leaf_hash(b"b")))


def test_a_checkpoint_that_was_signed_opens_to_the_same_value():
    assert open_checkpoint(sign_checkpoint(checkpoint(), SEED), VKEY) == checkpoint()


@given(st.data())
def test_a_checkpoint_with_any_byte_changed_added_or_taken_is_refused(data):
    note = sign_checkpoint(checkpoint(), SEED)
    at = data.draw(st.integers(0, len(note) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != note[at]))
    for wrong in (
        note[:at] + bytes([byte]) + note[at + 1 :],
        note[:at] + bytes([byte]) + note[at:],
        note[:at] + note[at + 1 :],
        note[:at],
    ):
        if wrong != note:
            with pytest.raises(NoteError):
                open_checkpoint(wrong, VKEY)


@pytest.mark.parametrize(
    "size", ["01", "+1", " 1", "1_0", "４２", "-1", "", "1e3", "99999999999999999999", str(2**53 + 1)]
)
def test_a_size_that_python_would_read_but_is_not_canonical_is_refused(size):
    root = b64encode(bytes(32)).decode()
    with pytest.raises(NoteError):
        parse_body(f"{ORIGIN}\n{size}\n{root}\n")


@pytest.mark.parametrize(
    "root",
    [
        "AA==",
        "",
        b64encode(bytes(33)).decode(),
        b64encode(bytes(32)).decode().replace("=", ""),
        "A" * 42 + "B=",
        "é" * 44,
    ],
)
def test_a_root_that_is_not_the_one_base64_of_32_bytes_is_refused(root):
    with pytest.raises(NoteError):
        parse_body(f"{ORIGIN}\n1\n{root}\n")


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x85", "\u2028", "\r\n"])
def test_only_a_newline_ends_a_line(separator):
    note = sign_checkpoint(checkpoint(), SEED).decode()
    with pytest.raises(NoteError):
        open_checkpoint(note.replace("\n", separator).encode(), VKEY)


def test_an_empty_origin_and_an_extension_line_are_refused():
    root = b64encode(bytes(32)).decode()
    for text in (f"\n1\n{root}\n", f"{ORIGIN}\n1\n{root}\nmore\n", f"{ORIGIN}\n1\n{root}"):
        with pytest.raises(NoteError):
            parse_body(text)


def test_a_good_signature_does_not_carry_a_forged_line_of_the_same_key_along():
    note = sign_checkpoint(checkpoint(), SEED)
    line = note.split(b"\n\n")[1]
    forged = bytearray(b64decode(line.split(b" ")[2]))
    forged[-1] ^= 1
    extra = b" ".join(line.split(b" ")[:2]) + b" " + b64encode(bytes(forged)) + b"\n"
    with pytest.raises(NoteError, match="does not hold"):
        open_checkpoint(note + extra, VKEY)


def test_signatures_of_unknown_keys_are_ignored_and_alone_are_not_enough():
    note = sign_checkpoint(checkpoint(), SEED)
    other = sign_note(checkpoint().body(), name="witness.example", seed=bytes(32)).format().split(b"\n\n")[1]
    assert open_checkpoint(note + other, VKEY) == checkpoint()
    with pytest.raises(NoteError, match="not signed by the key"):
        open_checkpoint(note, vkey_of_seed(ORIGIN, bytes(32)))


def test_a_note_is_bounded_and_is_utf8():
    for data in (b"x" * 1_000_001, b"\xff\n\n\xe2\x80\x94 a AAAA\n", b"", b"text\n"):
        with pytest.raises(NoteError):
            parse_note(data)


@pytest.mark.parametrize(
    "line",
    ["— a AAAAAA==", "— a AAAA", "- a AAAAAAAA", "—a AAAAAAAA", "— a", "— a+b AAAAAAAA", "— a AAAAAAAA "],
)
def test_a_malformed_signature_line_is_refused(line):
    with pytest.raises(NoteError):
        parse_note(f"text\n\n{line}\n".encode())


def test_texts_and_names_that_a_note_cannot_hold_are_not_signed():
    for text, name in (
        ("no newline", "a"),
        ("tab\t\n", "a"),
        ("fine\n", "a b"),
        ("fine\n", "a+b"),
        ("fine\n", ""),
    ):
        with pytest.raises(NoteError):
            sign_note(text, name=name, seed=SEED)


def proof():
    note = sign_checkpoint(checkpoint(), SEED)
    return Proof(0, (leaf_hash(b"b"),), note, b"a")


def test_a_proof_holds_offline_with_the_public_key_alone():
    assert verify_proof(parse_proof(proof().format()), vkey=VKEY) == checkpoint()
    assert verify_proof(Proof(0, proof().path, proof().checkpoint), vkey=VKEY, header=b"a") == checkpoint()


def test_a_proof_of_another_entry_index_or_key_is_refused():
    good = proof()
    for wrong, header in (
        (good, b"b"),
        (Proof(1, good.path, good.checkpoint, b"a"), None),
        (Proof(0, (), good.checkpoint, b"a"), None),
        (Proof(0, good.path, good.checkpoint), None),
    ):
        with pytest.raises(NoteError):
            verify_proof(wrong, vkey=VKEY, header=header)
    with pytest.raises(NoteError):
        verify_proof(good, vkey=vkey_of_seed(ORIGIN, bytes(32)))


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_proof_with_any_byte_changed_is_refused(at, byte):
    data = bytearray(proof().format())
    at %= len(data)
    if data[at] == byte:
        return
    data[at] = byte
    with pytest.raises(NoteError):
        verify_proof(parse_proof(bytes(data)), vkey=VKEY)


def test_a_proof_that_is_too_long_or_not_text_is_refused():
    first = b"c2sp.org/tlog-proof@v1"
    for data in (b"x" * 1_200_001, first + "é\n\n".encode(), first + b"\n\n", first + b"\nindex 0\nAAAA\n\n"):
        with pytest.raises(NoteError):
            parse_proof(data)
    path = "".join(f"{b64encode(bytes(32)).decode()}\n" for _ in range(64))
    with pytest.raises(NoteError):
        parse_proof(f"c2sp.org/tlog-proof@v1\nindex 0\n{path}\nx".encode())
