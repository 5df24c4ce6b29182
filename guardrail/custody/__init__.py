"""Where the root secrets rest: a file, a variable, a keyring, or under a key service (docs/spec/keys.md)."""

from guardrail.custody.document import Secrets
from guardrail.custody.provider import Provider, State, Wrapper
from guardrail.custody.uri import custody_of

__all__ = ["Provider", "Secrets", "State", "Wrapper", "custody_of"]
