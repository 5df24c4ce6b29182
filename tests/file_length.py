"""Fail when a source file is longer than 400 lines: one file, one noun."""

import subprocess
import sys
from pathlib import Path

LIMIT = 400


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines()) if path.exists() else 0


def main() -> int:
    names = subprocess.run(
        ["git", "ls-files", "*.py"], check=True, capture_output=True, text=True
    ).stdout.split()
    long = {
        n: k
        for n in names
        if Path(n).exists() and (k := len(Path(n).read_text("utf-8").splitlines())) > LIMIT
    }
    for name, lines in long.items():
        sys.stderr.write(f"{name}: {lines} lines, at most {LIMIT}; split it by what it is about\n")
    return 1 if long else 0


if __name__ == "__main__":
    sys.exit(main())
