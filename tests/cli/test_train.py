"""`guardrail train`: trains where it can, and says what is missing where it cannot."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from guardrail.cli.train import NEEDS

ROW = {"text": "Ask Zorblat about it.", "spans": [{"start": 4, "end": 11, "label": "PERSON"}]}


def test_training_writes_a_model_or_says_what_to_install(shell, tmp_path) -> None:
    """PyTorch is no part of the test tools: both answers are right where they belong."""
    data = tmp_path / "mine.jsonl"
    data.write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    ended = shell("train", "--data", data, "--out", tmp_path / "model", "--made", 2)
    if all(find_spec(name) for name in NEEDS):
        assert ended.code == 0
        assert (tmp_path / "model" / "names.onnx").is_file()
    else:
        assert ended.code == 2
        assert "pip install 'guardrail-pii[train]'" in ended.err
        assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("arguments", [("train",), ("train", "--data", "x.jsonl")])
def test_what_is_missing_on_the_command_line_is_named(shell, arguments) -> None:
    """Both options are needed."""
    assert shell(*arguments).code == 2
