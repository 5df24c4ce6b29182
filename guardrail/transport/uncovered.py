"""What may call a model provider in this process and passes by every hook of ours, by name."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Gap", "covers", "uncovered"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A way to a provider that is not guarded, and what to do about it."""

    name: str
    advice: str

    def __str__(self) -> str:
        return self.name


_ADVICE_PROXY: Final = "send it through `guardrail proxy`, or scrub its texts with guard.scrub"
_AIOHTTP: Final = "call guardrail.integrations.aiohttp.install(guard)"
_WEBSOCKETS: Final = "call guardrail.integrations.websockets.install(guard)"

# Covered by leaf modules; they say so here when they are installed.
_covered: set[str] = set()


def covers(name: str, *, now: bool) -> None:
    """Say that the clients of a library are guarded now, or no more."""
    if now:
        _covered.add(name)
    else:
        _covered.discard(name)


def uncovered() -> tuple[Gap, ...]:
    """Return the gaps of this process: by what is installed, or imported, when it is asked."""
    return tuple(Gap(name, advice) for name, advice, applies in _GAPS if applies())


def _has(name: str) -> bool:
    if name in sys.modules:
        return sys.modules[name] is not None
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _genai_over_aiohttp() -> bool:
    return _has("google.genai") and _has("aiohttp") and "aiohttp" not in _covered


def _sockets() -> bool:
    return _has("websockets") and "websockets" not in _covered and (_has("openai") or _has("google.genai"))


def _imported(*names: str) -> Callable[[], bool]:
    return lambda: any(sys.modules.get(name) is not None for name in names)


_GAPS: Final[tuple[tuple[str, str, Callable[[], bool]], ...]] = (
    ("google-genai's async client over aiohttp", _AIOHTTP, _genai_over_aiohttp),
    ("websockets (OpenAI Realtime, Gemini Live)", _WEBSOCKETS, _sockets),
    # Installed in many environments and harmless there: told of where something has imported them.
    ("boto3 (Amazon Bedrock)", _ADVICE_PROXY, _imported("boto3", "botocore")),
    ("grpc (Vertex AI's older client)", _ADVICE_PROXY, _imported("vertexai", "google.cloud.aiplatform")),
    (
        "requests (Helicone's manual logger, older SDKs)",
        _ADVICE_PROXY,
        _imported("helicone_helpers", "dashscope", "replicate"),
    ),
)
