"""The key document in the system's keyring: the only import of `keyring`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.custody.document import LIMIT, Secrets, parse
from guardrail.custody.provider import State
from guardrail.custody.root_key import RootKey
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from types import ModuleType

    from guardrail.custody.provider import Wrapper

__all__ = ["SystemKeyring"]


class SystemKeyring:
    """The password of a name at a service."""

    made_silently = False

    def __init__(self, service: str, name: str) -> None:
        self.service, self.name = service, name

    @property
    def uri(self) -> str:
        """Return how it is spelled."""
        return f"keyring:{self.service}/{self.name}"

    def load(self) -> Secrets:
        """Ask the keyring; raise `ConfigError` if it is locked, absent, or has no such entry."""
        text = self._ask()
        if text is None:
            raise ConfigError(
                f"the keyring has no entry {self.service}/{self.name}",
                advice=f"run this as the user who made it, or restore it; a first one is made by: "
                f"guardrail keys init {self.uri}",
            )
        document = parse(text.encode("utf-8", "replace")[:LIMIT], f"the keyring's entry {self.name}")
        if not isinstance(document, Secrets):
            raise ConfigError(
                f"the keyring's entry {self.name} holds keys that {document.by} has wrapped",
                advice="put them into a file, and name the service: --keys vault-transit://HOST/MOUNT/KEY#FILE",
            )
        return document

    def takes(self) -> bool:
        """Return True: as far as it is unlocked."""
        return True

    def keep(self, secrets: Secrets, *, replace: bool = False) -> None:
        """Set the entry; raise `ConfigError` if there is one, or the keyring does not take it."""
        if not replace and self._ask() is not None:
            raise ConfigError(
                f"the keyring's entry {self.service}/{self.name} exists", advice="use it, or name another"
            )
        library = _library()
        try:
            library.set_password(self.service, self.name, secrets.format().decode("ascii"))
        except Exception:  # noqa: BLE001 - backends raise what they like
            raise self._closed() from None
        if self._ask() != secrets.format().decode("ascii"):
            raise ConfigError(
                "the keyring did not keep the keys as they were given",
                advice="name another backend: PYTHON_KEYRING_BACKEND",
            )

    def wrapper(self, secrets: Secrets) -> Wrapper:
        """Return a key of the root: what lies beside the ledger is then useless without the keyring."""
        return RootKey(secrets)

    def state(self) -> State:
        """Return what may be told: the backend's name, too, for some keep passwords in clear."""
        backend = type(_library().get_keyring())
        clear = "this backend keeps passwords in clear" if "Plaintext" in backend.__name__ else ""
        return State("keyring", self.uri, f"{backend.__module__}.{backend.__name__}", clear)

    def _ask(self) -> str | None:
        library = _library()
        try:
            found = library.get_password(self.service, self.name)
        except Exception:  # noqa: BLE001 - backends raise what they like
            raise self._closed() from None
        return None if found is None else str(found)

    def _closed(self) -> ConfigError:
        return ConfigError(
            "the system's keyring does not answer, or is locked",
            advice="unlock it (log in at the desktop, or start a Secret Service such as gnome-keyring-daemon)"
            "; a machine without one takes a file or a key service: docs/operating.md",
        )


def _library() -> ModuleType:
    try:
        import keyring  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError(
            "keys in the system's keyring need a library that is not installed",
            advice="python -m pip install 'guardrail-pii[keyring]'",
        ) from None
    return keyring
