"""How a custody is spelled, the same in `Guard.load(keys=...)` and `--keys` (docs/spec/keys.md §3)."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from guardrail.custody.provider import Provider

__all__ = ["FORMS", "custody_of"]

FORMS: Final = {
    "file": "file:PATH",
    "env": "env:NAME",
    "keyring": "keyring:SERVICE/NAME",
    "vault-transit": "vault-transit://HOST/MOUNT/KEY",
    "aws-kms": "aws-kms:arn:aws:kms:REGION:ACCOUNT:key/ID",
}
# What people write who know the service and not our word for it.
_MEANT: Final = {
    "vault": "vault-transit",
    "hashicorp": "vault-transit",
    "transit": "vault-transit",
    "hvac": "vault-transit",
    "https": "vault-transit",
    "http": "vault-transit",
    "aws": "aws-kms",
    "kms": "aws-kms",
    "arn": "aws-kms",
    "awskms": "aws-kms",
    "environment": "env",
    "environ": "env",
    "secretservice": "keyring",
    "keychain": "keyring",
    "path": "file",
}
_URI: Final = re.compile(r"([A-Za-z][A-Za-z0-9+._-]*):(.*)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYRING: Final = re.compile(r"([^/\x00-\x1f]+)/([^\x00-\x1f]+)")
_TRANSIT: Final = re.compile(
    r"//((?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)/([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)/([A-Za-z0-9._-]+)"
)
_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:kms:([a-z0-9-]+):[0-9]{12}:(?:key/[A-Za-z0-9-]+|alias/[A-Za-z0-9/_-]+)"
)


def custody_of(text: str | Path | None, *, ledger: Path | None = None) -> Provider:
    """Return the custody that is named; None is the key file beside the ledger. Nothing is read or asked.

    Raises:
        ConfigError: it is not spelled as any is; the advice has the nearest right form.
    """
    beside = ledger.with_name(f"{ledger.name}.key") if ledger else None
    if text is None and beside is None:
        raise ConfigError("no keys are named", advice=f"name them, as one of {', '.join(FORMS.values())}")
    found = None if text is None or isinstance(text, Path) else _URI.fullmatch(text)
    if text == "" or found is None:
        return _file(text or beside)
    scheme, rest = found[1], found[2]
    if scheme not in FORMS:
        raise _unknown(scheme, str(text))
    if scheme == "file":
        return _file(rest)
    if scheme == "env":
        return _environment(rest)
    if scheme == "keyring":
        return _keyring(rest)
    return _service(scheme, rest, beside)


def _file(path: str | Path | None) -> Provider:
    from guardrail.custody.plain import PlainFile  # noqa: PLC0415 - each custody loads its own

    if not path or "\0" in str(path):
        raise _malformed("file")
    return PlainFile(Path(path))


def _environment(name: str) -> Provider:
    from guardrail.custody.environment import Environment  # noqa: PLC0415 - as above

    if not _NAME.fullmatch(name):
        # Not even a piece of it: somebody may have put the key itself here.
        raise _malformed("env")
    return Environment(name)


def _keyring(rest: str) -> Provider:
    from guardrail.custody.system_keyring import SystemKeyring  # noqa: PLC0415 - as above

    found = _KEYRING.fullmatch(rest)
    if not found:
        raise _malformed("keyring")
    return SystemKeyring(found[1], found[2])


def _service(scheme: str, rest: str, beside: Path | None) -> Provider:
    from guardrail.custody.wrapped import Wrapped  # noqa: PLC0415 - as above

    key, mark, file = rest.partition("#")
    found = (_TRANSIT if scheme == "vault-transit" else _ARN).fullmatch(key)
    if not found or (mark and (not file or "\0" in file)):
        raise _malformed(scheme)
    path = Path(file) if mark else beside
    if path is None:
        raise ConfigError(
            "a file is needed for the wrapped keys, and there is no ledger's file to put it beside",
            advice=f"name one: {FORMS[scheme]}#FILE",
        )
    if scheme == "vault-transit":
        from guardrail.custody.transit import Transit  # noqa: PLC0415 - as above

        return Wrapped(Transit(found[1], found[2], found[3]), path)
    from guardrail.custody.kms import Kms  # noqa: PLC0415 - as above

    return Wrapped(Kms(key, found[1]), path)


def _malformed(scheme: str) -> ConfigError:
    return ConfigError(
        f"keys of the kind {scheme} are not spelled like this", advice=f"spell them {FORMS[scheme]}"
    )


def _unknown(scheme: str, text: str) -> ConfigError:
    lower = scheme.lower()
    near = [lower] if lower in FORMS else [_MEANT[lower]] if lower in _MEANT else []
    near = near or [_MEANT.get(one, one) for one in get_close_matches(lower, [*FORMS, *_MEANT], 1)]
    told = [FORMS[one] for one in near] or list(FORMS.values())
    file = "" if "//" in text else "; a file of such a name is spelled file:NAME"
    return ConfigError("this kind of keys is not known", advice=f"spell it {' or '.join(told)}{file}")
