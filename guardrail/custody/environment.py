"""The key document in an environment variable, as base64; its value is never told."""

from __future__ import annotations

import base64
import binascii
import os
from typing import TYPE_CHECKING

from guardrail.custody.document import LIMIT, Secrets, parse
from guardrail.custody.provider import State
from guardrail.custody.root_key import RootKey
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from guardrail.custody.provider import Wrapper

__all__ = ["Environment", "encode"]


class Environment:
    """A variable that is set from outside: it is read, and never written."""

    made_silently = False

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def uri(self) -> str:
        """Return how it is spelled."""
        return f"env:{self.name}"

    def load(self) -> Secrets:
        """Read the variable; raise `ConfigError` if it is not set, or holds something else."""
        text = os.environ.get(self.name)
        if not text:
            raise ConfigError(
                f"the environment variable {self.name} is not set",
                advice=f"set it to what `guardrail keys init env:{self.name}` gave, or to the key file in "
                "base64: base64 -w0 ledger.db.key",
            )
        try:
            data = base64.b64decode(text[: 2 * LIMIT].strip("\n").encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            raise ConfigError(
                f"the environment variable {self.name} is not base64, or is cut short",
                advice="set it to one line of standard base64: base64 -w0 ledger.db.key",
            ) from None
        document = parse(data, f"the environment variable {self.name}")
        if not isinstance(document, Secrets):
            raise ConfigError(
                f"the environment variable {self.name} holds keys that {document.by} has wrapped",
                advice="put them into a file, and name the service: --keys vault-transit://HOST/MOUNT/KEY#FILE",
            )
        return document

    def takes(self) -> bool:
        """Return False: no process can set a variable of another."""
        return False

    def keep(self, secrets: Secrets, *, replace: bool = False) -> None:  # noqa: ARG002 - as every custody
        """Refuse: no process can set a variable of those that are started after it.

        Only where the variable has just these secrets already, nothing is to be done.
        """
        if os.environ.get(self.name) and self.load() == secrets:
            return
        raise ConfigError(
            "an environment variable cannot be written from here",
            advice=f"set {self.name} to the key file in base64 (base64 -w0 ledger.db.key), then run again",
        )

    def wrapper(self, secrets: Secrets) -> Wrapper:
        """Return a key of the root: what lies beside the ledger is then useless without the variable."""
        return RootKey(secrets)

    def state(self) -> State:
        """Return what may be told."""
        note = "what a process starts inherits it, and /proc shows it to the same user"
        return State("environment", self.uri, note=note)


def encode(secrets: Secrets) -> str:
    """Return what the variable is to be set to."""
    return base64.b64encode(secrets.format()).decode("ascii")
