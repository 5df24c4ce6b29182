"""Format-preserving encryption: a number stays a number of the same length (NIST SP 800-38G rev. 1, FF1).

Only letters and digits are encrypted; what stands between them stays. There is no
check of integrity: every text of the right form opens to something. A value of
which there are fewer than a million is redacted: they could all be tried.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final

from guardrail import crypto
from guardrail.errors import ConfigError, OperatorError
from guardrail.operators.plain import placeholder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ffx import FF1

    from guardrail.operators.tools import Tools
    from guardrail.types import Decision

__all__ = ["ALPHABETS", "DOMAIN", "LONGEST", "encrypt_format", "reveal_format"]

DOMAIN: Final = 1_000_000
"""Values of one length that there must be at least (NIST SP 800-38G rev. 1, 5.1)."""

LONGEST: Final = 256  # letters and digits: no number of a person is longer

ALPHABETS: Final[Mapping[str, str]] = {
    "digits": string.digits,
    "upper": string.digits + string.ascii_uppercase,
    "alnum": string.digits + string.ascii_uppercase + string.ascii_lowercase,
}
_KEPT: Final = frozenset(" -./()+:_#,\u00a0\u2011\u2013")


def encrypt_format(value: str, decision: Decision, tools: Tools) -> str:
    """Return `value` encrypted in its own form, or `[TYPE]` where that would not hide it.

    Options: `key` (a name), `alphabet` ("digits", "upper" or "alnum": which characters the
    value may have, and its stand-in).

    Raises:
        ConfigError: the library is not installed.
    """
    action, entity = decision.action, decision.finding.entity
    alphabet = str(action.option("alphabet", "digits"))
    cipher, tweak = _cipher(entity, tools, str(action.option("key", "default")), alphabet)
    letters = _letters(value, alphabet)
    if not letters:
        return placeholder(entity)
    made = cipher.encrypt(letters, tweak=tweak)
    # One value of a million stands for itself: it must not.
    return placeholder(entity) if made == letters else _between(value, made)


def reveal_format(
    form: str, entity: str, tools: Tools, *, key: str = "default", alphabet: str = "digits"
) -> str:
    """Return the value that `encrypt_format` made `form` of, with the policy's own options.

    Nothing tells a wrong key or a changed form: it opens to another value.

    Raises:
        OperatorError: no text of this alphabet, or too short to have been made.
        ConfigError: the library is not installed.
    """
    cipher, tweak = _cipher(entity, tools, key, alphabet)
    letters = _letters(form, alphabet)
    if not letters:
        raise OperatorError(
            "this was not made by fpe", advice="give the text as it stands, and the rule's alphabet"
        )
    return _between(form, cipher.decrypt(letters, tweak=tweak))


def _cipher(entity: str, tools: Tools, key: str, alphabet: str) -> tuple[FF1, bytes]:
    """Return the cipher of a named key, and the tweak that binds entity, key name, alphabet and scope."""
    try:
        from ffx import FF1  # noqa: PLC0415 - an extra that few policies need
    except ImportError:
        raise ConfigError(
            "the action 'fpe' needs a library that is not installed",
            advice="run: pip install 'guardrail-pii[fpe]'",
        ) from None
    if alphabet not in ALPHABETS:
        raise OperatorError("fpe has no such alphabet", advice=f"use one of: {', '.join(ALPHABETS)}")
    scope = tools.scope.encode("utf-8", "surrogatepass")
    parts = (b"pgl/v1/fpe", entity.encode(), key.encode(), alphabet.encode(), scope)
    tweak = crypto.digest(crypto.length_prefixed(*parts))[:16]
    return FF1(tools.key(f"fpe:{key}")[:32], alphabet=ALPHABETS[alphabet]), tweak


def _letters(text: str, alphabet: str) -> str:
    """Return the characters of `text` that are encrypted; "" where others would show, or they are too few."""
    known = ALPHABETS[alphabet]
    letters = "".join(letter for letter in text if letter in known)
    others = [letter for letter in text if letter not in known]
    if len(letters) > LONGEST or len(known) ** len(letters) < DOMAIN or not _KEPT.issuperset(others):
        return ""
    return letters


def _between(text: str, letters: str) -> str:
    """Return `letters` with what stands between those of `text`."""
    new = iter(letters)
    return "".join(letter if letter in _KEPT else next(new) for letter in text)
