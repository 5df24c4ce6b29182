"""`guardrail check`: what is wrong or doubtful in policies, and whether their own examples hold."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from guardrail.cli import options, output
from guardrail.errors import BlockedError, GuardrailError

if TYPE_CHECKING:
    from guardrail.detect import Detector
    from guardrail.guard import Guard
    from guardrail.policy import Document, Example, PolicySet, Problem

__all__ = ["register"]

FINDINGS: Final = 1
UNUSABLE: Final = 2
STYLES: Final = {"error": "red", "warning": "yellow", "note": "dim"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "check",
        short_help="Check policy files and run their examples.",
        help=options.helped(
            "Check policy files: rules that never decide, clauses that are broken, entities that nothing "
            "here can find, reviews that are due; then run the policies' own examples against the real "
            "detectors. Exit code 0: nothing wrong (notes do not count), 1: findings, 2: a file is unusable.",
            "guardrail check policies/*.toml",
            "guardrail check --show my-policy.toml",
        ),
    )(check)


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Policy files, or shipped names.")],
    *,
    recognizers: options.Recognizers = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the texts of examples that fail, expected and got.")
    ] = False,
) -> None:
    """Run the command."""
    from guardrail import policy  # noqa: PLC0415 - commands start without pydantic
    from guardrail.policy.shipped import policy_path  # noqa: PLC0415 - the same

    usable, faults = [], 0
    for file in files:
        try:
            policy.load(policy_path(file))
            usable.append(file)
        except GuardrailError as fault:
            if len(files) == 1:
                raise
            output.say_error(fault.message, fault.advice)
            faults += 1
    if not usable:
        raise typer.Exit(UNUSABLE)
    loaded = policy.load(*(policy_path(file) for file in usable))
    from guardrail.detect import Detector  # noqa: PLC0415 - seconds of libraries: after what can fail at once

    own = options.own_recognizers(recognizers)
    with output.progress("loading the detectors") as progress:
        detector = Detector.load(wanted=loaded.entities, progress=progress, extra=own)
    problems = list(policy.lint(loaded, detectable=detector.entities, today=datetime.now(UTC).date()))
    ran = 0
    for document in loaded.documents:
        alone = policy.PolicySet.of([document])
        results = list(_try_examples(alone, detector, show=show))
        ran += len(results)
        problems += [problem for problem in results if problem]
    for problem in problems:
        _print(problem)
    _sum_up(loaded.documents, problems, ran)
    if faults:
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(FINDINGS if any(problem.severity != "note" for problem in problems) else 0)


def _try_examples(alone: "PolicySet", detector: "Detector", *, show: bool) -> Iterator["Problem | None"]:
    """Yield, for each example of one policy, what is wrong with it, or None.

    A policy that names what nothing can find has no examples that could hold: lint says so.
    """
    from guardrail.guard import Guard  # noqa: PLC0415 - as above
    from guardrail.ledger import Ledger  # noqa: PLC0415 - as above
    from guardrail.policy.examples import judge  # noqa: PLC0415 - as above
    from guardrail.vault.keys import Keys  # noqa: PLC0415 - as above

    if not alone.examples or alone.entities - detector.entities:
        return
    keys = Keys.ephemeral()
    ledger = Ledger.open(None, seed=keys.log_seed)
    with Guard(policy=alone, detector=detector, keys=keys, ledger=ledger) as guard:
        for example in alone.examples:
            got = _run(guard, example)
            problem = judge(example, got)
            yield problem
            if problem and show:
                output.inform(f"  text:     {example.text}")
                output.inform(f"  expected: {'(blocked)' if example.blocked else example.expect}")
                output.inform(f"  got:      {'(blocked)' if got is None else got}")


def _run(guard: "Guard", example: "Example") -> str | None:
    """Return what becomes of the example's text, None if it is blocked."""
    try:
        text, _ = guard.clean(example.text, channel=example.where, context=example.context)
    except BlockedError:
        return None
    return text


def _print(problem: "Problem") -> None:
    from rich.text import Text  # noqa: PLC0415 - commands start without rich

    line = Text.assemble((f"{problem.severity}: ", STYLES[problem.severity]), str(problem))
    if problem.advice:
        line.append(f"\n  {problem.advice}", style="dim")
    output.console().print(line)


def _sum_up(documents: "tuple[Document, ...]", problems: "list[Problem]", ran: int) -> None:
    counted = [(kind, sum(problem.severity == kind for problem in problems)) for kind in STYLES]
    said = ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in counted if n) or "nothing to report"
    plural = "y" if len(documents) == 1 else "ies"
    output.inform(f"{len(documents)} polic{plural}, {ran} example{'s' if ran != 1 else ''} run: {said}")
