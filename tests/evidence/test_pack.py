"""Export: what is in a pack, and what cannot be packed."""

import json
from hashlib import sha256

import pytest
from packs import CARD_DOCUMENT, DOCUMENT, ORIGIN, SEED, build_ledger, guard_events, unpacked

from guardrail.errors import LedgerError
from guardrail.evidence import container
from guardrail.evidence.pack import export
from guardrail.evidence.span import Span
from guardrail.evidence.verify import verify
from guardrail.ledger.proof import parse_proof, verify_proof
from guardrail.ledger.reader import Reader
from guardrail.ledger.writer import Ledger
from guardrail.types import Event


def index_of(line):
    return json.loads(line)["ws"]


def test_a_pack_holds_the_span_and_its_two_neighbours(make_pack, vkey):
    files = unpacked(make_pack())
    manifest = json.loads(files["manifest.json"])
    assert (manifest["first"], manifest["stop"], manifest["from"]) == (8, 14, 7)
    lines = files["entries.jsonl"].splitlines()
    assert [index_of(line) for line in lines] == list(range(7, 15))
    assert json.loads(files["counts.json"])["entries"] == 6
    assert sorted(files) == sorted([*manifest["files"], "manifest.json"])


def test_lines_are_the_exact_headers_of_the_ledger(make_pack, ledger_path):
    lines = unpacked(make_pack())["entries.jsonl"].split(b"\n")[:-1]
    with Reader.open(ledger_path) as reader:
        assert lines == [entry.header for entry in reader.entries(7, 15)]


def test_the_two_proofs_are_proofs_that_anyone_can_check(make_pack, vkey):
    files = unpacked(make_pack())
    lines = files["entries.jsonl"].split(b"\n")
    for name, line in (("first", lines[0]), ("last", lines[-2])):
        proof = parse_proof(files[f"proofs/{name}.tlog-proof"])
        assert verify_proof(proof, vkey=vkey, header=line).origin == ORIGIN


def test_the_same_ledger_and_span_give_the_same_bytes(make_pack, ledger_path):
    one = make_pack().read_bytes()
    assert make_pack().read_bytes() == one


def test_policies_are_in_the_pack_under_their_digests(make_pack):
    files = unpacked(make_pack())
    (name,) = (name for name in files if name.startswith("policies/"))
    assert name == f"policies/{sha256(files[name]).hexdigest()}.toml"
    assert files[name] == DOCUMENT[3]


def test_a_set_of_policies_is_found_by_its_entry_even_before_the_span(tmp_path, clock, vkey):
    path = tmp_path / "set.db"
    with Ledger.open(path, seed=SEED, origin=ORIGIN, clock=clock) as ledger:
        both = ledger.append_policy([CARD_DOCUMENT, DOCUMENT])
        key = json.loads(both.header)["pol"]
        clock.at("2026-07-05T00:00:00+00:00")
        from guardrail.canonical import unb64u

        for event in guard_events(unb64u(key)):
            ledger.append(event)
    with Reader.open(path) as reader, (tmp_path / "p.zip").open("wb") as stream:
        material = export(reader, Span.parse("2026-07-05", "2026-07-05"), stream)
    assert material.policies.sets == {unb64u(key).hex(): (CARD_DOCUMENT[2].hex(), DOCUMENT[2].hex())}
    assert verify(tmp_path / "p.zip", vkey=vkey).exit_code == 0


@pytest.mark.parametrize(
    ("since", "until", "lines"),
    [
        ("2020-01-01", "2020-01-02", 1),
        ("2026-07-02T12:00:00Z", "2026-07-02T13:00:00Z", 2),
        ("2030-01-01", "2030-01-02", 1),
    ],
)
def test_a_span_without_entries_is_proved_by_its_neighbours(make_pack, vkey, since, until, lines):
    path = make_pack(since, until)
    assert unpacked(path)["entries.jsonl"].count(b"\n") == lines
    report = verify(path, vkey=vkey)
    assert (report.status, report.material.counts["entries"]) == ("ok", 0)


def test_every_span_of_a_small_ledger_verifies(make_pack, ledger_path, vkey):
    with Reader.open(ledger_path) as reader:
        times = sorted({entry.time_us for entry in reader.entries()})
    for first in range(0, len(times), 3):
        for last in range(first, len(times), 4):
            with Reader.open(ledger_path) as reader, ledger_path.with_suffix(".zip").open("wb") as stream:
                export(reader, Span(times[first], times[last]), stream)
            report = verify(ledger_path.with_suffix(".zip"), vkey=vkey)
            assert report.problems == ()
            assert report.material.counts["entries"] == last - first + 1


def test_progress_is_told_in_parts_of_the_whole(tmp_path, clock, vkey):
    path = tmp_path / "long.db"
    with Ledger.open(path, seed=SEED, origin=ORIGIN, clock=clock) as ledger:
        for _ in range(1_005):
            ledger.append(Event("test"))
    told = []
    with Reader.open(path) as reader, (tmp_path / "p.zip").open("wb") as stream:
        export(reader, Span.parse("2026-07-01", "2026-07-01"), stream, progress=told.append)
    assert told
    assert all(0 < part <= 1 for part in told)
    told.clear()
    assert verify(tmp_path / "p.zip", vkey=vkey, progress=told.append).exit_code == 0
    assert told


def refused(path, since="2026-07-01", until="2026-07-03"):
    with (
        Reader.open(path) as reader,
        path.with_suffix(".zip").open("wb") as stream,
        pytest.raises(LedgerError) as error,
    ):
        export(reader, Span.parse(since, until), stream)
    assert error.value.advice
    return error.value.message


def damage(path, *statements):
    """Alter the ledger's file behind its back."""
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER IF EXISTS entry_no_update")
    connection.execute("DROP TRIGGER IF EXISTS entry_no_delete")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def test_a_ledger_without_a_checkpoint_cannot_be_proved(ledger_path):
    assert "no checkpoint" in refused(damage(ledger_path, "DELETE FROM checkpoint"))


def test_a_checkpoint_that_the_ledgers_key_has_not_signed_is_not_passed_on(ledger_path):
    damage(
        ledger_path,
        "UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT), '.test', '.tesT') AS BLOB)",
    )
    assert "not signed" in refused(ledger_path)


def test_a_missing_policy_document_is_not_passed_over(ledger_path):
    assert "policy document is missing" in refused(damage(ledger_path, "DELETE FROM policy"))


def test_an_altered_policy_document_is_not_passed_on(ledger_path):
    assert "digest" in refused(damage(ledger_path, "UPDATE policy SET doc = CAST('name = \"x\"' AS BLOB)"))


def test_a_damaged_entry_in_the_span_is_named(ledger_path):
    """Entry 10 is looked at by neither end of the search for the span."""
    damage(ledger_path, "UPDATE entry SET hdr = x'00' WHERE idx = 11")
    assert "damaged" in refused(ledger_path)


def test_a_missing_entry_in_the_span_is_named(ledger_path):
    damage(ledger_path, "DELETE FROM entry WHERE idx = 11")
    assert refused(ledger_path) == "entry 11 is missing"


def test_a_policy_that_the_ledger_never_recorded_is_not_passed_over(tmp_path, clock):
    path = tmp_path / "bare.db"
    with Ledger.open(path, seed=SEED, origin=ORIGIN, clock=clock) as ledger:
        ledger.append(Event("scrub", policy=bytes(32)))
    assert "lacks a policy document" in refused(path)


def test_a_span_that_makes_too_large_a_pack_is_refused_with_the_way_out(ledger_path, monkeypatch):
    monkeypatch.setattr(container, "MAX_BYTES", 1000)
    assert "larger" in refused(ledger_path)


def test_nothing_but_headers_and_policies_is_in_a_pack(tmp_path, clock):
    """The promise: no personal data. Every byte of the entries comes from the closed schema of headers."""
    from guardrail.ledger.header import parse_header

    path = build_ledger(tmp_path / "l.db", clock)
    with Reader.open(path) as reader, (tmp_path / "p.zip").open("wb") as stream:
        export(reader, Span.parse("2026-07-01", "2026-07-03"), stream)
    files = unpacked(tmp_path / "p.zip")
    for line in files["entries.jsonl"].split(b"\n")[:-1]:
        parse_header(line)
    assert set(files) - {"entries.jsonl", "manifest.json", "counts.json", "report.html", "README.txt"} == {
        "checkpoint",
        "ledger.vkey",
        "proofs/first.tlog-proof",
        "proofs/last.tlog-proof",
        f"policies/{DOCUMENT[2].hex()}.toml",
    }
