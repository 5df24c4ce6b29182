"""AWS KMS: the only import of `boto3`.

Source: AWS KMS API reference (Encrypt, Decrypt, DescribeKey).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, Never, TypeVar

from guardrail.custody.provider import other_wrapper
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Kms"]

T = TypeVar("T")
CONNECT: Final = 1.5  # seconds
READ: Final = 3.0
TRIES: Final = 2
_DENIED: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "UnrecognizedClientException",
    }
)
_OFF: Final = frozenset({"DisabledException", "KMSInvalidStateException", "InvalidKeyUsageException"})
_FOREIGN: Final = frozenset({"IncorrectKeyException", "InvalidCiphertextException"})
_NONE: Final = frozenset({"NotFoundException", "InvalidArnException"})


class Kms:
    """One key or alias, by its whole ARN. A client lives for one call: nothing is shared after a fork."""

    kind = "aws-kms"

    def __init__(self, arn: str, region: str) -> None:
        self.arn, self.region = arn, region
        self.name = self.uri = f"aws-kms:{arn}"
        self._session: Any = None  # its tables of endpoints take 0.1 s; it holds no connection
        self._lock = threading.Lock()

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Have a key wrapped."""
        answer = self._call(
            lambda client: client.encrypt(
                KeyId=self.arn, Plaintext=secret, EncryptionContext=_context(purpose)
            )
        )
        return _bytes(answer, "CiphertextBlob")

    def unwrap(self, wrapped: bytes, purpose: str, by: str) -> bytes:
        """Have a key opened; raise `ConfigError` if it is another's or altered, or KMS refuses or is away."""
        if by != self.name:
            raise other_wrapper(by, self.name)
        answer = self._call(
            lambda client: client.decrypt(
                KeyId=self.arn, CiphertextBlob=wrapped, EncryptionContext=_context(purpose)
            )
        )
        return _bytes(answer, "Plaintext")

    def ask(self) -> tuple[str, str]:
        """Return the key's id and what is amiss with it: KMS tells no version of its material."""
        answer = self._call(lambda client: client.describe_key(KeyId=self.arn))
        found = answer.get("KeyMetadata") if isinstance(answer, dict) else None
        if not isinstance(found, dict):
            raise _strange()
        state = str(found.get("KeyState", ""))
        return str(found.get("KeyId", "")), "" if state == "Enabled" else f"the key's state is {state}"

    def version_of(self, wrapped: bytes) -> str:  # noqa: ARG002 - as every service
        """Return nothing: only KMS sees which version of its material wrapped something."""
        return ""

    def renew(self) -> Never:
        """Refuse: see `retire`."""
        raise _keeps_all()

    def retire(self) -> Never:
        """Refuse: KMS keeps every version of a key's material for as long as the key is there."""
        raise _keeps_all()

    def __repr__(self) -> str:
        return f"<Kms {self.arn}>"

    # -- inside

    def _call(self, do: Callable[[Any], T]) -> T:
        """Do one thing, with time-outs and one more try; in our words if it fails."""
        boto3, config, faults = _library()
        settings = config.Config(
            connect_timeout=CONNECT,
            read_timeout=READ,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
        )
        try:
            with self._lock:
                # A session of its own: the shared one belongs to the application, and is not thread-safe.
                self._session = self._session or boto3.session.Session()
                client = self._session.client("kms", region_name=self.region, config=settings)
            try:
                return do(client)
            finally:
                client.close()
        except faults.ClientError as error:
            told = error.response.get("Error", {})
            fault = self._told(str(told.get("Code", "")))
        except (
            faults.NoCredentialsError,
            faults.PartialCredentialsError,
            faults.CredentialRetrievalError,
            faults.TokenRetrievalError,
            faults.SSOError,
        ):
            fault = self._denied()
        except (faults.BotoCoreError, OSError):
            fault = self._away()
        except (AttributeError, KeyError, TypeError, ValueError):  # its parser, of what is no answer
            fault = _strange()
        raise fault from None

    def _told(self, code: str) -> ConfigError:
        if code in _DENIED:
            return self._denied()
        if code in _OFF:
            return ConfigError(
                f"the key {self.arn} is disabled, is to be deleted, or is no key for encryption",
                advice="enable it, or cancel its deletion: what it has wrapped opens with nothing else",
            )
        if code in _FOREIGN:
            return ConfigError(
                f"AWS KMS does not open this with {self.arn}: another key wrapped it, or it is altered",
                advice="name the key that wrapped it, or restore the wrapped file from its backup",
            )
        if code in _NONE:
            return ConfigError(
                f"AWS KMS has no key {self.arn}",
                advice="copy the key's whole ARN; a deleted key does not come back, nor what it has wrapped",
            )
        return self._away()

    def _denied(self) -> ConfigError:
        return ConfigError(
            f"AWS does not permit this with {self.arn}, or there are no credentials",
            advice="give the process credentials whose policy allows kms:Encrypt and kms:Decrypt on this key "
            "(status: kms:DescribeKey)",
        )

    def _away(self) -> ConfigError:
        return ConfigError(
            f"AWS KMS in {self.region} does not answer",
            advice="see that this machine reaches the endpoint of its region; nothing starts without the "
            "key, and a guard that runs goes on",
        )


def _context(purpose: str) -> dict[str, str]:
    """Return the encryption context; CloudTrail shows it in clear, so it holds nothing of anyone."""
    return {"guardrail": "custody/v1", "purpose": purpose}


def _bytes(answer: object, name: str) -> bytes:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, bytes) or not value:
        raise _strange()
    return value


def _strange() -> ConfigError:
    return ConfigError(
        "the answer of AWS KMS is not of the form that it has", advice="see that the endpoint is that of KMS"
    )


def _keeps_all() -> ConfigError:
    return ConfigError(
        "AWS KMS cannot retire one version of a key: it keeps them all",
        advice="make a new key, move to it (guardrail keys rotate LEDGER --keys OLD --to aws-kms:NEW_ARN), "
        "and schedule the deletion of the old one",
    )


def _library() -> tuple[Any, Any, Any]:
    try:
        import boto3  # noqa: PLC0415 - an extra
        from botocore import config, exceptions  # noqa: PLC0415 - boto3's own
    except ImportError:
        raise ConfigError(
            "keys in AWS KMS need a library that is not installed",
            advice="python -m pip install 'guardrail-pii[aws]'",
        ) from None
    return boto3, config, exceptions
