"""The requantized model: made once, equal in what it finds, safe against damage and many processes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from guardrail.detect import store
from guardrail.detect.models import RAMPART, locate
from guardrail.detect.quantize import quantize_channels, requantize, unpack_blocks
from guardrail.detect.rampart import RampartNames
from guardrail.errors import ConfigError

SOURCE = locate(RAMPART) / "onnx" / "model_q4.onnx"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    store.prepared(SOURCE, cache=folder)
    return folder


def test_blocks_unpack_low_half_first_around_eight():
    packed = np.array([[[0x98, 0x0F]]], np.uint8)  # 8, 9, 15, 0
    scales = np.array([[2.0]], np.float32)
    assert unpack_blocks(packed, scales, rows=4).tolist() == [[0.0], [2.0], [14.0], [-16.0]]


def test_channels_keep_seven_bits_and_an_empty_one_survives():
    weights = np.array([[1.0, 0.0], [-0.5, 0.0]], np.float32)
    values, scale = quantize_channels(weights)
    assert values.tolist() == [[64, 0], [-32, 0]]
    assert (values * scale).tolist() == weights.tolist()


def test_requantizing_gives_the_same_bytes_again_and_tells_its_progress(cache):
    parts = []
    again = requantize(SOURCE.read_bytes(), progress=parts.append)
    assert again == store.prepared(SOURCE, cache=cache)[0]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_a_second_start_reads_the_cache_and_shows_no_progress(cache):
    shown = []
    _, form = store.prepared(SOURCE, cache=cache, progress=lambda *step: shown.append(step))
    assert (form, shown) == ("int8", [])
    assert len(list(cache.glob("*.onnx"))) == 1


def test_a_damaged_file_in_the_cache_is_made_again(tmp_path):
    model, _ = store.prepared(SOURCE, cache=tmp_path)
    (file,) = tmp_path.glob("*.onnx")
    file.write_bytes(model[:-1])
    shown = []
    again, _ = store.prepared(SOURCE, cache=tmp_path, progress=lambda *step: shown.append(step))
    assert again == model
    assert shown[-1] == (store.LABEL, 1.0)


def test_without_a_cache_the_model_runs_as_shipped(tmp_path):
    (tmp_path / "file").write_text("")
    names = RampartNames.load(cache=tmp_path / "file" / "cache")
    assert names.version == "1.4.0-q4"
    found = [(f.start, f.end) for f in names.find(["My name is Ann Smith."])[0] if f.score > 0.5]
    assert found == [(11, 14), (15, 20)]  # persons come word by word


def test_a_write_that_fails_leaves_no_piece_behind(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.rename", full)
    assert store.prepared(SOURCE, cache=tmp_path)[1] == "q4"
    assert list(tmp_path.glob("*.part")) == []


def test_both_forms_find_the_same(cache, tmp_path):
    (tmp_path / "file").write_text("")
    texts = [
        "hey its priya here",
        "Ship to 12 Oak Street, Springfield, IL 62704.",
        "call 212-555-0199 for JOHN DOE",
    ]
    forms = [RampartNames.load(cache=folder).find(texts) for folder in (cache, tmp_path / "file" / "x")]
    spans = [
        [[(f.start, f.end, f.entity) for f in answer if f.score > 0.5] for answer in form] for form in forms
    ]
    assert spans[0] == spans[1]


def test_processes_that_start_together_make_one_file(tmp_path):
    code = (
        "import sys, pathlib; from guardrail.detect import store\n"
        "print(store.prepared(pathlib.Path(sys.argv[1]), cache=pathlib.Path(sys.argv[2]))[1])"
    )
    command = [sys.executable, "-c", code, str(SOURCE), str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in running] == ["int8"] * 3
    assert len(list(tmp_path.glob("*.onnx"))) == 1


def test_a_model_that_finds_nothing_fails_its_self_test(cache):
    names = RampartNames.load(cache=cache)
    names._groups = np.zeros_like(names._groups)
    with pytest.raises(ConfigError, match="self-test") as caught:
        names.test()
    assert "GUARDRAIL_CACHE" in caught.value.advice
