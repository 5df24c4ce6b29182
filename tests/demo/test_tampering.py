"""Each attack leaves a ledger that is as consistent as its attacker can make it, and is caught by who can."""

from __future__ import annotations

import shutil

import pytest

from guardrail import LedgerError
from guardrail.crypto import random_bytes
from guardrail.demo import tamper
from guardrail.demo.attempts import Auditor, attempts
from guardrail.ledger import Ledger, Reader, verify
from guardrail.types import Event


@pytest.fixture
def seed():
    return random_bytes(32)


@pytest.fixture
def book(tmp_path, seed):
    """Return a closed ledger of 300 entries, with a checkpoint at 5 and at its end, and its key."""
    path = tmp_path / "ledger.db"
    with Ledger.open(path, seed=seed) as ledger:
        for _ in range(4):
            ledger.append(Event("test"))
        early = ledger.checkpoint()
        ledger.append(Event("test", findings={"PERSON": {"redact": 1}, "AGE": {"redact": 2}}))
        ledger.append(Event("test", findings={"PERSON": {"redact": 1}}))
        for _ in range(292):
            ledger.append(Event("test"))
        vkey = ledger.vkey
    return path, Auditor(vkey, path.with_name("ledger.db.checkpoint").read_bytes()), Auditor(vkey, early)


@pytest.fixture
def copy(book, tmp_path):
    """Return a copy of the ledger's file alone."""
    return shutil.copyfile(book[0], tmp_path / "copy.db")


def test_an_edit_names_its_entry_and_is_seen_by_anyone(book, copy):
    index = tamper.edit(copy)
    report = verify(copy, vkey=book[1].vkey)
    assert (report.exit_code, [problem.index for problem in report.problems]) == (40, [index])
    with Reader.open(copy) as reader:
        assert reader.entry(index).header.count(b"AGE") == 0


def test_a_cut_tail_is_consistent_in_itself_and_seen_with_a_kept_checkpoint(book, copy):
    tamper.cut_tail(copy, 5)
    assert verify(copy, vkey=book[1].vkey).exit_code == 0
    assert verify(copy, vkey=book[1].vkey, known=[book[1].checkpoint]).exit_code == 30


def test_a_chain_rewritten_with_the_stolen_key_is_seen_with_a_kept_checkpoint_only(book, copy, seed):
    tamper.rewrite(copy, seed)
    assert verify(copy, vkey=book[1].vkey).exit_code == 0
    assert verify(copy, vkey=book[1].vkey, known=[book[1].checkpoint]).exit_code == 30


def test_a_chain_rewritten_with_another_key_is_seen_by_anyone(book, copy):
    tamper.rewrite(copy, random_bytes(32))
    assert verify(copy, vkey=book[1].vkey).exit_code != 0


def test_a_ledger_without_findings_offers_nothing_to_deny(tmp_path, seed):
    path = tmp_path / "empty.db"
    Ledger.open(path, seed=seed).close()
    with pytest.raises(LedgerError, match="no entry of the ledger has findings"):
        tamper.edit(path)


def test_the_only_finding_of_an_entry_leaves_no_empty_table(tmp_path, seed):
    path = tmp_path / "one.db"
    with Ledger.open(path, seed=seed) as ledger:
        ledger.append(Event("test", findings={"PERSON": {"redact": 1}}))
    tamper.edit(path)
    with Reader.open(path) as reader:
        assert b'"f"' not in reader.entry(1).header


def test_an_auditor_who_kept_the_last_checkpoint_catches_every_attack(book, tmp_path, seed):
    path, auditor, _ = book
    tried = attempts(path, folder=tmp_path / "tampered", auditor=auditor, earlier=5, seed=seed)
    assert [(one.alone.exit_code, one.audited.exit_code) for one in tried] == [
        (40, 40),
        (0, 30),
        (50, 40),
        (0, 30),
    ]
    assert all(one.caught for one in tried)


def test_an_auditor_whose_checkpoint_is_old_misses_a_tail_cut_after_it_and_the_demo_says_so(
    book, tmp_path, seed
):
    path, _, early = book
    tried = attempts(path, folder=tmp_path / "tampered", auditor=early, earlier=5, seed=seed)
    assert [one.caught for one in tried] == [True, False, True, False]
