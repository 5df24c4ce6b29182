"""HashiCorp Vault's transit engine: the only import of `hvac`.

Source: Vault's HTTP API, "Transit secrets engine" (encrypt, decrypt, keys, rotate, config).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from guardrail.custody.provider import bound_to, other_wrapper
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Transit"]

T = TypeVar("T")
CONNECT: Final = 1.5  # seconds
READ: Final = 3.0
TRIES: Final = 2
PAUSE: Final = 0.2  # seconds before the second try
_FORM: Final = re.compile(r"vault:v([1-9][0-9]{0,8}):[A-Za-z0-9+/]+={0,2}")
_LOOPBACK: Final = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]")


class Transit:
    """One key of one mount. A connection lives for one call: nothing is shared after a fork."""

    kind = "vault-transit"

    def __init__(self, host: str, mount: str, key: str) -> None:
        self.host, self.mount, self.key = host, mount, key
        self.name = f"vault-transit:{mount}/{key}"
        self.uri = f"vault-transit://{host}/{mount}/{key}"

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Have a key wrapped by the newest version."""
        answer = self._call(
            lambda engine: engine.encrypt_data(
                self.key,
                plaintext=base64.b64encode(secret).decode("ascii"),
                associated_data=base64.b64encode(bound_to(purpose)).decode("ascii"),
                mount_point=self.mount,
            )
        )
        wrapped = _field(answer, "ciphertext")
        if not _FORM.fullmatch(wrapped):
            raise _strange()
        return wrapped.encode("ascii")

    def unwrap(self, wrapped: bytes, purpose: str, by: str) -> bytes:
        """Have a key opened; raise `ConfigError` if it is another's, altered, retired, or Vault is away."""
        if by != self.name:
            raise other_wrapper(by, self.name)
        text = wrapped.decode("ascii", "replace")
        if not _FORM.fullmatch(text):
            raise _strange()
        answer = self._call(
            lambda engine: engine.decrypt_data(
                self.key,
                ciphertext=text,
                associated_data=base64.b64encode(bound_to(purpose)).decode("ascii"),
                mount_point=self.mount,
            ),
            refused=self._refused(text),
        )
        try:
            return base64.b64decode(_field(answer, "plaintext").encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise _strange() from None

    def ask(self) -> tuple[str, str]:
        """Return the newest version, and what is amiss with the key."""
        data = self._read()
        notes = [
            said
            for name, said in (
                ("deletion_allowed", "the key may be deleted: set deletion_allowed=false"),
                ("exportable", "the key may be exported"),
            )
            if data.get(name) is True
        ]
        return f"v{_number(data, 'latest_version')}", "; ".join(notes)

    def version_of(self, wrapped: bytes) -> str:
        """Return the version that a wrapping names."""
        found = _FORM.fullmatch(wrapped.decode("ascii", "replace"))
        return f"v{found[1]}" if found else ""

    def renew(self) -> None:
        """Make a new version of the key."""
        self._call(lambda engine: engine.rotate_key(self.key, mount_point=self.mount))

    def retire(self) -> str:
        """Set `min_decryption_version` to the newest version."""
        newest = _number(self._read(), "latest_version")
        self._call(
            lambda engine: engine.update_key_configuration(
                self.key, min_decryption_version=newest, mount_point=self.mount
            )
        )
        return f"v{newest}"

    def __repr__(self) -> str:
        return f"<Transit {self.name}>"

    # -- inside

    def _read(self) -> dict[str, Any]:
        answer = self._call(lambda engine: engine.read_key(self.key, mount_point=self.mount))
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise _strange()
        return data

    def _refused(self, text: str) -> ConfigError:
        return ConfigError(
            f"Vault does not open what {self.version_of(text.encode())} of {self.mount}/{self.key} has "
            "wrapped: that version is retired, or it is another key's, or altered",
            advice="restore the file from a backup made after the last rotation; or lower the key's "
            "min_decryption_version, run guardrail keys rotate, and raise it again",
        )

    def _call(self, do: Callable[[Any], T], refused: ConfigError | None = None) -> T:
        """Do one thing with the engine, once more if Vault is away; tell in our words why it fails."""
        library, requests = _libraries()
        client = self._client(library)
        if not client.token:
            raise self._forbidden()
        try:
            for left in range(TRIES - 1, -1, -1):
                try:
                    return do(client.secrets.transit)
                except (requests.ConnectionError, requests.Timeout, library.exceptions.VaultError) as error:
                    fault, passing = self._told(error, library.exceptions, refused)
                if not (left and passing):
                    break
                time.sleep(PAUSE)
        except (requests.RequestException, OSError, ValueError, KeyError, TypeError):
            fault = _strange()
        finally:
            client.adapter.close()
        raise fault from None

    def _told(self, error: Exception, kinds: Any, refused: ConfigError | None) -> tuple[ConfigError, bool]:  # noqa: ANN401 - hvac has no types
        """Return our error for one of Vault's, and whether it may pass."""
        if isinstance(error, kinds.InvalidRequest):
            return refused or self._bad_request(), False
        if isinstance(error, (kinds.Forbidden, kinds.Unauthorized)):
            return self._forbidden(), False
        if isinstance(error, kinds.InvalidPath):
            return self._no_key(), False
        return self._away(), True

    def _client(self, library: Any) -> Any:  # noqa: ANN401 - hvac has no types
        scheme = "http" if _LOOPBACK.fullmatch(self.host.rpartition(":")[0] or self.host) else "https"
        if scheme == "http" and os.environ.get("VAULT_CACERT"):
            scheme = "https"  # a loopback with a certificate of its own
        return library.Client(
            url=f"{scheme}://{self.host}",
            namespace=os.environ.get("VAULT_NAMESPACE") or None,
            timeout=(CONNECT, READ),
            allow_redirects=False,  # a token goes to the named host alone
        )

    def _away(self) -> ConfigError:
        return ConfigError(
            f"Vault at {self.host} does not answer, or is sealed",
            advice="see that it runs and is unsealed, and that this machine reaches it; nothing starts "
            "without the key, and a guard that runs goes on",
        )

    def _forbidden(self) -> ConfigError:
        return ConfigError(
            f"Vault does not permit this with {self.mount}/{self.key}",
            advice="set VAULT_TOKEN (or ~/.vault-token) to a token that has not expired, whose policy grants "
            f"update on {self.mount}/encrypt/{self.key} and {self.mount}/decrypt/{self.key}; status and "
            "rotate need more: docs/operating.md",
        )

    def _no_key(self) -> ConfigError:
        return ConfigError(
            f"Vault has no key {self.key} at {self.mount}",
            advice=f"make it: vault write -f {self.mount}/keys/{self.key}; or name another",
        )

    def _bad_request(self) -> ConfigError:
        return ConfigError(
            f"Vault cannot do this with {self.mount}/{self.key}",
            advice="use a key of type aes256-gcm96 (the default) that is not derived",
        )


def _field(answer: object, name: str) -> str:
    data = answer.get("data") if isinstance(answer, dict) else None
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, str):
        raise _strange()
    return value


def _number(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int):
        raise _strange()
    return value


def _strange() -> ConfigError:
    return ConfigError(
        "Vault's answer, or what it once wrapped, is not of the form that its transit engine has",
        advice="see that the host is Vault's, and restore the wrapped file if it is altered",
    )


def _libraries() -> tuple[Any, Any]:
    try:
        import hvac  # noqa: PLC0415 - an extra
        import requests  # noqa: PLC0415 - hvac's own
    except ImportError:
        raise ConfigError(
            "keys in HashiCorp Vault need a library that is not installed",
            advice="python -m pip install 'guardrail-pii[vault]'",
        ) from None
    return hvac, requests
