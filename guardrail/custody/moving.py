"""Keys from one custody to another: checked before, put last, read back (docs/spec/keys.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.custody.wrapped import Wrapped
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from guardrail.custody.document import Secrets
    from guardrail.custody.provider import Provider

__all__ = ["check", "load_either", "put", "same_file", "service_of"]


def load_either(old: Provider, new: Provider) -> Secrets:
    """Return the secrets from the old place, or from the new one where a move was cut short.

    Raises:
        ConfigError: neither opens; what is told is the old place's fault.
    """
    try:
        return old.load()
    except ConfigError as fault:
        try:
            return new.load()
        except ConfigError:
            raise fault from None


def same_file(old: Provider, new: Provider) -> bool:
    """Tell whether the new document takes the place of the old one."""
    places = [getattr(one, "path", None) for one in (old, new)]
    return None not in places and places[0] == places[1]


def check(new: Provider, secrets: Secrets, *, replace: bool) -> bool:
    """See that the new place takes the secrets before anything changes; tell whether it has them already.

    Raises:
        ConfigError: other keys are there, or it does not take any.
    """
    try:
        found = new.load()
    except ConfigError:
        found = None
    if found == secrets:
        return True
    if found is not None and not replace:
        raise ConfigError(
            "other keys are there already: they are not replaced",
            advice="name another place; keys of another ledger would be lost",
        )
    if isinstance(new, Wrapped):
        new.try_out()
        return False
    if not new.takes():
        new.keep(secrets)  # it refuses, and says what to do
    return False


def put(new: Provider, secrets: Secrets, *, replace: bool) -> None:
    """Store the secrets and read them back.

    Raises:
        ConfigError: they cannot be stored, or are not those that were stored.
    """
    new.keep(secrets, replace=replace)
    if new.load() != secrets:
        raise ConfigError(
            "the new place gives back other keys than it was given",
            advice="keep the old place as it is, and name another",
        )


def service_of(custody: Provider) -> Wrapped:
    """Return a custody whose service's key has versions.

    Raises:
        ConfigError: it has none.
    """
    if not isinstance(custody, Wrapped):
        raise ConfigError(
            f"{custody.uri} has no versions that could be retired",
            advice="--retire is for a key service: vault-transit://HOST/MOUNT/KEY",
        )
    return custody
