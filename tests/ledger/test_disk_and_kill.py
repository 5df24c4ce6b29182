"""A full disk, a read-only disk, and a process killed anywhere: nothing acknowledged is lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from guardrail.errors import LedgerError
from guardrail.ledger import Ledger, Reader, verify
from guardrail.types import Event

SEED = bytes(range(32))
EVENT = Event("guard.request")
as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="mounting needs root; RLIMIT_FSIZE covers the full disk"
)


def refused(path, **given):
    """Return the error that opening gives; its words name no path."""
    with pytest.raises(LedgerError) as caught:
        Ledger.open(path, seed=given.pop("seed", SEED), **given)
    assert caught.value.advice
    assert str(path.parent) not in f"{caught.value} {caught.value.advice}"
    return caught.value.message


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


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_taken_away_while_it_is_open_takes_no_more_entries(tmp_path, monkeypatch, replaced):
    path = tmp_path / "ledger.db"
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(tmp_path)
    ledger = Ledger.open(path.relative_to(tmp_path), seed=SEED)
    monkeypatch.chdir(other)
    before = ledger.append(EVENT).index
    path.rename(other / "ledger.db")
    if replaced:
        shutil.copy(other / "ledger.db", path)
    with pytest.raises(LedgerError, match="taken away or replaced"):
        ledger.append(EVENT)
    path.unlink(missing_ok=True)
    (other / "ledger.db").rename(path)
    assert ledger.append(EVENT).index == before + 1
    monkeypatch.chdir(tmp_path)
    ledger.close()
