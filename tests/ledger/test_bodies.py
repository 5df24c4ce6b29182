"""The sealed body: golden bytes, two locks, one plaintext; acts and timestamps in their one spelling."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardrail.canonical import b64u, canonical, unb64u
from guardrail.crypto import unwrap_key, wrap_key
from guardrail.errors import LedgerError
from guardrail.ledger import Ledger, Reader, erasure, holds, retention, verify
from guardrail.ledger.acts import Act, covers, is_act, ranges_of
from guardrail.ledger.disclosure import body_of
from guardrail.ledger.entry import draft
from guardrail.ledger.header import parse_header
from guardrail.ledger.holds import matter_of
from guardrail.ledger.kek import Kek, KekFile
from guardrail.ledger.keystore import KeyStore
from guardrail.ledger.note import NoteError
from guardrail.ledger.sealed import Locks, blind_index, envelope_kids, open_body, record_key, seal_body
from guardrail.ledger.timestamp import is_believed, last_timestamp, timestamp_of, timestamped
from guardrail.ledger.turn import Identity
from guardrail.types import Event

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "ledger_v2.json").read_text("utf-8"))
CASE = {key: value for key, value in GOLDEN["body"].items() if key not in {"subject", "body", "header"}}
BODY = {key: bytes.fromhex(value) for key, value in CASE.items()}
LOCKS = Locks(BODY["kid_s"], BODY["kid_e"], BODY["subject_key"], BODY["epoch_key"])
AT = {"ts": 1795344080123456, "writer": "w-0a1b2c3d4e5f"}
WHO = {"subject": "customer-4711"}


def golden_seal():
    body = json.loads(GOLDEN["body"]["body"])
    return seal_body(body, LOCKS, origin=GOLDEN["origin"], rid=BODY["rid"], salt=BODY["salt"])


def opened(envelope, locks=LOCKS, **given):
    known = {"origin": GOLDEN["origin"], "rid": BODY["rid"], "bound": BODY["bc"], **given}
    return open_body(envelope, locks, **known)


def test_the_golden_body_is_sealed_and_opens():
    sealed = golden_seal()
    assert (sealed.envelope, sealed.commitment, sealed.hash) == (BODY["envelope"], BODY["bc"], BODY["eh"])
    assert record_key(LOCKS, BODY["rid"]) == BODY["record_key"]
    assert opened(sealed.envelope) == json.loads(GOLDEN["body"]["body"])
    assert blind_index(BODY["index_key"], "subject", GOLDEN["body"]["subject"]) == BODY["blind_index"]
    item = draft(Event("scrub", keep=2_592_000, who=WHO))
    header = item.header(b64u(BODY["rid"]), **AT, sequence=5, sealed=sealed)
    assert header.decode() == GOLDEN["body"]["header"]
    assert parse_header(header).commitment == sealed.commitment


def test_the_collected_golden_example_opens(shared):
    given = shared("own_format_golden_v1")
    kids = envelope_kids(bytes.fromhex(given["env_hex"]))
    locks = Locks(*kids, bytes.fromhex(given["SK_hex"]), bytes.fromhex(given["EK_hex"]))
    place = {"origin": given["origin"], "rid": bytes.fromhex(given["rid_hex"])}
    body = json.loads(given["body"])
    assert (
        open_body(bytes.fromhex(given["env_hex"]), locks, **place, bound=bytes.fromhex(given["bc_hex"]))
        == body
    )
    sealed = seal_body(body, locks, **place, salt=bytes.fromhex(given["salt_hex"]))
    assert (sealed.envelope.hex(), sealed.hash.hex()) == (given["env_hex"], given["eh_hex"])
    assert parse_header(given["entry"].encode()).sealed_hash == sealed.hash


@pytest.mark.parametrize("at", [0, 1, 2, 10, 18, 40, -1])
def test_no_altered_envelope_opens(at):
    envelope = bytearray(golden_seal().envelope)
    envelope[at] ^= 1
    with pytest.raises(ValueError, match=r"body|envelope"):
        opened(bytes(envelope))


def test_a_body_opens_with_both_keys_in_its_own_place_and_for_its_own_entry_only():
    envelope = golden_seal().envelope
    other = bytes(32)
    for locks in (
        Locks(LOCKS.kid_s, LOCKS.kid_e, other, LOCKS.epoch),
        Locks(LOCKS.kid_s, LOCKS.kid_e, LOCKS.subject, other),
        Locks(LOCKS.kid_e, LOCKS.kid_s, LOCKS.subject, LOCKS.epoch),
    ):
        with pytest.raises(ValueError, match="body"):
            opened(envelope, locks)
    for given in ({"origin": "example.com/other"}, {"rid": bytes(16)}, {"bound": bytes(32)}):
        with pytest.raises(ValueError, match="body"):
            opened(envelope, **given)
    with pytest.raises(ValueError, match="envelope"):
        envelope_kids(envelope[:50])


def test_a_body_that_is_too_long_or_no_object_is_refused():
    with pytest.raises(ValueError, match="too long"):
        seal_body({"a": "x" * 40_000}, LOCKS, origin="o", rid=bytes(16), salt=bytes(32))
    sealed = seal_body({}, LOCKS, origin="o", rid=bytes(16), salt=bytes(32))
    assert open_body(sealed.envelope, LOCKS, origin="o", rid=bytes(16), bound=sealed.commitment) == {}


@pytest.mark.parametrize("case", GOLDEN["acts"], ids=[case["name"] for case in GOLDEN["acts"]])
def test_a_golden_act_is_written_and_read(case):
    kids = tuple(bytes.fromhex(kid) for kid in case["kids"])
    ranges = tuple((start, stop) for start, stop in case["ranges"])
    act = Act(kids, ranges, case["why"], bytes.fromhex(case["matter"]))
    item = draft(Event(case["type"], facts={"records": 3}), act=act)
    assert item.header(b64u(BODY["rid"]), **AT, sequence=4).decode() == case["header"]
    assert parse_header(case["header"].encode()).act == act


@pytest.mark.parametrize("text", GOLDEN["refused_headers"])
def test_a_golden_refused_header_of_format_2_is_refused(text):
    with pytest.raises(ValueError, match="header"):
        parse_header(text.encode())


def test_ranges_have_one_spelling():
    assert ranges_of([]) == ()
    assert ranges_of([0, 1, 2, 5, 7, 8]) == ((0, 3), (5, 6), (7, 9))
    assert covers(((0, 3), (5, 6)), 5)
    assert not covers(((0, 3), (5, 6)), 3)
    for value in ([[0, 1, 2]], [[0, True]], [0, 1], "0-1", [[1, 0]]):
        assert not is_act({"idx": value})


def test_the_golden_key_wraps_and_a_matter_is_committed_to():
    case = {key: bytes.fromhex(value) for key, value in GOLDEN["wrapped"].items()}
    assert wrap_key(case["kek"], case["key"]) == case["wrapped"]
    assert unwrap_key(case["kek"], case["wrapped"]) == case["key"]
    assert unwrap_key(bytes(32), case["wrapped"]) is None
    matter = GOLDEN["matter"]
    assert matter_of(bytes.fromhex(matter["salt"]), matter["name"]).hex() == matter["matter"]


def test_the_golden_timestamp_holds_and_an_altered_one_does_not():
    case = GOLDEN["timestamp"]
    who = Identity(None, bytes.fromhex(GOLDEN["seed"]), lambda: 0, "w")
    assert who.cosigner(GOLDEN["origin"]) == case["cosigner"]
    note = case["checkpoint"].encode()
    assert timestamp_of(note, case["cosigner"]) == case["time"]
    plain = b"".join(note.splitlines(keepends=True)[:-1])
    assert timestamped(plain, case["cosigner"], seed=who.clock_seed, time=case["time"]) == note
    assert timestamp_of(plain, case["cosigner"]) is None
    forged = timestamped(plain, case["cosigner"], seed=bytes(32), time=case["time"])
    assert timestamp_of(forged, case["cosigner"]) is None  # another key's line is nobody's word
    broken = note.replace(note[-20:-10], b"AAAAAAAAAA")
    with pytest.raises(NoteError):
        timestamp_of(broken, case["cosigner"])
    assert last_timestamp([broken, plain, note], case["cosigner"]) == case["time"]
    assert last_timestamp([plain], case["cosigner"]) is None


def test_a_clock_is_believed_from_its_last_timestamp_to_26_hours_after():
    assert is_believed(5, None)
    assert is_believed(5, 5)
    assert is_believed(5 + 26 * 3600, 5)
    assert not is_believed(4, 5)
    assert not is_believed(6 + 26 * 3600, 5)


def test_who_is_concerned_is_written_sealed_and_nowhere_in_clear(open_ledger, path):
    ledger = open_ledger(bodies=True)
    entry = ledger.append(
        Event("scrub", keep=3600, who={**WHO, "actor": "agent-7"}, facts={"tenant": "acme"})
    )
    bare = ledger.append(Event("scrub", who=WHO))  # a class without a period is never kept
    ledger.close()
    with Reader.open(path) as reader:
        assert reader.body(bare.index) is None
        body = reader.body(entry.index)
        assert entry.index in [index for index, _, found in reader.with_bodies() if found]
    keys = KeyStore.open(path, make=False)
    locks = Locks(body.kid_s, body.kid_e, keys.key(body.kid_s), keys.key(body.kid_e))
    header = parse_header(entry.header)
    value = open_body(
        body.envelope, locks, origin="example.com/guard", rid=unb64u(entry.id), bound=header.commitment
    )
    assert value["who"]["subject"] == b64u(keys.blind("acme", "subject", "customer-4711"))
    keys.close()
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"customer-4711" not in stored
    assert b"agent-7" not in stored
    assert len(entry.header) + len(body.envelope) < 700


def test_a_ledger_without_keys_writes_no_body_and_its_keys_are_its_owners_alone(open_ledger, path):
    ledger = open_ledger()
    entry = ledger.append(Event("scrub", keep=3600, who=WHO))
    assert ledger.reader.body(entry.index) is None
    assert not path.with_name("ledger.db.kek").exists()
    open_ledger(bodies=True)
    for suffix in (".kek", ".keys"):
        assert path.with_name(f"ledger.db{suffix}").stat().st_mode & 0o077 == 0


def test_ids_of_unknown_kinds_empty_ones_and_long_ones_are_refused():
    for who in ({"mother": "x"}, {"subject": ""}, {"subject": "x" * 20_000}):
        with pytest.raises(LedgerError):
            draft(Event("scrub", who=who))


def test_keys_that_are_gone_open_to_others_or_of_another_ledger_are_refused(open_ledger, path, tmp_path):
    ledger = open_ledger(bodies=True)
    ledger.append(Event("scrub", keep=3600, who=WHO))
    ledger.close()
    kek, keys = path.with_name("ledger.db.kek"), path.with_name("ledger.db.keys")
    saved, stored = kek.read_bytes(), keys.read_bytes()
    kek.chmod(0o644)
    with pytest.raises(LedgerError, match="read by others"):
        open_ledger(bodies=True)
    kek.unlink()
    with pytest.raises(LedgerError, match="missing"):
        open_ledger(bodies=True)
    KekFile(kek).read(make=True)
    ledger = open_ledger(bodies=True)
    with pytest.raises(LedgerError, match="key-encryption"):
        ledger.append(Event("scrub", keep=3600, who=WHO))
    assert ledger.append(Event("scrub")).index == 4  # and the next is served
    ledger.close()
    kek.write_bytes(b"{}")
    with pytest.raises(LedgerError, match="not a guardrail key"):
        open_ledger(bodies=True)
    kek.write_bytes(saved)
    keys.unlink()
    with pytest.raises(LedgerError, match="are gone"):
        open_ledger(bodies=True)
    keys.write_bytes(b"no keys at all, and long enough to be looked at" * 100)
    with pytest.raises(LedgerError):
        open_ledger(bodies=True)
    keys.write_bytes(stored)
    open_ledger(bodies=True).append(Event("scrub", keep=3600, who=WHO))
    with pytest.raises(LedgerError, match="no keys"):
        KeyStore.open(tmp_path / "other.db", make=False)


@pytest.mark.parametrize(
    "body", [{"kek": "", "n": 1, "v": 1}, {"n": 1, "v": 1}, {"kek": b64u(bytes(32)), "n": 0, "v": 1}]
)
def test_what_is_no_key_encryption_key_is_refused(body):
    with pytest.raises(ValueError, match="key"):
        Kek.parse(canonical(body) + b"\n")
    whole = Kek(3, bytes(32), bytes(32))
    assert Kek.parse(whole.format()) == whole
    with pytest.raises(ValueError, match="not"):
        Kek.parse(whole.format().replace(b'"old":"AA', b'"old":"'))


def test_a_ledger_of_format_1_is_verified_as_it_is_and_raised_by_its_next_writer(open_ledger, path, as_of):
    ledger = open_ledger()
    ledger.append(Event("scrub"))
    vkey = ledger.vkey
    ledger.close()
    as_of(1)
    with Reader.open(path) as reader:
        assert (reader.format, list(reader.acts()), reader.holds(), reader.body(1)) == (1, [], {}, None)
        assert (reader.body_counts(), reader.leftovers(), reader.epoch_counts(b"")) == ((0, 0), 0, (0, 0))
    ledger = open_ledger(bodies=True)
    ledger.append(Event("scrub", keep=3600, who=WHO))
    assert ledger.reader.format == 3
    ledger.close()
    assert (verify(path, vkey=vkey).status, dict(verify(path, vkey=vkey).bodies)) == ("ok", {"present": 1})


def test_a_ledger_of_format_2_is_read_as_it_is_and_raised_by_its_next_writer(open_ledger, path, as_of):
    ledger = open_ledger(bodies=True)
    for name in ("ann", "bo", "ann"):
        ledger.append(Event("scrub", keep=3600, who={"subject": name}))
    erasure.erase(ledger, "bo")
    held = holds.place(ledger, [1], matter="case 7").id
    vkey, before = ledger.vkey, [entry.header for entry in ledger.entries()]
    ledger.close()
    as_of(2)
    report = verify(path, vkey=vkey)
    assert (report.status, dict(report.bodies)) == ("ok", {"present": 1, "held": 1, "unreadable": 1})
    keys = KeyStore.open(path, make=False)
    with Reader.open(path) as reader:
        assert (reader.format, reader.leftovers(), reader.body_counts()) == (2, 1, (3, 3))
        kid = keys.find_subject("", "ann")
        assert reader.of_subject(kid) == [1, 3]
        assert reader.epoch_counts(reader.body(1).kid_e) == (3, 1)
        assert [body_of(reader, keys, index).state for index in (1, 2, 3)] == [
            "present", "unreadable", "present"
        ]  # fmt: skip
        assert list(reader.holds()) == [held]
    keys.close()
    ledger = open_ledger(bodies=True)
    assert [entry.header for entry in ledger.entries(0, len(before))] == before
    assert (ledger.reader.format, retention.sweep(ledger)) == (3, 1)
    erasure.erase(ledger, "ann")
    assert retention.sweep(ledger) == 1
    ledger.close()
    report = verify(path, vkey=vkey)
    assert (report.status, dict(report.bodies)) == ("ok", {"held": 1, "erased": 2})


def test_the_start_of_a_writer_names_its_detectors(open_ledger, path):
    with open_ledger(detectors={"rampart": "1.4.0-int8"}) as ledger:
        header = parse_header(ledger.entry(0).header)
        document = ledger.policies()[header.documents[0]]
        assert json.loads(document) == {"detectors": {"rampart": "1.4.0-int8"}, "v": 1}
        assert ledger.append(Event("scrub")).index == 1
        vkey = ledger.vkey
    assert verify(path, vkey=vkey).status == "ok"


def test_a_key_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(LedgerError, match="cannot be read"):
        KekFile(tmp_path / ("x" * 300)).read(make=True)
    assert Ledger.open(None, seed=bytes(32), bodies=True).append(Event("scrub", keep=5, who=WHO)).index == 1
