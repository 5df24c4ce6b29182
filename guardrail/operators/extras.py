"""Libraries that an action needs beside those of the package: asked for when a guard is made."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["NEEDS", "require"]

NEEDS: Final[Mapping[str, str]] = {"surrogate": "faker", "fpe": "ffx"}
"""The module that each action imports; the extra has the action's name."""


def require(actions: Iterable[str]) -> None:
    """Raise `ConfigError` where the library of one of the actions is not installed."""
    for action in sorted(actions):
        module = NEEDS.get(action)
        if module and find_spec(module) is None:
            raise ConfigError(
                f"the policy's action '{action}' needs a library that is not installed",
                advice=f"run: pip install 'guardrail-pii[{action}]'",
            )
