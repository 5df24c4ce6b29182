"""One run: every system over the same rows, scored by one rule, grouped by file, language and style."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.evaluate.figures import Group, group
from guardrail.evaluate.metrics import Error, Rule, TextScore, score
from guardrail.evaluate.style import style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from guardrail.evaluate.predict import Predicts
    from guardrail.evaluate.rows import Row

__all__ = ["DIMENSIONS", "Evaluation", "evaluate"]

BATCH: Final = 32  # texts handed to a system at a time
DIMENSIONS: Final[Mapping[str, Callable[[Row], str]]] = {
    "files": lambda row: row.file,
    "languages": lambda row: row.language,
    "styles": lambda row: style(row.text),
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one system did. `failed` are rows that it could not look at; they are in no figure.

    `parts` holds the groups of each dimension ("files", "languages", "styles").
    """

    name: str
    versions: Mapping[str, str]
    everything: Group
    parts: Mapping[str, Mapping[str, Group]]
    errors: tuple[tuple[Row, Error], ...]
    failed: tuple[Row, ...]


def evaluate(
    system: Predicts, rows: Sequence[Row], rule: Rule, *, progress: Callable[[str, float], None]
) -> Evaluation:
    """Run a system over the rows; `progress` is told its name and the part done, 0..1."""
    scored: list[tuple[Row, TextScore]] = []
    failed: list[Row] = []
    for start in range(0, len(rows), BATCH):
        progress(system.name, start / len(rows))
        batch = rows[start : start + BATCH]
        for row, spans in zip(batch, system.predict([row.passage for row in batch]), strict=True):
            if spans is None:
                failed.append(row)
            else:
                scored.append((row, score(row, spans, rule)))
    progress(system.name, 1.0)
    return Evaluation(
        name=system.name,
        versions=system.versions,
        everything=group([one for _, one in scored], rule.ignore),
        parts={name: _split(scored, key, rule.ignore) for name, key in DIMENSIONS.items()},
        errors=tuple((row, error) for row, one in scored for error in one.errors),
        failed=tuple(failed),
    )


def _split(
    scored: Sequence[tuple[Row, TextScore]], key: Callable[[Row], str], ignore: frozenset[str]
) -> dict[str, Group]:
    parts: defaultdict[str, list[TextScore]] = defaultdict(list)
    for row, one in scored:
        parts[key(row)].append(one)
    return {name: group(scores, ignore) for name, scores in parts.items()}
