"""The project's own model of names, places and addresses, inside the package.

Rampart's network (National Design Studio, CC BY 4.0) with six more rows, trained
on by us from human texts and templates; docs/model-card.md says from which, and
what it cannot do. An uncased BERT of six layers in int8, run through ONNX Runtime.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from guardrail.detect.models import OWN, locate, verify
from guardrail.detect.persons import Trust
from guardrail.detect.pieces import ENTITIES, PieceNames, session_of, tokenizer_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["GuardrailNames"]

ROWS: Final = 41
# Rows of the output by entity. Those of other numbers, organizations, dates, peoples, ages and
# login names are not used yet: tables and patterns find them.
_GROUPS: Final = {
    "PERSON": range(1, 5),
    "PHONE_NUMBER": range(7, 9),
    "ADDRESS": (*range(23, 29), 33, 34),
    "LOCATION": (*range(29, 33), 40),
}


class GuardrailNames(PieceNames):
    """The model in memory. `find` may be called from several threads."""

    name: ClassVar[str] = OWN.name
    remedy: ClassVar[str] = f"run: {OWN.remedy}"
    trust: ClassVar[Trust] = Trust(said=0.0, slope=0.8, silent=-3.0, placed=-1.5)

    @classmethod
    def load(
        cls, *, path: Path | None = None, progress: Callable[[str, float], None] | None = None
    ) -> GuardrailNames:
        """Verify the weights and test what they find.

        Raises:
            ConfigError: missing, cut or altered, or it does not find what it must.
        """
        import numpy as np  # noqa: PLC0415 - heavy, and an extra brings it

        folder = verify(OWN, path or locate(OWN))
        groups = np.zeros((ROWS, len(ENTITIES)), np.float32)
        for entity, rows in _GROUPS.items():
            groups[list(rows), ENTITIES.index(entity)] = 1
        if progress is not None:
            progress("loading the name finder", 0.5)
        names = cls(
            session_of((folder / "names.onnx").read_bytes()), tokenizer_of(folder / "vocab.txt"), groups
        )
        names.version = OWN.version
        names.test()
        return names
