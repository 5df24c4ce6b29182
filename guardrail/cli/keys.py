"""`guardrail keys init|rotate|status`: the secrets beside a ledger."""

from pathlib import Path
from typing import Annotated

import typer

from guardrail.cli import custody, options, output
from guardrail.errors import LedgerError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Make, look at and rotate keys.", no_args_is_help=True)
    group.command(
        "init",
        short_help="Make the key file of a ledger that is to be.",
        help=options.helped(
            "Make a key file, readable by its owner alone: the root of tokens and the seed that signs the "
            "ledger. Guard.load makes one by itself where there is neither ledger nor key; this is for keys "
            "that are kept elsewhere. An existing file is never replaced.",
            "guardrail keys init ledger.db.key",
        ),
    )(init)
    group.command(
        "rotate",
        short_help="Wrap the keys of bodies anew, and destroy the old key over them.",
        help=options.helped(
            "Make a new key-encryption key (LEDGER.kek), wrap every key of sealed bodies under it, and "
            "destroy the old one. Erasures and disposals before it are final then: no older copy of "
            "LEDGER.keys gives a key back, unless somebody kept the old LEDGER.kek. Tokens and the "
            "signing key stay as they are.",
            "guardrail keys rotate ledger.db",
        ),
    )(rotate)
    group.command(
        "status",
        short_help="Show which keys there are.",
        help=options.helped(
            "Show which keys there are, by kind; no secret.", "guardrail keys status ledger.db"
        ),
    )(status)
    app.add_typer(group, name="keys")


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The key file, such as ledger.db.key.")],
) -> None:
    """Run the command."""
    from guardrail.vault.keys import Keys  # noqa: PLC0415 - commands start without cryptography

    Keys.create(path)
    output.inform(f"made {path}; back it up, apart from the ledger: a lost key cannot be made again")


def rotate(
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
) -> None:
    """Run the command."""
    from guardrail.ledger.rotation import rotate as turn_over  # noqa: PLC0415 - commands start without SQLite

    with custody.opened(path, ledger, keys) as book, output.progress("rotation") as progress:
        done = turn_over(book, lambda count, total: progress("keys", count / total))
    said = f", {len(done.entries)} entries say what is final" if done.entries else ""
    output.inform(f"version {done.number} wraps {done.keys} keys{said}")


def status(
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
) -> None:
    """Run the command."""
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite
    from guardrail.ledger.keystore import KeyStore  # noqa: PLC0415 - as above
    from guardrail.vault.keys import Keys  # noqa: PLC0415 - as above

    file = options.ledger_path(path, ledger)
    held = Keys.load(keys or file.with_name(f"{file.name}.key"))
    rows = [("root of tokens, hashes", "1", "in the key file"), ("signature", "1", "in the key file")]
    with Reader.open(file) as reader:
        signer = reader.vkey
    _check(signer, held.log_seed)
    try:
        store = KeyStore.open(file, make=False)
    except LedgerError as fault:
        output.inform(f"note: {fault.message}")
    else:
        rows.append(("key-encryption", "1", f"version {store.kek_number}"))
        rows += [(kind, str(count), "wrapped") for kind, count in sorted(store.count().items())]
        store.close()
    output.print_table(("KEY", "COUNT", "WHERE"), rows)


def _check(vkey: str, seed: bytes) -> None:
    """Refuse a key file that is another ledger's."""
    from guardrail.ledger.note import VerifierKey, vkey_of_seed  # noqa: PLC0415 - as above

    if vkey_of_seed(VerifierKey.parse(vkey).name, seed) != vkey:
        raise LedgerError(
            "the key file is another ledger's: it does not sign this one",
            advice="name the ledger's own: --keys FILE",
        )
