"""The export as tlog-tiles: rebuilt by others from the files alone, and never ahead of its tiles."""

from __future__ import annotations

import pytest

from guardrail.errors import LedgerError
from guardrail.ledger import Ledger, Reader
from guardrail.ledger.export import check_tiles, tiles


def exported(path, folder):
    with Reader.open(path) as reader:
        for name, data in tiles(reader):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    return folder


@pytest.fixture
def folder(template, tmp_path):
    path, vkey = template
    return exported(path, tmp_path / "tiles"), vkey


def test_the_folder_has_the_files_of_tlog_tiles_and_holds_by_itself(folder):
    at, vkey = folder
    names = {str(file.relative_to(at)) for file in at.rglob("*") if file.is_file()}
    assert names == {
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    }
    told = []
    assert check_tiles(at, vkey=vkey, told=told.append).size == 300
    assert told[-1] == 1.0


def test_the_checkpoint_is_the_last_file(template):
    with Reader.open(template[0]) as reader:
        assert [name for name, _ in tiles(reader)][-1] == "checkpoint"


def edit(name, change):
    def apply(at):
        file = at / name
        file.write_bytes(change(file.read_bytes()))

    return apply


@pytest.mark.parametrize(
    "damage",
    [
        edit("tile/entries/000", lambda data: data.replace(b'"PERSON"', b'"PERSOM"', 1)),
        edit("tile/entries/001.p/44", lambda data: data[:-1]),
        edit("tile/entries/001.p/44", lambda data: data + b"\0\0"),
        edit("tile/0/000", lambda data: bytes(32) + data[32:]),
        edit("tile/1/000.p/1", lambda _data: bytes(32)),
        edit("checkpoint", lambda data: data.replace(b"300", b"299", 1)),
        lambda at: (at / "tile/0/000").unlink(),
        lambda at: (at / "checkpoint").unlink(),
    ],
)
def test_a_changed_cut_or_missing_file_is_refused(folder, damage):
    at, vkey = folder
    damage(at)
    with pytest.raises(LedgerError):
        check_tiles(at, vkey=vkey)


def test_a_ledger_that_is_damaged_or_has_signed_nothing_is_not_exported(written, damage, tmp_path):
    path, _, _ = written
    with damage(path) as connection:
        connection.execute("DELETE FROM entry WHERE idx = 3")
    with pytest.raises(LedgerError, match="damaged"):
        exported(path, tmp_path / "a")
    with damage(path) as connection:
        connection.execute("DELETE FROM tile WHERE l = 1")
    with pytest.raises(LedgerError, match="damaged"):
        exported(path, tmp_path / "b")
    with damage(path) as connection:
        connection.execute("DELETE FROM checkpoint")
    with pytest.raises(LedgerError, match="no checkpoint"):
        exported(path, tmp_path / "c")


def test_another_ledgers_key_does_not_open_the_folder(folder):
    at, _ = folder
    with Ledger.open(None, seed=bytes(32)) as other, pytest.raises(LedgerError, match="does not hold"):
        check_tiles(at, vkey=other.vkey)
