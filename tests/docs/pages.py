"""The documents of this repository: their pages, code blocks, links and words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TOP = ("README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "policies/README.md")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: [^\n]+ -->\n\Z")
_CODE = re.compile(r"`[^`\n]+`")
_ALL_CODE = re.compile(r"^```.*?^```$|``[^`]+``|`[^`]+`", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its source, its line in the page, and whether it is run."""

    language: str
    source: str
    line: int
    run: bool


def pages() -> list[Path]:
    """Return every page in the repository that people read."""
    return [*(ROOT / name for name in _TOP), *sorted((ROOT / "docs").rglob("*.md"))]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(m[1], m[2], text.count("\n", 0, m.start()) + 2, run=not _NOT_RUN.search(text[: m.start()]))
        for m in _FENCE.finditer(text)
    ]


def spans(page: Path) -> list[str]:
    """Return what stands between backticks in running text."""
    return [m[0].strip("`") for m in _CODE.finditer(_FENCE.sub("", page.read_text("utf-8")))]


def prose(page: Path) -> str:
    """Return the page without code."""
    return _ALL_CODE.sub(" ", page.read_text("utf-8"))


def table(page: Path, mark: str) -> list[list[str]]:
    """Return the cells of the table between "mark: begin" and "mark: end", without its header."""
    after = page.read_text("utf-8").partition(f"<!-- {mark}: begin -->\n")[2]
    part = after.partition(f"<!-- {mark}: end -->")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]
