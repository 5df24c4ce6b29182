"""Other detectors, as they come, for the same run over the same rows.

Stock Presidio: its default engine, registry and recognizers for English, with
the spaCy model that we use, read by path. Nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.models import SPACY_SM, library_version
from guardrail.detect.stock import engine
from guardrail.evaluate.rows import Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.types import Passage

__all__ = ["PEERS", "Presidio"]

PEERS: Final = ("presidio",)


@dataclass(frozen=True, slots=True)
class Presidio:
    """Stock Presidio. `engine` is an `AnalyzerEngine`."""

    engine: Any
    versions: Mapping[str, str] = field(default_factory=dict)
    name: str = "presidio"

    @classmethod
    def load(cls) -> Presidio:
        """Build the default engine on the installed model.

        Raises:
            ConfigError: the model is missing or altered.
        """
        built = engine()
        versions = {
            "presidio-analyzer": library_version("presidio-analyzer"),
            SPACY_SM.name: SPACY_SM.version,
        }
        return cls(built, MappingProxyType(versions))

    def predict(self, passages: Sequence[Passage]) -> list[tuple[Span, ...] | None]:
        """Return what it marks, of any score, overlaps and all; None where it raises."""
        return [self._one(passage.text) for passage in passages]

    def _one(self, text: str) -> tuple[Span, ...] | None:
        try:
            results = self.engine.analyze(text=text, language="en")
        except Exception:  # noqa: BLE001 - whatever it raises may hold the text
            return None
        return tuple(Span(r.start, r.end, r.entity_type, float(r.score)) for r in results)
