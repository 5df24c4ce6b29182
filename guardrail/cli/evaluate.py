"""`guardrail eval`: how well personal data is found in texts that a person has labelled."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from guardrail.cli import options, output
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.evaluate.gates import Gate
    from guardrail.evaluate.metrics import Rule
    from guardrail.evaluate.predict import Ours, Predicts
    from guardrail.evaluate.report import Report
    from guardrail.evaluate.rows import Fault, Row
    from guardrail.evaluate.run import Evaluation
    from guardrail.policy import PolicySet

__all__ = ["register"]

FINDINGS: Final = 1
ON_PAGE: Final = 200  # errors of each kind and system, where --errors does not say
TOLD: Final = 20  # wrong rows that are named on the terminal

Golds = Annotated[
    list[Path] | None, typer.Argument(metavar="GOLD.jsonl...", help="Labelled texts, one JSON object a line.")
]
Policies = Annotated[
    list[str] | None,
    typer.Option("--policy", metavar="FILE", help="Count only what this policy acts on. Repeatable."),
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=1, help="At most N rows of each file, of every kind its share."),
]
Json = Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write every figure as JSON.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="OUT", help="Write one page with the errors.")]
Errors = Annotated[
    int | None,
    typer.Option(
        "--errors",
        metavar="N",
        min=0,
        help=f"Tell N errors of each kind. \\[default: none here, {ON_PAGE} in files]",
    ),
]
Ignore = Annotated[str, typer.Option("--ignore", metavar="LABELS", help="Labels that nobody has to find.")]
MinRecall = Annotated[
    list[str] | None,
    typer.Option("--min-recall", metavar="[LABEL=]X", help="Exit with 1 below this recall. Repeatable."),
]
MaxFalse = Annotated[
    list[str] | None,
    typer.Option(
        "--max-fp",
        metavar="[LABEL=]X",
        help="Exit with 1 above so many false positives per 1,000 characters. Repeatable.",
    ),
]
Compare = Annotated[
    list[str] | None,
    typer.Option("--compare", metavar="PEER", help="Run a peer over the same rows: presidio."),
]
ShowValues = Annotated[
    bool, typer.Option("--show-values", help="Let the errors hold the values: personal data.")
]
Sample = Annotated[
    Path | None,
    typer.Option("--sample", metavar="FILE", help="Draw texts of your own to label; measures nothing."),
]
Number = Annotated[int, typer.Option("-n", metavar="N", min=1, help="How many texts to draw.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "eval",
        short_help="Measure detection on labelled texts.",
        help=options.helped(
            "Measure detection on texts that a person has labelled: precision, recall, what leaks, false "
            "positives; by label, file, language and style, with 95 % intervals. Rows are "
            '{"id", "text", "spans": [{"start", "end", "label"}], "scope": [labels that the source marks]}. '
            "Exit code 1: a bound was not kept, or a row could not be used.",
            "guardrail eval gold.jsonl",
            "guardrail eval gold.jsonl --policy gdpr-chat --min-recall 0.9 --max-fp 2",
            "guardrail eval gold.jsonl --compare presidio --html report.html",
            "guardrail eval --sample texts.txt -n 200 -o sample.jsonl",
        ),
    )(evaluate)


def evaluate(  # noqa: PLR0913 - one parameter per option
    gold: Golds = None,
    *,
    policy: Policies = None,
    min_score: options.MinScore = None,
    limit: Limit = None,
    json_out: Json = None,
    html_out: Html = None,
    errors: Errors = None,
    ignore: Ignore = "TITLE,SENSITIVE",
    min_recall: MinRecall = None,
    max_fp: MaxFalse = None,
    compare: Compare = None,
    show_values: ShowValues = False,
    recognizers: options.Recognizers = None,
    sample: Sample = None,
    number: Number = 200,
    out: options.Out = None,
) -> None:
    """Run the command."""
    if sample is not None:
        if gold:
            raise ConfigError("--sample takes no labelled files", advice="run it alone, then evaluate")
        raise typer.Exit(_sample(sample, number, out, policy=policy, min_score=min_score))
    if out is not None:
        raise ConfigError("-o belongs to --sample", advice="write a report with --json OUT or --html OUT")
    from guardrail.evaluate.metrics import Rule  # noqa: PLC0415 - commands start without it
    from guardrail.evaluate.report import Report  # noqa: PLC0415 - the same

    policies = _policies(policy)
    own = options.own_recognizers(recognizers)
    rule = Rule(min_score=options.least(min_score, policies), ignore=_labels(ignore))
    gates = _gates(min_recall, max_fp)
    peers = _peers(compare)
    rows, faults = _read(gold or [], limit)
    evaluations = _run(rows, _ours(rule.min_score, policies, own), rule, peers=peers)
    verdicts = tuple(gate.judge(evaluations[0].everything) for gate in gates)
    failed = tuple(_failed(row) for row in evaluations[0].failed)
    report = Report(
        rule, evaluations, verdicts, (*faults, *failed), policies=tuple(policy or ()), show=show_values
    )
    _write(report, json_out=json_out, html_out=html_out, errors=ON_PAGE if errors is None else errors)
    _print(report, errors or 0)
    kept = not report.faults and all(verdict.kept for verdict in verdicts)
    raise typer.Exit(0 if kept else FINDINGS)


def _sample(
    source: Path, n: int, out: Path | None, *, policy: list[str] | None, min_score: float | None
) -> int:
    """Write the sample; return the exit code."""
    from guardrail.evaluate.rows import read_texts  # noqa: PLC0415 - commands start without it
    from guardrail.evaluate.sample import sample  # noqa: PLC0415 - the same

    jsonl = source.suffix in {".jsonl", ".ndjson"}
    reading = read_texts(options.read_bytes(source), file=str(source), jsonl=jsonl)
    _tell_faults(reading.faults)
    if not reading.rows:
        raise ConfigError(f"{source} has no text", advice="one text a line, or rows with a text in .jsonl")
    policies = _policies(policy)
    data = "".join(sample(reading.rows, n, _ours(options.least(min_score, policies), policies))).encode(
        "utf-8"
    )
    if out is None:
        output.write_bytes(data)
    else:
        with output.written(out) as stream:
            stream.write(data)
    output.inform('correct the spans of each row, then set its "checked" to true: other rows do not count')
    return FINDINGS if reading.faults else 0


def _labels(text: str) -> frozenset[str]:
    from guardrail.evaluate.labels import COMMON  # noqa: PLC0415 - commands start without it

    labels = frozenset(part.strip() for part in text.split(",") if part.strip())
    if labels - COMMON:
        raise ConfigError("--ignore names an unknown label", advice=f"use: {', '.join(sorted(COMMON))}")
    return labels


def _gates(min_recall: list[str] | None, max_fp: list[str] | None) -> list["Gate"]:
    from guardrail.evaluate.gates import parse  # noqa: PLC0415 - commands start without it

    return [parse(one, kind="recall") for one in min_recall or ()] + [
        parse(one, kind="fp") for one in max_fp or ()
    ]


def _peers(named: list[str] | None) -> list[str]:
    from guardrail.evaluate.peers import PEERS  # noqa: PLC0415 - commands start without it

    if set(named or ()) - set(PEERS):
        raise ConfigError("--compare names a peer that is not known", advice=f"use: {', '.join(PEERS)}")
    return list(dict.fromkeys(named or ()))


def _policies(named: list[str] | None) -> "PolicySet | None":
    if not named:
        return None
    from guardrail import policy  # noqa: PLC0415 - commands start without pydantic
    from guardrail.policy.shipped import policy_path  # noqa: PLC0415 - the same

    return policy.load(*(policy_path(one) for one in named))


def _read(files: "Sequence[Path]", limit: int | None) -> tuple[list["Row"], tuple["Fault", ...]]:
    """Read every file before anything is loaded; say on standard error what is left out."""
    from guardrail.evaluate.rows import read  # noqa: PLC0415 - commands start without it
    from guardrail.evaluate.strata import draw  # noqa: PLC0415 - the same

    if not files:
        raise ConfigError("no labelled file is named", advice="read: guardrail eval --help")
    rows: list[Row] = []
    faults: list[Fault] = []
    for file in files:
        reading = read(options.read_bytes(file), file=str(file))
        rows += draw(reading.rows, limit) if limit else reading.rows
        faults += reading.faults
        if reading.unchecked:
            output.inform(f'{file}: {reading.unchecked} rows are left out: their "checked" is false')
        if reading.unscoped:
            output.inform(
                f'{file}: {reading.unscoped} rows have no "scope": what is found there counts for recall only'
            )
    _tell_faults(faults)
    if not rows:
        raise ConfigError("no row could be used", advice="docs/quality.md shows the form of a row")
    return rows, tuple(faults)


def _tell_faults(faults: "Sequence[Fault]") -> None:
    for fault in faults[:TOLD]:
        output.inform(f"{fault.file}, line {fault.line}: {fault.message}")
    if len(faults) > TOLD:
        output.inform(f"and {len(faults) - TOLD} more rows that could not be used")


def _failed(row: "Row") -> "Fault":
    from guardrail.evaluate.rows import Fault  # noqa: PLC0415 - commands start without it

    fault = Fault(row.file, row.line, "detection failed on this text")
    _tell_faults([fault])
    return fault


def _run(
    rows: "Sequence[Row]", ours: "Ours", rule: "Rule", *, peers: "Sequence[str]"
) -> tuple["Evaluation", ...]:
    from guardrail.evaluate.peers import Presidio  # noqa: PLC0415 - commands start without it
    from guardrail.evaluate.run import evaluate as run  # noqa: PLC0415 - the same

    systems: list[Predicts] = [ours]
    if peers:
        systems.append(Presidio.load())
    with output.progress("evaluating") as progress:
        return tuple(run(system, rows, rule, progress=progress) for system in systems)


def _ours(min_score: float, policies: "PolicySet | None", own: "Sequence[object]" = ()) -> "Ours":
    from guardrail.detect import Detector  # noqa: PLC0415 - seconds of libraries
    from guardrail.evaluate.predict import Ours  # noqa: PLC0415 - the same

    with output.progress("loading the detectors") as progress:
        wanted = policies.entities if policies else None
        detector = Detector.load(wanted=wanted, progress=progress, extra=own)
    return Ours(detector, min_score, policies)


def _write(report: "Report", *, json_out: Path | None, html_out: Path | None, errors: int) -> None:
    from guardrail.evaluate.page import page  # noqa: PLC0415 - commands start without it
    from guardrail.evaluate.report import as_json  # noqa: PLC0415 - the same

    if json_out is not None:
        with output.written(json_out) as stream:
            stream.write(json.dumps(as_json(report, errors=errors), indent=1).encode("ascii") + b"\n")
    if html_out is not None:
        with output.written(html_out) as stream:
            stream.write(page(report, errors=errors))


def _print(report: "Report", errors: int) -> None:
    from guardrail.evaluate.report import (  # noqa: PLC0415 - as above
        COLUMNS,
        cells,
        first,
        narrow,
        shown,
        summary,
    )

    out = output.console()
    for one in report.evaluations:
        group = one.everything
        out.print(f"{one.name}: {group.texts} texts, {group.chars} characters", markup=False)
        output.print_table(("LABEL", *COLUMNS), [narrow(row) for row in cells(group)])
        for dimension, groups in one.parts.items():
            if len(groups) > 1:
                out.print()
                rows = [narrow(row) for row in summary(groups)]
                output.print_table((dimension.removesuffix("s").upper(), *COLUMNS), rows)
        if group.out_of_scope:
            told = ", ".join(f"{label} {n}" for label, n in group.out_of_scope.items())
            out.print(f"\nof kinds that the source does not mark: {told}", markup=False)
        for row, error in first(one.errors, errors):
            value = f": {''.join(shown(row, error))!r}" if report.show else ""
            length = error.end - error.start
            line = (
                f"{error.kind} {error.label}, {row.file}, line {row.line}, from {error.start}, {length} long"
            )
            out.print(line + value, markup=False)
        out.print()
    for verdict in report.verdicts:
        if verdict.kept:
            out.print(f"kept: {verdict.told()}", markup=False)
        else:
            output.say_fault("not kept", verdict.told())
