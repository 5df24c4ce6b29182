"""The guard and the policy of the tests of the exchange."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[1] / "exchange" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("exchange_conftest", _PATH)
_SHARED = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SHARED)

policy_file, guard = _SHARED.policy_file, _SHARED.guard
