"""`guardrail erase`: make everything under one subject's key unreadable, with a certificate."""

from contextlib import nullcontext
from typing import Annotated

import typer

from guardrail.cli import custody, options, output, vault

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "erase",
        short_help="Erase one subject, with a certificate.",
        help=options.helped(
            "Destroy the key of one subject: nothing under it opens any more, and the ledger stays intact. "
            "Prints a certificate with proofs that names nobody. The subject is your own id, as the "
            "application gives it; - reads it from standard input, so that no shell remembers it. What a "
            "hold keeps stays readable for the hold alone (stage restricted). With --vault, what turns the "
            "subject's tokens back goes too. With --certificate: how an earlier erasure stands now.",
            "guardrail erase customer-4711 --ledger ledger.db -o erasure.json",
            "guardrail erase customer-4711 --ledger ledger.db --vault vault.db -o erasure.json",
            "guardrail erase - --ledger ledger.db --reason consent < id.txt",
            "guardrail erase --certificate 00112233445566ff --ledger ledger.db",
        ),
    )(erase)


def erase(  # noqa: PLR0913 - options of a command
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The subject's id, or -.")] = "",
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    vault_at: vault.VaultPath = None,
    tenant: custody.Tenant = "",
    reason: Annotated[
        str,
        typer.Option("--reason", help="request, consent, objection, unlawful or unneeded (GDPR Art. 17(1))."),
    ] = "request",
    again: Annotated[
        str, typer.Option("--certificate", metavar="ID", help="The id that a certificate names in kids.")
    ] = "",
    out: options.Out = None,
) -> None:
    """Run the command."""
    from guardrail import subjects  # noqa: PLC0415 - commands start without SQLite
    from guardrail.ledger import retention  # noqa: PLC0415 - commands start without SQLite

    name = options.read_text("-").strip() if subject == "-" else subject
    with custody.opened(None, ledger, keys) as book:
        if again:
            found = subjects.erasure_of(book, custody.hold_id(again))
        else:
            file = options.ledger_path(ledger, keys=keys)
            with vault.opened_vault(vault_at, keys, file) if vault_at else nullcontext() as store:
                found = subjects.erase(book, store, name, tenant=tenant, reason=reason)
            removed = retention.sweep(book)
            output.inform(f"{found.stage}: {found.records} bodies, {found.held} held, {removed} rows removed")
            reached = "no vault was named (--vault): what a guard has in one, or in memory, is not reached"
            output.inform(reached if found.vault is None else f"vault: {found.vault} rows")
    custody.put(found.format(), out)
