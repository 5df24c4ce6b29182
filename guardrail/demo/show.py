"""How the demo looks: renderables for one console, plain where nobody sees colours."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from guardrail.ledger.header import parse_header
from guardrail.tokens import mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from guardrail.demo.attempts import Attempt
    from guardrail.demo.conversation import Conversation, Planted
    from guardrail.demo.drive import Run, Turn
    from guardrail.demo.verdict import Row
    from guardrail.ledger import Report
    from guardrail.ledger.header import Header
    from guardrail.types import Entry

__all__ = ["attempts_table", "brought_table", "entries_table", "figures_table", "planted_table", "turn_panel"]

_DATA: Final = "red"
_INSTEAD: Final = "green"
_MASKS: Final = r"\*{4,}\w*|\[[A-Z_]{3,}\]"


def turn_panel(number: int, turn: Turn, conversation: Conversation) -> Panel:
    """Return one turn of the guarded run, side by side: user and model, answer and log."""
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    planted = conversation.planted
    grid.add_row(
        _said("the user wrote", turn.wrote, planted), _said("the model received", turn.received, planted)
    )
    grid.add_row("", "")
    grid.add_row(_said("the user got back", turn.answer, planted), _said("the log holds", turn.log, planted))
    return Panel(grid, title=f"turn {number}, guarded", title_align="left", box=box.ROUNDED)


def planted_table(rows: Iterable[Row]) -> Table:
    """Return what became of the user's values, unguarded / guarded."""
    table = _values_table("what the user wrote", "model received", "user\ngot back")
    for row in rows:
        if not row.planted.own:
            model = _found(row.direct.model, row.guarded.model)
            log = _found(row.direct.log, row.guarded.log)
            table.add_row(row.planted.kind, row.planted.value, model, log, _found(row.ledger), _returned(row))
    return table


def brought_table(rows: Iterable[Row]) -> Table:
    """Return what became of the values that the model brought, unguarded / guarded."""
    table = _values_table("what the model brought", "user received", "")
    for row in rows:
        if row.planted.own:
            user = _found(row.direct.answer, row.guarded.answer)
            log = _found(row.direct.log, row.guarded.log)
            table.add_row(row.planted.kind, row.planted.value, user, log, _found(row.ledger))
    return table


def entries_table(entries: Iterable[Entry]) -> Table:
    """Return the ledger's entries: kinds and numbers, which is all that they hold."""
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("entry", justify="right")
    table.add_column("type", no_wrap=True)
    table.add_column("found and done", ratio=1)
    table.add_column("outcome")
    table.add_column("kept until", no_wrap=True)
    for entry in entries:
        header = parse_header(entry.header)
        until = f"{datetime.fromtimestamp(header.expires, UTC):%Y-%m-%d}" if header.expires else ""
        table.add_row(str(entry.index), header.type, _findings(header), _facts(header), until)
    return table


def figures_table(direct: Run, guarded: Run, held: Sequence[int]) -> Table:
    """Return what the guard cost in this run; times in ms, the hold in characters."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    titles = (
        "turn",
        "first text\ndirect",
        "first text\nguarded",
        "whole answer\ndirect",
        "whole answer\nguarded",
    )
    for title in (*titles, "of which\ndetection", "longest hold\n(characters)"):
        table.add_column(title, justify="right")
    for number, (plain, own) in enumerate(zip(direct.turns, guarded.turns, strict=True), 1):
        times = (plain.first_ms, own.first_ms, plain.whole_ms, own.whole_ms, own.detect_ms)
        hold = str(held[number - 1]) if number <= len(held) else ""
        table.add_row(str(number), *(f"{ms:.0f} ms" for ms in times), hold)
    return table


def attempts_table(tried: Iterable[Attempt]) -> Table:
    """Return the attacks in the verifier's own words."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("what was done to a copy")
    table.add_column("guardrail ledger verify, file alone", ratio=1)
    table.add_column("with the checkpoint that an auditor kept", ratio=1)
    table.add_column("")
    for attempt in tried:
        caught = Text("caught", _INSTEAD) if attempt.caught else Text("MISSED", f"bold {_DATA}")
        table.add_row(attempt.title, _report(attempt.alone), _report(attempt.audited), caught)
    return table


def _said(title: str, text: str, planted: Iterable[Planted]) -> Group:
    body = Text(text.rstrip("\n"))
    body.highlight_words([one.value for one in planted], _DATA)
    body.highlight_regex(_MASKS, _INSTEAD)
    for mention in mentions(body.plain):
        body.stylize(_INSTEAD, mention.start, mention.end)
    return Group(Text(title, "bold"), body)


def _values_table(title: str, received: str, returned: str) -> Table:
    """Return a table that still shows every column on 80 columns, where long values wrap."""
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0), expand=True)
    table.add_column("", min_width=11)
    table.add_column(title, min_width=18, overflow="fold", ratio=1)
    for shared in (received, "log holds"):
        table.add_column(shared, min_width=12, no_wrap=True)
    table.add_column("ledger\nholds", min_width=6)
    table.add_column(returned, min_width=9)
    return table


def _found(*found: bool) -> Text:
    """Return one cell: what was found in each place."""
    words = [Text("LEAK", f"bold {_DATA}") if one else Text("clean", _INSTEAD) for one in found]
    return Text(" / ").join(words)


def _returned(row: Row) -> Text:
    if row.guarded.answer:
        return Text("restored", _INSTEAD) if row.planted.returns else Text("shown")
    return Text("LOST", f"bold {_DATA}") if row.planted.returns else Text("kept back")


def _findings(header: Header) -> str:
    """Return "tokenize PERSON 2, ADDRESS 1; mask CREDIT_CARD 1"."""
    by_action = defaultdict(list)
    for entity, actions in header.findings.items():
        for action, count in actions.items():
            by_action[action].append(f"{entity} {count}")
    return "; ".join(f"{action} {', '.join(found)}" for action, found in by_action.items())


def _facts(header: Header) -> str:
    """Return "ok, 3 restored"."""
    outcome = [str(header.facts["outcome"])] if "outcome" in header.facts else []
    numbers = [f"{header.facts[name]} {name}" for name in ("restored", "records") if name in header.facts]
    return ", ".join(outcome + numbers)


def _report(report: Report) -> Text:
    said = Text(f"exit {report.exit_code}, {report.status}")
    for problem in report.problems:
        where = "" if problem.index is None else f"entry {problem.index}: "
        said.append(f"\n{where}{problem.message}")
    return said
