"""What the tests of the command line share: run it here, or as a process of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass

from guardrail.cli.app import main
from guardrail.types import Event

TEXT = "Ann Smith, ann@example.com, DE89 3704 0044 0532 0130 00\n"
VALUES = ("Ann", "Smith", "ann@example.com", "3704", "0532")


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class Shell:
    """Runs commands in this process, with a standard input of our own."""

    def __init__(self, capsysbinary, monkeypatch):
        self._captured = capsysbinary
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: object, stdin: str | bytes = b"") -> Result:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        self._captured.readouterr()
        code = main([str(one) for one in arguments])
        out, err = self._captured.readouterr()
        return Result(code, out.decode(), err.decode())


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "guardrail", *map(str, arguments)]


def process(*arguments: object, **options) -> subprocess.Popen:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command(*arguments), **(pipes | options))


def plain_environment(**more: str) -> dict[str, str]:
    """Return this environment without what decides on colours."""
    kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"}}
    return {**kept, "TERM": "xterm-256color", **more}


def fill(ledger, count):
    """Append entries until there are `count` more."""
    for _ in range(count):
        ledger.append(Event("test"))
