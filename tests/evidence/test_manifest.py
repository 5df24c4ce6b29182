"""The manifest is a claim: whatever else it says is noticed."""

import json

import pytest
from packs import change_manifest, messages, unpacked

from guardrail.canonical import canonical
from guardrail.evidence.manifest import Manifest


@pytest.mark.parametrize(
    "change",
    [
        {"size": 20},
        {"stop": 13},
        {"first": 0},
        {"origin": "another"},
    ],
)
def test_a_manifest_that_says_otherwise_is_noticed(judged, change):
    assert judged(lambda files: change_manifest(files, **change)).exit_code == 40


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"first": -1},
        {"first": True},
        {"stop": 99},
        {"since": "x"},
        {"policies": {"x": ["y"]}},
        {"policies": {"a" * 64: "b"}},
        {"policies": {"a" * 64: []}},
        {"files": []},
    ],
)
def test_a_manifest_of_another_shape_is_unusable(judged, change):
    def spoil(files):
        change_manifest(files, **change)

    report = judged(spoil, listed=False)
    assert report.exit_code == 50
    assert "manifest" in messages(report)


@pytest.mark.parametrize("data", [b"", b"[]", b"{ }", b"\xff"])
def test_a_manifest_that_is_none_is_unusable(judged, data):
    assert judged(lambda files: files.update({"manifest.json": data}), listed=False).exit_code == 50


def test_a_file_described_in_another_way_is_refused(pack):
    table = json.loads(unpacked(pack)["manifest.json"])
    table["files"]["checkpoint"] = {"n": 3}
    with pytest.raises(ValueError, match="another way"):
        Manifest.parse(canonical(table))


@pytest.mark.parametrize("change", [{"v": 2}, {"page": 2}])
def test_a_newer_pack_is_unusable_and_says_which_version_is_known(judged, change):
    report = judged(lambda files: change_manifest(files, **change))
    assert report.exit_code == 50
    assert "version 1" in messages(report)


def test_a_pack_without_a_manifest_is_unusable(judged):
    assert judged(lambda files: files.pop("manifest.json"), listed=False).exit_code == 50
