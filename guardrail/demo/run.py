"""The demo from its first line to its last: run, measure, attack, and say what held."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rich.rule import Rule
from rich.text import Text

from guardrail.demo import conversation as conversations
from guardrail.demo import show, verdict
from guardrail.demo.attempts import Attempt, Auditor, attempts
from guardrail.demo.drive import WatchedGuard, drive
from guardrail.ledger import Reader, verify
from guardrail.ledger.header import parse_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rich.console import Console, RenderableType

    from guardrail.demo.conversation import Conversation
    from guardrail.demo.drive import Run, Turn

    Progress = Callable[[str], AbstractContextManager[Callable[[str, float], None]]]

__all__ = ["POLICY", "run"]

POLICY: Final = "gdpr-chat"


def run(console: Console, folder: Path, *, progress: Progress, load: Callable[..., WatchedGuard]) -> bool:
    """Run the demo in an empty folder; return whether everything held.

    `load` makes the guard (`WatchedGuard.load`), `progress` shows what is waited for.

    Raises:
        ConfigError, LedgerError: something that the demo needs is missing.
    """
    begun = time.perf_counter()
    talk = conversations.load(conversations.example("support-chat.toml"))
    _say(console, f"{talk.title}, run twice: straight to the model, then behind the policy {POLICY}.")
    _say(console, "Every value is fictional, and all that you see is measured in this run.")
    with progress("the unguarded run"):
        direct = drive(talk.turns, log=folder / "direct.log")
    with progress("loading the detectors") as report:
        guard = load(POLICY, ledger=folder / "ledger.db", progress=report)
    with guard:
        earlier, guarded, files = _guarded(console, talk, guard, folder)
        vkey, seed = guard.ledger.vkey, guard.keys.log_seed
    auditor = Auditor(vkey, (folder / "ledger.db.checkpoint").read_bytes())
    rows = verdict.measure(talk, direct=direct, guarded=guarded, files=[*files, *_files(folder)])
    faults = list(verdict.faults(rows, talk, guarded))
    _show_verdict(console, rows)
    _show_passed(console, talk, guarded)
    faults += _show_ledger(console, folder, auditor, direct=direct, guarded=guarded)
    tried = attempts(
        folder / "ledger.db", folder=folder / "tampered", auditor=auditor, earlier=earlier, seed=seed
    )
    faults += _show_attempts(console, tried)
    _conclude(console, faults, values=len(rows), tried=len(tried), seconds=time.perf_counter() - begun)
    return not faults


def _guarded(
    console: Console, talk: Conversation, guard: WatchedGuard, folder: Path
) -> tuple[int, Run, list[bytes]]:
    """Run behind the guard; return the ledger's size half-way, the run, and the ledger's open files."""
    sizes = []

    def after(number: int, turn: Turn) -> None:
        console.print(show.turn_panel(number, turn, talk))
        if number == max(1, len(talk.turns) // 2):
            guard.ledger.checkpoint()
            sizes.append(guard.ledger.size)

    done = drive(talk.turns, log=folder / "guarded.log", guard=guard, after=after)
    # The write-ahead log is gone when the ledger is closed: what it holds is read before.
    return sizes[0], done, _files(folder)


def _files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("ledger.db*"))]


def _show_verdict(console: Console, rows: Iterable[verdict.Row]) -> None:
    console.print(Rule("every planted value: direct / guarded", align="left"))
    rows = tuple(rows)
    console.print(show.planted_table(rows))
    console.print(show.brought_table(rows))
    _say(
        console,
        "Searched: each request that reached the model, byte for byte; the service's log file; the answers; "
        "every byte of the ledger's files. A part of a name or eight digits of a number count.",
    )


def _show_passed(console: Console, talk: Conversation, guarded: Run) -> None:
    for planted in talk.passes:
        reached = (
            "reached the guarded model"
            if verdict.reached(planted, guarded)
            else "did NOT reach the guarded model"
        )
        _say(console, f"The {planted.kind} {planted.value} is nobody's data, and {reached}.")


def _show_ledger(console: Console, folder: Path, auditor: Auditor, *, direct: Run, guarded: Run) -> list[str]:
    """Show the entries and what the run cost; verify the ledger as an outsider would."""
    console.print(Rule("the ledger", align="left"))
    with Reader.open(folder / "ledger.db") as reader:
        entries = list(reader.entries())
    console.print(show.entries_table(entries))
    report = verify(folder / "ledger.db", vkey=auditor.vkey, known=[auditor.checkpoint])
    _say(console, f"guardrail ledger verify: exit {report.exit_code}, {report.status}, {report.size} entries")
    console.print(Rule("what it cost in this run", align="left"))
    headers = [parse_header(entry.header) for entry in entries]
    held = [int(str(h.facts.get("held", 0))) for h in headers if h.type == "exchange.response"]
    console.print(show.figures_table(direct, guarded, held))
    return [] if report.exit_code == 0 else ["the ledger does not verify"]


def _show_attempts(console: Console, tried: Iterable[Attempt]) -> list[str]:
    console.print(Rule("copies of the ledger, tampered with", align="left"))
    tried = tuple(tried)
    console.print(show.attempts_table(tried))
    _say(
        console,
        "A cut tail, and a chain that is signed again with the stolen key, are seen only by who kept a "
        "checkpoint: send ledger.db.checkpoint to somebody whom the attacker does not control.",
    )
    return [f"not caught: {attempt.title}" for attempt in tried if not attempt.caught]


def _conclude(console: Console, faults: list[str], *, values: int, tried: int, seconds: float) -> None:
    console.print(Rule("all in all", align="left"))
    if faults:
        for fault in faults:
            console.print(Text.assemble(("DID NOT HOLD  ", "bold red"), fault))
        return
    held = f"{values} of {values} values guarded, {tried} of {tried} tamperings caught"
    console.print(Text.assemble(("Everything held: ", "bold green"), f"{held}, in {seconds:.0f} seconds."))


def _say(console: Console, line: RenderableType) -> None:
    console.print(line, markup=False)
