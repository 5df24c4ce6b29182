"""`guardrail scrub`: one text in, the text that may go on out, and an entry that says so."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guardrail.cli import options, output

if TYPE_CHECKING:
    from guardrail.types import ScrubResult

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "scrub",
        short_help="Replace personal data in a text, as a policy says.",
        help=options.helped(
            "Replace personal data in a text as a policy says. The clean text goes to standard output; "
            "with --ledger an entry that holds no personal data is durable before it appears.",
            "guardrail scrub letter.txt",
            "guardrail scrub --policy policies/gdpr-chat.toml letter.txt -o clean.txt",
            "git log | guardrail scrub --policy support-logs --channel log",
            "guardrail scrub --policy gdpr-chat --policy pci-dss --ledger ledger.db mail.txt",
        ),
    )(scrub)


def scrub(  # noqa: PLR0913 - the options are the interface
    source: Annotated[str, typer.Argument(metavar="FILE", help="A text file; - is standard input.")] = "-",
    *,
    policy: options.Policies = None,
    ledger: options.LedgerPath = None,
    keys: options.Keys = None,
    channel: options.ChannelName = options.DEFAULT_CHANNEL,
    recognizers: options.Recognizers = None,
    out: options.Out = None,
    verbose: options.Verbose = False,
) -> None:
    """Run the command."""
    book = options.optional_ledger(ledger, keys)
    options.invite(source)
    text = options.read_text(source)
    from guardrail.guard import Guard  # noqa: PLC0415 - seconds of libraries: after what can fail at once

    own = options.own_recognizers(recognizers)
    with output.progress("loading the detectors") as progress:
        guard = Guard.load(
            *options.policies(policy), ledger=book, keys=keys, recognizers=own, progress=progress
        )
    with guard:
        result = guard.scrub(text, channel=options.channel_of(channel))
    _put(result.text.encode("utf-8", "surrogatepass"), out)
    if verbose or output.is_terminal():
        _summarise(result, durable=book is not None)


def _put(data: bytes, out: Path | None) -> None:
    if out is None:
        output.write_bytes(data)
        if data and not data.endswith(b"\n") and sys.stdout.isatty():
            output.write_bytes(b"\n")
        return
    with output.written(out) as stream:
        stream.write(data)


def _summarise(result: "ScrubResult", *, durable: bool) -> None:
    counts = Counter(
        (decision.finding.entity, decision.action.type, f"{decision.policy}/{decision.rule}")
        for decision in result.decisions
    )
    for (entity, action, rule), n in sorted(counts.items()):
        output.inform(f"{n} × {entity}: {action} ({rule})")
    if not counts:
        output.inform("nothing found")
    where = (
        f"entry {result.entry.index} of the ledger" if durable else "nothing recorded: no --ledger was named"
    )
    output.inform(where)
