"""What `verify` says of bodies: MISSING, EARLY, OVERDUE, ALTERED, each with the index of the entry."""

from __future__ import annotations

import sqlite3

import pytest

from guardrail.ledger import Ledger, erasure, holds, retention, verify
from guardrail.ledger import turn as turn_module
from guardrail.ledger.acts import Act
from guardrail.ledger.entry import draft
from guardrail.ledger.place import file_system, refuse_network
from guardrail.ledger.schema import SCHEMA
from guardrail.ledger.sealed import DAY
from guardrail.ledger.shelf import Row, Shelf
from guardrail.types import Event


@pytest.fixture
def ledger(open_ledger, clock):
    """Return a ledger with bodies on four people at 1 … 4, which expire in three days."""
    book = open_ledger(bodies=True, clock=clock)
    for n in range(4):
        book.append(Event("scrub", keep=3 * DAY, who={"subject": f"person-{n}"}))
    return book


def judged(ledger, path, clock, *, later=0):
    """Close the ledger and verify it; return exit code and (kind, index) of what was found."""
    vkey = ledger.vkey
    ledger.close()
    report = verify(path, vkey=vkey, now=clock.now // 1_000_000 + later)
    return report.exit_code, [(one.kind, one.index) for one in report.problems]


def tamper(path, statement):
    connection = sqlite3.connect(path)
    with connection:
        connection.executescript(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM body WHERE idx = 2", [("missing", 2)]),
        ("DELETE FROM body", [("missing", n) for n in (1, 2, 3, 4)]),
        ("UPDATE body SET env = x'00' WHERE idx = 3", [("altered", 3), ("altered", 3)]),
        ("UPDATE body SET e = s WHERE idx = 3", [("altered", 3)]),
        ("UPDATE body SET e = 999 WHERE idx = 3", [("altered", 3), ("altered", 3)]),
        ("UPDATE kid SET id = zeroblob(8) WHERE n = (SELECT s FROM body WHERE idx = 3)", [("altered", 3)]),
        (
            "INSERT INTO body SELECT 0, env, s, e FROM body WHERE idx = 1",
            [("altered", 0), ("altered", None)],
        ),
        ("INSERT INTO body SELECT 99, env, s, e FROM body WHERE idx = 1", [("altered", None)]),
        (
            "UPDATE body SET env = (SELECT env FROM body b WHERE b.idx = 2) WHERE idx = 1",
            [("altered", 1)],
        ),
        ("DROP TABLE hold_key", [("altered", None), ("altered", None)]),
        ("INSERT INTO act VALUES (1, 'retention.purge')", [("altered", None)]),
        ("INSERT INTO hold VALUES (x'00', 1, NULL)", [("altered", None)]),
        ("UPDATE meta SET v = x'31' WHERE k = 'format'", [("altered", None)]),
    ],
    ids=[
        "a body deleted",
        "all bodies deleted",
        "a body replaced",
        "a key's number changed",
        "a number that stands for no key",
        "a key's id changed",
        "a body added to an entry without one",
        "a body added to no entry",
        "the body of another entry",
        "a table dropped",
        "an act invented",
        "a hold invented",
        "called an older format",
    ],
)
def test_whoever_tampers_with_bodies_is_seen(ledger, path, clock, statement, found):
    vkey = ledger.vkey
    ledger.close()
    tamper(path, statement)
    report = verify(path, vkey=vkey, now=clock.now // 1_000_000)
    assert (report.exit_code, [(one.kind, one.index) for one in report.problems]) == (40, found)


def test_an_act_that_is_taken_off_the_list_is_seen(ledger, path, clock):
    erasure.erase(ledger, "person-1")
    retention.run(ledger)
    vkey = ledger.vkey
    ledger.close()
    tamper(path, "DELETE FROM act")
    kinds = {one.kind for one in verify(path, vkey=vkey, now=clock.now // 1_000_000).problems}
    assert kinds == {"missing", "altered"}


def test_the_key_of_timestamps_is_bound_to_the_entries(ledger, path, clock):
    vkey = ledger.vkey
    ledger.close()
    for value in ("CAST(replace(v, 'A', 'B') AS BLOB)", "x'00'"):
        tamper(path, f"UPDATE meta SET v = {value} WHERE k = 'cosigner'")
        assert verify(path, vkey=vkey).exit_code == 40


def sweep(ledger, indexes, *, why, kids=(b"\x01" * 8,)):
    """Remove bodies as a faulty or dishonest writer with the key would."""

    def work(desk):
        Shelf(desk).remove([Row(index, b"") for index in indexes])
        ranges = ((indexes[0], indexes[-1] + 1),)
        return [draft(Event("retention.purge"), act=Act(tuple(kids), ranges, why))]

    ledger.perform(work)


def test_bodies_that_went_before_their_time_are_early(ledger, path, clock):
    sweep(ledger, [2, 3], why="expired")
    assert judged(ledger, path, clock) == (40, [("early", 2), ("early", 3)])


def test_bodies_said_to_be_erased_without_an_erasure_are_early(ledger, path, clock):
    sweep(ledger, [2], why="erased")
    assert judged(ledger, path, clock) == (40, [("early", 2)])


def test_bodies_that_went_under_a_hold_are_early(ledger, path, clock):
    holds.place(ledger, [2], matter="case 7")
    clock.now += 4 * DAY * 1_000_000
    sweep(ledger, [1, 2, 3, 4], why="expired")
    assert judged(ledger, path, clock) == (40, [("early", 2)])


def test_a_key_of_an_epoch_destroyed_before_its_time_makes_its_bodies_early(ledger, path, clock):
    def work(desk):
        kids = [epoch.kid for epoch in desk.keys.epochs()]
        desk.keys.destroy(kids, desk.now)
        return [draft(Event("retention.purge"), act=Act(tuple(kids), why="expired"))]

    ledger.perform(work)
    assert judged(ledger, path, clock) == (40, [("early", n) for n in (1, 2, 3, 4)])


def test_an_act_on_bodies_to_come_is_altered(ledger, path, clock):
    sweep(ledger, [50], why="erased")
    assert judged(ledger, path, clock)[1] == [("altered", 5)]


def test_of_several_faults_the_gravest_gives_the_status(ledger, path, clock):
    sweep(ledger, [2], why="erased")
    vkey = ledger.vkey
    ledger.close()
    later = clock.now // 1_000_000 + 30 * DAY
    assert verify(path, vkey=vkey, now=later).status == "early"
    tamper(path, "DELETE FROM body WHERE idx = 3")
    assert verify(path, vkey=vkey, now=later).status == "missing"


def test_a_silent_writer_is_heard_every_hour(path, monkeypatch):
    monkeypatch.setattr(turn_module, "HEARTBEAT", 0.05)
    ledger = Ledger.open(path, seed=bytes(range(32)))
    reader = ledger.reader
    while reader.size < 4:
        pass
    types = [entry.type for entry in ledger.entries()]
    ledger.close()
    assert types[:4] == ["writer.start", *["writer.heartbeat"] * 3]
    assert "writer.heartbeat" not in SCHEMA


MOUNTS = r"""
22 1 0:20 / / rw,relatime - ext4 /dev/vda rw
30 22 0:30 / /srv/share rw - nfs4 server:/x rw
31 22 0:31 / /srv/share/local rw - xfs /dev/vdb rw
32 22 0:32 / /srv/with\040space rw - cifs //server/x rw
33 22 0:33 / /srv/fuse rw - fuse.sshfs x rw
broken line
"""


def test_the_file_system_of_a_ledger_is_that_of_the_longest_mount_point(tmp_path):
    from pathlib import Path

    for name, kind in (
        ("/srv/x.db", "ext4"),
        ("/srv/share/a/x.db", "nfs4"),
        ("/srv/shared/x.db", "ext4"),
        ("/srv/share/local/x.db", "xfs"),
        ("/srv/with space/x.db", "cifs"),
    ):
        assert file_system(Path(name), MOUNTS) == kind
    assert file_system(Path("/x.db"), "") == ""


def test_a_ledger_on_a_network_file_system_is_refused(tmp_path, monkeypatch):
    from guardrail import disk
    from guardrail.errors import LedgerError

    table = tmp_path / "mountinfo"
    monkeypatch.setattr(disk, "_MOUNTS", table)
    refuse_network(tmp_path / "ledger.db")  # the system does not tell
    for kind, refused in (("nfs", True), ("fuse.sshfs", True), ("ext4", False)):
        table.write_text(f"22 1 0:20 / / rw - {kind} x rw\n")
        if not refused:
            Ledger.open(tmp_path / "ledger.db", seed=bytes(32)).close()
            continue
        with pytest.raises(LedgerError, match="network file system"):
            Ledger.open(tmp_path / "ledger.db", seed=bytes(32))
