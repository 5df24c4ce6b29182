"""The plain form of a header as one expression, and its tables apart: most entries are of it.

A verifier reads every header there is, and checking field by field takes most of
its time. The expression only has to be sound: what it does not match is checked
field by field. The order of the fields is the expression's; the same few tables
come again and again, and each is looked at once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from guardrail.types import ACTIONS

__all__ = ["Plain", "read_plain"]

_TABLES_KEPT: Final = 8192

_HASH: Final = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
_COUNT: Final = r"[1-9][0-9]{0,14}"  # below 10^15: all of these are below 2^53
_NUMBER: Final = rf"(?:0|{_COUNT})"
_TIME: Final = r"[1-8][0-9]{15}"  # µs from 2001 to 2255
_NAME: Final = r"(?![a-z0-9._-]*[0-9]{9})[a-z0-9][a-z0-9._-]{0,63}"
_ENTITY: Final = r"(?![A-Z0-9_]*[0-9]{9})[A-Z][A-Z0-9_]{1,39}"
_WORD: Final = r"[a-z][a-z0-9_.-]{0,31}"


def _table(key: str, value: str) -> str:
    return rf'\{{"{key}":{value}(?:,"{key}":{value})*\}}'


_COUNTS: Final = _table("(?:" + "|".join(ACTIONS) + ")", _COUNT)
_FACT: Final = rf'(?:{_NUMBER}|"{_WORD}"|{_table(_WORD, _NUMBER)})'

# What stands between the braces of a table is judged apart; here it only has to end where the table ends.
_PLAIN: Final = re.compile(
    (
        rf'\{{(?:"bc":"{_HASH}","eh":"({_HASH})","exp":({_COUNT}),|(?:"exp":({_COUNT}),)?)'
        r'(?:"f":(\{"[A-Z][^"\\]*":\{[^{}\\]*\}(?:,"[A-Z][^"\\]*":\{[^{}\\]*\})*\}),)?'
        r'"id":"[A-Za-z0-9_-]{21}[AQgw]",'
        rf'(?:"pol":"{_HASH}",)?'
        r'(?:"r":(\{[^{}\\]*\}),)?'
        rf'"ret":"{_NAME}","t":"([a-z_]{{2,16}}(?:\.[a-z_]{{2,16}})?)","ts":({_TIME}),"v":1,'
        rf'"w":"([a-z0-9-]{{1,32}})","ws":({_NUMBER})'
        r'(?:,"x":(\{[^\\]*\}))?\}'
    ).encode("ascii")
)
_TABLES: Final = tuple(
    re.compile(table.encode("ascii"))
    for table in (
        _table(_ENTITY, _COUNTS),
        _table(f"{_NAME}/{_NAME}", _COUNT),
        _table(_WORD, _FACT),
    )
)


class Plain(NamedTuple):
    """What the next entry, its body and the tree are held against: of a header without acts and documents."""

    sealed_hash: bytes
    expires: int
    type: bytes
    time_us: int
    writer: bytes
    sequence: int


def read_plain(data: bytes) -> Plain | None:
    """Return what a header of the plain form says; None if it is not of it, or not in its one spelling."""
    match = _PLAIN.fullmatch(data)
    if match is None:
        return None
    eh, exp, only_exp, findings, rules, kind, time, writer, sequence, facts = match.groups()
    if (
        (findings is not None and not _is_table(0, findings))
        or (rules is not None and not _is_table(1, rules))
        or (facts is not None and not _is_table(2, facts))
    ):
        return None
    return Plain(eh or b"", int(exp or only_exp or 0), kind, int(time), writer, int(sequence))


@lru_cache(maxsize=_TABLES_KEPT)
def _is_table(number: int, data: bytes) -> bool:
    """Tell whether a table is of its form, sorted and without a key twice."""
    if _TABLES[number].fullmatch(data) is None:
        return False
    return orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS) == data
