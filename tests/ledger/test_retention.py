"""Retention, holds and erasure: what goes, when, that it is gone, and that nothing else is."""

from __future__ import annotations

import re
import subprocess

import pytest

from guardrail.errors import LedgerError
from guardrail.ledger import Reader, erasure, holds, retention, verify
from guardrail.ledger.certificate import Certificate, verify_certificate
from guardrail.ledger.disclosure import body_of
from guardrail.ledger.header import parse_header
from guardrail.ledger.keystore import KeyStore
from guardrail.ledger.note import NoteError
from guardrail.ledger.remote import Remote
from guardrail.ledger.sealed import DAY
from guardrail.types import Event

NOW = 1_795_344_080  # s, the clock's first


class Book:
    """A ledger whose clock is moved by hand, with entries on four people."""

    def __init__(self, open_ledger, path, clock) -> None:
        self.open = lambda: open_ledger(bodies=True, clock=clock)
        self.path, self.clock = path, clock
        self.ledger = self.open()
        self.vkey = self.ledger.vkey

    def write(self, count=8, *, days=3, tenant="acme"):
        return [
            self.ledger.append(
                Event("scrub", keep=days * DAY, who={"subject": f"person-{n % 4}"}, facts={"tenant": tenant})
            ).index
            for n in range(count)
        ]

    def rest(self, days):
        """Let days pass in which the ledger was used."""
        for _ in range(days):
            self.clock.now += DAY * 1_000_000
            self.ledger.append(Event("test"))
            self.ledger.checkpoint()

    def again(self):
        self.ledger.close()
        self.ledger = self.open()

    def verify(self, **given):
        report = verify(self.path, vkey=self.vkey, now=given.pop("now", self.clock.now // 1_000_000), **given)
        return report.exit_code, [(one.kind, one.index) for one in report.problems], dict(report.bodies)

    def readable(self):
        """Return the indexes of entries whose bodies open."""
        keys = KeyStore.open(self.path, make=False)
        with Reader.open(self.path) as reader:
            found = [
                index for index in range(reader.size) if isinstance(body_of(reader, keys, index).body, dict)
            ]
        keys.close()
        return found


@pytest.fixture
def path(every_store):
    """Return where the ledger lives: each rule here is that of every store."""
    return every_store


@pytest.fixture
def book(open_ledger, path, clock):
    return Book(open_ledger, path, clock)


def test_what_expired_goes_after_its_day_and_not_before_and_a_second_run_does_nothing(book):
    first, longer = book.write(days=3), book.write(4, days=9)
    book.rest(3)
    assert retention.run(book.ledger).epochs == 0
    assert book.readable() == [*first, *longer]
    assert book.verify()[:2] == (0, [])
    book.rest(1)
    done = retention.run(book.ledger)
    assert (done.epochs, done.records) == (1, 8)
    assert book.readable() == longer
    assert book.verify() == (0, [], {"expired": 8, "present": 4})
    size = book.ledger.size
    assert retention.run(book.ledger) == retention.Run(0, 0, ())
    assert book.ledger.size == size


def test_the_plan_says_what_goes_when_and_what_a_hold_keeps(book):
    book.write(days=3)
    book.write(4, days=40, tenant="other")
    holds.place(book.ledger, [2], matter="case 7")
    keys = KeyStore.open(book.path, make=False)
    soon, late = retention.plan(book.ledger.reader, keys)
    keys.close()
    assert (soon.tenant, soon.retention, soon.records, soon.held) == ("acme", "ledger", 8, 1)
    assert soon.at == (NOW // DAY + 3 + 1) * DAY
    assert (late.tenant, late.records, late.held) == ("other", 4, 0)


def test_a_body_that_overstays_is_overdue_by_a_day_of_grace(book):
    indexes = book.write(2, days=1)
    end = (NOW // DAY + 2) * DAY
    assert book.verify(now=end + DAY)[0] == 0
    code, problems, bodies = book.verify(now=end + DAY + 1)
    assert (code, problems) == (20, [("overdue", index) for index in indexes])
    assert bodies == {"present": 2}


def test_a_clock_set_forward_destroys_nothing_until_somebody_confirms_it(book):
    indexes = book.write(days=3)
    book.clock.now += 400 * DAY * 1_000_000
    with pytest.raises(LedgerError, match="clock is not believed"):
        retention.run(book.ledger)
    book.again()  # whatever is written and signed meanwhile
    book.ledger.append(Event("test"))
    book.ledger.checkpoint()
    with pytest.raises(LedgerError, match="clock is not believed"):
        retention.run(book.ledger)
    assert book.readable() == indexes
    book.ledger.confirm_clock()
    assert retention.run(book.ledger).records == 8
    assert book.verify()[0] == 0


def test_a_clock_set_back_is_not_believed_either(book):
    book.write()
    book.clock.now -= 2 * DAY * 1_000_000
    with pytest.raises(LedgerError, match="clock is not believed"):
        retention.run(book.ledger)


def test_erasing_one_subject_makes_theirs_unreadable_and_nothing_else(book):
    indexes = book.write(8)
    report = erasure.erase(book.ledger, "person-1", tenant="acme")
    assert (report.kind, report.stage, report.records, report.held) == ("erasure", "keys_deleted", 2, 0)
    assert book.readable() == [index for n, index in enumerate(indexes) if n % 4 != 1]
    assert book.verify() == (0, [], {"present": 6, "unreadable": 2})
    assert retention.leftover(book.ledger.reader) == 2
    assert retention.run(book.ledger).records == 2
    assert book.verify() == (0, [], {"present": 6, "erased": 2})
    headers = verify_certificate(report.format(), vkey=book.vkey)
    assert [header.type for header in headers] == ["erasure.requested", "erasure.keys_deleted"]
    assert b"person-1" not in report.format()


def test_a_subject_who_returns_has_another_key_and_the_old_one_never_comes_back(book):
    book.write(4)
    old = erasure.erase(book.ledger, "person-1", tenant="acme")
    (_, again, *_) = book.write(4)
    assert again in book.readable()
    new = erasure.erase(book.ledger, "person-1", tenant="acme")
    assert old.kids != new.kids
    assert erasure.erase(book.ledger, "person-1", tenant="acme").stage == "nothing"
    assert erasure.erase(book.ledger, "never-seen", tenant="acme").stage == "nothing"
    assert erasure.erase(book.ledger, "person-1", tenant="no-such").stage == "nothing"
    assert book.verify()[0] == 0


def test_the_same_id_in_another_tenant_is_another_person(book):
    (mine, *_), (theirs, *_) = book.write(1, tenant="acme"), book.write(1, tenant="other")
    erasure.erase(book.ledger, "person-0", tenant="acme")
    assert book.readable() == [theirs]
    assert mine != theirs


def test_who_acts_is_a_subject_too(book):
    event = Event("scrub", keep=DAY, who={"actor": "agent-7"})
    book.ledger.append(event)
    assert erasure.erase(book.ledger, "agent-7").records == 1


def test_a_hold_keeps_exactly_the_named_entries_through_erasure_and_expiry(book):
    indexes = book.write(8)
    hold = holds.place(book.ledger, [indexes[1], indexes[2]], matter="case 7")
    report = erasure.erase(book.ledger, "person-1", tenant="acme")
    assert (report.stage, report.records, report.held) == ("restricted", 2, 1)
    types = [header.type for header in verify_certificate(report.format(), vkey=book.vkey)]
    assert types == ["erasure.requested", "erasure.restricted", "erasure.keys_deleted"]
    book.rest(5)
    assert retention.run(book.ledger).records == 6
    assert book.readable() == [indexes[1], indexes[2]]
    assert book.verify() == (0, [], {"held": 2, "expired": 6})
    second = holds.place(book.ledger, [indexes[2]], matter="case 8")  # by the key that the first one has
    holds.release(book.ledger, hold.id)
    assert book.readable() == [indexes[2]]
    assert holds.release(book.ledger, hold.id) is None
    assert retention.run(book.ledger).records == 1
    holds.release(book.ledger, second.id)
    assert retention.run(book.ledger).records == 1
    assert book.readable() == []
    assert book.verify() == (0, [], {"expired": 8})
    with pytest.raises(LedgerError, match="no sealed body"):
        holds.place(book.ledger, [indexes[1]], matter="case 9")
    entry = parse_header(hold.entry.header)
    assert entry.act.matter == holds.matter_of(hold.salt, "case 7")


def test_a_hold_on_a_subject_takes_what_is_there_now(book):
    indexes = book.write(8)
    hold = holds.place(book.ledger, matter="case 7", subject="person-2", tenant="acme")
    assert hold.indexes == (indexes[2], indexes[6])
    for wrong in ({"subject": "nobody"}, {"indexes": range(2000)}):
        with pytest.raises(LedgerError, match="a hold keeps"):
            holds.place(book.ledger, wrong.pop("indexes", ()), matter="x", **wrong)
    with pytest.raises(LedgerError, match="no hold of this id"):
        holds.release(book.ledger, bytes(8))


def test_what_nobody_can_read_any_more_cannot_be_held(book):
    indexes = book.write(4)
    erasure.erase(book.ledger, "person-1", tenant="acme")
    with pytest.raises(LedgerError, match="cannot be read any more"):
        holds.place(book.ledger, [indexes[1]], matter="case 7")
    assert book.ledger.reader.holds() == {}


def test_without_keys_nothing_is_erased_held_or_purged(open_ledger):
    ledger = open_ledger()
    for act in (
        lambda: erasure.erase(ledger, "x"),
        lambda: holds.place(ledger, [1], matter="x"),
        lambda: retention.run(ledger),
    ):
        with pytest.raises(LedgerError, match="without the keys"):
            act()
    for wrong in ({"subject": ""}, {"subject": "x", "reason": "because"}):
        with pytest.raises(LedgerError, match="no subject is named"):
            erasure.erase(ledger, **wrong)


def stop(*_given, **_named):
    raise KeyboardInterrupt


def killed_after(book, monkeypatch, count):
    """Run a retention that dies after so many turns, as a kill would leave it; then open again."""
    perform, calls = type(book.ledger).perform, []

    def counted(self, work, **given):
        if len(calls) == count:
            stop()
        calls.append(1)
        return perform(self, work, **given)

    with monkeypatch.context() as patch:
        patch.setattr(type(book.ledger), "perform", counted)
        try:
            retention.run(book.ledger)
        except KeyboardInterrupt:
            book.again()
            return True
    return False


def test_a_run_killed_between_any_two_turns_is_continued_by_the_next(book, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    book.write(8)
    book.rest(4)
    count = 0
    while killed_after(book, monkeypatch, count):
        assert book.verify()[0] == 0
        count += 1
    assert count > 4
    assert book.verify() == (0, [], {"expired": 8})
    assert book.readable() == []


def test_a_key_destroyed_without_a_word_is_told_by_the_next_run(book):
    book.write(4)
    book.rest(5)
    book.ledger.close()
    keys = KeyStore.open(book.path)
    keys.destroy([epoch.kid for epoch in keys.epochs()], NOW)  # and killed before the entry
    keys.close()
    book.ledger = book.open()
    assert retention.run(book.ledger).records == 4
    assert book.verify() == (0, [], {"expired": 4})


def test_an_erasure_killed_halfway_is_finished_by_the_next_run_or_the_next_call(book, monkeypatch):
    book.write(8)
    for subject, mend in (
        ("person-1", lambda: retention.run(book.ledger)),
        ("person-2", lambda: erasure.erase(book.ledger, "person-2", tenant="acme")),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(erasure, "destroy", stop)
            with pytest.raises(LedgerError, match="stopped unexpectedly"):
                erasure.erase(book.ledger, subject, tenant="acme")
        with pytest.raises(LedgerError):
            book.ledger.close()
        book.ledger = book.open()
        mend()
    retention.run(book.ledger)
    assert book.verify() == (0, [], {"present": 4, "erased": 4})
    types = [entry.type for entry in book.ledger.entries()]
    assert types.count("erasure.requested") == 2


@pytest.fixture
def everything(request, path):
    """Return a way to read all that is stored: the files' bytes, or a dump of both schemas."""

    def read() -> bytes:
        if not isinstance(path, Remote):
            return b"".join(file.read_bytes() for file in path.parent.iterdir())
        tool = request.getfixturevalue("postgres_tool")("pg_dump")
        schema = path.address.schema
        command = [tool, f"--schema={schema}", f"--schema={schema}_keys", path.address.conninfo]
        dump = subprocess.run(command, capture_output=True, check=True).stdout
        assert f"COPY {schema}_keys.key ".encode() in dump
        pieces = re.findall(rb"\\\\x([0-9a-f]*)", dump)
        return dump + b"".join(bytes.fromhex(piece.decode()) for piece in pieces)

    return read


def test_after_the_purge_no_file_or_dump_holds_a_removed_body_or_key_or_who_was_concerned(book, everything):
    indexes = book.write(8)
    with Reader.open(book.path) as reader:
        gone = reader.body(indexes[1])
        kept = reader.body(indexes[0])
    before = everything()
    wrapped = KeyStore.open(book.path)
    ((_, key),) = wrapped._rows("SELECT kek, wrapped FROM @key WHERE kid = ?", gone.kid_s)
    wrapped.close()
    assert key in before
    assert gone.envelope[18:] in before
    erasure.erase(book.ledger, "person-1", tenant="acme")
    retention.run(book.ledger)
    stored = everything()
    assert kept.envelope[18:] in stored
    assert gone.envelope[18:] not in stored
    assert key not in stored
    assert b"person-" not in before + stored


def test_the_certificate_of_an_erasure_can_be_asked_for_again_and_a_forged_one_is_refused(book):
    book.write(8)
    report = erasure.erase(book.ledger, "person-1", tenant="acme")
    again = erasure.erasure_of(book.ledger, report.kids[0])
    assert again.stage == "keys_deleted"
    with pytest.raises(LedgerError, match="no erasure of this id"):
        erasure.erasure_of(book.ledger, bytes(8))
    other = erasure.erase(book.ledger, "person-2", tenant="acme")
    forged = Certificate("erasure", "keys_deleted", report.kids, 2, 0, other.proofs)
    final = Certificate("erasure", "final", report.kids, 2, 0, report.proofs)
    for data in (
        forged.format(),
        final.format(),
        b"{}",
        b'{"v":1}',
        report.format().replace(b'"v":1', b'"v":2'),
    ):
        with pytest.raises(NoteError):
            verify_certificate(data, vkey=book.vkey)
    nothing = erasure.erase(book.ledger, "nobody", tenant="acme")
    assert [header.type for header in verify_certificate(nothing.format(), vkey=book.vkey)] == [
        "erasure.requested"
    ]
