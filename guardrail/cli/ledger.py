"""`guardrail ledger verify|show|subject|prove|checkpoint`: what auditors and operators do with a ledger."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from guardrail.cli import custody, ledger_init, options, output, witness
from guardrail.errors import ConfigError, GuardrailError, LedgerError

if TYPE_CHECKING:
    from guardrail.ledger import Reader
    from guardrail.ledger.keystore import KeyStore
    from guardrail.types import Entry

__all__ = ["register", "unusable_is_50"]

ALTERED: Final = 40
UNUSABLE: Final = 50
PLACES: Final = ("provider", "model", "region", "purpose")
SHOWN: Final = 50  # entries of a table, unless asked for more


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Verify, read and prove a ledger.", no_args_is_help=True)
    group.command(
        "verify",
        short_help="Hold every entry against the signed checkpoints.",
        help=options.helped(
            "Recompute everything from the entries and hold it against the signed checkpoints. Needs no "
            "secret. Exit code 0: it holds, 20: something overstayed, 30: it contradicts a checkpoint that "
            "was kept, 40: it was altered, 50: it cannot be judged.",
            "guardrail ledger verify ledger.db",
            "guardrail ledger verify ledger.db --vkey operator.vkey --known-checkpoint june.checkpoint",
        ),
    )(verify)
    group.command(
        "show",
        short_help="List entries.",
        help=options.helped(
            "List entries: when, what, how often. Entries hold no personal data. With --bodies, and the "
            "keys beside the ledger, also what is sealed: blind indexes of who was concerned.",
            "guardrail ledger show ledger.db",
            "guardrail ledger show ledger.db --bodies --last 5",
            "guardrail ledger show ledger.db --last 0 --json | jq .entry.f",
        ),
    )(show)
    group.command(
        "subject",
        short_help="List where texts on one subject went.",
        help=options.helped(
            "List the entries on one subject: when a text went to which provider, model and region, which "
            "kinds of data it held, and by which rule (GDPR Art. 15). Found by a keyed blind index, with "
            "the keys beside the ledger; the subject is your own id, or - for standard input.",
            "guardrail ledger subject customer-4711 --ledger ledger.db",
        ),
    )(subject)
    group.command(
        "prove",
        short_help="Print the proof of one entry.",
        help=options.helped(
            "Print the proof that one entry is in the ledger, as a C2SP tlog-proof: whoever has it and the "
            "public key can check it without the ledger.",
            "guardrail ledger prove 17 --ledger ledger.db > entry-17.tlog-proof",
        ),
    )(prove)
    group.command(
        "export",
        short_help="Write the ledger as a folder of tiles.",
        help=options.helped(
            "Write entries, tree and latest checkpoint as a folder after C2SP tlog-tiles, which other tools "
            "read and any web server serves. Sealed bodies stay here. ledger verify FOLDER rebuilds it.",
            "guardrail ledger export ledger.db -o tiles",
            "guardrail ledger verify tiles --vkey ledger.db.vkey",
        ),
    )(export)
    group.command(
        "checkpoint",
        short_help="Print a signed checkpoint over all entries.",
        help=options.helped(
            "Print the signed checkpoint over all entries, signing one first if entries came after the "
            "last (this needs the key file). Give it to somebody who does not depend on you. With a witness "
            "policy, witnesses are asked over the network to cosign it, and it is kept as PATH.witnessed.",
            "guardrail ledger checkpoint ledger.db > july.checkpoint",
            "guardrail ledger checkpoint ledger.db --witness-policy witnesses.txt",
        ),
    )(checkpoint)
    ledger_init.register(group)
    app.add_typer(group, name="ledger")


@contextmanager
def unusable_is_50() -> Iterator[None]:
    """Answer 50 where a verification cannot begin: no verdict must look like a verdict."""
    try:
        yield
    except GuardrailError as fault:
        output.say_error(fault.message, fault.advice)
        raise typer.Exit(UNUSABLE) from None


def verify(
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    vkey: options.PublicKey = None,
    known: options.Known = None,
    witness_policy: witness.WitnessPolicy = None,
) -> None:
    """Run the command."""
    from guardrail.ledger import verify as judge  # noqa: PLC0415 - commands start without SQLite
    from guardrail.ledger.publish import beside  # noqa: PLC0415 - as above

    with unusable_is_50():
        file = options.ledger_path(path, ledger)
        if isinstance(file, Path) and file.is_dir():
            _verify_folder(file, options.public_key(vkey, None))
        if isinstance(file, Path) and not file.is_file():
            raise ConfigError("there is no ledger at this path", advice="name the ledger's file")
        key = options.public_key(vkey, file.with_name(f"{file.name}.vkey"))
        kept = [*options.known_checkpoints(known)]
        if witness_policy:
            there = beside(file, ".witnessed")
            kept += [there.read_bytes()] if there.exists() else []
            kept += [witness.cosigned(witness_policy, key, kept)]
    if vkey is None:
        output.inform(
            f"note: the key is the one beside the ledger, {file.name}.vkey; whoever can alter the ledger"
        )
        output.inform("      can replace it. An outsider uses the key that he was given: --vkey FILE")
    report = judge(file, vkey=key, known=kept)
    for problem in report.problems:
        where = "" if problem.index is None else f"entry {problem.index}: "
        output.say_fault(problem.kind, f"{where}{problem.message}")
    if report.exit_code != UNUSABLE:
        unsigned = f", {report.unsigned} of them after the last checkpoint" if report.unsigned else ""
        output.say_verdict(report.status, f"{report.size} entries{unsigned}")
        if report.bodies:
            states = ", ".join(f"{count} {state}" for state, count in sorted(report.bodies.items()))
            when = f"{custody.date_of(report.time)} UTC" if report.time else "none"
            output.inform(f"sealed bodies: {states}; last timestamp, by the ledger's own clock: {when}")
    raise typer.Exit(report.exit_code)


def _verify_folder(folder: Path, vkey: str) -> NoReturn:
    """Rebuild an exported folder; end the command with its verdict."""
    from guardrail.ledger.export import check_tiles  # noqa: PLC0415 - commands start without SQLite

    try:
        size = check_tiles(folder, vkey=vkey).size
    except LedgerError as fault:
        output.say_fault("altered", fault.message)
        raise typer.Exit(ALTERED) from None
    output.say_verdict("ok", f"{size} entries, from the folder alone")
    raise typer.Exit


def export(
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="The folder; made anew.")],
) -> None:
    """Run the command."""
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite
    from guardrail.ledger.export import tiles  # noqa: PLC0415 - as above

    if out.exists():
        raise ConfigError("the folder is there already", advice="name a new one, and replace the old by it")
    with Reader.open(options.ledger_path(path, ledger)) as reader, output.progress("export") as progress:
        size = max(1, reader.size)
        for done, (name, data) in enumerate(tiles(reader)):
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            with output.written(out / name) as stream:
                stream.write(data)
            progress("tiles", min(1.0, done * 128 / size))


def show(  # noqa: PLR0913 - options of one command
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    last: Annotated[
        int | None,
        typer.Option(
            "--last", metavar="N", min=0, help=f"The last N entries; 0 is all. \\[default: {SHOWN}]"
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line; all, unless --last.")
    ] = False,
    bodies: Annotated[bool, typer.Option("--bodies", help="Open sealed bodies with the keys.")] = False,
) -> None:
    """Run the command."""
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite

    file = options.ledger_path(path, ledger, keys=keys)
    sealed = custody.key_store(keys, file) if bodies else nullcontext()
    with Reader.open(file) as reader, sealed as store:
        size = reader.size
        wanted = last if last is not None else 0 if as_json else SHOWN
        start = max(0, size - wanted) if wanted else 0
        if as_json:
            _show_json(reader, store, start, size)
            return
        if start:
            output.inform(f"… {start} earlier entries; all of them: --last 0")
        rows = [
            (*_row(entry), *([_body(reader, store, entry.index)[1]] if store else []))
            for entry in reader.entries(start, size)
        ]
    titles = ("INDEX", "TIME (UTC)", "TYPE", "POLICY", "WHAT", *(["SEALED"] if bodies else []))
    output.print_table(titles, rows)


def _body(reader: "Reader", keys: "KeyStore", index: int) -> tuple[object, str]:
    """Return an entry's body, or the word for why there is none; as a value and as a text."""
    from guardrail.ledger.disclosure import body_of  # noqa: PLC0415 - commands start without SQLite

    shown = body_of(reader, keys, index)
    if shown.body is None:
        return shown.state, "" if shown.state == "none" else shown.state
    return dict(shown.body), json.dumps(dict(shown.body), separators=(",", ":"))


def _show_json(reader: "Reader", keys: "KeyStore | None", start: int, size: int) -> None:
    for entry in reader.entries(start, size):
        line = {"index": entry.index, "leaf": entry.leaf_hash.hex(), "entry": json.loads(entry.header)}
        if keys:
            line["body"] = _body(reader, keys, entry.index)[0]
        output.write_bytes(json.dumps(line).encode("ascii") + b"\n")


def _row(entry: "Entry") -> tuple[str, ...]:
    from guardrail.ledger.header import parse_header  # noqa: PLC0415 - as above

    header = parse_header(entry.header)
    time = datetime.fromtimestamp(entry.time_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    found = [
        f"{n} × {entity} {action}"
        for entity, actions in header.findings.items()
        for action, n in actions.items()
    ]
    facts = [f"{name}={value}" for name, value in header.facts.items() if isinstance(value, str)]
    return (str(entry.index), time, entry.type, header.policy.hex()[:8], ", ".join([*found, *facts]))


def subject(
    name: Annotated[str, typer.Argument(metavar="SUBJECT", help="The subject's id, or -.")],
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    tenant: custody.Tenant = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run the command."""
    from guardrail.ledger.disclosure import register as disclosed  # noqa: PLC0415 - as above

    named = options.read_text("-").strip() if name == "-" else name
    rows = []
    with custody.reading(None, ledger, keys) as (reader, store):
        for one in disclosed(reader, store, named, tenant=tenant):
            facts = {key: str(one.header.facts.get(key, "")) for key in PLACES}
            if as_json:
                line = {"index": one.index, "time_us": one.time_us, "type": one.header.type, **facts}
                line |= {"findings": one.header.findings, "rules": one.header.rules}
                output.write_bytes(json.dumps(line, default=dict).encode("ascii") + b"\n")
                continue
            found = ", ".join(
                f"{n} × {entity} {action}"
                for entity, acts in one.header.findings.items()
                for action, n in acts.items()
            )
            when = custody.date_of(one.time_us // 1_000_000)
            rows.append(
                (
                    str(one.index),
                    when,
                    *(facts[key] or "-" for key in PLACES),
                    found or "-",
                    ", ".join(one.header.rules),
                )
            )
    if not as_json:
        output.print_table(("INDEX", "TIME (UTC)", *(key.upper() for key in PLACES), "FOUND", "RULES"), rows)


def prove(
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, help="The entry's index, from 0.")],
    *,
    ledger: options.LedgerPath = None,
    out: options.Out = None,
) -> None:
    """Run the command."""
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite

    with Reader.open(options.ledger_path(ledger)) as reader:
        _put(reader.prove(index).format(), out)


def checkpoint(  # noqa: PLR0913 - options of one command
    path: options.LedgerArgument = None,
    *,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    out: options.Out = None,
    witness_policy: witness.WitnessPolicy = None,
    urls: witness.Url = None,
    ml_dsa: witness.MlDsa = False,
) -> None:
    """Run the command."""
    from guardrail.ledger import Ledger, Reader  # noqa: PLC0415 - commands start without SQLite
    from guardrail.ledger.publish import beside, replace_file  # noqa: PLC0415 - as above

    if urls and not witness_policy:
        raise ConfigError(
            "a witness is named, and no key of it", advice="name the keys to believe: --witness-policy FILE"
        )

    file = options.ledger_path(path, ledger, keys=keys)
    with Reader.open(file) as reader:
        note = reader.checkpoints().get(reader.size, b"")
    seed = custody.held(keys, file).log_seed if ml_dsa or not note else b""
    if not note:
        with Ledger.open(file, seed=seed) as book:
            note = book.checkpoint()
    with Reader.open(file) as reader:
        if ml_dsa:
            note = witness.own_ml_dsa(note, seed, reader.origin, int(datetime.now(UTC).timestamp()))
        if witness_policy:
            note = witness.countersign(note, witness_policy, urls or (), reader)
            replace_file(beside(file, ".witnessed"), note)
    _put(note, out)


def _put(data: bytes, out: Path | None) -> None:
    if out is None:
        output.write_bytes(data)
        return
    with output.written(out) as stream:
        stream.write(data)
