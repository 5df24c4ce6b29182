"""Rampart: names, addresses and telephone numbers in any letter case, forms and JSON.

A six-layer uncased BERT of National Design Studio (CC BY 4.0), run through ONNX
Runtime. Its labels for government, tax and licence numbers flag any number and
are not used. The tokenizer is built from `vocab.txt`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from guardrail.detect.models import RAMPART, locate, verify
from guardrail.detect.persons import Trust
from guardrail.detect.pieces import ENTITIES, PieceNames, session_of, tokenizer_of
from guardrail.detect.store import prepared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RampartNames"]

KEPT: Final = {
    "GIVEN_NAME": "PERSON",
    "SURNAME": "PERSON",
    "PHONE": "PHONE_NUMBER",
    "BUILDING_NUMBER": "ADDRESS",
    "STREET_NAME": "ADDRESS",
    "SECONDARY_ADDRESS": "ADDRESS",
    "ZIP_CODE": "ADDRESS",
    "CITY": "LOCATION",
    "STATE": "LOCATION",
}


class RampartNames(PieceNames):
    """Rampart in memory. `find` may be called from several threads."""

    name: ClassVar[str] = "rampart"
    remedy: ClassVar[str] = (
        f"delete the folder named by GUARDRAIL_CACHE (or ~/.cache/guardrail), then run: {RAMPART.remedy}"
    )
    trust: ClassVar[Trust] = Trust(said=0.0, slope=0.4, silent=-2.1, placed=-1.15)

    @classmethod
    def load(
        cls,
        *,
        path: Path | None = None,
        progress: Callable[[str, float], None] | None = None,
        cache: Path | None = None,
    ) -> RampartNames:
        """Verify the files, requantize them once into the cache, and test the result.

        Raises:
            ConfigError: not installed, altered, or it does not find what it must.
        """
        folder = verify(RAMPART, path or locate(RAMPART))
        model, form = prepared(folder / "onnx" / "model_q4.onnx", progress=progress, cache=cache)
        names = cls(session_of(model), tokenizer_of(folder / "vocab.txt"), _groups(folder / "config.json"))
        names.version = f"{RAMPART.version}-{form}"
        names.test()
        return names


def _groups(config: Path) -> NDArray[np.float32]:
    """Return the 0/1 matrix (labels x entities) that sums the rows of a label's entity."""
    import numpy as np  # noqa: PLC0415 - an extra brings it

    labels: dict[str, str] = json.loads(config.read_text("utf-8"))["id2label"]
    groups = np.zeros((len(labels), len(ENTITIES)), np.float32)
    for row, label in labels.items():
        entity = KEPT.get(label.partition("-")[2])
        if entity is not None:
            groups[int(row), ENTITIES.index(entity)] = 1
    return groups
