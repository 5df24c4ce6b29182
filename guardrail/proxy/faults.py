"""Why there is no answer of a provider. No text of a foreign exception: it may hold a URL, and that a key."""

from __future__ import annotations

from guardrail.errors import GuardrailError

__all__ = ["UpstreamError"]


class UpstreamError(GuardrailError):
    """There is no answer, or not the whole of one; a client is told `status`, and `kind`, a word for it."""

    def __init__(self, message: str, *, status: int, kind: str, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.status = status
        self.kind = kind
