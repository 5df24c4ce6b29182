"""`guardrail keys rotate`: a new key over the keys, in the same place or in another."""

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from guardrail.cli import custody, options, output
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from guardrail.custody import Provider
    from guardrail.ledger import Ledger, Reader
    from guardrail.ledger.remote import Place
    from guardrail.ledger.rotation import Rotated

__all__ = ["named_keys", "rotate"]

KEYED: Final = frozenset({"hash", "encrypt", "fpe"})  # actions with a key of their own, by name


def rotate(  # noqa: PLR0913 - options of one command
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URI", help="Move the keys there, as --keys spells it.")
    ] = None,
    retire: Annotated[
        bool,
        typer.Option("--retire", help="Let older versions of the service's key open nothing any more."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")] = False,
) -> None:
    """Run the command."""
    from guardrail.custody import custody_of  # noqa: PLC0415 - commands start without cryptography

    if to is not None and retire:
        raise ConfigError("--to and --retire are two rotations", advice="move first, then retire")
    file = options.ledger_path(path, ledger)
    old = custody_of(keys, ledger=options.files(file))
    new = old if to is None else custody_of(to, ledger=options.files(file))
    if dry_run:
        _foresee(file, old, new, as_json=as_json)
    elif to is not None:
        _say(_move(file, old, new), new, moved=True, as_json=as_json)
    elif retire:
        _say(_retire(file, old), old, as_json=as_json)
    else:
        with custody.opened(str(file), None, keys) as book:
            done = _turn(book)
        _say(done, old, as_json=as_json)


def named_keys(reader: "Reader") -> list[dict[str, str]]:
    """Return the named keys that the policies in force use: name, action, and the rules in words."""
    policies = custody.in_force(reader)
    found: dict[tuple[str, str], list[str]] = {}
    for document in policies.documents if policies else ():
        for rule in document.rules:
            if rule.action.type in KEYED:
                name = str(rule.action.option("key")) or "(none)"
                found.setdefault((name, rule.action.type), []).append(f"{document.name}/{rule.id}")
    return [
        {"name": name, "action": action, "rules": ", ".join(sorted(set(rules)))}
        for (name, action), rules in sorted(found.items())
    ]


def _turn(book: "Ledger") -> "Rotated":
    from guardrail.ledger.rotation import rotate as turn_over  # noqa: PLC0415 - commands start without SQLite

    with output.progress("rotation") as progress:
        return turn_over(book, lambda count, total: progress("keys", count / total))


def _move(file: "Place", old: "Provider", new: "Provider") -> "Rotated":
    """Wrap the keys by the new custody, then put the document there; cut short, the same goes on."""
    from guardrail.custody import moving  # noqa: PLC0415 - commands start without cryptography
    from guardrail.custody.provider import Either  # noqa: PLC0415 - as above
    from guardrail.ledger import Ledger, Reader  # noqa: PLC0415 - commands start without SQLite

    Reader.open(file).close()
    secrets = moving.load_either(old, new)
    replace = moving.same_file(old, new)
    there = moving.check(new, secrets, replace=replace)
    both = Either(old.wrapper(secrets), new.wrapper(secrets))
    with Ledger.open(file, seed=secrets.log, bodies=True, custody=both) as book:
        done = _turn(book)
    if not there:
        moving.put(new, secrets, replace=replace)
    if not replace:
        output.inform(f"the keys still lie at {old.uri}: remove them there once the new place is backed up")
    return done


def _retire(file: "Place", place: "Provider") -> "Rotated":
    """Wrap all by a new version of the service's key, then let older ones open nothing."""
    from guardrail.custody import moving  # noqa: PLC0415 - commands start without cryptography

    wrapped = moving.service_of(place)
    secrets = wrapped.load()
    wrapped.renew()
    with custody.opened(str(file), None, place.uri) as book:
        done = _turn(book)
    moving.put(wrapped, secrets, replace=True)
    newest = wrapped.service.retire()
    output.inform(f"{wrapped.service.name}: versions before {newest} open nothing any more")
    return done


def _foresee(file: "Place", old: "Provider", new: "Provider", *, as_json: bool) -> None:
    """Say what a rotation would do. Secrets are loaded and places tried, so that what would fail is told."""
    from guardrail.custody import moving  # noqa: PLC0415 - commands start without cryptography
    from guardrail.custody.provider import Either  # noqa: PLC0415 - as above
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite
    from guardrail.ledger.keystore import KeyStore  # noqa: PLC0415 - as above
    from guardrail.ledger.rotation import waiting  # noqa: PLC0415 - as above

    secrets = moving.load_either(old, new)
    if new is not old:
        moving.check(new, secrets, replace=moving.same_file(old, new))
    both = Either(old.wrapper(secrets), new.wrapper(secrets))
    with Reader.open(file) as reader:
        store = KeyStore.open(file, make=False, custody=both)
        try:
            number, final = store.next_number, waiting(reader, store)
            count = sum(n for kind, n in store.count().items() if kind != "gone")
        finally:
            store.close()
    if as_json:
        line = {"dry_run": True, "version": number, "keys": count, "final": final, "place": new.uri}
        output.write_bytes(json.dumps(line).encode() + b"\n")
    moved = f", move the keys to {new.uri}" if new is not old else ""
    output.inform(
        f"would wrap {count} keys under version {number}{moved}, and call {final} destroyed keys final"
    )


def _say(done: "Rotated", place: "Provider", *, moved: bool = False, as_json: bool) -> None:
    if as_json:
        line = {"version": done.number, "keys": done.keys, "entries": done.entries, "place": place.uri}
        output.write_bytes(json.dumps(line).encode() + b"\n")
    said = f", {len(done.entries)} entries say what is final" if done.entries else ""
    output.inform(f"version {done.number} wraps {done.keys} keys{said}")
    if moved:
        output.inform(f"from now on: --keys {place.uri}, and Guard.load(..., keys={place.uri!r})")
