"""What is measured: something that marks texts. Here, our own detector, alone or under policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from guardrail import spans
from guardrail.errors import DetectionError
from guardrail.evaluate.rows import Span
from guardrail.types import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from guardrail.detect import Detector
    from guardrail.policy import PolicySet
    from guardrail.types import Channel, Finding, Passage

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

    def predict(self, passages: Sequence[Passage]) -> list[tuple[Span, ...] | None]:
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
    channel: Channel = CHANNEL
    name: str = "guardrail"

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the detectors."""
        return self.detector.versions

    def predict(self, passages: Sequence[Passage]) -> list[tuple[Span, ...] | None]:
        """Return disjoint spans of each text."""
        return [
            None if found is None else tuple(Span(f.start, f.end, f.entity, f.score) for f in found)
            for found in self.find(passages)
        ]

    def find(self, passages: Sequence[Passage]) -> list[tuple[Finding, ...] | None]:
        """Return disjoint findings of each text, in order; None where detection failed on one.

        `guardrail detect` and `guardrail eval` both answer with this.
        """
        found: list[tuple[Finding, ...] | None]
        try:
            found = [*self.detector.detect(passages)]
        except DetectionError:
            found = [self._alone(passage) for passage in passages]
        return [
            None if findings is None else self._kept(passage.text, findings)
            for passage, findings in zip(passages, found, strict=True)
        ]

    def _alone(self, passage: Passage) -> tuple[Finding, ...] | None:
        """Find out which text of a batch it was that failed."""
        try:
            return self.detector.detect([passage])[0]
        except DetectionError:
            return None

    def _kept(self, text: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        return spans.trim(text, spans.resolve(self._counted(text, findings)))

    def _counted(self, text: str, findings: Iterable[Finding]) -> Iterator[Finding]:
        if self.policies is None:
            yield from (finding for finding in findings if finding.score >= self.min_score)
            return
        for finding, allowed in self.policies.weigh(text, findings):
            decision = self.policies.decide(finding, channel=self.channel, context=Context(), allowed=allowed)
            acts = decision is not None and decision.action.type != "allow"
            if acts and finding.score >= self.min_score:
                yield finding
