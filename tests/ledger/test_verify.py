"""The verifier: each way of tampering is caught, named where it can be, and honest ledgers pass."""

from __future__ import annotations

import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.canonical import canonical
from guardrail.ledger import Ledger, audit, verify
from guardrail.ledger.checkpoint import Checkpoint, sign_checkpoint
from guardrail.ledger.merkle import leaf_hash
from guardrail.ledger.note import vkey_of_seed
from guardrail.ledger.tiles import Edge
from guardrail.types import Event

SEED = bytes(range(32))
ORIGIN = "example.com/guard"


def edited(header):
    """Return the header with one count changed, canonical as before."""
    fields = orjson.loads(header)
    fields["f"] = {"PERSON": {"tokenize": 999}}
    return canonical(fields)


def header_at(connection, index):
    return connection.execute("SELECT hdr FROM entry WHERE idx = ?", (index,)).fetchone()[0]


def put(connection, index, header):
    connection.execute("UPDATE entry SET hdr = ? WHERE idx = ?", (header, index))


def rebuild(connection, *, seed=None):
    """Make tiles and head fit the entries, as a careful attacker would; with the key, sign it as well."""
    rows = connection.execute("SELECT idx, hdr FROM entry ORDER BY idx").fetchall()
    edge = Edge(0, (), lambda _level, _n: b"")
    for _, header in rows:
        edge.append(leaf_hash(header))
    last = orjson.loads(rows[-1][1])["ts"]
    connection.execute("DELETE FROM tile")
    connection.executemany(
        "INSERT INTO tile VALUES (?, ?, ?, ?)",
        [(level, n, len(tile) // 32, bytes(tile)) for (level, n), tile in edge.changed.items()],
    )
    peaks = b"".join(edge.peaks.hashes)
    connection.execute("UPDATE head SET n = ?, peaks = ?, last_ts = ?", (edge.size, peaks, last))
    if seed:
        note = sign_checkpoint(Checkpoint(ORIGIN, edge.size, edge.peaks.root()), seed)
        connection.execute("DELETE FROM checkpoint")
        connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (edge.size, note))


def codes(report):
    return report.exit_code, [(problem.kind, problem.index) for problem in report.problems]


def test_an_honest_ledger_passes_with_and_without_what_was_kept(written):
    path, vkey, note = written
    for known in ((), (note,)):
        report = verify(path, vkey=vkey, known=known)
        assert (report.status, report.exit_code, report.size, report.unsigned) == ("ok", 0, 300, 0)
        assert report.checkpoint == note


def test_an_edited_entry_is_named_without_any_kept_checkpoint(written, damage):
    path, vkey, _ = written
    with damage(path) as connection:
        put(connection, 17, edited(header_at(connection, 17)))
    assert codes(verify(path, vkey=vkey)) == (40, [("altered", 17)])


def test_a_byte_flipped_in_the_file_is_named_by_its_entry(written, damage):
    path, vkey, _ = written
    with damage(path, guards=True) as connection:
        needle = orjson.loads(header_at(connection, 200))["id"].encode()
    data = bytearray(path.read_bytes())
    at = data.index(needle)
    data[at] ^= 0x01
    path.write_bytes(data)
    report = verify(path, vkey=vkey)
    assert report.exit_code == 40
    assert {problem.index for problem in report.problems} == {200}


def test_an_edit_with_rebuilt_tiles_is_caught_by_the_stored_checkpoint(written, damage):
    path, vkey, _ = written
    with damage(path) as connection:
        put(connection, 17, edited(header_at(connection, 17)))
        rebuild(connection)
    report = verify(path, vkey=vkey)
    assert codes(report) == (40, [("altered", 1)])  # the first entry was signed on its own, on opening
    assert report.unsigned == 299


def test_a_cleanly_cut_tail_is_caught_by_a_kept_checkpoint_alone(written, damage):
    path, vkey, note = written
    with damage(path) as connection:
        connection.execute("DELETE FROM entry WHERE idx >= 290")
        rebuild(connection, seed=SEED)
    assert verify(path, vkey=vkey).status == "ok"
    assert codes(verify(path, vkey=vkey, known=[note])) == (30, [("diverged", 290)])
    path.with_name("ledger.db.checkpoint").write_bytes(note)
    assert verify(path, vkey=vkey).exit_code == 30


def test_a_cut_tail_that_leaves_the_stored_checkpoint_is_caught_without_a_kept_one(written, damage):
    path, vkey, _ = written
    with damage(path) as connection:
        connection.execute("DELETE FROM entry WHERE idx >= 290")
        rebuild(connection)
    assert codes(verify(path, vkey=vkey)) == (40, [("altered", 290)])


def test_a_chain_rewritten_and_signed_with_the_stolen_key_is_caught_by_a_kept_checkpoint(written, damage):
    path, vkey, note = written
    with damage(path) as connection:
        put(connection, 17, edited(header_at(connection, 17)))
        rebuild(connection, seed=SEED)
    assert verify(path, vkey=vkey).status == "ok"
    assert codes(verify(path, vkey=vkey, known=[note])) == (30, [("diverged", None)])


def test_missing_entries_are_named_one_by_one_and_the_rest_is_still_judged(written, damage):
    path, vkey, note = written
    with damage(path) as connection:
        connection.execute("DELETE FROM entry WHERE idx IN (5, 6, 299)")
    report = verify(path, vkey=vkey, known=[note])
    missing = [problem.index for problem in report.problems if problem.kind == "missing"]
    assert (report.exit_code, missing) == (40, [5, 6, 299])
    assert report.checkpoint == note


def test_an_entry_taken_out_with_everything_moved_up_leaves_a_gap_in_its_writers_sequence(written, damage):
    path, vkey, _ = written
    with damage(path) as connection:
        connection.execute("DELETE FROM entry WHERE idx = 50")
        for index in range(51, 300):
            connection.execute("UPDATE entry SET idx = ? WHERE idx = ?", (index - 1, index))
        rebuild(connection, seed=SEED)
    report = verify(path, vkey=vkey)
    assert codes(report) == (40, [("altered", 50)])
    assert "sequence" in report.problems[0].message


def change(index, **values):
    def edit(connection):
        fields = orjson.loads(header_at(connection, index))
        fields.update(values)
        put(connection, index, canonical(fields))
        rebuild(connection, seed=SEED)

    return edit


def sql(statement, *values):
    return lambda connection: connection.execute(statement, values)


DAMAGES = {
    "a header in another spelling": lambda c: put(c, 9, header_at(c, 9).replace(b"{", b"{ ", 1)),
    "a header that is not JSON": sql("UPDATE entry SET hdr = x'00' WHERE idx = 9"),
    "time that runs back": change(9, ts=1),
    "a first entry that is no start": change(0, t="guard.request"),
    "a start in the middle": change(9, t="writer.start"),
    "a tile of leaves": sql("UPDATE tile SET h = zeroblob(length(h)) WHERE l = 0 AND n = 0"),
    "a tile of nodes": sql("UPDATE tile SET h = zeroblob(32) WHERE l = 1"),
    "a tile cut short": sql("UPDATE tile SET h = substr(h, 1, 64) WHERE l = 0 AND n = 1"),
    "a tile too many": sql("INSERT INTO tile VALUES (3, 3, 1, zeroblob(32))"),
    "a tile missing": sql("DELETE FROM tile WHERE l = 0 AND n = 1"),
    "another head": sql("UPDATE head SET peaks = zeroblob(32)"),
    "a shorter head": sql("UPDATE head SET n = 299"),
    "no head": sql("DELETE FROM head"),
    "another last time": sql("UPDATE head SET last_ts = 1"),
    "an entry beyond the head": sql("INSERT INTO entry VALUES (400, x'7b7d')"),
    "an entry before the first": sql("INSERT INTO entry VALUES (-1, x'7b7d')"),
    "a policy that no entry names": sql("INSERT INTO policy VALUES (?, x'61', 3)", sha256(b"a").digest()),
    "a stored checkpoint of nobody": sql("UPDATE checkpoint SET note = x'61'"),
    "another table": sql("ALTER TABLE tile RENAME COLUMN w TO width"),
}


@pytest.mark.parametrize("edit", DAMAGES.values(), ids=DAMAGES.keys())
def test_each_damage_is_caught_without_a_kept_checkpoint(written, damage, edit):
    path, vkey, note = written
    with damage(path) as connection:
        edit(connection)
    assert verify(path, vkey=vkey, known=[note]).exit_code == 40


def test_a_trigger_of_another_program_is_told(written, damage):
    path, vkey, _ = written
    with damage(path, guards=True) as connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM tile; END")
    assert codes(verify(path, vkey=vkey)) == (40, [("altered", None)])


def test_a_ledger_without_its_guards_against_accidents_is_told(written, damage):
    path, vkey, note = written
    with damage(path, guards=True) as connection:
        connection.execute("DROP TRIGGER entry_no_update")
    report = verify(path, vkey=vkey, known=[note])
    assert (report.exit_code, report.checkpoint) == (40, note)


def with_policies(path, edit, damage):
    source = b"name = 'gdpr'"
    with Ledger.open(path, seed=SEED, origin=ORIGIN) as ledger:
        ledger.append_policy([("gdpr", "1", sha256(source).digest(), source)])
        ledger.append_policy([("gdpr", "1", sha256(source).digest(), source)])
    assert verify(path, vkey=vkey_of_seed(ORIGIN, SEED)).status == "ok"
    with damage(path) as connection:
        edit(connection)
    return verify(path, vkey=vkey_of_seed(ORIGIN, SEED))


def test_a_policy_document_that_is_missing_or_changed_is_named_by_its_entries(tmp_path, damage):
    for name, edit in (("gone", "DELETE FROM policy"), ("changed", "UPDATE policy SET doc = x'61'")):
        report = with_policies(tmp_path / f"{name}.db", sql(edit), damage)
        assert codes(report) == (40, [("altered", 1), ("altered", 2)])


def test_a_policy_entry_whose_digest_is_not_that_of_its_documents_is_named(tmp_path, damage):
    report = with_policies(tmp_path / "l.db", change(2, pol="A" * 43), damage)
    assert [problem.index for problem in report.problems][:1] == [2]


def test_a_policy_document_of_nobody_is_caught(tmp_path, damage):
    edit = sql("INSERT INTO policy VALUES (zeroblob(32), x'61', 3)")
    assert with_policies(tmp_path / "l.db", edit, damage).exit_code == 40


def test_another_key_a_bad_key_and_a_bad_kept_checkpoint_are_unusable(written):
    path, vkey, note = written
    other = sign_checkpoint(Checkpoint(ORIGIN, 1, bytes(32)), bytes(32))
    for given_vkey, known in (
        (vkey_of_seed(ORIGIN, bytes(32)), ()),
        ("nonsense", ()),
        (vkey, [b"x"]),
        (vkey, [other]),
    ):
        report = verify(path, vkey=given_vkey, known=known)
        assert (report.status, report.exit_code) == ("unusable", 50)
        assert report.problems[0].message
    assert verify(path, vkey=vkey, known=[note]).exit_code == 0


def test_what_is_not_a_ledger_is_unusable(tmp_path):
    (tmp_path / "text").write_text("dear diary")
    for name in ("text", "none"):
        assert verify(tmp_path / name, vkey=vkey_of_seed(ORIGIN, SEED)).exit_code == 50


def test_a_published_file_that_nobody_signed_is_an_alteration(written):
    path, vkey, _ = written
    path.with_name("ledger.db.checkpoint").write_text("x")
    assert verify(path, vkey=vkey).exit_code == 40


def test_a_ledger_without_any_checkpoint_proves_nothing(written, damage):
    path, vkey, _ = written
    with damage(path) as connection:
        connection.execute("DELETE FROM checkpoint")
    assert verify(path, vkey=vkey).exit_code == 50


def test_entries_after_the_last_checkpoint_are_told_as_unsigned(open_ledger, path):
    ledger = open_ledger()
    vkey, _ = ledger.vkey, ledger.checkpoint()
    ledger.append(Event("scrub"))
    report = verify(path, vkey=vkey)
    assert (report.status, report.size - report.unsigned) == ("ok", 1)


def test_the_problems_told_are_bounded(written, damage, monkeypatch):
    monkeypatch.setattr(audit, "MAX_PROBLEMS", 10)
    path, vkey, _ = written
    with damage(path) as connection:
        connection.execute("DELETE FROM entry WHERE idx > 20")
    assert len(verify(path, vkey=vkey).problems) == 10


def test_verifying_a_ledger_in_use_sees_one_state_of_it(open_ledger, path):
    ledger = open_ledger()
    for _ in range(5):
        for _ in range(40):
            ledger.append(Event("scrub"))
        assert verify(path, vkey=ledger.vkey).status == "ok"
    ledger.checkpoint()
    assert verify(path, vkey=ledger.vkey).status == "ok"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_single_byte_of_any_header_hash_or_signature_can_change_unseen(written, damage, data):
    path, vkey, note = written
    folder = tempfile.TemporaryDirectory(dir=path.parent)
    copy = Path(shutil.copy(path, folder.name))
    table, column = data.draw(
        st.sampled_from([("entry", "hdr"), ("tile", "h"), ("head", "peaks"), ("checkpoint", "note")])
    )
    with damage(copy) as connection:
        key = {"entry": "idx", "tile": "l * 1000 + n", "head": "k", "checkpoint": "size"}[table]
        rows = connection.execute(f"SELECT {key}, {column} FROM {table}").fetchall()
        row, value = data.draw(st.sampled_from(rows))
        at, flip = data.draw(st.integers(0, len(value) - 1)), data.draw(st.integers(1, 255))
        changed = value[:at] + bytes([value[at] ^ flip]) + value[at + 1 :]
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (changed, row))
    report = verify(copy, vkey=vkey, known=[note])
    assert report.exit_code == 40
    if table == "entry":
        assert {problem.index for problem in report.problems} == {row}
    folder.cleanup()
