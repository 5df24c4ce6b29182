"""What did not hold is as plain as what did."""

from __future__ import annotations

import io

from rich.console import Console

from guardrail.demo import show
from guardrail.demo.attempts import Attempt
from guardrail.demo.conversation import Planted
from guardrail.demo.verdict import Row, Seen
from guardrail.ledger import Report

LEAKED = Seen(model=True, log=True, answer=True)
CLEAN = Seen(model=False, log=False, answer=False)


def printed(renderable, *, colour=False):
    console = Console(
        file=io.StringIO(),
        width=100,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        legacy_windows=False,
    )
    console.print(renderable)
    return console.file.getvalue()


def row(planted, *, guarded, ledger=False):
    return Row(planted, direct=LEAKED, guarded=guarded, ledger=ledger)


def test_a_value_that_must_come_back_and_does_not_is_lost():
    assert "LOST" in printed(show.planted_table([row(Planted("name", "x", returns=True), guarded=CLEAN)]))


def test_a_value_that_need_not_come_back_is_kept_back_or_shown():
    planted = Planted("card", "x")
    assert "kept back" in printed(show.planted_table([row(planted, guarded=CLEAN)]))
    assert "shown" in printed(show.planted_table([row(planted, guarded=LEAKED)]))


def test_each_table_has_the_values_of_its_own_side():
    rows = [
        row(Planted("name", "theirs"), guarded=CLEAN),
        row(Planted("name", "own", own=True), guarded=CLEAN),
    ]
    assert "own" not in printed(show.planted_table(rows))
    assert "theirs" not in printed(show.brought_table(rows))


def test_an_attack_that_is_not_caught_is_missed(tmp_path):
    attempt = Attempt("the tail cut", tmp_path, Report("ok", 3), Report("ok", 3))
    assert "MISSED" in printed(show.attempts_table([attempt]))


def test_colours_are_for_terminals():
    table = show.planted_table([row(Planted("name", "x"), guarded=CLEAN)])
    assert "\x1b[" in printed(table, colour=True)
    assert "\x1b[" not in printed(table)
