"""The result as values for JSON and as cells for a table. Misses are told by file, line, kind and length."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardrail.evaluate.figures import Figures, Group
    from guardrail.evaluate.gates import Verdict
    from guardrail.evaluate.intervals import Estimate
    from guardrail.evaluate.metrics import Error, Rule
    from guardrail.evaluate.rows import Fault, Row
    from guardrail.evaluate.run import Evaluation

__all__ = ["COLUMNS", "Report", "as_json", "cells", "first", "narrow", "shown", "summary"]

VERSION: Final = 1
AROUND: Final = 30  # code points of text on either side of a value that is shown
COLUMNS: Final = ("GOLD", "MARKED", "P", "R", "F1", "F2", "FP/1K", "CHARS COVERED", "MISSED")
KINDS: Final = ("missed", "partly", "wrong")
_ENDS: Final = re.compile(r"\[(\d+\.\d\d)\d?, (\d+\.\d\d)\d?\]\Z")
_FIGURES: Final = ("precision", "recall", "f1", "f2", "wrong", "covered", "full", "part", "missed")


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is told of a run. `show` lets the values of errors be told too."""

    rule: Rule
    evaluations: tuple[Evaluation, ...]
    verdicts: tuple[Verdict, ...] = ()
    faults: tuple[Fault, ...] = ()
    policies: tuple[str, ...] = ()
    show: bool = False


def as_json(report: Report, *, errors: int) -> dict[str, object]:
    """Return the report as plain values; at most `errors` errors of each kind and system."""
    return {
        "version": VERSION,
        "settings": {
            "min_score": report.rule.min_score,
            "threshold": report.rule.threshold,
            "ignore": sorted(report.rule.ignore),
            "policies": list(report.policies),
            "interval": "95 %, clustered by text",
        },
        "systems": {one.name: _system(one, errors=errors, show=report.show) for one in report.evaluations},
        "gates": [
            {**asdict(verdict.gate), "value": verdict.value, "kept": verdict.kept}
            for verdict in report.verdicts
        ],
        "wrong_rows": [asdict(fault) for fault in report.faults],
    }


def _system(one: Evaluation, *, errors: int, show: bool) -> dict[str, object]:
    return {
        "versions": dict(one.versions),
        "all": _group(one.everything),
        **{name: {key: _group(group) for key, group in groups.items()} for name, groups in one.parts.items()},
        "failed": [{"file": row.file, "line": row.line} for row in one.failed],
        "errors": [_error(row, error, show=show) for row, error in first(one.errors, errors)],
    }


def _group(group: Group) -> dict[str, object]:
    return {
        "texts": group.texts,
        "chars": group.chars,
        "micro": _figures(group.overall),
        "labels": {label: _figures(figures) for label, figures in group.labels.items()},
        "out_of_scope": dict(group.out_of_scope),
    }


def _figures(figures: Figures) -> dict[str, object]:
    told: dict[str, object] = asdict(figures.counts) | {"wrong": _wrong(figures)}
    return {
        "counts": told,
        **{("fp_per_1k" if name == "wrong" else name): _estimate(figures, name) for name in _FIGURES},
    }


def _wrong(figures: Figures) -> int:
    return figures.counts.predicted - figures.counts.correct


def _estimate(figures: Figures, name: str) -> dict[str, float] | None:
    estimate: Estimate | None = getattr(figures, name)
    return None if estimate is None else asdict(estimate)


def _error(row: Row, error: Error, *, show: bool) -> dict[str, object]:
    told: dict[str, object] = {
        "kind": error.kind,
        "label": error.label,
        "file": row.file,
        "line": row.line,
        "start": error.start,
        "length": error.end - error.start,
    }
    if show:
        before, value, after = shown(row, error)
        told |= {"id": row.id, "before": before, "value": value, "after": after}
    return told


def shown(row: Row, error: Error) -> tuple[str, str, str]:
    """Return the value with a little text before and after it; lone surrogates are replaced."""
    parts = (
        row.text[max(0, error.start - AROUND) : error.start],
        row.text[error.start : error.end],
        row.text[error.end : error.end + AROUND],
    )
    before, value, after = (part.encode("utf-8", "replace").decode("utf-8") for part in parts)
    return before, value, after


def first(errors: Sequence[tuple[Row, Error]], n: int) -> list[tuple[Row, Error]]:
    """Return the first `n` errors of each kind, what leaks before what is marked without need."""
    order = sorted(errors, key=lambda pair: KINDS.index(pair[1].kind))
    return [
        pair for _, some in groupby(order, key=lambda pair: pair[1].kind) for pair in list(some)[: max(0, n)]
    ]


def cells(group: Group) -> Iterator[tuple[str, ...]]:
    """Yield a row of cells for all labels together and for each, under a first column and `COLUMNS`.

    A cell is "-" or a figure and its interval, "0.912 [0.890, 0.931]".
    """
    yield ("all labels", *_line(group.overall))
    for label, figures in group.labels.items():
        yield (label, *_line(figures))


def _line(figures: Figures) -> tuple[str, ...]:
    return (
        str(figures.counts.gold),
        str(figures.counts.predicted),
        *(_cell(e) for e in (figures.precision, figures.recall, figures.f1, figures.f2)),
        _cell(figures.wrong, digits=2),
        *(_cell(e) for e in (figures.covered, figures.missed)),
    )


def narrow(row: Sequence[str]) -> tuple[str, ...]:
    """Return the cells of a row for a terminal: F without its interval, the others' ends shortened."""
    f_scores = (COLUMNS.index("F1") + 1, COLUMNS.index("F2") + 1)
    return tuple(
        cell.partition(" ")[0] if at in f_scores else _ENDS.sub(r"\1-\2", cell) for at, cell in enumerate(row)
    )


def _cell(estimate: Estimate | None, *, digits: int = 3) -> str:
    if estimate is None:
        return "-"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def summary(groups: Mapping[str, Group]) -> Iterator[tuple[str, ...]]:
    """Yield a row of cells for each part of a dimension: its name and its figures of all labels."""
    for name, group in groups.items():
        yield (name, *_line(group.overall))
