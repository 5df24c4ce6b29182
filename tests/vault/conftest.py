"""A vault in a file of its own for each test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from guardrail.vault.opening import open_sealed

sys.path.append(str(Path(__file__).parent))  # in importlib mode, what tests share is found here
from sealed_file import KEYS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vault.db"


@pytest.fixture
def opened(path):
    """Return what opens the vault, and closes all that it opened."""
    stores = []

    def make(keys=KEYS, **named):
        stores.append(open_sealed(path, keys, **named))
        return stores[-1]

    yield make
    for store in stores:
        store.close()
