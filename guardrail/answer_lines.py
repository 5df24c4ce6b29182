"""An answer in lines of JSON: as events, but the last line needs no end, and gets none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.answer_events import EventAnswer
from guardrail.wire.framing import LINES, SEQUENCE

if TYPE_CHECKING:
    from guardrail.case import Case
    from guardrail.wire.protocol import ProtocolMap

__all__ = ["LinesAnswer"]


class LinesAnswer(EventAnswer):
    """Lines as they stream; `sequence` says that record separators set them apart (RFC 7464)."""

    def __init__(self, case: Case, protocol: ProtocolMap, *, sequence: bool = False) -> None:
        super().__init__(case, protocol, SEQUENCE if sequence else LINES)

    def finish(self) -> bytes:
        """Return what is still held."""
        out = super().finish()
        return out.removesuffix(b"\n") if getattr(self._reader, "unended", False) else out
