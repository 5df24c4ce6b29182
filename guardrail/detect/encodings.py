"""Texts written as base64, base64url or hexadecimal digits, where they decode to readable text.

What decodes to anything else (an image, a digest, a key) is no text and stays
as it is: its first octets tell. Sources: RFC 4648 §4, §5, §8; RFC 2045 §6.8 for
lines. Decoded text is never longer than its run.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.layer import Edit

__all__ = ["encoded"]

LEAST: Final = 12  # digits: nine octets, a short name or an address
LEAST_HEX: Final = 8  # octets
LEAST_LATIN: Final = 16  # octets; fewer may print as Latin letters by chance
HEAD: Final = 64  # digits that are decoded before the rest is
BLOCK: Final = 256  # octets that are judged together where not all of them are text
LONG: Final = 40  # digits of a run that may begin inside a group of four: cut out of a longer one
_BREAK: Final = (
    r"(?:\r?\n[ \t>]{0,8}|\\{1,8}r\\{1,8}n|\\{1,8}n| {2}(?! ))"  # two spaces: an escaped line end in a view
)
_WORD: Final = r"[A-Z]?[a-z]{1,11}(?![A-Za-z0-9+/_=-])"  # what stands alone on a line behind a run
_BASE64: Final = re.compile(
    rf"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{{{LEAST},}}+"
    rf"(?:{_BREAK}(?!{_WORD})[A-Za-z0-9+/_-]{{2,}}+)*(?:=|%3[dD]){{0,2}}"
)
_LINES: Final = re.compile(rf"{_BREAK}")
_PIECE: Final = re.compile(r"[A-Za-z0-9]{16,}={0,2}")  # longer: punctuation parts keys and images into many
_URL_DIGITS: Final = str.maketrans("-_", "+/")
_NOT_DIGITS: Final = re.compile(r"[^A-Za-z0-9+/]+")
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?([0-9A-Fa-f]{16,})(?![0-9A-Za-z])")
_HEX_PAIRS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:0[xX])?[0-9A-Fa-f]{2}(?:(?:[:-]|,? )(?:0[xX])?[0-9A-Fa-f]{2}){7,}(?![0-9A-Za-z])"
)
_READABLE: Final = 0.95  # the part of a text that must print


def encoded(text: str) -> Iterator[Edit]:
    """Yield an edit for each run that decodes to readable text."""
    for run in _BASE64.finditer(text):
        yield from _base64_run(text, *run.span())
    if sum(map(text.count, "234567")) < LEAST_HEX:  # one of each pair, in all that prints
        return
    for run in _HEX.finditer(text):
        if len(run[1]) % 2 == 0:
            yield from _hexadecimal(run.start(), run.end(), run[1])
    for run in _HEX_PAIRS.finditer(text):
        yield from _hexadecimal(run.start(), run.end(), re.sub(r"0[xX]|[^0-9A-Fa-f]", "", run[0]))


def _base64_run(text: str, start: int, end: int) -> Iterator[Edit]:
    """Yield the run as a whole, else its lines, else the pieces that punctuation parts it into."""
    run = text[start:end].partition("%")[0]  # padding may be percent-encoded
    if not _mixed(run):
        return
    whole = _base64(run)
    if whole is not None:
        yield start, end, whole
        return
    cuts = [0, *(place for line in _LINES.finditer(run) for place in line.span()), len(run)]
    for first, last in zip(cuts[::2], cuts[1::2], strict=True):
        line = _base64(run[first:last]) if len(cuts) > 2 and last - first >= LEAST else None
        if line is not None:
            yield start + first, start + last, line
            continue
        for piece in _PIECE.finditer(run, first, last):
            new = _base64(piece[0]) if piece[0] != run else None
            if new is not None:
                yield start + piece.start(), start + piece.end(), new


def _mixed(run: str) -> bool:
    """Tell whether capitals stand among other digits, as in all base64 of text; words have few."""
    return not run.islower() and any(map(str.isupper, run)) and not run.isupper()


def _base64(run: str) -> str | None:
    """Return the readable text that `run` stands for, or None.

    A long run may begin inside a group of four: the text was cut there.
    """
    digits = run if run.isalnum() else _NOT_DIGITS.sub("", run.translate(_URL_DIGITS))
    for skip in range(4 if len(digits) >= LONG else 1):
        if _readable(_octets(digits[skip : skip + HEAD])) is not None:
            return _beginning(_octets(digits[skip:]))
    return None


def _octets(digits: str) -> bytes:
    """Decode unpadded base64 digits; one digit too many says nothing and is let go."""
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return a2b_base64(whole + "=" * (-len(whole) % 4))


def _hexadecimal(start: int, end: int, digits: str) -> Iterator[Edit]:
    if _readable(bytes.fromhex(digits[:HEAD])) is not None:
        yield start, end, _beginning(bytes.fromhex(digits))


def _beginning(octets: bytes) -> str:
    """Return the octets as text, as far as they are text: what follows may be anything."""
    whole = _readable(octets)
    if whole is not None:
        return whole
    end = HEAD
    while _readable(octets[end : end + BLOCK]) is not None:
        end += BLOCK
    return octets[:end].decode("utf-8", "replace")


def _readable(octets: bytes) -> str | None:
    """Return the text that the octets are, in UTF-8, UTF-16 or Latin letters, or None."""
    if len(octets) < 2:
        return None
    if octets[1::2].count(0) * 10 >= len(octets[1::2]) * 9:
        return _printing(octets.decode("utf-16-le", "replace"))
    text = _printing(octets.decode("utf-8", "replace"))
    plain = sum(32 <= octet < 127 or octet in b"\t\r\n" for octet in octets)
    if text is None and len(octets) >= LEAST_LATIN and plain >= 0.8 * len(octets):
        text = _printing(octets.decode("cp1252", "replace"))
    return text


def _printing(text: str) -> str | None:
    """Return the text if nearly all of it prints; a character may be cut at either end."""
    inner = text.strip("\ufffd") if len(text) > LEAST else text
    good = sum(char.isprintable() or char in "\t\r\n" for char in inner) - inner.count("\ufffd")
    return text if inner and good >= _READABLE * len(inner) and len(text) - len(inner) < 7 else None
