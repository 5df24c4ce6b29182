"""Four writers that seal, erase, hold and purge, killed at any time: nothing told is lost or undone."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

from guardrail.ledger import Ledger, Reader, erasure, retention, verify
from guardrail.ledger.disclosure import body_of
from guardrail.ledger.keystore import KeyStore
from guardrail.types import Event

SEED = bytes(range(32))

WRITER = """
import random, sys, threading
from pathlib import Path
from guardrail.ledger import Ledger, erasure, holds, retention
from guardrail.types import Event
number = sys.argv[2]
ledger = Ledger.open(Path(sys.argv[1]), seed=bytes(range(32)), bodies=True, patience=60)
print("ready", flush=True)
def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()
def write(thread):
    count = 0
    while True:
        who = f"p{number}-{thread}-{count // 5}"
        entry = ledger.append(Event("scrub", keep=86_400, who={"subject": who}))
        say("entry", entry.index, entry.id)
        count += 1
        if count % 15 == 0:
            say("erased", erasure.erase(ledger, who).kids[0].hex())
        if count % 40 == 0:
            holds.release(ledger, holds.place(ledger, [entry.index], matter="case 7").id)
            retention.sweep(ledger)
for thread in range(3):
    threading.Thread(target=write, args=(thread,)).start()
"""


def storm(path, kills, *, writers=4, seed=7):
    """Run writers and kill one after another; return what they told: entries, erased keys."""
    chance = random.Random(seed)
    start = lambda n: subprocess.Popen(  # noqa: E731
        [sys.executable, "-c", WRITER, str(path), str(n)], stdout=subprocess.PIPE, text=True
    )
    running, told, number = [start(n) for n in range(writers)], [], writers
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for kill in range(kills + writers):
        time.sleep(chance.random() * 0.2)
        process = running.pop(0)
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read().splitlines(keepends=True)
        process.stdout.close()
        process.wait()
        if kill < kills:
            running.append(start(number))
            number += 1
            assert running[-1].stdout.readline() == "ready\n"
    return [line.split() for line in told if line.endswith("\n")]


def check(path, told):
    vkey = path.with_name("ledger.db.vkey").read_text().strip()
    report = verify(path, vkey=vkey)
    assert (report.status, report.problems) == ("ok", ())
    entries = {int(words[1]): words[2] for words in told if words[0] == "entry"}
    erased = {words[1] for words in told if words[0] == "erased"}
    assert entries
    with Ledger.open(path, seed=SEED, bodies=True, patience=60) as ledger:
        assert all(ledger.entry(index).id == name for index, name in entries.items())
        for kid in erased:
            assert erasure.erasure_of(ledger, bytes.fromhex(kid)).stage == "keys_deleted"
        retention.run(ledger)
        assert retention.leftover(ledger.reader) == 0
    keys = KeyStore.open(path, make=False)
    with Reader.open(path) as reader:
        states = {body_of(reader, keys, index).state for index in entries}
        gone = [body for _, _, body in reader.with_bodies() if body and body.kid_s.hex() in erased]
    keys.close()
    assert states <= {"present", "removed"}
    assert not gone
    assert verify(path, vkey=vkey).status == "ok"
    return len(entries), len(erased)


def test_writers_that_are_killed_lose_nothing_and_nothing_erased_comes_back(path):
    check(path, storm(path, 4, writers=3))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_kills_of_four_writers_lose_nothing_and_nothing_erased_comes_back(tmp_path):
    for turn in range(10):
        folder = tmp_path / str(turn)
        folder.mkdir()
        path = folder / "ledger.db"
        check(path, storm(path, 100, seed=turn))


def test_two_processes_seal_under_one_key_of_a_subject(path):
    with (
        Ledger.open(path, seed=SEED, bodies=True) as one,
        Ledger.open(path, seed=SEED, bodies=True) as two,
    ):
        for ledger in (one, two, one, two):
            ledger.append(Event("scrub", keep=86_400, who={"subject": "customer-4711"}))
        kids = {body.kid_s for _, _, body in one.reader.with_bodies() if body}
        assert len(kids) == 1
        erasure.erase(one, "customer-4711")
        entry = two.append(Event("scrub", keep=86_400, who={"subject": "customer-4711"}))
        assert two.reader.body(entry.index).kid_s not in kids
