"""Rows for a person to correct: a stratified draw of their own texts with what we find in them.

A row is written with `"checked": false` and is not counted until the person
sets it to true: a sample that nobody corrected would measure us against ourselves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from guardrail.evaluate.labels import PERSONAL, common
from guardrail.evaluate.strata import draw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guardrail.evaluate.predict import Predicts
    from guardrail.evaluate.rows import Row, Span

__all__ = ["sample"]


def sample(rows: Sequence[Row], n: int, system: Predicts) -> Iterator[str]:
    """Yield `n` rows as lines of JSON; where the system failed on a text, without spans."""
    scope = sorted(PERSONAL)
    for row in draw(rows, n):
        (spans,) = system.predict([row.passage])
        value = {
            "id": row.id,
            "lang": row.language,
            "checked": False,
            "text": row.text,
            "spans": [_span(row.text, span) for span in spans or ()],
            "scope": scope,
        }
        # ASCII where a lone surrogate would not encode.
        yield json.dumps(value, ensure_ascii=any("\ud800" <= c <= "\udfff" for c in row.text)) + "\n"


def _span(text: str, span: Span) -> dict[str, object]:
    # The value stands beside its offsets, so that a person sees what is marked; it is not read again.
    return {
        "start": span.start,
        "end": span.end,
        "label": common(span.label),
        "value": text[span.start : span.end],
    }
