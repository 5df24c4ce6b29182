"""Bounds that a measurement must keep, for continuous integration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError
from guardrail.evaluate.labels import COMMON

if TYPE_CHECKING:
    from guardrail.evaluate.figures import Figures, Group

__all__ = ["Gate", "Verdict", "parse"]

_FORM: Final = re.compile(r"(?:([A-Z][A-Z0-9_]*)=)?(\d{1,6}(?:\.\d{1,9})?|\.\d{1,9})")


@dataclass(frozen=True, slots=True)
class Gate:
    """A least recall, or a most of false positives per 1,000 characters; `label` "" is all labels."""

    kind: str
    bound: float
    label: str = ""

    def judge(self, group: Group) -> Verdict:
        """Hold the figures against the bound. What could not be measured is not kept."""
        figures = group.labels.get(self.label) if self.label else group.overall
        value = self._value(figures)
        kept = value is not None and (value >= self.bound if self.kind == "recall" else value <= self.bound)
        return Verdict(self, value, kept)

    def _value(self, figures: Figures | None) -> float | None:
        if self.kind == "fp" and figures is None:
            return 0.0  # nothing of this label was predicted
        estimate = figures and (figures.recall if self.kind == "recall" else figures.wrong)
        return estimate.value if estimate else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate said of a measurement."""

    gate: Gate
    value: float | None
    kept: bool

    def told(self) -> str:
        """Return the verdict in words."""
        what = "recall" if self.gate.kind == "recall" else "false positives per 1,000 characters"
        side = "at least" if self.gate.kind == "recall" else "at most"
        label = f"{self.gate.label} " if self.gate.label else ""
        value = "could not be measured" if self.value is None else f"{self.value:.4f}"
        return f"{label}{what} {value}, {side} {self.gate.bound:g} asked"


def parse(text: str, *, kind: str) -> Gate:
    """Read "0.9" or "PERSON=0.9"; `kind` is "recall" or "fp".

    Raises:
        ConfigError: another form, a label that is not a common one, or a recall above 1.
    """
    option = "--min-recall" if kind == "recall" else "--max-fp"
    match = _FORM.fullmatch(text)
    if not match or (kind == "recall" and float(match[2]) > 1):
        example = "0.9 or PERSON=0.95" if kind == "recall" else "2.5 or PERSON=1"
        raise ConfigError(f"{option} is not a bound", advice=f"write a number: {option} {example}")
    if match[1] and match[1] not in COMMON:
        raise ConfigError(
            f"{option} names a label that is not a common one",
            advice=f"use one of: {', '.join(sorted(COMMON))}",
        )
    return Gate(kind, float(match[2]), match[1] or "")
