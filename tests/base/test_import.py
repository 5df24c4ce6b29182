"""Importing guardrail costs an application nothing that it does not use."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import guardrail

HEAVY = (
    "presidio_analyzer",
    "presidio_anonymizer",
    "spacy",
    "pydantic",
    "starlette",
    "cryptography",
    "onnxruntime",
    "onnx",
    "numpy",
    "orjson",
    "tldextract",
    "typer",
    "rich",
    "jinja2",
    "sqlite3",
    "asyncio",
)


def modules_after(statement):
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    # A run that measures coverage loads modules of its own into every process: not into this one.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=plain)
    return set(json.loads(done.stdout))


def test_import_guardrail_loads_nothing_heavy():
    assert not modules_after("import guardrail") & set(HEAVY)


def test_listing_and_naming_errors_and_values_loads_nothing_heavy():
    statement = "import guardrail; dir(guardrail); from guardrail import Context, Finding, BodyError, Action"
    assert not modules_after(statement) & set(HEAVY)


def test_the_base_needs_neither_models_nor_web_nor_policy():
    base = (
        "guardrail.spans, guardrail.canonical, guardrail.tokens, guardrail.vault.memory, guardrail.vault.keys"
    )
    wire = "guardrail.wire.document, guardrail.wire.events, guardrail.wire.media, guardrail.wire.sse"
    loaded = modules_after(f"import {base}, {wire}")
    assert not loaded & {"presidio_analyzer", "spacy", "pydantic", "starlette", "onnxruntime", "numpy"}


@pytest.mark.parametrize("name", guardrail.__all__)
def test_every_public_name_leads_somewhere(name):
    assert getattr(guardrail, name) is not None
    assert name in dir(guardrail)


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Gaurd'"):
        _ = guardrail.Gaurd
