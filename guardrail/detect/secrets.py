"""Secrets: keys by their providers' prefixes, tokens by their form, passwords beside a label.

The prefixes are those that the providers publish for secret detection. A value
without a prefix is taken for a secret only beside a label, and only when it
looks chosen or generated: `password: required` is prose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from guardrail.detect.tables import Shape

__all__ = ["CARD_CODES", "LABELS", "SECRETS"]


def generated(value: str) -> bool:
    """Tell whether the value mixes letters and digits, as generated keys do and words do not."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and len(set(value)) > 8


def chosen(value: str) -> bool:
    """Tell whether the value can be a chosen password: not a word of prose or a piece of code."""
    if len(set(value)) < 3 or value.endswith(("(", "()", "{")) or value.startswith(("$", "<", "{", "%", "[")):
        return False
    if any(map(str.isdigit, value)):
        return "(" not in value
    mixed = value != value.lower() and value[1:] != value[1:].lower()
    plain = re.fullmatch(r"[\w.]+[.,;:!?]*", value) is not None
    return "(" not in value and ((mixed and "." not in value and "_" not in value) or not plain)


def _given(value: str) -> bool:
    """Tell whether a password in an address is one, not a place for one."""
    return not value.startswith(("$", "<", "{", "*", "%"))


# A key is not the tail of a longer word (and a run of prefixes is not read again from each).
_EDGE: Final = r"(?<![A-Za-z0-9_-])"
_PREFIXED: Final = (
    r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])",  # AWS
    r"gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}",
    r"glpat-[A-Za-z0-9_-]{20,64}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,255}",  # Slack
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255}",  # Stripe
    r"AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,255}",  # Google
    r"hf_[A-Za-z0-9]{30,64}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,255}",
    r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}|dop_v1_[a-f0-9]{64}",
    r"eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,2048}",  # RFC 7519
)
_KEY: Final = r"sk-(?:proj-|ant-[a-z0-9]{2,8}-|svcacct-|or-v1-)?[A-Za-z0-9_-]{16,256}"
_PEM: Final = r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?"
_LABEL: Final = (
    r"(?<![A-Za-z])(?i:pass(?:word|wd|phrase|code)|pwd|(?:api|access|secret|private|auth)[_ -]?(?:key|token)"
    r"|client[_ -]?secret|secret|bearer|token)[\"']?\s{0,3}(?::|=>?|\bis\b|\bwas\b):?\s{0,3}"
)
SECRETS: Final[tuple[Shape, ...]] = (
    ("SECRET", 0.95, _EDGE + _KEY, generated),
    ("SECRET", 0.95, _EDGE + f"(?:{'|'.join(_PREFIXED)})", None),
    ("SECRET", 1.0, _PEM, None),
    ("SECRET", 0.9, r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,64}:(?P<v>[^\s@/]{3,128})@", _given),
    ("SECRET", 0.75, r"\b(?i:bearer)\s(?P<v>[A-Za-z0-9._~+/-]{20,2048}=*)", generated),
    ("SECRET", 0.85, _LABEL + r"[\"'`](?P<v>[^\s\"'`]{4,256})[\"'`]", chosen),
    ("SECRET", 0.75, _LABEL + r"(?P<v>[^\s\"'`,;)\]}]{4,256})", chosen),
)
_CODE_LABEL: Final = (
    r"\b(?i:cvv2?|cvc2?|csc|cv2|cid|(?:card )?(?:security|verification) (?:code|value|number))"
)
CARD_CODES: Final[tuple[Shape, ...]] = (
    (
        "CARD_SECURITY_CODE",
        0.9,
        _CODE_LABEL
        + r"(?:[\s\"']{0,2}(?i:code|number|no|num|is|was))?[\s\"':=#./()-]{0,5}(?P<v>\d{3,4})\b(?![-/.]\d)",
        None,
    ),
)
# Field names that say that the value is one of these.
LABELS: Final = frozenset(
    {"password", "passwd", "pwd", "passphrase", "passcode", "secret", "token", "bearer", "key"}
    | {"cvv", "cvv2", "cvc", "cvc2", "csc", "cv2", "cid", "verification", "security", "age"}
)
