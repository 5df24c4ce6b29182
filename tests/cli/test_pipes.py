"""A reader who leaves is neither a finding nor a fault."""

from __future__ import annotations

from commands import process


def test_a_table_whose_reader_left_ends_with_141(ledger):
    running = process("ledger", "show", ledger)
    running.stdout.close()
    with running:
        assert running.stderr.read() == b""
    assert running.returncode == 141


def test_a_reader_of_the_help_who_leaves_is_no_finding_and_no_traceback():
    import subprocess
    import sys

    program = f"{sys.executable} -m guardrail --help | head -c 1 > /dev/null; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", program], capture_output=True, timeout=120, check=False)
    assert ended.returncode in {0, 141}
    assert b"Traceback" not in ended.stderr
