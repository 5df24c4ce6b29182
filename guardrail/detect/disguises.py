"""Values that are parted or spelled so that no pattern sees them, written as they are usually written.

Digits parted by odd signs, one by one, by markup or as words; letters one by
one; markup inside an address; letters that pose as digits. A rewriting claims
nothing: the recognizers judge what comes out, with their checksums and with the
words around. So a shape that tables and sums have too (536,90,4399) is written
in bare digits, which need a word beside them or a checksum, and a shape that
only people write is written with dashes.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from guardrail.detect.ibans import LENGTHS, valid
from guardrail.detect.spoken import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.layer import Edit

__all__ = ["disguised", "unmarked"]

_MARK: Final = (
    r"(?:\*{1,3}|`{1,3}|~~|__|</?(?:[biua]|em|strong|span|font|mark|code|tt|kbd|samp|small|big|sub|sup|del|ins|wbr"
    r"|strike|[as])(?:\s[^<>]{0,200})?/?>|<!--[^<>]{0,200}-->)"
)
_MARKS: Final = re.compile(_MARK, re.IGNORECASE)
_PARTED_BY_MARKS: Final = re.compile(
    rf"{_MARK}{{0,2}}(?P<digits>(?:\d(?:{_MARK}|[ ./()-]){{0,6}}){{6,19}}\d){_MARK}{{0,2}}", re.IGNORECASE
)
_TOKEN: Final = re.compile(rf"(?:[\w.+%@-]|{_MARK})++", re.IGNORECASE)
LEAST: Final = 5  # digits that some disguise leaves of a value
_SIGN: Final = r"[ \t\r\n.,_/*|~:;=+#()\u00b7\u2022\u2219\u22c5\u30fb-]"
_RUN: Final = re.compile(
    rf"(?<![\w.])\+?\(?\d{{1,6}}+(?!\d)(?:{_SIGN}{{1,3}}+\d{{1,6}}+(?!\d)){{1,24}}+(?!\w)"
)
_GROUP: Final = re.compile(r"\d+")
_PIECE: Final = re.compile(r"[A-Za-z0-9]+")
_SHAPES: Final = MappingProxyType(
    {(3, 2, 4): "- .", (3, 3, 4): "-./ ", (1, 3, 3, 4): "-./ "}
    | dict.fromkeys(
        ((4, 6, 5), (4, 6, 4), (4, 4, 4, 4), (4, 4, 4, 1), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2)), " -"
    )
)
"""How many digits stand together in numbers that people know, and which signs may part them as it is."""
_INTERNATIONAL: Final = frozenset({" ", "-", ".", "(", ")", " (", ") ", "/"})
_PEOPLES: Final = frozenset("-_~\u00b7\u2022\u2219\u22c5\u30fb")  # no table or sum has these between numbers
_SPACED: Final = re.compile(r"(?<!\S)\S(?: {1,3}\S(?!\S)){5,}+")
_PARTED: Final = r"[ ._/|*,:\n\u00b7\u2022-]"
_IBAN: Final = re.compile(
    rf"(?<!\w)[A-Za-z]{_PARTED}?[A-Za-z]{_PARTED}{{0,3}}\d{_PARTED}?\d"
    rf"(?:{_PARTED}{{1,3}}+[A-Za-z0-9]{{1,26}}+){{1,30}}+"
)
_IBAN_AS_READ: Final = re.compile(
    r"[A-Z]{2}\d\d(?:[ -][A-Z0-9]{4}){2,7}(?:[ -][A-Z0-9]{1,3})?", re.IGNORECASE
)
_POSERS: Final = "OoQIl\u041e\u043e\u039f\u03bf\u0406"
_DIGIT_OF: Final = str.maketrans(_POSERS, "0001100001")
_POSING: Final = re.compile(
    rf"(?<![\w.-])\(?[\d{_POSERS}]{{3,19}}+(?:\)?[ .-][\d{_POSERS}]{{2,7}}+){{0,4}}+(?![\w-])"
)


def disguised(text: str) -> Iterator[Edit]:
    """Yield an edit for each run that may be a value in disguise."""
    for run in _SPACED.finditer(text):
        yield from _gathered(run)
    if sum(map(text.count, "0123456789")) >= LEAST:  # else the costlier searches are spared
        for run in _RUN.finditer(text):
            new = _regrouped(run[0])
            if new is not None:
                yield *run.span(), new
        for run in _IBAN.finditer(text):
            yield from _account(run)
        for run in _POSING.finditer(text):
            digits, posing = sum(map(str.isdigit, run[0])), sum(map(str.isalpha, run[0]))
            if digits >= LEAST and 0 < posing < digits and digits + posing >= 8:
                yield *run.span(), run[0].translate(_DIGIT_OF)
    yield from spoken(text)


def unmarked(text: str) -> Iterator[Edit]:
    """Yield an edit for each run of digits and each address that markup parts."""
    if not any(mark in text for mark in ("*", "`", "<", "~~", "__")) or not _MARKS.search(text):
        return
    for run in _PARTED_BY_MARKS.finditer(text) if sum(map(text.count, "0123456789")) >= LEAST else ():
        if _MARKS.search(run["digits"]):
            yield *run.span(), _MARKS.sub("", run[0])
    for token in _TOKEN.finditer(text) if "@" in text else ():
        if "@" in token[0] and _MARKS.search(token[0].strip("*`~_")):
            new = _MARKS.sub("", token[0])
            if "@" in new:
                yield *token.span(), new


def _regrouped(run: str) -> str | None:
    """Return the digits as the recognizers read them, or None where they do already."""
    groups = _GROUP.findall(run)
    lengths = tuple(map(len, groups))
    usual = _SHAPES.get(lengths)
    if usual is None and run[0] != "+" and (max(lengths) > 1 or len(groups) < 7):
        return None
    signs = _GROUP.split(run)[1:-1]
    if max(lengths) == 1:
        return _single(groups, signs)
    if run[0] == "+" and 8 <= sum(lengths) <= 15 and not _INTERNATIONAL.issuperset(signs):
        return "+" + " ".join(groups)
    if usual is None or (len(set(signs)) == 1 and set(signs) <= set(usual)) or _phone(lengths, signs):
        return None
    if sum(lengths) > 11 or all(_PEOPLES & set(sign) for sign in signs):
        return "-".join(groups)
    return "".join(groups)


def _phone(lengths: tuple[int, ...], signs: list[str]) -> bool:
    """Tell whether this is how telephone numbers are written: "(212) 555-0199", "212 / 555-0199"."""
    return lengths[-2:] == (3, 4) and all(re.fullmatch(r"[ \t]?[-./()]{0,2}[ \t]?", sign) for sign in signs)


def _single(groups: list[str], signs: list[str]) -> str:
    """Join digits that stand one by one; where two kinds of signs part them, the wider parts groups."""
    kinds = [sign.strip(" \t") or sign for sign in signs]
    inner = min(kinds, key=lambda kind: (not kind.isspace(), len(kind)))
    joined = [digit if kind == inner else f"-{digit}" for kind, digit in zip(kinds, groups[1:], strict=True)]
    return groups[0] + "".join(joined)


def _account(run: re.Match[str]) -> Iterator[Edit]:
    """Write the account number that the run begins with in one piece (ISO 13616: length and mod 97).

    One that is parted as `ibans.py` reads it stays: a second reading would find the same.
    """
    country = "".join(filter(str.isalnum, run[0][:3]))[:2].upper()
    length, ends = LENGTHS.get(country, 0), [group.end() for group in _PIECE.finditer(run[0])]
    for end in ends if length else ():
        number = re.sub(r"[^A-Z0-9]", "", run[0][:end].upper())
        if len(number) >= length:
            if len(number) == length and valid(number) and not _IBAN_AS_READ.fullmatch(run[0], 0, end):
                yield run.start(), run.start() + end, number
            return


def _gathered(run: re.Match[str]) -> Iterator[Edit]:
    """Join letters that stand one by one ("J o h n   S m i t h"); wider gaps part words.

    Digits alone are `_regrouped`'s, unless signs of a telephone number stand among them.
    """
    letters, digits = sum(map(str.isalpha, run[0])), sum(map(str.isdigit, run[0]))
    if letters >= 5 or (digits >= 7 and run[0][0] in "(+"):
        yield *run.span(), re.sub(r"(?<=\S) (?=\S)", "", run[0]).replace("   ", " ").replace("  ", " ")
