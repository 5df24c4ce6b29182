"""`guardrail demo` runs as it is shipped, once: without a network, with the models, and ends well."""

from __future__ import annotations

import signal
import sys

import pytest
from commands import process

from guardrail import policy as policies
from guardrail.detect import Detector
from guardrail.ledger import Ledger, verify
from guardrail.policy.shipped import policy_path
from guardrail.testing import KnownValues
from guardrail.vault.keys import Keys

STARTED = b"A chat service"


@pytest.fixture
def narrow(monkeypatch):
    """Measure the page as a pipe sees it."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.mark.usefixtures("narrow")
def test_the_demo_holds_and_shows_every_value_leaking_unguarded_and_clean_guarded(shell, tmp_path):
    keep = tmp_path / "kept"
    done = shell("demo", "--keep", keep)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(STARTED.decode())
    assert "direct / guarded" in done.out
    assert done.out.count("LEAK / clean") == 2 * 11
    assert "/ LEAK" not in done.out
    assert "LOST" not in done.out
    assert done.out.count("caught ") == 4
    assert "MISSED" not in done.out
    assert "Everything held: 11 of 11 values guarded, 4 of 4 tamperings caught" in done.out
    assert "scrub --policy" in done.out
    assert "\x1b" not in done.out

    # What it kept says the same to whoever looks at it now.
    vkey = (keep / "ledger.db.vkey").read_text("ascii").strip()
    assert verify(keep / "ledger.db", vkey=vkey).exit_code == 0
    assert "Johanna Brandt" in (keep / "direct.log").read_text("utf-8")
    assert "Brandt" not in (keep / "guarded.log").read_text("utf-8")
    assert {path.name for path in (keep / "tampered").glob("*.db")} == {
        "cut.db",
        "edited.db",
        "resigned.db",
        "rewritten.db",
    }
    assert f"ledger verify {keep / 'ledger.db'}" in done.out


def test_a_folder_that_exists_is_not_overwritten(shell, tmp_path):
    done = shell("demo", "--keep", tmp_path)
    assert done.code == 2
    assert "exists" in done.err


def test_a_missing_package_is_named_with_the_command_that_brings_it(shell, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("guardrail.demo.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = shell("demo")
    assert done.code == 2
    assert "needs the package uvicorn" in done.err
    assert "guardrail-pii[demo]" in done.err


def test_a_demo_in_which_a_name_is_missed_says_so_and_ends_with_1(shell, monkeypatch, tmp_path):
    from guardrail.demo.drive import WatchedGuard

    def load(name, *, ledger, progress):
        policy = policies.load(policy_path(name))
        detector = Detector.load(names="none", extra=[KnownValues({})])  # patterns only: no name is found
        keys = Keys.ephemeral()
        book = Ledger.open(ledger, seed=keys.log_seed)
        return WatchedGuard(policy=policy, detector=detector, keys=keys, ledger=book)

    monkeypatch.setattr(WatchedGuard, "load", load)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/x/guardrail/__main__.py"])
    done = shell("demo")
    assert done.code == 1
    assert "DID NOT HOLD  the user's name: it reached the guarded model" in done.out
    assert "\n  python -m guardrail scrub --policy gdpr-chat FILE\n" in done.out


def test_ctrl_c_ends_the_demo_at_once_without_a_traceback(tmp_path):
    running = process("demo", "--keep", tmp_path / "kept")
    try:
        assert running.stdout.readline().startswith(STARTED)
        assert running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130
    assert b"Traceback" not in err
