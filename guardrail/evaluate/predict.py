"""What is measured: something that marks texts. Here, our own detector, alone or under policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from guardrail import spans
from guardrail.errors import DetectionError
from guardrail.evaluate.rows import Span
from guardrail.types import Context, Passage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from guardrail.detect import Detector
    from guardrail.policy import PolicySet
    from guardrail.types import Finding

__all__ = ["CHANNEL", "Ours", "Predicts"]

CHANNEL: Final = "prompt"  # the border where most texts of people arrive


class Predicts(Protocol):
    """A system under measurement. `name` and `versions` stand in the report."""

    @property
    def name(self) -> str:
        """Return its name."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of its parts."""
        ...

    def predict(self, texts: Sequence[str]) -> list[tuple[Span, ...] | None]:
        """Return what it marks in each text; None where it failed on one."""
        ...


@dataclass(frozen=True, slots=True)
class Ours:
    """The detector; findings below `min_score`, or that no rule of the policies acts on, do not count.

    They are put aside before overlaps are resolved, as at every border: a weak
    guess must not swallow a strong finding.
    """

    detector: Detector
    min_score: float
    policies: PolicySet | None = None
    name: str = "guardrail"

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the detectors."""
        return self.detector.versions

    def predict(self, texts: Sequence[str]) -> list[tuple[Span, ...] | None]:
        """Return disjoint spans of each text."""
        try:
            found: list[tuple[Finding, ...] | None] = [*self.detector.detect([Passage(t) for t in texts])]
        except DetectionError:
            found = [self._alone(text) for text in texts]
        return [
            None if findings is None else self._kept(text, findings)
            for text, findings in zip(texts, found, strict=True)
        ]

    def _alone(self, text: str) -> tuple[Finding, ...] | None:
        """Find out which text of a batch it was that failed."""
        try:
            return self.detector.detect([Passage(text)])[0]
        except DetectionError:
            return None

    def _kept(self, text: str, findings: Iterable[Finding]) -> tuple[Span, ...]:
        counted = [finding for finding in findings if self._counts(finding)]
        return tuple(
            Span(f.start, f.end, f.entity, f.score) for f in spans.trim(text, spans.resolve(counted))
        )

    def _counts(self, finding: Finding) -> bool:
        if finding.score < self.min_score:
            return False
        if self.policies is None:
            return True
        decision = self.policies.decide(finding, channel=CHANNEL, context=Context())
        return decision is not None and decision.action.type != "allow"
