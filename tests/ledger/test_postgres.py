"""A ledger in PostgreSQL: roles, who leads, what is queued, and faults of server and processes."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from guardrail.errors import LedgerError
from guardrail.ledger import Ledger, Reader, retention, verify
from guardrail.ledger.postgres_schema import CATALOGUE, ROLES, listed
from guardrail.ledger.roles import make_roles
from guardrail.ledger.rows import Rows
from guardrail.postgres import Link, connect
from guardrail.types import Event

SEED = bytes(range(32))
EVENT = Event("scrub", keep=86_400, who={"subject": "customer-4711"})


@pytest.fixture
def path(postgres_place):
    return postgres_place


@pytest.fixture
def link(path):
    """Return statements as the server's owner, on a connection of its own."""
    found = Link(path.address, patience=20, fault=LedgerError)
    yield found
    found.close()


def refused(link, role, statement):
    """Tell whether the server refuses a statement to a role, for want of a right."""
    session = link.begin()
    try:
        session.run(f'SET LOCAL ROLE "{role}"')
        session.run(statement)
    except LedgerError as error:
        return "refuses this role" in error.message or "must be owner" in error.message
    finally:
        session.run("ROLLBACK")
    return False


INSERT = "INSERT INTO @queue(w, ws, rid, fields, env, docs) VALUES ('w', 0, '', '', '', '')"
RIGHTS = [
    # statement, and the roles that may
    ("SELECT 1 FROM @entry", "reader writer integrator eraser"),
    ("SELECT 1 FROM @queue", "writer integrator eraser"),
    (INSERT, "writer integrator eraser"),
    ("DELETE FROM @queue", "integrator eraser"),
    ("INSERT INTO @entry(idx, rid, hdr) VALUES (99, 'a', 'a')", "integrator eraser"),
    ("UPDATE @head SET n = n", "integrator eraser"),
    ("DELETE FROM @body", "eraser"),
    ("DELETE FROM @hold_key", "eraser"),
    ("UPDATE @meta SET v = v", ""),
    ("UPDATE @entry SET hdr = hdr", ""),
    ("DELETE FROM @entry", ""),
    ("TRUNCATE @entry", ""),
    ("DROP TRIGGER entry_no_change ON @entry", ""),
    ("ALTER TABLE @entry DISABLE TRIGGER ALL", ""),
]
KEY_RIGHTS = [
    ("SELECT 1 FROM @key", "writer integrator eraser"),
    ("UPDATE @key SET wrapped = wrapped", "eraser"),
    ("DELETE FROM @subject", "eraser"),
    ("DELETE FROM @key", ""),
]


def test_each_role_may_do_what_its_work_needs_and_nothing_else(open_ledger, path, link):
    from dataclasses import replace

    open_ledger(bodies=True).append(EVENT)
    prefix = path.address.schema
    assert make_roles(path, prefix) == [f"{prefix}_{role}" for role in ROLES]
    assert make_roles(path, prefix)  # again it changes nothing
    keys = Link(replace(path.address, schema=f"{path.address.schema}_keys"), patience=20, fault=LedgerError)
    for where, rights in ((link, RIGHTS), (keys, KEY_RIGHTS)):
        for statement, may in rights:
            for role in ROLES:
                told = refused(where, f"{prefix}_{role}", statement)
                assert told == (role not in may.split()), (statement, role)
    keys.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE @entry SET hdr = hdr", "DELETE FROM @entry", "TRUNCATE @entry"]
)
def test_not_even_the_owner_changes_an_entry_by_accident(open_ledger, link, statement):
    open_ledger()
    with pytest.raises(LedgerError, match="P0001"):
        link.session().run(statement)


def test_the_list_that_verify_holds_the_tables_against_is_that_of_a_new_ledger(open_ledger, link):
    open_ledger()
    assert listed(link.session()) == CATALOGUE


DAMAGES = {
    "a header": ("UPDATE @entry SET hdr = hdr || ' '::bytea WHERE idx = 1", 1),
    "an entry gone": ("DELETE FROM @entry WHERE idx = 1", 1),
    "a body gone": ("DELETE FROM @body WHERE idx = 1", 1),
    "a tile": ("UPDATE @tile SET h = 'a'", 0),
    "the head": ("UPDATE @head SET n = n - 1", None),
    "a column": ("ALTER TABLE @tile RENAME COLUMN w TO width", None),
    "no guard": ("DROP TRIGGER entry_no_truncate ON @entry", None),
    "a rule": ("CREATE RULE r AS ON INSERT TO @entry DO INSTEAD NOTHING", None),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_whoever_tampers_with_the_tables_is_seen(open_ledger, path, link, name):
    ledger = open_ledger(bodies=True)
    ledger.append(EVENT)
    vkey = ledger.vkey
    ledger.close()
    session = link.begin()
    if "@entry SET" in DAMAGES[name][0] or "FROM @entry" in DAMAGES[name][0]:
        session.run("ALTER TABLE @entry DISABLE TRIGGER entry_no_change")
        session.run(DAMAGES[name][0])
        session.run("ALTER TABLE @entry ENABLE TRIGGER entry_no_change")
    else:
        session.run(DAMAGES[name][0])
    session.run("COMMIT")
    report = verify(path, vkey=vkey)
    assert report.exit_code == 40
    if DAMAGES[name][1] is not None:
        assert DAMAGES[name][1] in {problem.index for problem in report.problems}


def test_a_row_that_is_no_entry_becomes_nothing_and_holds_nobody_up(open_ledger, path, link):
    ledger = open_ledger()
    rows = [
        ("w-bad", 0, b"x" * 16, b"{}", b""),
        ("w-bad", 0, b"x" * 16, b"no json", b""),
        ("w-bad", 5, b"x" * 16, b'{"t":"writer.start","ret":"ledger"}', b""),
        ("w-bad", 0, b"y" * 16, b'{"t":"writer.start","ret":"ledger"}', b"a body of nobody"),
        ("w-bad", 0, b"z" * 16, b'{"t":"erasure.requested","ret":"ledger"}', b""),
    ]
    for row in rows:
        link.session().run(
            "INSERT INTO @queue(w, ws, rid, fields, env, docs) VALUES (?, ?, ?, ?, ?, '')", *row
        )
    ledger.append(EVENT)
    ledger.checkpoint()
    assert link.session().rows("SELECT count(*) FROM @queue") == [(0,)]
    assert [entry.type for entry in ledger.entries()] == ["writer.start", "scrub"]
    vkey = ledger.vkey
    ledger.close()
    assert verify(path, vkey=vkey).status == "ok"


def end_sessions(path):
    """Do to every connection what a restart of the server does."""
    other = connect(path.address, patience=20)
    other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND application_name = 'guardrail'"
    )
    other.close()


def test_a_server_that_restarts_under_load_loses_nothing_that_was_acknowledged(open_ledger, path):
    ledger = open_ledger(patience=60, bodies=True)
    kept, refusals = [], []

    def write(_):
        for _ in range(10):
            try:
                kept.append(ledger.append(EVENT))
            except LedgerError as error:
                refusals.append(error)

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(write, n) for n in range(8)]
        for _ in range(3):
            end_sessions(path)
        for one in waiting:
            one.result()
    kept.append(ledger.append(EVENT))
    assert all(error.advice for error in refusals)
    stored = {entry.index: entry.id for entry in ledger.entries()}
    assert all(stored[entry.index] == entry.id for entry in kept)
    vkey = ledger.vkey
    ledger.close()
    report = verify(path, vkey=vkey)
    assert (report.status, report.problems) == ("ok", ())


WRITER = """
import sys, threading
from guardrail.ledger import Ledger
from guardrail.ledger.remote import place_of
from guardrail.types import Event
ledger = Ledger.open(place_of(sys.argv[1]), seed=bytes(range(32)), bodies=True, patience=60)
print("ready", flush=True)
def write(thread):
    for count in range(10_000):
        entry = ledger.append(Event("scrub", keep=86_400, who={"subject": f"p{thread}-{count // 5}"}))
        sys.stdout.write(f"{entry.index} {entry.id}\\n")
        sys.stdout.flush()
for thread in range(4):
    threading.Thread(target=write, args=(thread,)).start()
"""


def storm(address, kills, *, writers=2):
    """Run writers and kill one after another, whoever leads; return what they told."""

    def start():
        command = [sys.executable, "-c", WRITER, address]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    running, told = [start() for _ in range(writers)], []
    for kill in range(kills + writers):
        process = running.pop(0)
        assert process.stdout.readline() == "ready\n"
        told += [process.stdout.readline() for _ in range(kill * 7 % 23 + 1)]
        process.kill()
        told += process.stdout.read().splitlines(keepends=True)
        process.stdout.close()
        process.wait()
        if kill < kills:
            running.append(start())
    return [line.split() for line in told if line.endswith("\n")]


def check(path, told):
    with Ledger.open(path, seed=SEED, bodies=True, patience=60) as ledger:
        ledger.checkpoint()
        stored = {entry.index: entry.id for entry in ledger.entries()}
        assert sorted(stored) == list(range(len(stored)))
        assert all(stored[int(index)] == name for index, name in told)
        assert retention.leftover(ledger.reader) == 0
        vkey = ledger.vkey
    report = verify(path, vkey=vkey)
    assert (report.status, report.problems) == ("ok", ())


def test_processes_that_are_killed_lose_nothing_and_another_takes_the_lead(path, address):
    check(path, storm(address, 2))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_hundred_kills_of_four_writers_lose_nothing(path, address):
    check(path, storm(address, 100, writers=4))


def test_two_cannot_lead_and_two_turns_cannot_meet(open_ledger, path):
    one, two = open_ledger(), open_ledger()
    one.append(EVENT)
    two.append(EVENT)
    leads = [ledger._committer._listener.leads for ledger in (one, two)]
    assert sorted(leads) == [False, True]
    store = two._committer.turns()._store

    def turn():
        with store.mutex, store.transaction():
            head = store.head()
            store._before = head.size - 1  # as if the lock had failed, and another moved the head on
            store.write(Rows((), {}, head))

    with pytest.raises(LedgerError, match="two turns"):
        turn()


def test_no_file_log_or_error_tells_the_address(open_ledger, path, caplog, postgres):
    ledger = open_ledger()
    ledger.append(EVENT)
    with Reader.open(path) as reader, pytest.raises(LedgerError) as caught:
        reader.entry(99)
    said = f"{caught.value} {caught.value.advice} {path!r} {path} {caplog.text} {ledger!r}"
    assert not re.search(r"postgresql://|host=", said)
    files = b"".join(file.read_bytes() for file in path.files.parent.iterdir() if file.is_file())
    assert b"postgresql:" not in files
