"""A guard for AI applications.

It stands where text crosses a border, finds personal data, acts on each finding
as a policy file says, restores what the user may see, and writes a ledger that
an outsider can verify.

    from guardrail import Guard

    guard = Guard.load("gdpr-chat", ledger="ledger.db")
    guard.scrub("Ann Smith, ann@example.com, lost her card.").text
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from guardrail.errors import (
    BlockedError,
    BodyError,
    ConfigError,
    DetectionError,
    GuardrailError,
    GuardrailWarning,
    LedgerError,
    PolicyError,
    VaultError,
)
from guardrail.types import Action, Context, Decision, Entry, Finding, Passage, ScrubResult

if TYPE_CHECKING:
    from guardrail.detect import Detector, Limits, recognizer
    from guardrail.guard import Guard, Session
    from guardrail.policy import PolicySet as Policy

__all__ = [
    "Action",
    "BlockedError",
    "BodyError",
    "ConfigError",
    "Context",
    "Decision",
    "DetectionError",
    "Detector",
    "Entry",
    "Finding",
    "Guard",
    "GuardrailError",
    "GuardrailWarning",
    "LedgerError",
    "Limits",
    "Passage",
    "Policy",
    "PolicyError",
    "ScrubResult",
    "Session",
    "VaultError",
    "recognizer",
]

__version__ = "0.1.0"

# Loaded when first asked for: `import guardrail` costs an application nothing that it does not use.
_LAZY: Final = {
    "Detector": ("guardrail.detect", "Detector"),
    "Guard": ("guardrail.guard", "Guard"),
    "Limits": ("guardrail.detect", "Limits"),
    "Policy": ("guardrail.policy", "PolicySet"),
    "Session": ("guardrail.guard", "Session"),
    "recognizer": ("guardrail.detect", "recognizer"),
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'guardrail' has no attribute '{name}'")
    module, attribute = _LAZY[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
