"""The header of an entry, parsed strictly: shapes of its fields, and one spelling (docs/spec/ledger.md §2).

A parser checks shapes only; which words and facts may be *written* is closed
further in `facts`, so that an older verifier reads what a newer writer adds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson

from guardrail.canonical import unb64u
from guardrail.ledger.acts import Act, is_act
from guardrail.ledger.plain import read_plain
from guardrail.types import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.canonical import Canonical

__all__ = ["ENTITY", "MAX_HEADER", "NAME", "RULE", "VERSION", "Header", "is_number", "parse_header"]

MAX_HEADER: Final = 65_535  # bytes: an entry bundle carries each entry's length in two bytes
VERSION: Final = 1

# Nine digits in a row are a telephone number or an id rather than a name.
_NAME: Final = r"(?![^/]*[0-9]{9})[a-z0-9][a-z0-9._-]{0,63}"
NAME: Final = re.compile(_NAME)
RULE: Final = re.compile(f"{_NAME}/{_NAME}")
ENTITY: Final = re.compile(r"(?!.*[0-9]{9})[A-Z][A-Z0-9_]{1,39}")
_WORD: Final = re.compile(r"[a-z][a-z0-9_.-]{0,31}")
_TYPE: Final = re.compile(r"[a-z_]{2,16}(?:\.[a-z_]{2,16})?")
_WRITER: Final = re.compile(r"[a-z0-9-]{1,32}")
# base64url without padding and without spare bits in the last character: each value has one text.
_BYTES_16: Final = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_BYTES_32: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_LARGEST: Final = 2**53

_Check: TypeAlias = Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says: `policy` is the raw digest or empty, `expires` s or 0, `time_us` µs since 1970."""

    type: str
    id: str
    time_us: int
    writer: str
    sequence: int
    retention: str
    expires: int = 0
    policy: bytes = b""
    documents: tuple[bytes, ...] = ()
    findings: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    rules: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    facts: Mapping[str, str | int | Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    bc: str = ""
    eh: str = ""
    act: Act | None = None

    @property
    def commitment(self) -> bytes:
        """Return the commitment to the sealed body, empty if there is none."""
        return unb64u(self.bc)

    @property
    def sealed_hash(self) -> bytes:
        """Return the hash of the sealed body, empty if there is none."""
        return unb64u(self.eh)


def parse_header(data: bytes) -> Header:
    """Parse a header.

    Raises:
        ValueError: not a header of version 1 in its one spelling; the message
            names the field, never its content.
    """
    if len(data) > MAX_HEADER:
        raise ValueError("the header is too long")
    try:
        fields = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise ValueError("the header is not JSON") from None
    # Most headers are of the plain form; for others, and to say what is wrong, field by field.
    if read_plain(data) is not None:
        return _read(fields)
    _check_fields(fields)
    # Sorted JSON of these shapes (ASCII keys, strings, small integers) is RFC 8785; no key stands twice.
    if orjson.dumps(fields, option=orjson.OPT_SORT_KEYS) != data:
        raise ValueError("the header is not in its canonical form")
    return _read(fields)


def is_number(value: object, least: int, most: int) -> bool:
    """Tell whether `value` is an integer (no boolean) in these bounds."""
    return type(value) is int and least <= value <= most


def _check_fields(fields: object) -> None:
    if not isinstance(fields, dict) or not _REQUIRED <= fields.keys() <= _SHAPES.keys():
        raise ValueError("the header lacks a field, or has one that this version does not know")
    for key, value in fields.items():
        if not _SHAPES[key](value):
            raise ValueError(f"the header's field '{key}' is not of its form")
    if ("bc" in fields) != ("eh" in fields):
        raise ValueError("the header has half a commitment to a body")
    if "bc" in fields and "exp" not in fields:
        raise ValueError("the header has a body that would never expire")


def _read(fields: dict[str, Canonical]) -> Header:
    known: dict[str, object] = {_NAMES[key]: value for key, value in fields.items() if key in _NAMES}
    if "pol" in fields:
        known["policy"] = _digest(str(fields["pol"]))
    documents = fields.get("d")
    if isinstance(documents, list):
        known["documents"] = tuple(_digest(str(text)) for text in documents)
    said = fields.get("s")
    if isinstance(said, dict):
        known["act"] = Act.of(said)
    return Header(**known)  # type: ignore[arg-type] # every field was checked by its shape


@lru_cache(maxsize=1024)
def _digest(text: str) -> bytes:
    return unb64u(text)


def _matches(pattern: re.Pattern[str]) -> _Check:
    match = pattern.fullmatch
    return lambda value: type(value) is str and match(value) is not None


def _in_range(least: int, most: int = _LARGEST) -> _Check:
    return lambda value: type(value) is int and least <= value <= most


def _table(key: re.Pattern[str], value: _Check) -> _Check:
    match = key.fullmatch

    def check(table: object) -> bool:
        # An empty table has another spelling: no field at all.
        if type(table) is not dict or not table:
            return False
        for name, item in table.items():  # noqa: SIM110 - a generator takes twice as long
            if match(name) is None or not value(item):
                return False
        return True

    return check


def _list(item: _Check) -> _Check:
    return lambda value: isinstance(value, list) and bool(value) and all(map(item, value))


def _is_fact(value: object) -> bool:
    return _is_count(value) or _is_word(value) or _is_counts(value)


_is_word: Final = _matches(_WORD)
_is_count: Final = _in_range(0)
_is_counts: Final = _table(_WORD, _is_count)


_NAMES: Final = {
    "t": "type",
    "id": "id",
    "ts": "time_us",
    "w": "writer",
    "ws": "sequence",
    "ret": "retention",
    "exp": "expires",
    "f": "findings",
    "r": "rules",
    "x": "facts",
    "bc": "bc",
    "eh": "eh",
}
_REQUIRED: Final = frozenset({"v", "t", "id", "ts", "w", "ws", "ret"})
_SHAPES: Final[Mapping[str, _Check]] = MappingProxyType(
    {
        "v": _in_range(VERSION, VERSION),
        "t": _matches(_TYPE),
        "id": _matches(_BYTES_16),
        "ts": _in_range(1),
        "w": _matches(_WRITER),
        "ws": _in_range(0),
        "ret": _matches(NAME),
        "exp": _in_range(1),
        "pol": _matches(_BYTES_32),
        "d": _list(_matches(_BYTES_32)),
        "f": _table(ENTITY, _table(re.compile("|".join(ACTIONS)), _in_range(1))),
        "r": _table(RULE, _in_range(1)),
        "x": _table(_WORD, _is_fact),
        "bc": _matches(_BYTES_32),
        "eh": _matches(_BYTES_32),
        "s": is_act,
    }
)
