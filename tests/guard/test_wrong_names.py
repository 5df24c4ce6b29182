"""What is named in the wrong place is told as what it is, and not for want of something else."""

from __future__ import annotations

import pytest

from guardrail.errors import LedgerError
from guardrail.guard import _keys
from guardrail.ledger import Ledger, Reader


def test_a_text_that_is_named_as_the_ledger_is_told_to_be_none(tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all")
    with pytest.raises(LedgerError, match=r"not a ledger|no ledger"):
        _keys(None, letter)
    assert letter.read_text() == "Dear all"
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


def test_an_entry_beyond_the_end_is_told_as_such_and_not_for_want_of_a_checkpoint(tmp_path):
    path = tmp_path / "ledger.db"
    with Ledger.open(path, seed=bytes(32)):
        pass
    with Reader.open(path) as reader, pytest.raises(LedgerError) as error:
        reader.prove(99)
    assert "checkpoint" not in error.value.message
