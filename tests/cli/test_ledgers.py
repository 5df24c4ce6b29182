"""`guardrail ledger …`: verify, show, prove, checkpoint."""

import json
import sqlite3

import pytest

from guardrail.ledger import Ledger, Reader, parse_proof, verify_proof
from guardrail.vault.keys import Keys


def vkey_of(ledger):
    return ledger.with_name("ledger.db.vkey")


def test_a_whole_ledger_verifies_and_an_outsider_is_told_about_the_key(shell, ledger):
    result = shell("ledger", "verify", ledger)
    assert (result.code, result.out) == (0, "ok: 7 entries\n")
    assert "use" in result.err
    assert "--vkey" in result.err
    given = shell("ledger", "verify", "--ledger", ledger, "--vkey", vkey_of(ledger))
    assert (given.code, given.err) == (0, "")
    assert shell("ledger", "verify", ledger, "--vkey", vkey_of(ledger).read_text()).code == 0


def test_an_altered_ledger_is_exit_40_and_the_entry_is_named(shell, ledger):
    connection = sqlite3.connect(ledger)
    connection.execute("DROP TRIGGER entry_no_update")
    connection.execute("UPDATE entry SET hdr = CAST(replace(hdr, 'test', 'tesT') AS BLOB) WHERE idx = 3")
    connection.commit()
    connection.close()
    result = shell("ledger", "verify", ledger)
    assert result.code == 40
    assert "altered: entry 3: " in result.out
    assert "ok:" not in result.out


def test_a_cut_ledger_is_exit_30_against_the_checkpoint_that_was_kept(shell, ledger, tmp_path):
    kept = tmp_path / "kept.checkpoint"
    assert shell("ledger", "checkpoint", ledger, "-o", kept).code == 0
    short = tmp_path / "short" / "ledger.db"
    short.parent.mkdir()
    keys = Keys.load(ledger.with_name("ledger.db.key"))
    with Reader.open(ledger) as reader, Ledger.open(short, seed=keys.log_seed, origin=reader.origin):
        pass
    result = shell("ledger", "verify", short, "--vkey", vkey_of(ledger), "--known-checkpoint", kept)
    assert result.code == 30
    assert "diverged: " in result.out


def test_what_cannot_be_judged_is_exit_50(shell, ledger, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("not a ledger")
    nokey = tmp_path / "nokey.db"
    nokey.write_bytes(ledger.read_bytes())
    for words in (
        [tmp_path / "none.db"],
        [other, "--vkey", vkey_of(ledger)],
        [nokey],
        [],
        [ledger, "--vkey", "nonsense+x"],
        [ledger, "--known-checkpoint", tmp_path / "none"],
        [ledger, "--known-checkpoint", other],
    ):
        result = shell("ledger", "verify", *words)
        assert result.code == 50
        assert "ok:" not in result.out


def test_entries_are_shown_as_a_table(shell, ledger):
    result = shell("ledger", "show", ledger)
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0].split()[:3] == ["INDEX", "TIME", "(UTC)"]
    assert [line.split()[0] for line in lines[1:]] == [str(n) for n in range(7)]
    assert "writer.stop" in lines[-1]


def test_the_last_entries_are_shown_and_the_others_are_mentioned(shell, ledger):
    result = shell("ledger", "show", ledger, "--last", 2)
    assert [line.split()[0] for line in result.out.splitlines()[1:]] == ["5", "6"]
    assert "5 earlier entries" in result.err
    assert len(shell("ledger", "show", ledger, "--last", 0).out.splitlines()) == 8


def test_findings_stand_in_the_table(shell, tmp_path):
    path = tmp_path / "l.db"
    assert shell("scrub", "--ledger", path, stdin="ann@example.com").code == 0
    shown = shell("ledger", "show", path).out
    assert "1 × EMAIL_ADDRESS tokenize, channel=prompt" in shown
    assert "example.com" not in shown


def test_entries_are_shown_as_json(shell, ledger):
    rows = [json.loads(line) for line in shell("ledger", "show", "--json", ledger).out.splitlines()]
    assert [row["index"] for row in rows] == list(range(7))
    assert rows[1]["entry"]["t"] == "test"
    assert len(rows[1]["leaf"]) == 64
    assert len(shell("ledger", "show", "--json", "--last", 1, ledger).out.splitlines()) == 1


def test_a_proof_is_one_that_anyone_can_check(shell, ledger, tmp_path):
    result = shell("ledger", "prove", 3, "--ledger", ledger)
    assert result.code == 0
    proof = parse_proof(result.out.encode())
    assert proof.index == 3
    assert verify_proof(proof, vkey=vkey_of(ledger).read_text().strip()).size == 7
    out = tmp_path / "p"
    assert shell("ledger", "prove", 3, "--ledger", ledger, "-o", out).out == ""
    assert out.read_text() == result.out


def test_an_entry_that_is_not_there_has_no_proof(shell, ledger):
    result = shell("ledger", "prove", 99, "--ledger", ledger)
    assert (result.code, result.out) == (2, "")


def test_a_checkpoint_over_everything_is_printed_without_a_key(shell, ledger):
    ledger.with_name("ledger.db.key").unlink()
    result = shell("ledger", "checkpoint", ledger)
    assert result.code == 0
    assert result.out == ledger.with_name("ledger.db.checkpoint").read_text()


def unsigned(ledger):
    """Take back the last checkpoints, as a crash before they were signed would leave it."""
    connection = sqlite3.connect(ledger)
    connection.execute("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")
    connection.commit()
    connection.close()
    ledger.with_name("ledger.db.checkpoint").unlink()


def test_entries_that_nobody_has_signed_are_signed_with_the_key(shell, ledger):
    unsigned(ledger)
    result = shell("ledger", "checkpoint", ledger)
    assert result.code == 0
    assert int(result.out.splitlines()[1]) >= 7
    assert shell("ledger", "verify", ledger).code == 0


def test_without_the_key_nothing_can_be_signed(shell, ledger):
    unsigned(ledger)
    ledger.with_name("ledger.db.key").unlink()
    result = shell("ledger", "checkpoint", ledger)
    assert result.code == 2
    assert "key file" in result.err


@pytest.mark.parametrize("command", ["show", "checkpoint"])
def test_a_ledger_that_is_not_there_is_not_made(shell, tmp_path, command):
    assert shell("ledger", command, tmp_path / "none.db").code == 2
    assert list(tmp_path.iterdir()) == []
