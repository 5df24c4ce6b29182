"""The page of entities is what the recognizers' tables say."""

from __future__ import annotations

from pathlib import Path

from guardrail.detect.table import render
from guardrail.policy import load

ROOT = Path(__file__).parents[2]


def test_the_page_of_entities_is_not_stale():
    page = (ROOT / "docs" / "entities.md").read_text("utf-8")
    assert page == render(page), "run: python -m guardrail.detect.table docs/entities.md"


def test_the_policy_of_safe_harbor_names_every_entity_that_the_page_promises():
    page = (ROOT / "docs" / "entities.md").read_text("utf-8")
    rows = [
        line
        for line in page.splitlines()
        if len(line.split("|")) == 6 and len(line.split("|")[1].strip()) == 1
    ]
    assert len(rows) == 18
    named = {part for row in rows for part in row.split("|")[3].split("`")[1::2] if part.isupper()}
    policy = load(ROOT / "policies" / "hipaa-safe-harbor.toml")
    assert named <= policy.entities
