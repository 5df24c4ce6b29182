"""Secrets that are known by their form: key blocks, signed tokens, credentials in addresses and headers.

Sources: RFC 7468 and RFC 9580 (armored keys), PuTTY's key file format, RFC 7519
(JWT), RFC 3986 §3.2.1 (userinfo), RFC 7617 and RFC 6750 (Basic, Bearer), and the
manuals of netrc, pgpass and curl.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.secret_format import decoded, generated, placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["blocks", "forms"]

Span = tuple[int, int, float]
MAX_BLOCK: Final = 32_768  # characters: an RSA key of 16,384 bits has 13,000
_BEGIN: Final = re.compile(
    r"-{4,5} ?BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-\d"
)
_END: Final = re.compile(
    r"-{4,5} ?END (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}|Private-MAC: {0,2}[0-9a-f]{40,64}"
)
_ARMOR: Final = re.compile(r"(?:[A-Za-z0-9+/=\s]|\\[nr]){0,32768}")


def blocks(text: str) -> Iterator[Span]:
    """Yield private key blocks, headers included, as a whole; a block without an end as far as it goes."""
    if "PRIVATE KEY" not in text and "PuTTY-User-Key" not in text:
        return
    begins = list(_BEGIN.finditer(text))
    stops = [*(begin.start() for begin in begins[1:]), len(text)]
    for begin, stop in zip(begins, stops, strict=False):  # a text may speak of a PRIVATE KEY and hold none
        at = begin.end()
        end = _END.search(text, at, min(at + MAX_BLOCK, stop))
        armor = _ARMOR.match(text, at, stop)
        stands = end.end() if end else at + (len(armor[0].rstrip()) if armor else 0)
        if end or stands > at + 40:
            yield begin.start(), stands, 1.0


def _jwt(value: str) -> bool:
    """Tell whether the first part is a JOSE header: JSON that names an algorithm (RFC 7515 §4)."""
    try:
        header = json.loads(decoded(value.partition(".")[0]) or b"null")
    except (ValueError, RecursionError):  # brackets in brackets, thousands deep
        return False
    return isinstance(header, dict) and ("alg" in header or "enc" in header)


def _basic(value: str) -> bool:
    """Tell whether the value says "user:password" in base64 (RFC 7617 §2)."""
    said = decoded(value)
    return b":" in said and said.isascii() and said.decode().isprintable()


def _given(value: str) -> bool:
    return not placeholder(value)


def _bearer(value: str) -> bool:
    return not placeholder(value) and generated(value)


def _words(value: str) -> bool:
    """Tell whether the value has as many words as a wallet's phrase (BIP-39: 12 to 24, by threes)."""
    words = value.split()
    return len(words) in {12, 15, 18, 21, 24} and len(set(words)) > len(words) // 2


def _user_given(value: str) -> bool:
    return _given(value) and not value.isdigit()


# Literals (lower case; one must stand in the text), score, pattern with the secret in `v`, check.
Form = tuple[tuple[str, ...], float, str, "Callable[[str], bool]"]
_TABLE: Final[tuple[Form, ...]] = (
    (
        ("eyj",),
        0.98,
        r"(?:(?<![\w.-])|(?<=\\[nrt]))(?P<v>eyJ[\w-]{8,4096}\.[\w-]{2,16384}(?:\.[\w-]{0,4096}){1,3})",
        _jwt,
    ),
    (
        ("://",),
        0.9,
        (
            r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,24}://[^\s:/@\"'<>]{0,80}:"
            r"(?P<v>[^\s/?\"'<>]{2,160})@(?=[\w\[.-])"
        ),
        _given,
    ),
    # A slash in a password should be written %2F and often is not: the @ before a host decides.
    (
        ("://",),
        0.8,
        (
            r"(?<![A-Za-z0-9+.-])(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?"
            r"|amqps?)(?:\+\w{2,12})?://"
            r"[^\s:/@\"'<>]{0,80}:(?P<v>[^\s\"'<>@]{2,160})@(?=[\w.-]{1,253}(?::\d{2,5})?(?:/|\s|[\"']|$))"
        ),
        _given,
    ),
    (("basic ",), 0.9, r"\b(?i:basic)\s{1,3}(?P<v>[A-Za-z0-9+/_-]{6,1024}={0,2})(?![A-Za-z0-9+/=])", _basic),
    (("bearer",), 0.8, r"\b(?i:bearer)(?:\s|%20|\+)(?P<v>[A-Za-z0-9._~+/-]{16,4096}={0,2})", _bearer),
    (
        ("authorization",),
        0.85,
        (
            r"\b(?i:authorization)[\"']?\s?[:=]\s?[\"']?(?:(?i:bearer|token|apikey|api-key|ssws|key"
            r"|digest|negotiate) ?)"
            r"(?P<v>[A-Za-z0-9._~+/=-]{8,4096})"
        ),
        _user_given,
    ),
    (
        ("auth",),
        0.9,
        (
            r"[\"']_?(?:auth|authToken|identitytoken"
            r"|password)[\"']\s?:\s?[\"'](?P<v>[A-Za-z0-9+/_-]{8,2048}={0,2})[\"']"
        ),
        _basic,
    ),
    (
        ("login ", "user "),
        0.9,
        (
            r"\b(?:login|user(?:name)?)\s{1,4}[^\s]{1,80}\s{1,4}(?:password|passwd"
            r"|pass)\s{1,4}(?P<v>[^\s]{3,128})(?=\s|$)"
        ),
        _given,
    ),
    # .pgpass: host:port:database:user:password
    (
        (":54", ":64", ":*:"),
        0.8,
        r"(?m)^[\w.*-]{1,253}:(?:5[34]\d\d|6432|\*):[\w*-]{1,63}:[\w*.@-]{1,63}:(?P<v>[^\s:]{3,128})$",
        _given,
    ),
    (
        ("curl", "wget", "http "),
        0.85,
        r"(?<!\S)(?:-u|--user|-U|--proxy-user|--auth|-a)[\s=][\"']?[^\s:\"']{1,80}:(?P<v>[^\s\"']{3,128})",
        _user_given,
    ),
    (
        ("sshpass", "mysql", "mongo", "redis-cli"),
        0.85,
        (
            r"\b(?:sshpass -p|mysql\w{0,8}\b[^\n]{0,80}? -p|redis-cli\b[^\n]{0,80}? -a"
            r"|mongo\w{0,8}\b[^\n]{0,80}? -p)"
            r"\s?[\"']?(?P<v>[^\s\"'-][^\s\"']{2,127})"
        ),
        _user_given,
    ),
    # The pair of an AWS key: its id, and near it forty characters.
    (
        ("akia", "asia"),
        0.9,
        (
            r"\bA[KS]IA[A-Z0-9]{16}\b[^A-Za-z0-9/+]{1,12}(?:[A-Za-z_ ]{1,40}[^A-Za-z0-9/+]{1,6}){0,2}"
            r"(?P<v>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
        generated,
    ),
    (
        ("phrase", "mnemonic", "seed", "wallet"),
        0.9,
        (
            r"\b(?i:(?:seed|recovery|backup|mnemonic|secret)(?:[ _-](?:recovery|seed"
            r"|backup))?[ _-](?:phrase|words|seed)"
            r"|mnemonic|seed)[\"']?\s{0,3}(?::|=|\bis\b"
            r"|\bare\b)\s{0,3}[\"']?(?P<v>[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23})\b"
        ),
        lambda value: _words(value.replace(",", " ")),
    ),
)
_FORMS: Final = tuple((literals, score, re.compile(text), check) for literals, score, text, check in _TABLE)


def forms(text: str, lower: str) -> Iterator[Span]:
    """Yield credentials by their form; `lower` is the text in lower case, for the prefilter."""
    for literals, score, pattern, check in _FORMS:
        if not any(literal in lower for literal in literals):
            continue
        for match in pattern.finditer(text):
            if check(match["v"]):
                yield (*match.span("v"), score)
