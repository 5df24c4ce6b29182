"""A model that the user trained: found by its folder, refused where it is not one."""

from __future__ import annotations

import shutil

import pytest

from guardrail.detect.guardrail_names import GuardrailNames
from guardrail.detect.models import OWN, locate
from guardrail.errors import ConfigError


def test_a_folder_without_the_vocabulary_is_refused(tmp_path):
    """Pieces of other words would be read as names of nobody."""
    with pytest.raises(ConfigError, match="vocabulary"):
        GuardrailNames.load_trained(tmp_path)
    (tmp_path / "vocab.txt").write_text("[PAD]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="vocabulary"):
        GuardrailNames.load_trained(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"no model", b"\x08\x07"])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    """The runtime's own words are not repeated: they would be of no help."""
    shutil.copy(locate(OWN) / "vocab.txt", tmp_path)
    if content is not None:
        (tmp_path / "names.onnx").write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        GuardrailNames.load_trained(tmp_path)
    assert "guardrail train" in refused.value.advice
    assert refused.value.__cause__ is None
