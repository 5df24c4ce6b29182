"""Measured comparisons: ratios of one run, on the same work. `make bench`, or BENCH=short for CI."""

from __future__ import annotations

import os
import sys
from importlib import import_module

ROOMS = ("asgi", "detect", "ledger", "postgres", "stream", "vault")


def main(names: list[str]) -> int:
    """Run the named comparisons, all without a name; print one line a figure."""
    short = os.environ.get("BENCH") == "short"
    unknown = set(names) - set(ROOMS)
    if unknown:
        sys.stderr.write(f"unknown comparison: {', '.join(sorted(unknown))}; known: {', '.join(ROOMS)}\n")
        return 2
    for room in names or ROOMS:
        sys.stdout.write(f"== {room}\n")
        for line in import_module(f"bench.{room}").run(short):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
