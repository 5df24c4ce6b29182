"""`guardrail hold place|release|list`: keep named entries for a matter."""

from typing import Annotated

import typer

from guardrail.cli import custody, options, output
from guardrail.errors import ConfigError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Keep named entries for a matter.", no_args_is_help=True)
    group.command(
        "place",
        short_help="Keep entries, whatever expires or is erased.",
        help=options.helped(
            "Keep the sealed bodies of these entries, and only these. Prints the hold's id and a salt: who "
            "has it and the matter's name can show that the hold belongs to it. The name is not stored.",
            "guardrail hold place --ledger ledger.db --entry 17 --entry 20-29 --matter 'case 7'",
            "guardrail hold place --ledger ledger.db --subject customer-4711 --matter 'case 7'",
        ),
    )(place)
    group.command(
        "release",
        short_help="End a hold.",
        help=options.helped(
            "End a hold. What is overdue goes with the next guardrail retention run.",
            "guardrail hold release 00112233445566ff --ledger ledger.db",
        ),
    )(release)
    group.command(
        "list",
        short_help="List holds.",
        help=options.helped("List holds, oldest first.", "guardrail hold list ledger.db"),
    )(list_)
    app.add_typer(group, name="hold")


def place(  # noqa: PLR0913 - options of a command
    *,
    matter: Annotated[str, typer.Option("--matter", help="What it is kept for; it is not stored.")],
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    entry: Annotated[
        list[str] | None, typer.Option("--entry", metavar="N|N-M", help="An entry, or a range. Repeatable.")
    ] = None,
    subject: Annotated[str, typer.Option("--subject", help="All entries on this subject until now.")] = "",
    tenant: custody.Tenant = "",
) -> None:
    """Run the command."""
    from guardrail.ledger import holds  # noqa: PLC0415 - commands start without SQLite

    indexes = [index for text in entry or () for index in _range(text)]
    with custody.opened(None, ledger, keys) as book:
        hold = holds.place(book, indexes, matter=matter, subject=subject, tenant=tenant)
    output.print_table(
        ("HOLD", "ENTRY", "KEEPS", "SALT"),
        [(hold.id.hex(), str(hold.entry.index), str(len(hold.indexes)), hold.salt.hex())],
    )


def release(
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="The hold's id.")],
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
) -> None:
    """Run the command."""
    from guardrail.ledger import holds  # noqa: PLC0415 - commands start without SQLite

    kid = custody.hold_id(hold)
    with custody.opened(None, ledger, keys) as book:
        entry = holds.release(book, kid)
    output.inform("it had ended before" if entry is None else f"released, entry {entry.index}")


def list_(path: options.LedgerArgument = None, *, ledger: options.LedgerPath = None) -> None:
    """Run the command."""
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite
    from guardrail.ledger.header import parse_header  # noqa: PLC0415 - as above

    rows = []
    with Reader.open(options.ledger_path(path, ledger)) as reader:
        for kid, (placed, released) in sorted(reader.holds().items(), key=lambda item: item[1][0]):
            header = parse_header(reader.entry(placed).header)
            ranges = header.act.ranges if header.act else ()
            named = ", ".join(str(a) if b == a + 1 else f"{a}-{b - 1}" for a, b in ranges)
            ended = "-" if released is None else f"entry {released}"
            rows.append((kid.hex(), custody.date_of(header.time_us // 1_000_000), ended, named))
    output.print_table(("HOLD", "PLACED (UTC)", "RELEASED", "KEEPS"), rows)


def _range(text: str) -> range:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or len(text) > 30:
        raise ConfigError("this names no entries", advice="write an index, 17, or a range, 20-29")
    start, end = int(first), int(last or first)
    if not start <= end < start + 10_000:
        raise ConfigError("the range is empty, or too long", advice="write at most 10,000 entries")
    return range(start, end + 1)
