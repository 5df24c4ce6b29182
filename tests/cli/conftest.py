"""A shell for commands, and a ledger with a few entries made by them."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from guardrail.ledger import Ledger
from guardrail.vault.keys import Keys

# In importlib mode, what tests share is found here.
sys.path.append(str(Path(__file__).parent))

from commands import Shell, fill


@pytest.fixture
def shell(capsysbinary, monkeypatch):
    """Return a function that runs a command here."""
    monkeypatch.setenv("COLUMNS", "200")
    before = signal.getsignal(signal.SIGTERM)
    yield Shell(capsysbinary, monkeypatch)
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def ledger(tmp_path):
    """Return a ledger of seven entries, with its key file."""
    path = tmp_path / "ledger.db"
    keys = Keys.create(tmp_path / "ledger.db.key")
    with Ledger.open(path, seed=keys.log_seed) as book:
        fill(book, 5)
    return path
