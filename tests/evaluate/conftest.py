"""The rule's own program, where the collection of labelled texts is beside the checkout."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("GUARDRAIL_SHARED", Path(__file__).parents[3] / "shared"))


@pytest.fixture(scope="session")
def reference():
    """Return the module that defines the rule."""
    path = SHARED / "corpora" / "score.py"
    if not path.exists():
        pytest.skip("the program that defines the rule is not here: corpora/score.py (set GUARDRAIL_SHARED)")
    spec = importlib.util.spec_from_file_location("reference_score", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
