"""Everything that can go wrong with the files: a clear error, nothing acknowledged is lost, nobody hangs."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from guardrail.errors import LedgerError
from guardrail.ledger import Ledger, Reader, committer, verify
from guardrail.ledger.faults import of_os, of_sqlite
from guardrail.ledger.lock import FileLock, _after_fork
from guardrail.types import Event

SEED = bytes(range(32))
EVENT = Event("guard.request")


def refused(path, **given):
    """Return the error that opening gives; its words name no path."""
    with pytest.raises(LedgerError) as caught:
        Ledger.open(path, seed=given.pop("seed", SEED), **given)
    assert caught.value.advice
    assert str(path.parent) not in f"{caught.value} {caught.value.advice}"
    return caught.value.message


def test_a_text_file_is_not_a_ledger_and_is_left_as_it_is(path):
    path.write_text("dear diary\n" * 100)
    assert refused(path) == "this file is not a ledger"
    assert path.read_text() == "dear diary\n" * 100
    with pytest.raises(LedgerError, match="not a ledger"):
        Reader.open(path)


def test_another_programs_database_is_not_a_ledger_and_is_left_as_it_is(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE customer(name TEXT)")
    connection.close()
    before = path.read_bytes()
    assert refused(path) == "this file is not a ledger"
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_ledger(path, open_ledger):
    path.touch()
    assert open_ledger().append(EVENT).index == 1


@pytest.mark.parametrize(("value", "words"), [(b"4", "format 4"), (b"one", "cannot be read")])
def test_a_newer_format_is_refused_by_writer_reader_and_verifier(open_ledger, path, value, words):
    open_ledger().close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE meta SET v = ? WHERE k = 'format'", (value,))
    connection.close()
    assert words in refused(path)
    with pytest.raises(LedgerError, match=words):
        Reader.open(path)
    report = verify(path, vkey=(path.parent / "ledger.db.vkey").read_text().strip())
    assert (report.exit_code, words in report.problems[0].message) == (50, True)


def test_another_key_or_origin_is_refused(open_ledger, path):
    open_ledger().close()
    assert "key" in refused(path, seed=bytes(32))
    assert "origin" in refused(path, origin="example.com/other")
    assert "origin" in refused(path, origin="Ann Smith")


def test_a_changed_public_key_file_is_noticed(open_ledger, path):
    open_ledger().close()
    (path.parent / "ledger.db.vkey").write_text("another\n")
    assert "another public key" in refused(path)


def test_an_older_copy_is_not_continued(open_ledger, path):
    open_ledger().close()
    shutil.copy(path, path.with_name("copy"))
    open_ledger().close()
    shutil.copy(path.with_name("copy"), path)
    assert "older copy" in refused(path)


def test_a_ledger_whose_tiles_contradict_what_it_published_is_not_continued(open_ledger, path, damage):
    for broken in ("UPDATE tile SET h = zeroblob(length(h))", "UPDATE tile SET h = x''"):
        open_ledger(at=path).close()
        shutil.copy(path, path.with_name("copy"))
        with damage(path) as connection:
            connection.execute(broken)
        assert "contradicts" in refused(path)
        shutil.copy(path.with_name("copy"), path)


def test_a_ledger_that_vanished_is_not_replaced_by_an_empty_one(open_ledger, path):
    open_ledger().close()
    path.unlink()
    assert "gone" in refused(path)


def test_a_published_checkpoint_of_another_ledger_is_noticed(open_ledger, path):
    open_ledger().close()
    (path.parent / "ledger.db.checkpoint").write_text("nonsense")
    assert "not a checkpoint of this ledger" in refused(path)


def test_a_missing_folder_and_a_folder_in_place_of_the_file_are_told(tmp_path):
    assert refused(tmp_path / "none" / "ledger.db") == "the ledger cannot be opened"
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path / "folder") == "the ledger cannot be opened"
    with pytest.raises(LedgerError, match="no ledger"):
        Reader.open(tmp_path / "folder")


def test_a_published_file_or_key_file_that_cannot_be_read_is_told(open_ledger, path):
    open_ledger().close()
    (path.parent / "ledger.db.checkpoint").unlink()
    (path.parent / "ledger.db.checkpoint").mkdir()
    assert refused(path) == "the ledger cannot be opened"


def test_a_database_tool_that_holds_the_ledger_ends_in_an_error_and_writing_goes_on_after(open_ledger, path):
    ledger = open_ledger(patience=2)
    tool = sqlite3.connect(path, isolation_level=None)
    tool.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="locked by another program"):
        ledger.append(EVENT)
    tool.execute("ROLLBACK")
    tool.close()
    assert ledger.append(EVENT).index == 1


def test_a_transaction_that_the_file_refuses_is_taken_back_whole_and_the_writer_goes_on(open_ledger, path):
    ledger = open_ledger()
    tool = sqlite3.connect(path)
    tool.execute(
        "CREATE TRIGGER fail BEFORE UPDATE ON head BEGIN SELECT RAISE(ABORT, 'ann@example.com'); END"
    )
    tool.commit()
    for _ in range(3):
        with pytest.raises(LedgerError) as caught:
            ledger.append(EVENT)
        assert "ann" not in f"{caught.value}{caught.value.advice}{caught.value.__cause__}"
    tool.execute("DROP TRIGGER fail")
    tool.commit()
    tool.close()
    assert ledger.append(EVENT).index == 1
    vkey = ledger.vkey
    ledger.close()
    assert verify(path, vkey=vkey).status == "ok"


def test_an_error_at_the_commit_itself_keeps_the_writers_sequence_without_a_gap(path):
    """Whether a failed commit has reached the file is only known by looking: both answers are tried."""
    from guardrail.ledger.committer import Request
    from guardrail.ledger.entry import draft
    from guardrail.ledger.turn import Identity, Turns

    turns = Turns.open(Identity(path, SEED, lambda: 10**18, "w-1"), origin="example.com/x", patience=1)
    turns.commit([Request(draft(Event("writer.start")))])
    for reached in (True, False):
        turns._unsure = (next(iter(turns._store._tried)), 0) if reached else (b"x", 5)
        turns.commit([Request(draft(EVENT), sign=True)])
    turns.close()
    vkey = (path.parent / "ledger.db.vkey").read_text().strip()
    assert verify(path, vkey=vkey).status == "ok"


def test_a_writer_that_breaks_answers_everybody_and_says_so_afterwards(open_ledger):
    broken = threading.Event()

    def clock():
        if broken.is_set():
            raise RuntimeError("ann@example.com")
        return 10**18

    ledger = open_ledger(clock=clock)
    broken.set()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(ledger.append, EVENT) for _ in range(20)]
        for one in waiting:
            with pytest.raises(LedgerError, match="stopped unexpectedly"):
                one.result(30)
    with pytest.raises(LedgerError, match="stopped unexpectedly"):
        ledger.append(EVENT)
    with pytest.raises(LedgerError, match="stopped unexpectedly"):
        ledger.close()


def test_a_clock_beyond_what_an_entry_can_hold_is_an_error(open_ledger, clock):
    ledger = open_ledger(clock=clock)
    now, clock.now = clock.now, 2**53
    with pytest.raises(LedgerError, match="clock"):
        ledger.append(EVENT)
    clock.now = now
    assert ledger.append(EVENT).index == 1


def test_more_appends_than_may_wait_are_refused_at_once(open_ledger, path, monkeypatch):
    monkeypatch.setattr(committer, "MAX_WAITING", 0)
    with pytest.raises(LedgerError, match="too many"):
        Ledger.open(path, seed=SEED)


def test_an_append_in_a_batch_larger_than_a_turn_waits_for_the_next_one(open_ledger, monkeypatch):
    monkeypatch.setattr(committer, "MAX_BATCH", 3)
    ledger = open_ledger()
    with ThreadPoolExecutor(16) as pool:
        entries = list(pool.map(lambda _: ledger.append(EVENT), range(64)))
    assert sorted(entry.index for entry in entries) == list(range(1, 65))


def test_an_entry_is_neither_updated_nor_deleted_by_a_careless_tool(open_ledger, path):
    open_ledger().close()
    tool = sqlite3.connect(path)
    statements = (
        "UPDATE entry SET hdr = x''",
        "DELETE FROM entry",
        "INSERT OR REPLACE INTO entry VALUES (0, x'01')",
    )
    for statement in statements:
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            tool.execute(statement)
    tool.close()


def test_a_damaged_entry_is_not_handed_out(open_ledger, path, damage):
    open_ledger().close()
    with damage(path) as connection:
        connection.execute("UPDATE entry SET hdr = x'7b7d' WHERE idx = 0")
        connection.execute("UPDATE tile SET h = x''")
    with Reader.open(path) as reader:
        for ask in (
            lambda: reader.entry(0),
            lambda: list(reader.entries()),
            lambda: reader.prove_consistency(1, 2),
        ):
            with pytest.raises(LedgerError, match="damaged"):
                ask()
        with pytest.raises(LedgerError, match=r"no checkpoint|damaged"):
            reader.prove(0)
        with pytest.raises(LedgerError, match=r"no such checkpoint|damaged"):
            reader.prove(0, 9)


def test_a_proof_over_a_damaged_tile_is_an_error(written, damage):
    path, _, _ = written
    with damage(path) as connection:
        connection.execute("UPDATE tile SET h = x''")
    with Reader.open(path) as reader, pytest.raises(LedgerError, match="damaged"):
        reader.prove(5)


ORPHAN = """
import os, signal, sys, time
from pathlib import Path
from guardrail.ledger.lock import FileLock
lock = FileLock.open(Path(sys.argv[1]))
with lock.held():
    if os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
    print("forked", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_of_a_writer_killed_in_its_turn_does_not_keep_the_turn(path):
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout.readline() == "forked\n"
    parent.wait()
    with path.open("r") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # comes back although the child lives
    parent.stdin.close()
    parent.stdout.close()


def test_a_lock_that_the_system_refuses_is_an_error(path):
    broken = FileLock.open(path)
    os.close(broken._handle)
    with pytest.raises(LedgerError), broken.held():
        pass
    broken._handle = -1
    whole = FileLock.open(path)
    _after_fork()
    assert whole._handle == -1


def test_every_fault_of_the_system_has_words_and_advice_of_its_own():
    messages = {of_sqlite(code).message for code in (5, 8, 10, 11, 13, 14, 26, 1, None)}
    assert len(messages) == 8
    assert of_sqlite(8 | (6 << 8)).message == of_sqlite(8).message
    assert of_os(OSError(28, "x")).message == "the disk is full"
    assert of_os(OSError()).advice
