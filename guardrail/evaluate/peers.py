"""Other detectors, as they come, for the same run over the same rows. The only file that imports them.

Stock Presidio: its default engine, registry and recognizers for English, with
the spaCy model that we use, read by path. Nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.domains import freeze
from guardrail.detect.models import SPACY_SM, library_version, locate, verify
from guardrail.detect.presidio import silence
from guardrail.evaluate.rows import Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from guardrail.types import Passage

__all__ = ["PEERS", "Presidio"]

PEERS: Final = ("presidio",)
# As in Presidio's own conf/default.yaml: an engine that is built by hand does not read it.
IGNORED: Final = ("ORGANIZATION", "CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT")
ALSO_IGNORED: Final = ("PRODUCT", "QUANTITY", "WORK_OF_ART")


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
        silence()  # it logs values
        path = verify(SPACY_SM, locate(SPACY_SM))
        from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - seconds of import
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine  # noqa: PLC0415 - same

        freeze()  # its e-mail recognizer would fetch the public suffix list
        nlp = SpacyNlpEngine(
            models=[{"lang_code": "en", "model_name": str(path)}],
            ner_model_configuration=NerModelConfiguration(labels_to_ignore=[*IGNORED, *ALSO_IGNORED]),
        )
        engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
        versions = {
            "presidio-analyzer": library_version("presidio-analyzer"),
            SPACY_SM.name: SPACY_SM.version,
        }
        return cls(engine, MappingProxyType(versions))

    def predict(self, passages: Sequence[Passage]) -> list[tuple[Span, ...] | None]:
        """Return what it marks, of any score, overlaps and all; None where it raises."""
        return [self._one(passage.text) for passage in passages]

    def _one(self, text: str) -> tuple[Span, ...] | None:
        try:
            results = self.engine.analyze(text=text, language="en")
        except Exception:  # noqa: BLE001 - whatever it raises may hold the text
            return None
        return tuple(Span(r.start, r.end, r.entity_type, float(r.score)) for r in results)
