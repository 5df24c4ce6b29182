"""A reader who leaves is neither a finding nor a fault."""

from __future__ import annotations

from commands import process


def test_a_table_whose_reader_left_ends_with_141(ledger):
    running = process("ledger", "show", ledger)
    running.stdout.close()
    with running:
        assert running.stderr.read() == b""
    assert running.returncode == 141
