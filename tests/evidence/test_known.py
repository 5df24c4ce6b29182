"""Checkpoints that an auditor kept, and ledgers said to be empty."""

import pytest
from packs import ORIGIN, SEED, change_manifest, messages, repacked, unpacked

from guardrail.evidence.verify import verify
from guardrail.ledger.checkpoint import Checkpoint, sign_checkpoint
from guardrail.ledger.merkle import EMPTY_ROOT
from guardrail.ledger.reader import Reader


def test_known_checkpoints_that_agree_change_nothing(pack, vkey, ledger_path):
    with Reader.open(ledger_path) as reader:
        notes = list(reader.checkpoints().values())
    report = verify(pack, vkey=vkey, known=notes)
    assert report.exit_code == 0


def test_a_known_checkpoint_of_the_packs_size_that_differs_is_a_divergence(pack, vkey):
    other = sign_checkpoint(Checkpoint(ORIGIN, 21, bytes(32)), SEED)
    report = verify(pack, vkey=vkey, known=[other])
    assert report.exit_code == 30
    assert "not the one whose checkpoint of size 21" in messages(report)


def test_a_known_checkpoint_of_a_size_inside_the_pack_is_compared_too(pack, vkey):
    other = sign_checkpoint(Checkpoint(ORIGIN, 11, bytes(32)), SEED)
    assert verify(pack, vkey=vkey, known=[other]).exit_code == 30


@pytest.mark.parametrize("size", [2, 5_000])
def test_a_known_checkpoint_outside_the_pack_is_said_not_to_be_compared(pack, vkey, size):
    other = sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), SEED)
    report = verify(pack, vkey=vkey, known=[other])
    assert report.exit_code == 0
    assert f"size {size}" in report.notes[0]


def test_known_checkpoints_that_contradict_each_other_are_a_divergence(pack, vkey):
    known = [sign_checkpoint(Checkpoint(ORIGIN, 2, bytes([n]) * 32), SEED) for n in (1, 2)]
    assert verify(pack, vkey=vkey, known=known).exit_code == 30


def test_a_known_checkpoint_that_is_none_ends_the_work(pack, vkey):
    report = verify(pack, vkey=vkey, known=[b"x"])
    assert report.exit_code == 50
    assert "known checkpoint" in messages(report)


def empty_pack(pack, root):
    files = unpacked(pack)
    for name in list(files):
        if name.startswith(("proofs/", "policies/")):
            del files[name]
    files["entries.jsonl"] = b""
    files["checkpoint"] = sign_checkpoint(Checkpoint(ORIGIN, 0, root), SEED)
    change_manifest(files, size=0, first=0, stop=0, policies={}, **{"from": 0})
    return files


def test_a_ledger_said_to_be_empty_must_be(pack, vkey):
    files = empty_pack(pack, bytes(32))
    report = verify(repacked(pack, files), vkey=vkey)
    assert "said to be empty, and is not" in messages(report)
    files = empty_pack(pack, EMPTY_ROOT)
    report = verify(repacked(pack, files), vkey=vkey)
    assert {problem.message for problem in report.problems} == {
        "the counts are not those of the entries",
        "the page does not show what the entries say",
        "the manifest is not the one of these entries",
    }
    files["entries.jsonl"] = unpacked(pack)["entries.jsonl"] or b"x\n"
    assert verify(repacked(pack, files), vkey=vkey).exit_code == 40
