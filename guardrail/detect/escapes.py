r"""Characters written as escapes: percent, entities, backslashes, quoted-printable, tag characters.

An escape that was escaped again (`%2541`, `&amp;#52;`, `\\u005cu0034`) is
undone at once, however often: one step per escape, linear in the text. Sources:
RFC 3986 §2.1, HTML §13.5, ECMA-262 §12.9.4, RFC 8259 §7, RFC 2045 §6.7, UTS #51.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.layer import Edit

__all__ = ["escaped", "is_plain_markup", "revealed"]

_PERCENT: Final = re.compile(r"(?:%(?:25)*[0-9A-Fa-f]{2})+")
_PERCENT_WIDE: Final = re.compile(r"%(?:25)*u([0-9A-Fa-f]{4})")  # ECMA-262 annex B.2.1
_ENTITY: Final = re.compile(
    r"&(?:amp;)*(#\d{1,7}(?!\d);?|#[xX][0-9A-Fa-f]{1,6}(?![0-9A-Fa-f]);?|[A-Za-z][A-Za-z0-9]{1,31};)"
)
_AGAIN: Final = r"(?<!\\)\\++(?:(?:u005[cC]|x5[cC])\\*+)*"  # a backslash, itself escaped or not
_CODE: Final = (
    r"(?:u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[0-3][0-7]{2}(?![0-9]))"
)
_BACKSLASHED: Final = re.compile(rf"(?:{_AGAIN}{_CODE})+")
_UNIT: Final = re.compile(rf"{_AGAIN}({_CODE})")
_OCTET_RUN: Final = re.compile(r"=(?:[0-9A-Fa-f]{2}(?:=[0-9A-Fa-f]{2})+|40(?=\w[\w-]{0,62}\.\w))")
_SOFT_BREAK: Final = re.compile(r"=[ \t]{0,2}\r?\n(?=\S)")
_OCTET: Final = re.compile(r"=(?:[2-7][0-9A-Fa-f]|0[9AaDd])")
_TAGS: Final = re.compile(
    "(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]{4,}"
)  # not those of a flag
_TAG_BASE: Final = 0xE0000
MARKUP: Final = frozenset("&<>\"'\u00a0")


def escaped(text: str) -> Iterator[Edit]:
    """Yield an edit for each run of escapes in `text`."""
    if "%" in text:
        for run in _PERCENT.finditer(text):
            pairs = re.findall(r"%(?:25)*([0-9A-Fa-f]{2})", run[0])
            yield *run.span(), _decoded(bytes.fromhex("".join(pairs)))
        for run in _PERCENT_WIDE.finditer(text):
            yield *run.span(), _character(int(run[1], 16))
    if "&" in text:
        for run in _ENTITY.finditer(text):
            new = html.unescape(f"&{run[1]}")
            if new != f"&{run[1]}":
                yield *run.span(), new
    if "\\" in text:
        for run in _BACKSLASHED.finditer(text):
            yield *run.span(), _joined(_UNIT.findall(run[0]))
    if "=" in text:
        yield from _quoted_printable(text)


def is_plain_markup(text: str, edit: Edit) -> bool:
    """Tell whether this is an entity as any HTML text holds it: alone it hides nothing.

    Beside a digit it may part a number, a space may part a name, and an ampersand
    may begin the next entity.
    """
    start, end, new = edit
    if new not in MARKUP or text[start] != "&":
        return False
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    if new == "\u00a0" and before.isalnum() and after.isalnum():
        return False
    return not (before.isdigit() or after.isdigit() or (new == "&" and (after == "#" or after.isalnum())))


def revealed(text: str) -> list[Edit]:
    """Return the edits that make tag characters readable: they print nothing, and models read them."""
    if text.isascii():
        return []
    runs = _TAGS.finditer(text)
    return [(*run.span(), "".join(chr(ord(char) - _TAG_BASE) for char in run[0])) for run in runs]


def _quoted_printable(text: str) -> Iterator[Edit]:
    """Yield octets that stand in a row or part an address; in quoted-printable lines, all of them."""
    softened = (run.span() for run in _SOFT_BREAK.finditer(text))
    breaks = [(start, end, "") for start, end in softened if text[max(start - 1, 0)] not in " \t\n="]
    yield from breaks
    for pattern in (_OCTET_RUN, _OCTET) if breaks else (_OCTET_RUN,):
        for run in pattern.finditer(text):
            new = _decoded(bytes.fromhex(run[0].replace("=", "")))
            if all(char.isprintable() or char.isspace() for char in new):
                yield *run.span(), new


def _decoded(octets: bytes) -> str:
    """Return octets as UTF-8, or as the Latin letters that old programs mean by them."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _joined(codes: list[str]) -> str:
    """Return the characters of escapes in a row: octets form UTF-8, surrogates form pairs."""
    if all(code[0] == "x" for code in codes):
        return _decoded(bytes.fromhex("".join(code[1:] for code in codes)))
    if all(code[0].isdigit() for code in codes):
        return _decoded(bytes(int(code, 8) for code in codes))
    characters = "".join(_character(_number(code)) for code in codes)
    return characters.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _number(code: str) -> int:
    return int(code, 8) if code[0].isdigit() else int(code.lstrip("uUx").strip("{}"), 16)


def _character(number: int) -> str:
    return chr(number) if number <= 0x10FFFF else "\ufffd"
