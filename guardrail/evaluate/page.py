"""The result as one HTML page that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from guardrail.evaluate.report import cells, first, shown, summary

if TYPE_CHECKING:
    from jinja2 import Template

    from guardrail.evaluate.figures import Figures, Group
    from guardrail.evaluate.intervals import Estimate
    from guardrail.evaluate.metrics import Error
    from guardrail.evaluate.report import Report
    from guardrail.evaluate.rows import Row
    from guardrail.evaluate.run import Evaluation

__all__ = ["page"]

TITLES: Final = {"files": "By file", "languages": "By language", "styles": "By style"}
KINDS: Final = {
    "missed": "Missed: nothing of it was marked",
    "partly": "Partly covered: some characters would go on",
    "wrong": "Marked without need: false positives",
}


def page(report: Report, *, errors: int) -> bytes:
    """Return the page as UTF-8, with at most `errors` errors of each kind and system."""
    text = _template().render(
        rule=report.rule,
        policies=report.policies,
        show=report.show,
        systems=[_system(one, errors=errors, show=report.show) for one in report.evaluations],
        comparison=list(summary({one.name: one.everything for one in report.evaluations})),
        verdicts=report.verdicts,
        faults=report.faults,
    )
    return text.encode("utf-8", "replace")


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only who asks for the page pays for it

    # Names of files, and values where they are shown, are from outside: escaped, always.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda n: f"{n:,}".replace(",", "\u202f")
    source = resources.files("guardrail.evaluate").joinpath("page.html.j2").read_text("utf-8")
    return environment.from_string(source)


def _system(one: Evaluation, *, errors: int, show: bool) -> dict[str, Any]:
    everything = one.everything
    return {
        "name": one.name,
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(one.versions.items())),
        "group": everything,
        "headline": _headline(everything),
        "labels": list(cells(everything)),
        "bars": [(label, _bar(figures)) for label, figures in everything.labels.items()],
        "parts": [
            {"title": TITLES[name], "rows": list(summary(groups))}
            for name, groups in one.parts.items()
            if len(groups) > 1
        ],
        "failed": len(one.failed),
        "errors": _errors(one, errors=errors, show=show),
    }


def _headline(group: Group) -> list[dict[str, str]]:
    figures = group.overall
    return [
        _figure(figures.recall, "recall: found of what a person marked"),
        _figure(figures.precision, "precision: right of what was marked"),
        _figure(figures.missed, "of the marked values missed entirely"),
        _figure(figures.covered, "of their characters covered"),
        _figure(figures.wrong, "false positives per 1,000 characters", percent=False),
    ]


def _figure(estimate: Estimate | None, what: str, *, percent: bool = True) -> dict[str, str]:
    if estimate is None:
        return {"value": "–", "range": "nothing to measure", "what": what}
    if percent:
        value, low, high = (f"{100 * x:.1f}" for x in (estimate.value, estimate.low, estimate.high))
        return {"value": f"{value} %", "range": f"{low} to {high} %", "what": what}
    value, low, high = (f"{x:.2f}" for x in (estimate.value, estimate.low, estimate.high))
    return {"value": value, "range": f"{low} to {high}", "what": what}


def _bar(figures: Figures) -> dict[str, str] | None:
    """Return the recall and its interval as parts of a width, in percent."""
    recall = figures.recall
    if recall is None:
        return None
    return {
        "value": f"{100 * recall.value:.1f}",
        "low": f"{100 * recall.low:.2f}",
        "width": f"{100 * (recall.high - recall.low):.2f}",
    }


def _errors(one: Evaluation, *, errors: int, show: bool) -> list[dict[str, Any]]:
    chosen = first(one.errors, errors)
    return [
        {
            "title": title,
            "all": sum(error.kind == kind for _, error in one.errors),
            "rows": [_row(row, error, show=show) for row, error in chosen if error.kind == kind],
        }
        for kind, title in KINDS.items()
    ]


def _row(row: Row, error: Error, *, show: bool) -> dict[str, Any]:
    return {
        "label": error.label,
        "file": row.file,
        "line": row.line,
        "start": error.start,
        "length": error.end - error.start,
        "shown": shown(row, error) if show else None,
    }
