"""The plain form of a header as one expression: what it matches has the shapes of `header`, checked at once.

A verifier reads every header there is, and checking field by field takes most of
its time. The expression only has to be sound: what it does not match is checked
field by field. Order and doubled keys are left to the canonical form.
"""

from __future__ import annotations

import re
from typing import Final

from guardrail.types import ACTIONS

__all__ = ["PLAIN"]

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

PLAIN: Final = re.compile(
    (
        rf'\{{(?:"bc":"{_HASH}","eh":"{_HASH}","exp":{_COUNT},|(?:"exp":{_COUNT},)?)'
        rf'(?:"f":{_table(_ENTITY, _COUNTS)},)?'
        r'"id":"[A-Za-z0-9_-]{21}[AQgw]",'
        rf'(?:"pol":"{_HASH}",)?'
        rf'(?:"r":{_table(f"{_NAME}/{_NAME}", _COUNT)},)?'
        rf'"ret":"{_NAME}","t":"[a-z_]{{2,16}}(?:\.[a-z_]{{2,16}})?","ts":{_TIME},"v":1,'
        rf'"w":"[a-z0-9-]{{1,32}}","ws":{_NUMBER}'
        rf'(?:,"x":{_table(_WORD, _FACT)})?\}}'
    ).encode("ascii")
)
