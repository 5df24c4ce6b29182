"""How a text is written, by counting: detectors that read one style well fail on another."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["STYLES", "style"]

STYLES: Final = ("prose", "lower-case", "capitals", "records", "code")

_JSON: Final = re.compile(r'\s*[\[{]|"[\w.-]{1,40}"\s*:')
_STAMPED: Final = re.compile(
    r"^\W{0,2}(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/]\d\d[-/ ]|\d{6} \d{6}\b|\d{10}\b|\[?\w{3} \w{3} +\d+ \d\d:"
    r"|[A-Z][a-z]{2} +\d{1,2} \d\d:|\[\d\d[.:]|\[[\d:. T-]{8,}\]|- \d{10} |\w+=\S+ \w+=)"
)
_LEVEL: Final = re.compile(r"\b(?:DEBUG|INFO|WARN|WARNING|ERROR|FATAL|TRACE)\b[\s:\]]")
_CODE: Final = re.compile(
    r"^\s*(?:def |class |import |from \S+ import |return\b|if .*:$|elif |else:|for .*:$|while .*:$|try:"
    r"|except\b|with .*:$|@\w|#|//|function\b|const |let |var |public |private |static |\w[\w.\[\]]* [-+]?= "
    r"|[\])}]+[,;)]?$|.*[;{]$|.*\w\($|self\.)"
)
_MOST: Final = 200  # lines that are looked at


def style(text: str) -> str:
    """Return one of `STYLES`: "records" is JSON or lines of a log. Linear in the length of the text."""
    lines = [line[:200] for line in text[:50_000].split("\n") if line.strip()][:_MOST]
    if _is_records(text, lines):
        return "records"
    if len(lines) >= 3 and 2 * sum(bool(_CODE.match(line)) for line in lines) >= len(lines):
        return "code"
    letters = [c for c in text[:50_000] if c.isalpha()]
    upper = sum(c.isupper() for c in letters)
    lower = sum(c.islower() for c in letters)
    if upper > 4 * lower and upper > 3:
        return "capitals"
    # One stray capital in a hundred letters does not make sentences.
    if lower and 100 * upper <= lower:
        return "lower-case"
    return "prose"


def _is_records(text: str, lines: list[str]) -> bool:
    if _JSON.match(text) and text.count('":') + text.count('" :') >= 1:
        return True
    stamped = sum(bool(_STAMPED.match(line) or _LEVEL.search(line)) for line in lines)
    return bool(lines) and 2 * stamped >= len(lines) and stamped > 0
