"""`guardrail policy`: which rule takes which finding, and why."""

from typing import TYPE_CHECKING, Annotated

import typer

from guardrail.cli import options, output
from guardrail.errors import BlockedError

ALLOWED = "allow-list"  # guardrail.policy.exceptions, which commands do not import before they run

if TYPE_CHECKING:
    from guardrail.guard import Guard
    from guardrail.types import Channel, Finding

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
