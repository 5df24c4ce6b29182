"""What a client is told when its provider gives no answer, in the form of its protocol.

The SDKs read these bodies: a status alone would show them as "unknown error".
No text of a foreign exception is in them: it may hold a URL, and that a key.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from guardrail.errors import GuardrailError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UpstreamError", "fault_body"]

# Google's words for a status (google.rpc.Code).
_GOOGLE: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class UpstreamError(GuardrailError):
    """There is no answer, or not the whole of one; `status` is what a client is told."""

    def __init__(self, message: str, *, status: int, kind: str, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.status = status
        self.kind = kind


def fault_body(protocol: str, *, status: int, kind: str, message: str) -> bytes:
    """Return the body of a fault in a protocol's own form; `kind` is a word such as "upstream_timeout"."""
    body: dict[str, object]
    if protocol == "anthropic.messages":
        word = {400: "invalid_request_error", 404: "not_found_error", 504: "timeout_error"}
        body = {"type": "error", "error": {"type": word.get(status, "api_error"), "message": message}}
    elif protocol == "gemini.generate":
        google = _GOOGLE.get(status, "UNKNOWN")
        body = {"error": {"code": status, "message": message, "status": google}}
    elif protocol == "cohere.chat":
        body = {"message": message}
    elif protocol == "mistral.chat":
        body = {"object": "error", "message": message, "type": kind, "param": None, "code": None}
    else:
        body = {"error": {"message": message, "type": kind, "param": None, "code": kind}}
    return json.dumps(body).encode()
