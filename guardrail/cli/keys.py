"""`guardrail keys init|rotate|status`: the secrets of a ledger, wherever they rest."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from guardrail.cli import custody, keys_rotate, options, output
from guardrail.errors import ConfigError, LedgerError

if TYPE_CHECKING:
    from guardrail.custody import Secrets, State
    from guardrail.ledger.remote import Place

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Make, look at, rotate and move keys.", no_args_is_help=True)
    group.command(
        "init",
        short_help="Make the keys of a ledger that is to be.",
        help=options.helped(
            "Make new keys where the URI says: the root of tokens and the seed that signs the ledger. "
            "Guard.load makes a plain file by itself where there is neither ledger nor key; all else is made "
            "here. What exists is never replaced. Keys for a variable are printed, in base64, where standard "
            "output is not a terminal.",
            "guardrail keys init ledger.db.key",
            "guardrail keys init env:GUARDRAIL_KEYS | your-secret-store put guardrail",
            "guardrail keys init keyring:guardrail/prod",
            "guardrail keys init vault-transit://vault.example.com/transit/guardrail --ledger ledger.db",
            "guardrail keys init aws-kms:arn:aws:kms:eu-central-1:111122223333:key/ID --ledger ledger.db",
        ),
    )(init)
    group.command(
        "rotate",
        short_help="Wrap the keys of bodies anew, and destroy the old key over them.",
        help=options.helped(
            "Make a new key-encryption key (LEDGER.kek), wrap every key of sealed bodies under it, and "
            "destroy the old one. Erasures and disposals before it are final then: no older copy of "
            "LEDGER.keys gives a key back, unless somebody kept the old LEDGER.kek. Tokens and the "
            "signing key stay as they are. Killed at any point, the same command goes on. --to moves the "
            "keys to another place; --retire makes a new version of a Vault key, if it has none "
            "yet that is unused, and lets the older ones open nothing any more, whatever else they wrapped.",
            "guardrail keys rotate ledger.db --dry-run",
            "guardrail keys rotate ledger.db",
            "guardrail keys rotate ledger.db --keys env:GUARDRAIL_KEYS",
            "guardrail keys rotate ledger.db --to vault-transit://vault.example.com/transit/guardrail",
            "guardrail keys rotate ledger.db --keys vault-transit://vault.example.com/transit/key --retire",
        ),
    )(keys_rotate.rotate)
    group.command(
        "status",
        short_help="Show which keys there are, and where they rest.",
        help=options.helped(
            "Show which keys there are, by kind, where they rest, and in which version; also the named keys "
            "of hash, encrypt and fpe that the policies in force use. No secret.",
            "guardrail keys status ledger.db",
            "guardrail keys status ledger.db --keys keyring:guardrail/prod --json",
        ),
    )(status)
    app.add_typer(group, name="keys")


def init(
    where: Annotated[
        str, typer.Argument(metavar="URI", help="Where they are to rest, such as ledger.db.key.")
    ],
    *,
    ledger: options.LedgerPath = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was made as one JSON object.")] = False,
) -> None:
    """Run the command."""
    from guardrail.custody import Secrets, custody_of  # noqa: PLC0415 - commands start without cryptography
    from guardrail.ledger.stores import is_there  # noqa: PLC0415 - as above

    book = options.optional_ledger(ledger)
    place = custody_of(where, ledger=options.files(book))
    if book is not None and is_there(book):
        raise ConfigError(
            "this ledger has its keys: other keys do not continue it",
            advice=f"restore its own; or move them: guardrail keys rotate {book} --to {where}",
        )
    secrets = Secrets.fresh()
    if place.uri.startswith("env:"):
        _hand_over(secrets, place.uri, as_json=as_json)
        return
    place.keep(secrets)
    if as_json:
        output.write_bytes(json.dumps({"made": place.uri}).encode() + b"\n")
    output.inform(f"made {place.uri}; back it up, apart from the ledger: a lost key cannot be made again")


def _hand_over(secrets: "Secrets", uri: str, *, as_json: bool) -> None:
    """Print keys for a variable, where nobody looks on: a terminal keeps what it has shown."""
    from guardrail.custody.environment import encode  # noqa: PLC0415 - as above

    if sys.stdout.isatty() or as_json:
        raise ConfigError(
            "keys for a variable are printed, and a terminal or a report is no place for them",
            advice=f"send them on: guardrail keys init {uri} | your-secret-store put …, without --json",
        )
    output.write_bytes(encode(secrets).encode("ascii") + b"\n")
    output.inform("made keys for a variable; back them up, apart from the ledger")


def status(
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Run the command."""
    from guardrail.custody import custody_of  # noqa: PLC0415 - commands start without cryptography
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite

    file = options.ledger_path(path, ledger, keys=keys)
    place = custody_of(keys, ledger=options.files(file))
    own = custody.held(keys, file)
    with Reader.open(file) as reader:
        _check(reader.vkey, own.log_seed)
        named = keys_rotate.named_keys(reader)
    state = place.state()
    kek, counts, fault = _bodies(keys, file)
    if as_json:
        facts = {"kind": state.kind, "place": state.place, "version": state.version, "note": state.note}
        line = {"custody": facts, "kek": kek, "keys": counts, "named": named}
        output.write_bytes(json.dumps(line).encode() + b"\n")
    else:
        _table(state, kek, counts, named)
    if state.note:
        output.inform(f"note: {state.note}")
    if fault:
        output.inform(f"note: {fault}")


def _bodies(keys: str | None, file: "Place") -> tuple[dict[str, object], dict[str, int], str]:
    """Return what may be told of the keys of bodies, and why there is nothing to tell."""
    try:
        with custody.key_store(keys, file) as store:
            return {"version": store.kek_number, "wrapped": store.wrapped_by}, store.count(), ""
    except LedgerError as fault:
        return {}, {}, fault.message


def _table(
    state: "State", kek: dict[str, object], counts: dict[str, int], named: list[dict[str, str]]
) -> None:
    place = f"{state.kind}: {state.place}" + (f", {state.version}" if state.version else "")
    rows = [("root of tokens, hashes", "1", place), ("signature", "1", place)]
    if kek:
        by = f", wrapped by {kek['wrapped']}" if kek["wrapped"] else ", in clear"
        rows.append(("key-encryption", "1", f"version {kek['version']}{by}"))
        rows += [(kind, str(count), "wrapped") for kind, count in sorted(counts.items())]
    rows += [(f"named: {one['name']}", "1", f"of {one['action']}, from the root") for one in named]
    output.print_table(("KEY", "COUNT", "WHERE"), rows)


def _check(vkey: str, seed: bytes) -> None:
    """Refuse a key file that is another ledger's."""
    from guardrail.ledger.note import VerifierKey, vkey_of_seed  # noqa: PLC0415 - as above

    if vkey_of_seed(VerifierKey.parse(vkey).name, seed) != vkey:
        raise LedgerError(
            "the keys are another ledger's: they do not sign this one",
            advice="name the ledger's own: --keys URI",
        )
