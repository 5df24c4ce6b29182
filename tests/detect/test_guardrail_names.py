"""The project's own model: in the package, verified, self-tested, a choice by name."""

from __future__ import annotations

import shutil

import pytest

from guardrail.detect import Detector, installed
from guardrail.detect.guardrail_names import GuardrailNames
from guardrail.detect.models import OWN, locate
from guardrail.errors import ConfigError
from guardrail.types import Passage


@pytest.fixture(scope="module")
def names():
    return GuardrailNames.load()


@pytest.fixture(scope="module")
def detector():
    return Detector.load(names="guardrail")


def found(detector, text):
    return {(text[f.start : f.end], f.entity) for f in detector.detect([Passage(text)])[0] if f.score >= 0.5}


@pytest.mark.parametrize(
    ("text", "value", "entity"),
    [
        ("hey its priya, running late", "priya", "PERSON"),
        ("PLEASE CALL JENNIFER GARCIA AT HOME", "JENNIFER GARCIA", "PERSON"),
        ("The minister met Angela Merkel in Kigali.", "Kigali", "LOCATION"),
        ("Elle habite à Grenoble avec Amélie Fournier.", "Amélie Fournier", "PERSON"),
        ("Ship it to 12 Oak Street please", "12 Oak Street", "ADDRESS"),
    ],
)
def test_it_finds_names_places_and_addresses_alone(detector, text, value, entity):
    assert (value, entity) in found(detector, text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 12:00:01 INFO [worker-3] c.e.cache.CacheManager - started in 12 ms",
        "def merge(left, right=None):\n    return left.join(right)",
        "Order AB-48213 was shipped; version 2.31.0 fixes a crash on start.",
    ],
)
def test_it_finds_nobody_in_logs_code_and_orders(detector, text):
    assert not {entity for _, entity in found(detector, text)} & {"PERSON", "LOCATION", "ADDRESS"}


def test_it_is_told_of_with_its_version(detector):
    assert detector.versions["guardrail-names"] == OWN.version
    assert ("guardrail-names", True) in [(one.name, one.verified) for one in installed()]


@pytest.mark.parametrize("damage", ["altered", "cut", "missing"])
def test_weights_that_are_not_the_ones_we_know_are_refused(tmp_path, damage):
    folder = shutil.copytree(locate(OWN), tmp_path / "weights")
    file = folder / "names.onnx"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(data if damage == "altered" else data[:-1])
    with pytest.raises(ConfigError, match="not the one we know") as refused:
        GuardrailNames.load(path=folder)
    assert "pip install" in refused.value.advice


def test_loading_tells_how_far_it_is():
    said = []
    GuardrailNames.load(progress=lambda label, part: said.append((label, part)))
    assert said == [("loading the name finder", 0.5)]


def test_a_long_run_without_a_space_is_read_in_bounded_windows(names):
    assert names.find(["x" * 100_000]) == [[]]
