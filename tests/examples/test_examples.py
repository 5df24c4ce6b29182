"""Every example runs as it stands, without a network, and shows what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
LONGEST = 60  # lines
# The demo runs two of these, tests/ledger/test_witness.py the third; here they are held to their length.
SERVED = {"chat_app", "model_stub", "witness"}


def run(name, cwd):
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        cwd=cwd,
        env={**os.environ, "PYTHONWARNINGS": "error::ResourceWarning"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short(path):
    assert len(path.read_text("utf-8").splitlines()) < LONGEST


def test_every_example_is_run_by_a_test():
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in EXAMPLES.glob("*.py")} - SERVED <= tests


def test_scrub_text(tmp_path):
    out = run("scrub_text", tmp_path).stdout
    assert "Johanna" not in out
    assert "************1111" in out
    assert "PERSON at 0: tokenize, says gdpr-chat/contact-details" in out
    assert list(tmp_path.iterdir()) == []


def test_session_restore(tmp_path):
    asked, answered = run("session_restore", tmp_path).stdout.splitlines()
    assert "Johanna" not in asked
    assert "Lindenallee" not in asked
    assert "Where does Johanna Brandt live? She moved to Lindenallee 14, 10117 Berlin." in answered
    assert "Also ask <PERSON_7Q9NXQV>." in answered


def test_wrap_app(tmp_path):
    received, answered = run("wrap_app", tmp_path).stdout.splitlines()
    assert received.startswith("the application received: <PERSON_")
    assert answered == "its caller gets back: Welcome, Johanna Brandt!"


def test_guard_logs(tmp_path):
    lines = run("guard_logs", tmp_path).stderr.splitlines()
    assert lines[0] == "INFO refund for [EMAIL_ADDRESS] to the card [CREDIT_CARD]"
    assert lines[1] == "ERROR the order failed"
    assert lines[-1] == "ValueError: no such customer: [PERSON]"
    assert "Brandt" not in "".join(lines)


def test_verify_ledger(tmp_path):
    lines = run("verify_ledger", tmp_path).stdout.splitlines()
    assert lines[0].startswith("ledger.db exit 0, ok")
    assert lines[1].startswith("older.db exit 30, diverged")
    assert "its tail was cut" in lines[2]
