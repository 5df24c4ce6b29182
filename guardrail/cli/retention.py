"""`guardrail retention plan|run`: what goes when and why, and letting it go."""

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from guardrail.cli import custody, options, output, vault

if TYPE_CHECKING:
    from guardrail.ledger.remote import Place
    from guardrail.ledger.retention import Due
    from guardrail.policy import PolicySet

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Let go of what has had its time.", no_args_is_help=True)
    group.command(
        "plan",
        short_help="Show what goes when, and why.",
        help=options.helped(
            "Show what goes when: sealed bodies by the day on which they expire, what a hold keeps of them, "
            "and how long each class is kept, by which policy. Conflicts between periods are named. Nothing "
            "is changed. Exit code 1: the policies in force contradict one another or a clause they name.",
            "guardrail retention plan ledger.db",
            "guardrail retention plan ledger.db --json | jq .records",
            "guardrail retention plan ledger.db --vault vault.db",
        ),
    )(plan)
    group.command(
        "run",
        short_help="Destroy what is due.",
        help=options.helped(
            "Destroy the keys of what has expired, say so in the ledger, and remove what nobody can read "
            "any more. What was killed halfway is continued; a second run does nothing. A clock that is "
            "more than 26 hours past the ledger's last timestamp destroys nothing.",
            "guardrail retention run ledger.db",
            "guardrail retention run ledger.db --dry-run",
            "guardrail retention run ledger.db --vault vault.db",
        ),
    )(run)
    app.add_typer(group, name="retention")


def plan(
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    vault_at: vault.VaultPath = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run the command."""
    from guardrail.ledger.retention import leftover, plan  # noqa: PLC0415 - commands start without SQLite

    with custody.reading(path, ledger, keys) as (reader, store):
        due, waiting, policies = plan(reader, store), leftover(reader), custody.in_force(reader)
    now = int(time.time())
    if as_json:
        for one in due:
            line = {**asdict(one), "kid": one.kid.hex(), "due": one.at <= now}
            output.write_bytes(json.dumps(line).encode("ascii") + b"\n")
    else:
        output.print_table(
            ("GOES (UTC)", "TENANT", "CLASS", "BODIES", "HELD", "WHY"), [_row(one, now) for one in due]
        )
        if waiting:
            output.inform(f"{waiting} bodies have no key any more; the next run removes them")
    if vault_at:
        _plan_vault(vault_at, keys, options.ledger_path(path, ledger), as_json=as_json)
    if policies is not None:
        _bounds(policies, table=not as_json)


def run(  # noqa: PLR0913 - the options are the interface
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    vault_at: vault.VaultPath = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    sure: Annotated[
        bool,
        typer.Option("--clock-is-right", help="The clock is right although the ledger rested for days."),
    ] = False,
) -> None:
    """Run the command."""
    from guardrail.ledger import retention  # noqa: PLC0415 - commands start without SQLite
    from guardrail.subjects import expire  # noqa: PLC0415 - commands start without SQLite

    if dry_run:
        now = int(time.time())
        with custody.reading(path, ledger, keys) as (reader, store):
            due = [one for one in retention.plan(reader, store) if one.at <= now]
            waiting = retention.leftover(reader)
        bodies = sum(one.records - one.held for one in due)
        output.inform(f"would destroy {len(due)} keys, and remove {bodies + waiting} bodies")
        if vault_at:
            with vault.opened_vault(vault_at, keys, options.ledger_path(path, ledger, keys=keys)) as held:
                output.inform(f"would remove {held.leftover()} rows of the vault")
        return
    with custody.opened(path, ledger, keys) as book, output.progress("retention") as progress:
        if sure:
            book.confirm_clock()
        done = retention.run(book, progress)
        if vault_at:  # behind the ledger's: its clock is believed
            with vault.opened_vault(vault_at, keys, options.ledger_path(path, ledger, keys=keys)) as held:
                rows = expire(book, held)
    output.inform(f"destroyed {done.epochs} keys, removed {done.records} bodies")
    if vault_at:
        output.inform(f"removed {rows} rows of the vault")


def _plan_vault(where: str, keys: str | None, file: "Place", *, as_json: bool) -> None:
    with vault.opened_vault(where, keys, file) as held:
        endings, waiting = held.plan(), held.leftover()
    for one in endings if as_json else ():
        line = {"kid": one.kid.hex(), "retention": "vault", "at": one.at, "records": one.rows}
        output.write_bytes(json.dumps(line).encode("ascii") + b"\n")
    if not as_json:
        rows = [(custody.date_of(one.at), "vault", str(one.rows)) for one in endings]
        output.print_table(("GOES (UTC)", "CLASS", "ROWS"), rows)
    if waiting:
        output.inform(f"{waiting} rows of the vault have had their time; the next run removes them")


def _row(one: "Due", now: int) -> tuple[str, ...]:
    why = "its day is over" if one.at <= now else f"in {(one.at - now) // 86_400} days"
    return (
        custody.date_of(one.at),
        one.tenant or "-",
        one.retention,
        str(one.records),
        str(one.held or "-"),
        f"expired: {why}" if one.at <= now else why,
    )


def _bounds(policies: "PolicySet", *, table: bool) -> None:
    from guardrail.policy.keeping import keeping  # noqa: PLC0415 - commands start without pydantic
    from guardrail.policy.retention import CLASSES  # noqa: PLC0415 - as above

    rows = []
    for document in policies.documents:
        for name in CLASSES:
            said = document.policy.retention.get(name)
            if said is not None:
                rows.append(
                    (name, said.keep, said.at_least or "-", said.at_most or "-", document.name, said.source)
                )
    if table and rows:
        output.print_table(("CLASS", "KEPT", "AT LEAST", "AT MOST", "POLICY", "SOURCE"), rows)
    conflicts = list(keeping(policies))
    for one in conflicts:
        output.say_fault("conflict", str(one))
    if any(one.severity == "error" for one in conflicts):
        raise typer.Exit(1)
