"""The ledger as applications use it: append, checkpoint, prove, several threads, tasks and processes."""

from __future__ import annotations

import asyncio
import fcntl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from time import monotonic

import pytest

from guardrail.errors import LedgerError
from guardrail.ledger import Ledger, Reader, parse_proof, turn, verify, verify_proof
from guardrail.ledger.checkpoint import open_checkpoint
from guardrail.ledger.header import parse_header
from guardrail.ledger.merkle import root, verify_consistency
from guardrail.ledger.publish import beside
from guardrail.ledger.remote import Remote
from guardrail.postgres import connect
from guardrail.types import Event

SEED = bytes(range(32))
EVENT = Event("guard.request", findings={"PERSON": {"tokenize": 1}})


def types_of(ledger):
    return [entry.type for entry in ledger.entries()]


@pytest.fixture
def path(every_store):
    """Return where the ledger lives: each rule here is that of every store."""
    return every_store


@pytest.fixture
def in_file(path):
    """Leave out what only a file knows."""
    if isinstance(path, Remote):
        pytest.skip("a rule of the turns on a file")


@contextmanager
def held(path):
    """Hold the turn as a stopped process would."""
    if isinstance(path, Remote):
        connection = connect(path.address, patience=60)
        connection.execute("SELECT pg_advisory_lock(%s, %s)", path.lock(1))
        yield
        connection.close()
        return
    with path.with_name("ledger.db.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def until(condition):
    """Wait for what another thread does; a minute is for ever."""
    end = monotonic() + 60
    while not condition():
        assert monotonic() < end, "it did not happen"
        threading.Event().wait(0.001)


def test_an_appended_entry_is_there_for_another_reader_before_append_returns(open_ledger, path):
    entry = open_ledger().append(EVENT)
    with Reader.open(path) as reader:
        assert reader.entry(entry.index) == entry
        assert reader.size == entry.index + 1


def test_an_entry_has_the_time_of_the_clock_and_its_retention_ends_from_there(open_ledger, clock):
    entry = open_ledger(clock=clock).append(Event("scrub", keep=60))
    header = parse_header(entry.header)
    assert (entry.time_us, header.expires) == (clock.now + 1, clock.now // 1_000_000 + 60)
    assert (entry.id, entry.type) == (header.id, "scrub")


def test_times_grow_even_if_the_clock_goes_back_and_an_entry_says_by_how_much(open_ledger, clock, path):
    ledger = open_ledger(clock=clock)
    clock.now -= 5_000_000
    first, second = ledger.append(EVENT), ledger.append(EVENT)
    clock.now += 9_000_000
    third = ledger.append(EVENT)
    clock.now -= 2_000_000
    ledger.append(EVENT)
    assert types_of(ledger).count("clock.step") == 2
    step = parse_header(ledger.entry(first.index + 1).header)
    assert 5_000_000 <= step.facts["step_us"] < 5_000_010
    assert first.time_us < second.time_us < third.time_us
    ledger.close()
    assert verify(path, vkey=beside(path, ".vkey").read_text().strip()).status == "ok"


def test_a_writer_starts_with_its_first_entry_and_ends_with_its_last(open_ledger, path):
    open_ledger().close()
    ledger = open_ledger()
    assert types_of(ledger) == ["writer.start", "writer.stop", "writer.start"]
    writers = {parse_header(entry.header).writer for entry in ledger.entries()}
    assert len(writers) == 2


def test_many_threads_share_commits_and_every_entry_is_there_once(open_ledger):
    ledger = open_ledger()
    with ThreadPoolExecutor(32) as pool:
        entries = list(pool.map(lambda _: ledger.append(EVENT), range(1000)))
    assert sorted(entry.index for entry in entries) == list(range(1, 1001))
    assert {entry.index: entry for entry in entries} == {e.index: e for e in ledger.entries(1, 1001)}
    assert ledger.size == 1001


def test_tasks_append_without_holding_up_the_loop(open_ledger):
    ledger = open_ledger()

    async def main():
        return await asyncio.gather(*(ledger.append_async(EVENT) for _ in range(200)))

    entries = asyncio.run(main())
    assert sorted(entry.index for entry in entries) == list(range(1, 201))


def test_a_task_that_waits_too_long_gets_an_error_and_no_entry(open_ledger, path, in_file):
    ledger = open_ledger(patience=0.3)

    async def main():
        with held(path), pytest.raises(LedgerError, match="in time"):
            await ledger.append_async(EVENT)

    asyncio.run(main())
    assert ledger.append(EVENT).index <= 2


def test_a_stuck_lock_ends_in_an_error_with_advice_and_what_still_waited_is_taken_back(
    open_ledger, path, in_file
):
    ledger = open_ledger(patience=0.3)
    with held(path):
        for _ in range(2):
            with pytest.raises(LedgerError, match="in time") as caught:
                ledger.append(EVENT)
            assert "process" in caught.value.advice
    last = ledger.append(EVENT)
    assert types_of(ledger)[: last.index] == ["writer.start"]
    assert last.index == 1


def test_opening_under_a_stuck_lock_ends_in_an_error_and_leaves_nothing_behind(open_ledger, path):
    open_ledger().close()
    with held(path), pytest.raises(LedgerError, match="in time"):
        Ledger.open(path, seed=SEED, patience=0.2)
    assert types_of(open_ledger())[:2] == ["writer.start", "writer.stop"]


def test_closing_under_a_stuck_lock_ends_in_an_error(open_ledger, path, monkeypatch):
    monkeypatch.setattr(turn, "PUBLISH_EVERY", 3600.0)  # no turn of the timer that could hold this one up
    ledger = open_ledger()
    ledger._patience = 0.3  # only from here on: opening takes as long as a loaded machine needs
    with held(path), pytest.raises(LedgerError, match="in time"):
        ledger.close()
    ledger.close()


def test_the_published_checkpoint_is_of_the_last_entry_after_closing(open_ledger, path):
    ledger = open_ledger()
    vkey, size = ledger.vkey, ledger.append(EVENT).index + 1
    ledger.close()
    published = open_checkpoint(beside(path, ".checkpoint").read_bytes(), vkey)
    assert published.size == size + 1
    assert beside(path, ".vkey").read_text() == vkey + "\n"
    names = {file.name for file in beside(path, ".vkey").parent.iterdir()}
    assert names - {"ledger.db"} == {"ledger.db.lock", "ledger.db.vkey", "ledger.db.checkpoint"}


def test_a_checkpoint_on_demand_covers_all_entries_and_is_stored_and_published(open_ledger, path):
    ledger = open_ledger()
    ledger.append(EVENT)
    note = ledger.checkpoint()
    checkpoint = open_checkpoint(note, ledger.vkey)
    assert (checkpoint.origin, checkpoint.size) == (ledger.origin, 2)
    assert checkpoint.root == root(entry.leaf_hash for entry in ledger.entries())
    assert beside(path, ".checkpoint").read_bytes() == note
    assert ledger.reader.checkpoints()[2] == note


def test_the_timer_publishes_a_grown_ledger_by_itself_and_keeps_few_of_its_checkpoints(
    open_ledger, path, monkeypatch
):
    monkeypatch.setattr(turn, "PUBLISH_EVERY", 0.0)
    ledger = open_ledger()
    published = beside(path, ".checkpoint")
    for _ in range(20):
        size = ledger.append(EVENT).index + 1
        until(published.exists)
        until(lambda least=size: open_checkpoint(published.read_bytes(), ledger.vkey).size >= least)
    assert list(ledger.reader.checkpoints()) == [1, size]
    monkeypatch.setattr(turn, "KEEP_EVERY", 0.0)
    kept = ledger.checkpoint()
    ledger.append(EVENT)
    until(lambda: len(ledger.reader.checkpoints()) == 3)
    assert ledger.reader.checkpoints()[size] == kept


def test_a_publishing_that_fails_is_told_to_who_asked_and_loses_no_entry(open_ledger, path):
    ledger = open_ledger()
    beside(path, ".checkpoint.new").mkdir()
    entry = ledger.append(EVENT)
    with pytest.raises(LedgerError) as caught:
        ledger.checkpoint()
    assert ledger.trouble.message == caught.value.message
    beside(path, ".checkpoint.new").rmdir()
    assert ledger.entry(entry.index) == entry
    assert open_checkpoint(ledger.checkpoint(), ledger.vkey).size == 2
    assert ledger.trouble is None


def test_a_proof_of_any_entry_verifies_with_the_public_key_alone(open_ledger):
    ledger = open_ledger()
    entries = [ledger.append(EVENT) for _ in range(300)]
    for index in (0, 1, 255, 256, 300):
        proof = parse_proof(ledger.prove(index).format())
        assert verify_proof(proof, vkey=ledger.vkey).size == 301
        assert proof.header == ledger.entry(index).header
    ledger.append(EVENT)
    assert ledger.prove(entries[0].index, 301).checkpoint == ledger.reader.checkpoints()[301]


def test_a_consistency_proof_links_two_checkpoints(open_ledger):
    ledger = open_ledger()
    old = open_checkpoint(ledger.checkpoint(), ledger.vkey)
    for _ in range(300):
        ledger.append(EVENT)
    new = open_checkpoint(ledger.checkpoint(), ledger.vkey)
    proof = ledger.prove_consistency(old.size, new.size)
    assert verify_consistency(old.size, new.size, old.root, new.root, proof)


def test_what_cannot_be_proved_is_an_error(open_ledger, path):
    ledger = open_ledger()
    ledger.append(EVENT)
    for ask in (
        lambda: ledger.prove(7),
        lambda: ledger.prove(0, 9),
        lambda: ledger.entry(7),
        lambda: ledger.entry(-1),
        lambda: ledger.prove_consistency(0, 1),
        lambda: ledger.prove_consistency(1, 9),
    ):
        with pytest.raises(LedgerError) as caught:
            ask()
        assert caught.value.advice


def test_policies_are_stored_once_and_each_time_in_force_has_an_entry(open_ledger):
    ledger = open_ledger()
    one, two = (("gdpr", "1", sha256(text).digest(), text) for text in (b"name = 'gdpr'", b"name = 'pci'"))
    first, second = ledger.append_policy([one]), ledger.append_policy([one, two])
    assert parse_header(first.header).policy == one[2]
    header = parse_header(second.header)
    assert header.documents == (one[2], two[2])
    combined = b"".join((32).to_bytes(4, "big") + sha for _, _, sha, _ in (one, two))
    assert header.policy == sha256(combined).digest()
    assert ledger.policies() == {one[2]: one[3], two[2]: two[3]}


@pytest.mark.parametrize(
    "documents",
    [[], [("gdpr", "1", bytes(32), b"x")], [("g", "1", sha256(b"x" * 1_000_001).digest(), b"x" * 1_000_001)]],
)
def test_a_policy_without_its_digest_is_refused(open_ledger, documents):
    with pytest.raises(LedgerError, match="policy document"):
        open_ledger().append_policy(documents)


def test_a_ledger_in_memory_appends_proves_and_reads_like_one_on_disk(tmp_path):
    with Ledger.open(None, seed=SEED) as ledger:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: (ledger.append(EVENT), list(ledger.entries())), range(50)))
        assert verify_proof(ledger.prove(9), vkey=ledger.vkey).size == 51
        assert ledger.origin.startswith("guardrail.local/")
    assert not list(tmp_path.iterdir())


def test_a_closed_ledger_refuses_and_closing_twice_does_nothing(open_ledger):
    ledger = open_ledger()
    ledger.close()
    ledger.close()
    for ask in (lambda: ledger.append(EVENT), ledger.checkpoint, lambda: ledger.size):
        with pytest.raises(LedgerError):
            ask()


def test_a_name_that_the_part_does_not_have_is_an_attribute_error():
    from guardrail import ledger

    with pytest.raises(AttributeError, match="Leger"):
        ledger.Leger  # noqa: B018 - looked up on purpose


def test_a_refused_event_does_not_hold_up_the_others(open_ledger):
    ledger = open_ledger()
    with pytest.raises(LedgerError):
        ledger.append(Event("nonsense"))
    assert ledger.append(EVENT).index == 1


def test_reading_goes_on_in_batches_from_anywhere_to_anywhere(open_ledger):
    ledger = open_ledger()
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda _: ledger.append(EVENT), range(2100)))
    assert [entry.index for entry in ledger.entries()] == list(range(2101))
    assert [entry.index for entry in ledger.entries(999, 2001)] == list(range(999, 2001))
    assert list(ledger.entries(5000)) == []


FORKED = """
import os, sys
from guardrail.errors import LedgerError
from guardrail.ledger import Ledger
from guardrail.ledger.remote import place_of
from guardrail.types import Event
ledger = Ledger.open(place_of(sys.argv[1]), seed=bytes(32))
child = os.fork()
if not child:
    refused = 0
    for ask in (lambda: ledger.append(Event("scrub")), ledger.checkpoint, lambda: ledger.size):
        try:
            ask()
        except LedgerError as error:
            refused += "fork" in error.message
    ledger.close()
    os._exit(refused)
status = os.waitpid(child, 0)[1]
ledger.append(Event("scrub"))
ledger.close()
print(os.waitstatus_to_exitcode(status))
"""


def test_a_forked_child_is_refused_and_the_parent_goes_on(path, address):
    run = subprocess.run([sys.executable, "-c", FORKED, address], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "3"
    with Reader.open(path) as reader:
        assert [entry.type for entry in reader.entries()] == ["writer.start", "scrub", "writer.stop"]


WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from guardrail.ledger import Ledger
from guardrail.ledger.remote import place_of
from guardrail.types import Event
path, seed = place_of(sys.argv[1]), bytes(range(32))
with Ledger.open(path, seed=seed, patience=60) as ledger, ThreadPoolExecutor(8) as pool:
    for entry in pool.map(lambda _: ledger.append(Event("scrub")), range(200)):
        print(entry.index, entry.id)
"""


def test_processes_write_at_once_and_every_acknowledged_entry_is_there(open_ledger, path, address):
    ledger = open_ledger(patience=60)
    command = [sys.executable, "-c", WRITER, address]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    own = [ledger.append(EVENT) for _ in range(50)]
    told = [line.split() for other in others for line in other.communicate()[0].splitlines()]
    assert [other.returncode for other in others] == [0, 0]
    stored = {entry.index: entry.id for entry in ledger.entries()}
    assert len(told) == 400
    assert all(stored[int(index)] == name for index, name in told)
    assert all(stored[entry.index] == entry.id for entry in own)
    vkey = ledger.vkey
    ledger.close()
    report = verify(path, vkey=vkey)
    assert (report.status, report.size) == ("ok", 456)
