"""Everything that can go wrong with the files: a clear error, nothing acknowledged is lost, nobody hangs."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
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


@pytest.mark.parametrize(("value", "words"), [(b"2", "format 2"), (b"one", "cannot be read")])
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
        turns._unsure = (
            (turns._store.connection.execute("SELECT rid FROM entry").fetchone()[0], 0)
            if reached
            else (b"x", 5)
        )
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
        "INSERT OR REPLACE INTO entry VALUES (0, x'01', x'01')",
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
        with pytest.raises(LedgerError, match="no such checkpoint"):
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


as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="mounting needs root; RLIMIT_FSIZE covers the full disk"
)


def append_for_ever(ledger, kept):
    while True:
        kept.append(ledger.append(EVENT))


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of 1 MB that can be filled and made read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@as_root
def test_a_full_disk_is_an_error_nothing_acknowledged_is_lost_and_writing_goes_on_with_room(small_disk):
    path = small_disk / "ledger.db"
    ledger = Ledger.open(path, seed=SEED)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    kept = []
    with pytest.raises(LedgerError, match="disk is full"):
        append_for_ever(ledger, kept)
    ballast.unlink()
    kept.append(ledger.append(EVENT))
    vkey = ledger.vkey
    ledger.close()
    with Reader.open(path) as reader:
        assert [entry for entry in reader.entries() if entry.type == "guard.request"] == kept
    assert verify(path, vkey=vkey).status == "ok"


@as_root
def test_a_disk_without_room_for_a_new_ledger_is_an_error(small_disk):
    with pytest.raises(OSError, match="No space"):
        (small_disk / "ballast").write_bytes(bytes(2_000_000))
    assert refused(small_disk / "ledger.db") == "the disk is full"


@as_root
def test_a_read_only_disk_is_an_error_for_writers_and_none_for_readers(small_disk):
    path = small_disk / "ledger.db"
    with Ledger.open(path, seed=SEED) as ledger:
        vkey = ledger.vkey
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert refused(path) == "the ledger cannot be written here"
    assert verify(path, vkey=vkey).status == "ok"


@as_root
def test_a_read_only_copy_with_unfolded_writes_is_refused_rather_than_read_without_them(small_disk, tmp_path):
    source = tmp_path / "ledger.db"
    with Ledger.open(source, seed=SEED) as ledger:
        ledger.append(EVENT)
        for suffix in ("", "-wal"):
            shutil.copy(f"{source}{suffix}", small_disk)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(LedgerError, match="cannot be opened"):
        Reader.open(small_disk / "ledger.db")


LIMITED = """
import resource, sys
from pathlib import Path
from guardrail.errors import LedgerError
from guardrail.ledger import Ledger
from guardrail.types import Event
ledger = Ledger.open(Path(sys.argv[1]), seed=bytes(range(32)))
print(ledger.vkey)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    while True:
        print(ledger.append(Event("guard.request")).id, flush=True)
except LedgerError as error:
    print("refused:", error.message)
"""


def test_a_file_that_may_not_grow_is_an_error_and_nothing_acknowledged_is_lost(path):
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True
    )
    vkey, *told, last = run.stdout.splitlines()
    assert re.match("refused: the disk", last)
    with Reader.open(path) as reader:
        stored = [entry.id for entry in reader.entries() if entry.type == "guard.request"]
    assert told
    assert stored[: len(told)] == told
    with Ledger.open(path, seed=SEED) as ledger:
        ledger.append(EVENT)
    assert verify(path, vkey=vkey).status == "ok"


KILLED = """
import sys, threading
from pathlib import Path
from guardrail.ledger import Ledger
from guardrail.types import Event
ledger = Ledger.open(Path(sys.argv[1]), seed=bytes(range(32)), patience=60)
def write():
    while True:
        entry = ledger.append(Event("guard.request"))
        sys.stdout.write(f"{entry.index} {entry.id}\\n")
        sys.stdout.flush()
for _ in range(6):
    threading.Thread(target=write).start()
"""


def kill_and_check(path, lines):
    """Kill a writing process after it has told of so many entries; return what it told."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    told = [process.stdout.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    told += process.stdout.read().splitlines(keepends=True)
    process.stdout.close()
    process.wait()
    return [line.split() for line in told if line.endswith("\n")]


def killed_repeatedly(path, rounds):
    told = []
    for lines in rounds:
        told += kill_and_check(path, lines)
        with Reader.open(path) as reader:
            stored = {entry.index: entry.id for entry in reader.entries()}
            assert sorted(stored) == list(range(reader.size))
        assert all(stored[int(index)] == name for index, name in told)
    vkey = (path.parent / "ledger.db.vkey").read_text().strip()
    assert verify(path, vkey=vkey).exit_code == 0
    with Ledger.open(path, seed=SEED) as ledger:
        ledger.append(EVENT)
    assert verify(path, vkey=vkey).status == "ok"


def test_a_process_killed_while_writing_loses_nothing_that_it_acknowledged(path):
    killed_repeatedly(path, (1, 7, 40, 150))


@pytest.mark.slow
def test_a_storm_of_kills_loses_nothing(path):
    killed_repeatedly(path, [number * 37 % 211 + 1 for number in range(60)])


STRACE = ("pwrite64", "fdatasync", "fsync", "ftruncate", "rename")


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("strace") is None, reason="faults inside system calls are injected with strace"
)
@pytest.mark.parametrize("fault", ["signal=KILL", "error=EIO", "error=ENOSPC"])
@pytest.mark.parametrize("call", STRACE)
def test_a_fault_in_any_system_call_loses_nothing(path, call, fault):
    script = (
        KILLED.replace("while True", "for _ in range(20)").replace("range(6)", "range(1)") + "\nprint('end')"
    )
    for when in (1, 2, 3, 5, 8, 13, 21):
        at = path.with_name(f"{when}.db")
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:{fault}:when={when}"]
        run = subprocess.run(
            [*command, sys.executable, "-c", script, str(at)], capture_output=True, text=True, check=False
        )
        told = [line.split() for line in run.stdout.splitlines() if line[0].isdigit()]
        if not at.exists() or not at.stat().st_size:
            assert not told
            continue
        with Ledger.open(at, seed=SEED) as ledger:
            stored = {entry.index: entry.id for entry in ledger.entries()}
            vkey = ledger.vkey
        assert all(stored[int(index)] == name for index, name in told)
        assert verify(at, vkey=vkey).status == "ok"
