"""`guardrail vault status|rotate`: the store in which conversations remember their tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from guardrail.cli import custody, options, output

if TYPE_CHECKING:
    from guardrail.custody import Wrapper
    from guardrail.ledger.remote import Place
    from guardrail.vault.sealed import SealedStore

__all__ = ["VaultPath", "opened_vault", "register", "shown"]

VaultPath: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--vault",
        metavar="PATH|URL",
        help="Where conversations remember their tokens: a file, or PostgreSQL.",
    ),
]
Vault: TypeAlias = Annotated[str, typer.Argument(metavar="VAULT", help="The vault's file, or its URL.")]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Look at the vault, and rotate its keys.", no_args_is_help=True)
    group.command(
        "status",
        short_help="Show what the vault holds, and when it goes.",
        help=options.helped(
            "Show how many rows and keys the vault has, and on which day how many go. No value, no name.",
            "guardrail vault status vault.db --ledger ledger.db",
        ),
    )(status)
    group.command(
        "rotate",
        short_help="Wrap the vault's keys anew, and destroy the old key over them.",
        help=options.helped(
            "Make a new key-encryption key (VAULT.kek), wrap every key of the vault under it, and destroy "
            "the old one. Erasures before it are final then: no older copy of the vault gives a value back, "
            "unless somebody kept the old VAULT.kek. Killed at any point, the same command goes on. "
            "--to wraps the new key by another custody: after guardrail keys rotate --to, name both.",
            "guardrail vault rotate vault.db --ledger ledger.db",
            "guardrail vault rotate vault.db --ledger ledger.db --keys env:OLD --to env:NEW",
        ),
    )(rotate)
    app.add_typer(group, name="vault")


@contextmanager
def opened_vault(
    where: str, keys: str | None, file: "Place", *, to: str | None = None
) -> Iterator["SealedStore"]:
    """Open the vault that belongs to the ledger at `file`; what is not there is not made."""
    from dataclasses import replace  # noqa: PLC0415 - commands start without cryptography

    from guardrail.vault.keys import Keys  # noqa: PLC0415 - as above
    from guardrail.vault.opening import open_sealed  # noqa: PLC0415 - commands start without SQLite

    own = Keys.open(keys, ledger=options.files(file))
    if to is not None:
        own = replace(own, wrapper=_both(own.wrapper, Keys.open(to, ledger=options.files(file)).wrapper))
    store = open_sealed(where, own, beside=options.files(file), make=False)
    try:
        yield store
    finally:
        store.close()


def status(where: Vault, *, ledger: options.LedgerPath = None, keys: options.Keys = None) -> None:
    """Run the command."""
    with opened_vault(where, keys, options.ledger_path(ledger, keys=keys)) as store:
        counts, plan, waiting = store.counts(), store.plan(), store.leftover()
        number = store.ring.number
    words = {"rows": "rows", "subject": "keys of subjects", "epoch": "keys of days", "gone": "destroyed keys"}
    rows = [(words[name], str(count)) for name, count in counts.items() if name in words]
    output.print_table(("WHAT", "COUNT"), [*rows, ("version of the key over the keys", str(number))])
    output.print_table(("GO (UTC)", "ROWS"), [(custody.date_of(one.at), str(one.rows)) for one in plan])
    if waiting:
        output.inform(f"{waiting} rows have had their time; guardrail retention run --vault removes them")


def rotate(
    where: Vault,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URI", help="Wrap the new key there, as --keys spells it.")
    ] = None,
) -> None:
    """Run the command."""
    from guardrail.ledger.vault_acts import final  # noqa: PLC0415 - commands start without SQLite

    file = options.ledger_path(ledger, keys=keys)
    with custody.opened(str(file), None, to or keys) as book, opened_vault(where, keys, file, to=to) as store:
        with output.progress("rotation") as progress:
            count = store.rotate(lambda done, total: progress("keys", done / total))
        said = final(book)
        number = store.ring.number
    told = f", {said} erasures are final" if said else ""
    output.inform(f"version {number} wraps {count} keys{told}")


def _both(old: "Wrapper | None", new: "Wrapper | None") -> "Wrapper | None":
    from guardrail.custody.provider import Either  # noqa: PLC0415 - as above

    return Either(old, new) if old or new else None


def shown(where: str) -> str:
    """Return how a vault is told of: an address may hold a password."""
    return "URL" if "://" in where else where
