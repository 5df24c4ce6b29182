"""What a caller is told whose request or answer cannot go on, in the form of its protocol's own errors.

The rule is told, and never the value. Source: the error objects of the APIs'
references and SDKs (openai `APIStatusError.body`, anthropic `ErrorResponse`,
google.rpc.Status, mistralai `HTTPValidationError` and errors of its gateway,
cohere `{"message": …}`, ollama `{"error": "…"}`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["form_for", "refused"]

_ANTHROPIC: Final = {
    400: "invalid_request_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    415: "invalid_request_error",
    503: "overloaded_error",
    504: "timeout_error",
}
_GOOGLE: Final = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

Told = dict[str, object]


def refused(protocol: str, status: int, kind: str, message: str, more: Mapping[str, object]) -> bytes:
    """Return the body of an error: `kind` is a word of ours, `more` tells rule, policy, entity, advice."""
    form = _FORMS.get(protocol, _openai)
    return json.dumps(form(status, kind, message, dict(more))).encode()


def _openai(status: int, kind: str, message: str, more: Told) -> Told:
    del status
    return {"error": {"message": message, "type": kind, "param": None, "code": kind, **more}}


def _anthropic(status: int, kind: str, message: str, more: Told) -> Told:
    error = {"type": _ANTHROPIC.get(status, "api_error"), "message": message, "code": kind, **more}
    return {"type": "error", "error": error, "request_id": None}


def _gemini(status: int, kind: str, message: str, more: Told) -> Told:
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": kind.upper(),
        "domain": "guardrail",
        "metadata": {name: str(value) for name, value in more.items()},
    }
    told = {"code": status, "message": message, "status": _GOOGLE.get(status, "UNKNOWN")}
    return {"error": {**told, "details": [detail]}}


def _mistral(status: int, kind: str, message: str, more: Told) -> Told:
    return {"object": "error", "message": message, "type": kind, "param": None, "code": str(status), **more}


def _cohere(status: int, kind: str, message: str, more: Told) -> Told:
    del status
    return {"message": message, "code": kind, **more}


def _ollama(status: int, kind: str, message: str, more: Told) -> Told:
    del status
    return {"error": message, "code": kind, **more}


_FORMS: Final[Mapping[str, Callable[[int, str, str, Told], Told]]] = {
    "anthropic.messages": _anthropic,
    "anthropic.batches": _anthropic,
    "gemini.generate": _gemini,
    "gemini.live": _gemini,
    "mistral.chat": _mistral,
    "cohere.chat": _cohere,
    "ollama.chat": _ollama,
}

# Whose SDK asks, where the path has no map (files, batches, models …): by its headers, or by the host.
_HEADERS: Final = (
    ("anthropic-version", "", "anthropic.messages"),
    ("x-goog-api-key", "", "gemini.generate"),
    ("x-fern-sdk-name", "cohere", "cohere.chat"),
    ("user-agent", "mistral-client", "mistral.chat"),
    ("user-agent", "ollama", "ollama.chat"),
)
_HOSTS: Final = (
    (re.compile(r"(?:.+\.)?anthropic\.com"), "anthropic.messages"),
    (re.compile(r".+\.googleapis\.com"), "gemini.generate"),
    (re.compile(r"(?:.+\.)?mistral\.ai"), "mistral.chat"),
    (re.compile(r"(?:.+\.)?cohere\.(?:com|ai)"), "cohere.chat"),
)


def form_for(protocol: str, headers: Mapping[str, str]) -> str:
    """Return the protocol whose errors the caller reads: the one it speaks, or that of its SDK.

    The names of `headers` are lower-case.
    """
    if protocol:
        return protocol
    for name, begins, form in _HEADERS:
        if name in headers and headers[name].lower().startswith(begins):
            return form
    host = headers.get("host", "").strip().lower().partition(":")[0]
    return next((form for pattern, form in _HOSTS if pattern.fullmatch(host)), "")
