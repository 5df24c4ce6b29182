"""Read what stock presidio-anonymizer encrypted, to move from it. Nothing here writes that form.

Its `encrypt` operator is AES-CBC with PKCS #7 padding, a random IV in front, base64url
around both, and no check of integrity: whoever can write can change what is read,
sixteen bytes at a time. Read once, keep under a form that has one.
"""

from __future__ import annotations

import base64
import binascii

from guardrail import crypto
from guardrail.errors import OperatorError

__all__ = ["read_presidio"]


def read_presidio(form: str, key: bytes | str) -> str:
    """Return the text of a value that presidio's `encrypt` made with `key` (16, 24 or 32 bytes).

    Every fault has one message, and none of its parts is told: an error that tells
    a wrong padding apart gives the text away, byte by byte (Vaudenay, 2002).

    Raises:
        OperatorError: the key has another length, or the form does not open with it.
    """
    secret = key.encode() if isinstance(key, str) else key
    if len(secret) not in {16, 24, 32}:
        raise OperatorError(
            "a key of presidio's has 16, 24 or 32 bytes", advice="give the key of its 'encrypt' operator"
        )
    opened = None
    try:
        opened = crypto.open_cbc(
            secret, base64.b64decode(form.encode("ascii"), altchars=b"-_", validate=True)
        )
        text = None if opened is None else opened.decode()
    except (binascii.Error, ValueError):
        text = None
    if text is None:
        raise OperatorError(
            "this does not open as a value that presidio encrypted",
            advice="give the value whole and the key that made it",
        )
    return text
