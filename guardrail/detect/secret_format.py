"""What a published key format is: a literal that must stand in the text, a shape, and a check.

The literal is the prefilter: a format whose literal is not in the text costs one
substring search. The shape is bounded, so its time is linear in the text.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "A62",
    "B64",
    "DIGITS_62",
    "HEX",
    "UUID",
    "Format",
    "Row",
    "Url",
    "cased",
    "compiled",
    "crc_62",
    "decoded",
    "generated",
    "placeholder",
    "sparse",
]

A62: Final = "[A-Za-z0-9]"
Url: Final = "[A-Za-z0-9_-]"
B64: Final = "[A-Za-z0-9+/]"
HEX: Final = "[0-9a-f]"
UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
DIGITS_62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Row: TypeAlias = "tuple[str, str, str, Callable[[str], bool] | None]"
"""Provider, the literals that keys begin with (parted by spaces), their shape, and a check.

A literal after "…" stands anywhere in the key.
"""

# An escape sequence before a key is no part of it: "\nghp_...", "%20ghp_...".
_LOOSE: Final = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-F][0-9A-F]))"
# Where the shape takes dashes, a key starts only once in a run of them.
_TIGHT: Final = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=%[0-9A-F][0-9A-F]))"
_DUMMY: Final = re.compile(
    r"[xX]{5}|\*{3}|\.{3}|\u2026|\u2022{2}|_{4}|(?:^|[-_<\s])(?:your|insert|replace|placeholder|redacted"
    r"|changethis|goes|here)(?:[-_>\s]|$)",
    re.IGNORECASE,
)
_TEMPLATE: Final = re.compile(r"[<{\[$%(*&]|@\{|#\{|\\?\(")
_ECHO: Final = re.compile(
    r"(?:(?:your|my|the|some|an?|our|db|database|user|admin|new|old|default|real|actual|super|top"
    r"|test|dummy|fake"
    r"|sample|example|insert|enter|put|access|api|auth|client|secret|private|personal)[-_ .]?){0,4}"
    r"(?:pass(?:word|wd|phrase|code)?|pwd|pw|secret|token|key|value|string"
    r"|credentials?)(?:[-_ .]?here|[-_]?\d)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Format:
    """One published format, ready to search: the group `v`, where there is one, is the secret."""

    provider: str
    leading: tuple[str, ...]
    inner: tuple[str, ...]
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places of the keys that pass the check."""
        for match in self._matches(text):
            group = "v" if self.pattern.groupindex else 0
            value = match[group]
            if not placeholder(value) and (self.check is None or self.check(value)):
                yield match.span(group)

    def _matches(self, text: str) -> Iterator[re.Match[str]]:
        if any(literal in text for literal in self.inner):
            yield from self.pattern.finditer(text)
        for literal in self.leading:
            at = text.find(literal)
            while at >= 0:
                match = self.pattern.match(text, at)
                if match:
                    yield match
                at = text.find(literal, match.end() if match else at + 1)


def compiled(rows: tuple[Row, ...]) -> tuple[Format, ...]:
    """Compile a table of formats."""
    formats = []
    for provider, literals, shape, check in rows:
        loose = not re.search(r"\[[^\]]*[_-]\]", shape)  # no dash or underscore in a class of its characters
        edge = _LOOSE if loose else _TIGHT
        end = "" if shape.endswith(")") else "(?![A-Za-z0-9])"
        words = literals.split()
        leading = tuple(word for word in words if word[0] != "…")
        inner = tuple(word[1:] for word in words if word[0] == "…")
        formats.append(Format(provider, leading, inner, re.compile(f"{edge}(?:{shape}){end}"), check))
    return tuple(formats)


def generated(value: str) -> bool:
    """Tell whether the value mixes letters and digits, as generated keys do and words do not."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and len(set(value)) > 8


def cased(value: str) -> bool:
    """Tell whether the value can be generated, be it without a digit: many characters, of both cases then."""
    mixed = value[5:] not in {value[5:].lower(), value[5:].upper()}
    return len(set(value)) > 8 and (mixed or any(map(str.isdigit, value)))


def sparse(value: str) -> bool:
    """Tell whether the value repeats itself as no generated key does."""
    return len(set(value)) < 8


def placeholder(value: str) -> bool:
    """Tell whether the value holds the place of one: `<your key>`, `${VAR}`, `xxxxx`, `***`, `my_password`.

    Passwords that are in use by default (`changeme`, `admin`) are none: they open doors.
    """
    return bool(_TEMPLATE.match(value) or _DUMMY.search(value) or _ECHO.fullmatch(value))


def crc_62(value: str) -> bool:
    """Tell whether the last six digits are the CRC-32, in base 62, of what stands after the prefix.

    Source: GitHub's engineering blog on its token formats (2021); npm's tokens follow it.
    """
    body = value.rpartition("_")[2]
    total, check = zlib.crc32(body[:-6].encode()), ""
    for _ in range(6):
        total, digit = divmod(total, 62)
        check = DIGITS_62[digit] + check
    return check == body[-6:]


def decoded(value: str) -> bytes:
    """Return what a piece of base64 (either alphabet, padded or not) says; empty when it is none."""
    plain = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
