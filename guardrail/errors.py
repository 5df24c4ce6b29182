"""The error tree: what is wrong, and what to do about it, without personal data.

Every error that guardrail raises on purpose is a `GuardrailError`. Its message
names the fault; `advice` says what to do. Neither ever holds a value that was
found, a piece of a prompt, or the text of a foreign exception.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

from functools import partial

__all__ = [
    "BlockedError",
    "BodyError",
    "ConfigError",
    "DetectionError",
    "GuardrailError",
    "GuardrailWarning",
    "LedgerError",
    "OperatorError",
    "PolicyError",
    "VaultError",
    "alone",
]


class GuardrailError(Exception):
    """The root of the tree: `str(error)` is the fault, `error.advice` the remedy."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        if advice:
            self.add_note(f"what to do: {advice}")  # so that a traceback tells it too


@contextmanager
def alone() -> Iterator[None]:
    """Let our errors leave without the foreign ones behind them: those may hold a whole body.

    `from None` only hides them from a printed traceback; an error tracker walks on.
    """
    try:
        yield
    except GuardrailError as error:
        error.__cause__ = error.__context__ = None
        raise


class ConfigError(GuardrailError):
    """Something that must be set up is missing, altered or contradictory."""


class PolicyError(ConfigError):
    """A policy file cannot be used as it stands; it is refused whole."""


class DetectionError(GuardrailError):
    """A detector failed or ran out of its bounds; `on_error` decides what happens."""


class BodyError(GuardrailError):
    """A body cannot be read: broken, too large, too deep, or in an unknown encoding.

    `status` is the HTTP status that a shell answers with (400, 413 or 415).
    """

    def __init__(self, message: str, *, advice: str = "", status: int = 400) -> None:
        super().__init__(message, advice=advice)
        self.status = status


class BlockedError(GuardrailError):
    """The policy blocks this text. `rule` and `entity` say why; the value is not told."""

    def __init__(self, *, policy: str, rule: str, entity: str) -> None:
        super().__init__(
            f"blocked by rule '{rule}' of policy '{policy}': it found {entity}",
            advice="remove the data of this kind from the text, or ask the policy's owner",
        )
        self.policy = policy
        self.rule = rule
        self.entity = entity

    def __reduce__(self) -> tuple[object, ...]:
        # A pool of processes whose worker raises an error that does not unpickle never answers.
        return partial(type(self), policy=self.policy, rule=self.rule, entity=self.entity), (), vars(self)


class OperatorError(GuardrailError):
    """An operator cannot carry out its action on a value; nothing may be sent in its place."""


class LedgerError(GuardrailError):
    """The ledger cannot be opened, read or written. Nothing may be forwarded."""


class VaultError(GuardrailError):
    """The vault cannot be opened, read or written. What was issued meanwhile must not leave."""


class GuardrailWarning(UserWarning):
    """Something that may carry personal data is not guarded; the text says what, and what to do."""
