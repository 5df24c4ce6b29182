"""The network and its file: the same weights go in and out, and a run can be taken up again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import random
    from pathlib import Path

pytest.importorskip("torch", reason="install it with: pip install -e '.[train]'")
pytest.importorskip("onnx", reason="install it with: pip install -e '.[train]'")

import torch

from guardrail.detect import Detector
from guardrail.detect.guardrail_names import GuardrailNames
from guardrail.detect.models import OWN, locate
from train import encode, fit, own
from train.__main__ import main
from train.network import Network
from train.texts import Example

ROWS = [
    {
        "text": "Ask Zorblat about it.",
        "spans": [{"start": 4, "end": 11, "label": "PERSON"}],
        "scope": ["PERSON"],
    }
]


def weights() -> bytes:
    """Return the model in the package."""
    return (locate(OWN) / "names.onnx").read_bytes()


def test_weights_come_out_of_the_file_and_go_back_unchanged() -> None:
    """Rounding twice would wear a model down."""
    once = own.weights_of(weights())
    again = own.weights_of(own.put_back(weights(), Network.of(once).state_dict()))
    assert once.keys() == again.keys()
    assert max(float(abs(once[name] - again[name]).max()) for name in once) < 1e-6


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(tmp_path: Path) -> None:
    """Steps that were done are not done again."""
    tokens = encode.tokenizer(locate(OWN) / "vocab.txt")
    example = Example("Ask Ann Smith in Oslo.", ((4, 13, "PERSON"),), frozenset({"PERSON"}))
    some = [window for _ in range(900) for window in encode.windows(example, tokens)]

    def made(_rng: random.Random) -> list[encode.Window]:
        return some

    class StopError(Exception):
        """What Ctrl-C does."""

    def halt(state: dict) -> None:
        if (tmp_path / "b").exists() and state["step"] < state["steps"]:
            raise StopError

    def run(saved, tell=lambda _: None) -> dict:
        network = Network.of(own.weights_of(weights()))
        network.freeze(layers=6)
        fit.fit(network, [made], seed=3, saved=saved, every=1, tell=tell)
        return network.state_dict()

    whole = run(tmp_path / "a")
    with pytest.raises(StopError):
        run(tmp_path / "b", halt)
    assert (tmp_path / "b").exists()
    taken_up = run(tmp_path / "b")
    assert all(torch.equal(whole[name], taken_up[name]) for name in whole)


def test_a_model_trained_on_rows_of_ones_own_is_used_by_its_folder(tmp_path: Path, capsys) -> None:
    """From a labelled row to a finder, by the command that the documentation gives."""
    data = tmp_path / "mine.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    out = tmp_path / "model" / "names.onnx"
    assert main(["--data", str(data), "--out", str(out), "--made", "4", "--threads", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == 1
    finder = GuardrailNames.load_trained(out.parent)
    assert finder.cased
    assert finder.version.startswith(f"{OWN.version}-")
    assert "PERSON" in Detector.load(names=f"guardrail:{out.parent}").entities
    assert {path.name for path in out.parent.iterdir()} == {"names.onnx", "vocab.txt"}


def test_a_run_without_texts_says_what_to_give(tmp_path: Path, capsys) -> None:
    """Neither a folder nor a file."""
    assert main(["--out", str(tmp_path / "x.onnx")]) == 2
    assert "--data FILE" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
