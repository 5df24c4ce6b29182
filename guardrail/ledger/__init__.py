"""The ledger: what was done, in an order that nobody can change unseen (docs/spec/ledger.md).

Names are loaded when they are first used, so that importing this costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardrail.ledger.proof import Proof, parse_proof, verify_proof
    from guardrail.ledger.reader import Reader
    from guardrail.ledger.verifier import Problem, Report, verify
    from guardrail.ledger.writer import Ledger

__all__ = ["Ledger", "Problem", "Proof", "Reader", "Report", "parse_proof", "verify", "verify_proof"]

_HOME = {
    "Ledger": "writer",
    "Problem": "verifier",
    "Proof": "proof",
    "Reader": "reader",
    "Report": "verifier",
    "parse_proof": "proof",
    "verify": "verifier",
    "verify_proof": "proof",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
