"""The project's own model of names, places and addresses, inside the package.

Rampart's network (National Design Studio, CC BY 4.0) with six more rows, trained
on by us from human texts and templates; docs/model-card.md says from which, and
what it cannot do. An uncased BERT of six layers in int8, run through ONNX Runtime.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Final

from guardrail.detect.models import OWN, file_digest, locate, verify
from guardrail.detect.persons import Trust
from guardrail.detect.pieces import ENTITIES, PieceNames, session_of, tokenizer_of
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["GuardrailNames"]

ROWS: Final = 41
CASED: Final = False  # whether the weights in the package were taught the case of words
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
    trust: ClassVar[Trust] = Trust(said=0.0, slope=0.8, silent=-3.5, placed=-2.0)
    # Other languages it saw in templates alone: what it says of persons weighs less there, and what
    # it takes for a place is more often a person.
    abroad: ClassVar[Trust] = Trust(said=-0.6, slope=0.7, silent=-3.0, placed=-0.5)

    @classmethod
    def load(
        cls, *, path: Path | None = None, progress: Callable[[str, float], None] | None = None
    ) -> GuardrailNames:
        """Verify the weights and test what they find.

        Raises:
            ConfigError: missing, cut or altered, or it does not find what it must.
        """
        folder = verify(OWN, path or locate(OWN))
        if progress is not None:
            progress("loading the name finder", 0.5)
        model = (folder / "names.onnx").read_bytes()
        return cls._of(model, folder / "vocab.txt", version=OWN.version, cased=CASED)

    @classmethod
    def load_trained(cls, folder: Path) -> GuardrailNames:
        """Load what `guardrail train` wrote into `folder`; its version is its digest.

        Raises:
            ConfigError: missing, not a model of this form, or it does not find what it must.
        """
        advice = "name the folder that guardrail train wrote: names.onnx and vocab.txt"
        if file_digest(folder / "vocab.txt") != OWN.files["vocab.txt"]:
            raise ConfigError("the trained model's vocabulary is missing, or is another one", advice=advice)
        verify(replace(OWN, files={}), folder)  # its libraries
        try:
            model = (folder / "names.onnx").read_bytes()
        except OSError:
            raise ConfigError("the trained model cannot be read", advice=advice) from None
        version = f"{OWN.version}-{sha256(model).hexdigest()[:12]}"
        try:
            return cls._of(model, folder / "vocab.txt", version=version, cased=True)
        except ConfigError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a broken file makes the runtime raise
            raise ConfigError(
                f"the trained model does not run ({type(error).__name__})", advice=advice
            ) from None

    @classmethod
    def _of(cls, model: bytes, vocabulary: Path, *, version: str, cased: bool) -> GuardrailNames:
        import numpy as np  # noqa: PLC0415 - heavy, and commands start without it

        groups = np.zeros((ROWS, len(ENTITIES)), np.float32)
        for entity, rows in _GROUPS.items():
            groups[list(rows), ENTITIES.index(entity)] = 1
        names = cls(session_of(model), tokenizer_of(vocabulary), groups)
        names.version = version
        names.cased = cased
        names.test()
        return names
