"""What the documents show, runs: every Python and shell block, in order, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pages
import pytest

from guardrail.detect.models import SPACY_SM, locate

RUN = (
    "README.md",
    "docs/quickstart.md",
    "docs/integrating.md",
    "docs/asgi.md",
    "docs/operating.md",
    "docs/protocols.md",
    "docs/quality.md",
    "docs/streaming.md",
)
# These need an SDK and a provider on loopback.
ELSEWHERE = {"docs/sdks.md": "tests/transport/test_recipes.py"}
MARKED = {"README.md": 3, "CONTRIBUTING.md": 1, "docs/proxy.md": 2, "docs/quickstart.md": 1}

pytestmark = pytest.mark.skipif(
    locate(SPACY_SM) is None, reason="the documents install the extra `models` first"
)


@pytest.mark.parametrize("page", RUN)
def test_what_a_page_shows_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # The blocks of a page are one program, as a reader would paste them.
    namespace = {"__name__": "__main__"}
    blocks = pages.blocks(pages.ROOT / page)
    shown = [block for block in blocks if block.run and block.language in {"python", "sh"}]
    assert shown
    try:
        for block in shown:
            if block.language == "python":
                source = "\n" * (block.line - 1) + block.source
                exec(compile(source, page, "exec"), namespace)  # noqa: S102 - our own documents
            else:
                run_shell(page, block)
    finally:
        guard = namespace.get("guard")
        if guard is not None:
            guard.close()


def run_shell(page, block):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.source],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{page}:{block.line} exits with {done.returncode}: {done.stderr}"


def test_few_blocks_are_not_run_and_each_says_why():
    marked = {
        pages.name(page): count
        for page in pages.pages()
        if (count := sum(not block.run for block in pages.blocks(page)))
    }
    assert marked == MARKED


def test_every_page_with_python_is_run():
    for page in pages.pages():
        name = pages.name(page)
        assert (
            name in RUN
            or name in ELSEWHERE
            or all(block.language != "python" for block in pages.blocks(page))
        )


def test_what_is_run_elsewhere_is():
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (pages.ROOT / test).read_text("utf-8")
