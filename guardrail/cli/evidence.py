"""`guardrail evidence export|verify`: one zip for an outsider, and the check of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guardrail.cli import options, output
from guardrail.cli.ledger import unusable_is_50

if TYPE_CHECKING:
    from guardrail.evidence.material import Material

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Export evidence for an outsider, and verify it.", no_args_is_help=True)
    group.command(
        "export",
        short_help="Write a pack for a span of time.",
        help=options.helped(
            "Write one zip with the entries of a span of time, the proofs, the policies in force and a page "
            "to read. It holds no personal data, and making it needs no secret. Days and times are UTC, "
            "both ends are included.",
            "guardrail evidence export --ledger ledger.db --since 2026-07-01 --until 2026-09-30 -o q3.zip",
            "guardrail evidence export --ledger ledger.db --since 2026-07-01T08:00:00Z "
            "--until 2026-07-01T09:00:00Z -o hour.zip",
        ),
    )(export)
    group.command(
        "verify",
        short_help="Check a pack with the public key alone.",
        help=options.helped(
            "Check a pack with nothing but the pack and the public key: every entry, that none is missing, "
            "every policy, every number and the whole page. Exit code 0: it holds, 30: it contradicts a "
            "checkpoint that you kept, 40: it was altered, 50: it is not a pack of this key.",
            "guardrail evidence verify q3.zip --vkey operator.vkey",
            "guardrail evidence verify q3.zip --vkey operator.vkey --known-checkpoint july.checkpoint",
        ),
    )(verify)
    app.add_typer(group, name="evidence")


def export(
    *,
    since: Annotated[str, typer.Option("--since", metavar="DATE|TIME", help="The first day or moment.")],
    until: Annotated[str, typer.Option("--until", metavar="DATE|TIME", help="The last day or moment.")],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The pack to write.")],
    ledger: options.LedgerPath = None,
) -> None:
    """Run the command."""
    from guardrail.evidence.pack import export as pack  # noqa: PLC0415 - commands start light
    from guardrail.evidence.span import Span  # noqa: PLC0415 - as above
    from guardrail.ledger import Reader  # noqa: PLC0415 - as above

    span, file = Span.parse(since, until), options.ledger_path(ledger)
    with Reader.open(file) as reader, output.written(out) as stream:
        with output.progress("reading entries") as progress:
            material = pack(reader, span, stream, progress=lambda part: progress("", part))
        unsigned = reader.size - material.proved.size
    output.inform(f"{out}: {_content(material)}")
    if material.proved.stop == material.proved.first:
        output.inform("note: the ledger has no entry in this span; the pack proves just that")
    if unsigned:
        output.inform(f"note: the last {unsigned} entries are not signed yet and not in the pack;")
        output.inform("      sign them first with: guardrail ledger checkpoint")
    _tell_gaps(material)


def verify(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="The zip.")],
    *,
    vkey: options.PublicKey = None,
    known: options.Known = None,
) -> None:
    """Run the command."""
    from guardrail.evidence.verify import verify as judge  # noqa: PLC0415 - commands start light

    with unusable_is_50():
        key = options.public_key(vkey, None)
        kept = options.known_checkpoints(known)
    with output.progress("checking entries") as progress:
        report = judge(pack, vkey=key, known=kept, progress=lambda part: progress("", part))
    for problem in report.problems:
        output.say_fault(problem.fault, problem.message)
    for note in report.notes:
        output.inform(f"note: {note}")
    if report.material and not report.problems:
        output.say_verdict("ok", f"{_content(report.material)}, of {report.material.proved.origin}")
        _tell_gaps(report.material)
    raise typer.Exit(report.exit_code)


def _content(material: "Material") -> str:
    n = material.proved.stop - material.proved.first
    return f"{n} {'entry' if n == 1 else 'entries'} of {material.span.words()}"


def _tell_gaps(material: "Material") -> None:
    gaps = material.gaps
    if gaps:
        output.inform(f"gaps that the page tells of: {', '.join(gaps)}")
