"""`guardrail evidence …`: export a pack, and check it with the key alone."""

import re
import zipfile
from datetime import UTC, datetime

import pytest
from commands import TEXT, VALUES

from guardrail.ledger import Ledger
from guardrail.vault.keys import Keys

TODAY = datetime.now(UTC).date()


@pytest.fixture
def export(shell, ledger, tmp_path):
    def run(*, since=f"{TODAY}", until="2199-12-31", out=tmp_path / "pack.zip"):
        return shell("evidence", "export", "--ledger", ledger, "--since", since, "--until", until, "-o", out)

    return run


def vkey_of(ledger):
    return ledger.with_name("ledger.db.vkey")


def test_a_pack_is_written_and_verified_far_from_the_ledger(shell, export, ledger, tmp_path):
    result = export(since="2020-01-01")
    assert (result.code, result.out) == (0, "")
    assert "7 entries of 2020-01-01 to 2199-12-31" in result.err
    assert "ends that are not proved: 1" in result.err
    key = vkey_of(ledger).read_text()
    for file in tmp_path.iterdir():
        if file.name != "pack.zip":
            file.unlink()
    verified = shell("evidence", "verify", tmp_path / "pack.zip", "--vkey", key)
    assert verified.code == 0
    assert verified.out.startswith("ok: 7 entries of 2020-01-01")


def test_an_altered_pack_is_exit_40_or_50_and_never_ok(shell, export, ledger, tmp_path):
    export(since="2020-01-01")
    pack = tmp_path / "pack.zip"
    pack.write_bytes(pack.read_bytes()[:-1])
    result = shell("evidence", "verify", pack, "--vkey", vkey_of(ledger))
    assert result.code == 50
    assert result.out.startswith("unusable: ")


def test_a_kept_checkpoint_is_compared_or_said_not_to_be(shell, export, ledger, tmp_path):
    export(since="2020-01-01")
    words = ["evidence", "verify", tmp_path / "pack.zip", "--vkey", vkey_of(ledger), "--known-checkpoint"]
    assert shell(*words, ledger.with_name("ledger.db.checkpoint")).code == 0
    with Ledger.open(ledger, seed=Keys.load(ledger.with_name("ledger.db.key")).log_seed):
        pass
    later = shell(*words, ledger.with_name("ledger.db.checkpoint"))
    assert later.code == 0
    assert "note: the known checkpoint of size 9 lies outside this pack" in later.err


def test_the_key_must_be_the_auditors_own(shell, export, tmp_path):
    export(since="2020-01-01")
    result = shell("evidence", "verify", tmp_path / "pack.zip")
    assert (result.code, result.out) == (50, "")
    assert "no public key is named" in result.err


def test_entries_that_are_not_signed_yet_are_said_to_be_missing(export, ledger):
    book = Ledger.open(ledger, seed=Keys.load(ledger.with_name("ledger.db.key")).log_seed)
    try:
        from commands import fill

        fill(book, 3)
        result = export(since="2020-01-01")
    finally:
        book.close()
    assert result.code == 0
    # The timer may have signed some of them in the meantime, never more than there are.
    assert "not signed yet" in result.err or "11 entries" in result.err


def test_a_span_without_entries_is_a_pack_too(shell, export, ledger, tmp_path):
    assert "0 entries" in export(since="2020-01-01", until="2020-12-31").err
    assert shell("evidence", "verify", tmp_path / "pack.zip", "--vkey", vkey_of(ledger)).code == 0


def test_a_failed_export_leaves_the_old_pack(export, ledger, tmp_path):
    pack = tmp_path / "pack.zip"
    pack.write_bytes(b"old")
    import sqlite3

    connection = sqlite3.connect(ledger)
    connection.execute("DELETE FROM checkpoint")
    connection.commit()
    connection.close()
    result = export(since="2020-01-01")
    assert result.code == 2
    assert "no checkpoint" in result.err
    assert pack.read_bytes() == b"old"
    assert not [file for file in tmp_path.iterdir() if file.name.endswith(".part")]


def test_wrong_dates_are_exit_2(export):
    assert "--since is not a date" in export(since="July").err
    assert export(since="July").code == 2


def test_no_planted_value_is_in_any_byte_of_a_pack(shell, tmp_path):
    """The whole way, with real detectors: from a text to the zip that leaves the house."""
    path, pack = tmp_path / "l.db", tmp_path / "p.zip"
    scrubbed = shell("scrub", "--policy", "gdpr-chat", "--policy", "pci-dss", "--ledger", path, stdin=TEXT)
    assert scrubbed.code == 0
    span = ["--since", f"{TODAY}", "--until", "2199-12-31"]
    assert shell("evidence", "export", "--ledger", path, *span, "-o", pack).code == 0
    with zipfile.ZipFile(pack) as archive:
        content = b"".join(
            archive.read(name) for name in archive.namelist() if not name.startswith("policies/")
        )
    # The policies are those of the owner, examples included; all else comes from the guarded text's entry.
    assert not [value for value in VALUES if re.search(rf"\b{re.escape(value)}\b".encode(), content)]
    tokens = re.findall(r"<[A-Z_]+_(\w+)>", scrubbed.out)
    assert tokens
    assert not [token for token in tokens if token.encode() in content]
    assert shell("evidence", "verify", pack, "--vkey", tmp_path / "l.db.vkey").code == 0
