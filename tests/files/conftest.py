"""The guard and the policy of the tests of the exchange, and files made here."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from pathlib import Path

import pytest

_PATH = Path(__file__).parents[1] / "exchange" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("exchange_conftest", _PATH)
_SHARED = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SHARED)

policy_file, guard = _SHARED.policy_file, _SHARED.guard
sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="module")
def lax(policy_file):
    """Return a guard that lets pass what cannot be read."""
    from guardrail.testing import memory_guard

    with memory_guard(policy_file(on_unreadable="pass"), known=_SHARED.KNOWN) as made:
        yield made


def packed(entries, *, compress=zipfile.ZIP_DEFLATED):
    """Return a ZIP archive of these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compress) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()
