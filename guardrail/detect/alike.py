"""A detector that finds what stock Presidio finds, for those who come from it: the same results, faster."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from guardrail.detect.detector import MAX_CHARS, Detector
from guardrail.detect.models import SPACY_SM
from guardrail.detect.recognizers import adopt
from guardrail.detect.stock import Stock, engine
from guardrail.errors import DetectionError, GuardrailError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guardrail.detect.recognizer import Recognizer
    from guardrail.types import Finding, Passage

__all__ = ["PresidioDetector"]

_LONE: Final = re.compile("[\ud800-\udfff]")


class PresidioDetector(Detector):
    """Finds in each text what `AnalyzerEngine.analyze` finds: spans, entities, scores.

    Nothing of our own is added: no views, no languages, no labels of fields. Use
    `Detector` where equality to Presidio is not what you need.
    """

    def __init__(self, stock: Stock, *, extra: Sequence[Recognizer] = ()) -> None:
        super().__init__((), extra=extra)
        self._stock = stock
        self.entities = stock.entities.union(*(part.entities for part in extra))
        self.versions = MappingProxyType({**self.versions, "presidio": stock.version, **stock.models})

    @classmethod
    def of(
        cls,
        source: Any = None,  # noqa: ANN401 - presidio's types are partial
        *,
        language: str = "en",
        extra: Sequence[object] = (),
    ) -> PresidioDetector:
        """Take an `AnalyzerEngine` as it was set up; without one, Presidio's defaults on the small model.

        Raises:
            ConfigError: the model is missing or altered.
        """
        models = {} if source is not None else {f"spacy/{SPACY_SM.name}": SPACY_SM.version}
        stock = Stock(engine() if source is None else source, language=language, models=models)
        return cls(stock, extra=[adopt(item) for item in extra])

    def _followed(
        self, _: Sequence[Passage], found: Sequence[tuple[Finding, ...]]
    ) -> list[tuple[Finding, ...]]:
        """Return the findings as they are: Presidio looks for nobody again."""
        return list(found)

    def _detect(self, passages: list[Passage]) -> list[tuple[Finding, ...]]:
        if any(len(passage.text) > MAX_CHARS for passage in passages):
            raise DetectionError(
                f"a text is longer than {MAX_CHARS:,} characters", advice="split the text before it is sent"
            )
        try:
            found = self._stock.find([_sound(passage.text) for passage in passages])
            own = [self._asked(passage.text) for passage in passages]
        except GuardrailError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails, nothing was looked at
            raise DetectionError(
                f"Presidio failed with {type(error).__name__}",
                advice="the policy's on_error decides what happens to the text",
            ) from None
        return [
            tuple(sorted([*stock, *mine], key=lambda f: (f.start, f.end, f.entity, -f.score)))
            for stock, mine in zip(found, own, strict=True)
        ]


def _sound(text: str) -> str:
    """Return the text with lone surrogates replaced one for one: spaCy encodes it."""
    return text if text.isascii() else _LONE.sub("\ufffd", text)
