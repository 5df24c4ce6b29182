"""A ledger's life in any order: append, erase, hold, release, purge, rotate, wait, open again, verify.

The model is the specification (docs/spec/ledger.md §8 to §10) in a few sets: which bodies can be
read is what no expiry, no erasure, or else a hold says.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from guardrail.ledger import Ledger, Reader, erasure, holds, retention, rotation, verify
from guardrail.ledger.disclosure import body_of, register
from guardrail.ledger.keystore import KeyStore
from guardrail.ledger.sealed import DAY
from guardrail.types import Event

PEOPLE = ("p0", "p1", "p2")
SEED = bytes(range(32))


class Clock:
    """A clock that is moved by hand; µs since 1970, answers in ns."""

    now = 1_795_344_080_123_456

    def __call__(self):
        return self.now * 1000


class Life(RuleBasedStateMachine):
    """Rules act on a real ledger and on the model; the invariants compare them."""

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "ledger.db"
        self.clock = Clock()
        self.ledger = self.open()
        self.vkey = self.ledger.vkey
        self.expiry = {}  # index → last second of its day
        self.person = {}  # index → (person, how often they were erased before)
        self.erased = dict.fromkeys(PEOPLE, 0)
        self.purged = set()  # whose epoch's key is destroyed
        self.holds = {}

    def open(self):
        return Ledger.open(self.path, seed=SEED, bodies=True, clock=self.clock)

    def teardown(self):
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    @property
    def now(self):
        return self.clock.now // 1_000_000

    def held(self):
        return set().union(*self.holds.values()) if self.holds else set()

    def locked(self, index):
        """Tell whether both keys of a body are there."""
        person, times = self.person[index]
        return index not in self.purged and self.erased[person] == times

    def readable(self):
        return {index for index in self.person if self.locked(index) or index in self.held()}

    @rule(person=st.sampled_from(PEOPLE), days=st.integers(1, 3))
    def append(self, person, days):
        entry = self.ledger.append(Event("scrub", keep=days * DAY, who={"subject": person}))
        self.person[entry.index] = (person, self.erased[person])
        self.expiry[entry.index] = ((self.now + days * DAY) // DAY + 1) * DAY

    @rule(person=st.sampled_from(PEOPLE))
    def erase(self, person):
        mine = {
            i for i, (who, times) in self.person.items() if who == person and times == self.erased[person]
        }
        found = erasure.erase(self.ledger, person)
        if found.stage == "nothing":
            assert not mine
        else:
            assert found.held == len(mine & self.held())
            self.erased[person] += 1

    @precondition(lambda self: self.readable())
    @rule(data=st.data())
    def place(self, data):
        chosen = data.draw(st.sets(st.sampled_from(sorted(self.readable())), min_size=1, max_size=3))
        self.holds[holds.place(self.ledger, sorted(chosen), matter="m").id] = chosen

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def release(self, data):
        hold = data.draw(st.sampled_from(sorted(self.holds)))
        holds.release(self.ledger, hold)
        del self.holds[hold]

    @rule()
    def purge(self):
        retention.run(self.ledger)
        self.purged |= {index for index, end in self.expiry.items() if end <= self.now}
        assert retention.leftover(self.ledger.reader) == 0

    @rule()
    def rotate(self):
        rotation.rotate(self.ledger)

    @rule(hours=st.integers(1, 25))
    def pass_time(self, hours):
        self.clock.now += hours * 3_600_000_000
        self.ledger.append(Event("test"))
        self.ledger.checkpoint()

    @rule()
    def open_again(self):
        self.ledger.close()
        self.ledger = self.open()

    @invariant()
    def the_file_is_what_the_model_says(self):
        if not hasattr(self, "ledger"):
            return
        keys = KeyStore.open(self.path, make=False)
        with Reader.open(self.path) as reader:
            found = {index for index in self.person if body_of(reader, keys, index).state == "present"}
            assert found == self.readable()
            for person in PEOPLE:
                listed = {one.index for one in register(reader, keys, person)}
                assert {i for i in listed if self.person[i][0] == person} == listed
        keys.close()
        report = verify(self.path, vkey=self.vkey, now=self.now)
        late = {i for i, end in self.expiry.items() if end + DAY < self.now and self.locked(i)} - self.held()
        assert {one.index for one in report.problems if one.kind == "overdue"} == late
        assert {one.kind for one in report.problems} <= {"overdue"}
        assert report.exit_code == (20 if late else 0)


BOUNDS = {"deadline": None, "suppress_health_check": list(HealthCheck)}
Life.TestCase.settings = settings(max_examples=6, stateful_step_count=12, **BOUNDS)
TestLife = Life.TestCase


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_long_lives():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(Life, settings=settings(max_examples=200, stateful_step_count=40, **BOUNDS))
