"""`guardrail policy`: which rule takes which finding and why, and what a new policy changes."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from guardrail.cli import options, output
from guardrail.errors import BlockedError

ALLOWED = "allow-list"  # guardrail.policy.exceptions, which commands do not import before they run

# Where a finding was made, for entries that do not name a channel.
_CHANNELS: "Final[Mapping[str, Channel]]" = {
    "exchange.request": "prompt",
    "stream.request": "prompt",  # one message of a websocket
    "exchange.response": "completion",
    "log.summary": "log",
}
PLACES: Final = ("app", "route", "model", "provider", "region", "tenant", "role", "purpose")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from guardrail.guard import Guard
    from guardrail.ledger import Reader
    from guardrail.ledger.remote import Place
    from guardrail.policy import PolicySet
    from guardrail.types import Channel, Context, Finding

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Understand policies.", no_args_is_help=True)
    group.command(
        "explain",
        short_help="Show which rule decides what in a text.",
        help=options.helped(
            "Show what is found in a text, which rule decides, and what becomes of it. Places are code "
            "points from 0; the text comes as an argument or, for -, from standard input.",
            "guardrail policy explain gdpr-chat 'Ann Smith, ann@example.com'",
            "guardrail policy explain my-policy.toml - < letter.txt",
        ),
    )(explain)
    group.command(
        "diff",
        short_help="Show what a new policy decides differently.",
        help=options.helped(
            "Show what NEW decides differently from OLD: by entity, channel and scope, settings and "
            "retention, with what became weaker first. With a ledger, also what NEW would have done with "
            "the findings recorded there; it holds kinds and counts, no text. Exit code 0: both decide "
            "alike, 1: they differ.",
            "guardrail policy diff gdpr-chat my-policy.toml",
            "guardrail policy diff policy-2026.1.toml policy-2026.2.toml --ledger ledger.db",
        ),
    )(diff)
    app.add_typer(group, name="policy")


def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A policy file, or the name of a shipped one.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text; - is standard input.")],
    *,
    channel: options.ChannelName = options.DEFAULT_CHANNEL,
) -> None:
    """Run the command."""
    if text == "-":
        options.invite(text)
        text = options.read_text(text)
    from guardrail.guard import Guard  # noqa: PLC0415 - seconds of libraries
    from guardrail.types import Passage  # noqa: PLC0415 - as above

    with output.progress("loading the detectors") as progress:
        guard = Guard.load(file, progress=progress)
    with guard:
        (findings,) = guard.detect([Passage(text)])
        weighed = guard.policy.weigh(text, findings)
        rows = [_row(guard, finding, names, options.channel_of(channel)) for finding, names in weighed]
        if rows:
            output.print_table(("PLACE", "KIND", "SCORE", "FOUND BY", "ACTION", "RULE", "WHY"), rows)
        else:
            output.inform("nothing found")
        try:
            becomes, _ = guard.clean(text, channel=options.channel_of(channel))
        except BlockedError as blocked:
            output.inform(f"the text is blocked by rule '{blocked.rule}'")
            return
    output.write_bytes(becomes.encode("utf-8", "surrogatepass") + b"\n")


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A policy file, or the name of a shipped one.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The one that is to take its place.")],
    *,
    ledger: options.LedgerPath = None,
) -> None:
    """Run the command."""
    from guardrail import policy as policies  # noqa: PLC0415 - commands start without pydantic

    before, after = (policies.load(policies.policy_path(one)) for one in (old, new))
    found = policies.compare(before, after)
    if found:
        rows = [(one.trend, one.what, one.where, one.before, one.after) for one in found]
        output.print_table(("", "WHAT", "WHERE", "BEFORE", "AFTER"), rows)
    else:
        output.inform("both decide alike")
    path = options.optional_ledger(ledger)
    if path is not None:
        _replay(after, path)
    raise typer.Exit(1 if found else 0)


def _replay(after: "PolicySet", path: "Place") -> None:
    """Show what the new policy would have done with the findings that a ledger holds."""
    from guardrail import policy as policies  # noqa: PLC0415 - commands start without pydantic
    from guardrail.ledger import Reader  # noqa: PLC0415 - commands start without SQLite

    reader = Reader.open(path)
    try:
        with output.progress("reading the ledger") as progress:
            replayed = policies.replay(after, _recorded(reader, progress))
    finally:
        reader.close()
    if not replayed:
        output.inform("the ledger holds no findings")
        return
    rows = [(one.entity, one.channel, str(one.count), one.before, one.after) for one in replayed]
    output.print_table(("RECORDED", "WHERE", "COUNT", "WAS", "WOULD BE"), rows)


def _recorded(
    reader: "Reader", progress: "Callable[[str, float], None]"
) -> "Iterator[tuple[Channel, Context, Mapping[str, Mapping[str, int]]]]":
    from guardrail.ledger.header import parse_header  # noqa: PLC0415 - commands start without SQLite
    from guardrail.types import CHANNELS, Context  # noqa: PLC0415 - as above

    size = reader.size
    for entry in reader.entries():
        if entry.index % 1_000 == 0:
            progress("", entry.index / size)
        header = parse_header(entry.header)
        named = header.facts.get("channel")
        channel = next((one for one in CHANNELS if one == named), _CHANNELS.get(header.type, "document"))
        place = {name: str(header.facts[name]) for name in PLACES if name in header.facts}
        yield channel, Context(**place), header.findings


def _row(guard: "Guard", finding: "Finding", allowed: frozenset[str], channel: "Channel") -> tuple[str, ...]:
    place = f"{finding.start}-{finding.end}"
    seen = (place, finding.entity, f"{finding.score:.2f}", finding.recognizer)
    decision = guard.policy.decide(finding, channel=channel, context=guard.base, allowed=allowed)
    if decision is None:
        return (*seen, "none", "", "the score is below the policy's min_score")
    options_ = " ".join(f"{name}={value}" for name, value in decision.action.options)
    action = f"{decision.action.type} {options_}".strip()
    return (*seen, action, f"{decision.policy}/{decision.rule}", _why(guard, decision.policy, decision.rule))


def _why(guard: "Guard", policy: str, rule: str) -> str:
    if rule == ALLOWED:
        lists = [one for d in guard.policy.documents if d.name == policy for one in d.policy.allow]
        values, patterns = sum(len(one.values) for one in lists), sum(len(one.patterns) for one in lists)
        return f"the policy's allow list: {values} values, {patterns} patterns"
    rules = (one for document in guard.policy.documents if document.name == policy for one in document.rules)
    return next((one.why for one in rules if one.id == rule), "no rule names it: the policy's default")
