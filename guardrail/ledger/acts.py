"""What an entry says of other entries and of keys: the header's field `s` (docs/spec/ledger.md §9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.canonical import b64u, unb64u

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from guardrail.canonical import Canonical

__all__ = ["MAX_RANGES", "Act", "covers", "is_act", "ranges_of"]

MAX_RANGES: Final = 2_000  # of one entry: at most 36 bytes each
_MAX_KIDS: Final = 2_000
_KID: Final = re.compile(r"[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]")
_BYTES_32: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_WHY: Final = re.compile(r"[a-z][a-z_]{1,31}")


@dataclass(frozen=True, slots=True)
class Act:
    """Keys by their ids, entries by ranges [from, to), and why; the empty value stands for "not said"."""

    kids: tuple[bytes, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    why: str = ""
    matter: bytes = b""
    public: bytes = b""

    def fields(self) -> dict[str, Canonical]:
        """Return the value of `s`."""
        found: dict[str, Canonical] = {}
        if self.kids:
            found["kids"] = [b64u(kid) for kid in self.kids]
        if self.ranges:
            found["idx"] = [[start, stop] for start, stop in self.ranges]
        if self.why:
            found["why"] = self.why
        if self.matter:
            found["matter"] = b64u(self.matter)
        if self.public:
            found["pub"] = b64u(self.public)
        return found

    @classmethod
    def of(cls, fields: Mapping[str, Canonical]) -> Act:
        """Read the value of `s`, once `is_act` has held."""
        kids, ranges = fields.get("kids", []), fields.get("idx", [])
        return cls(
            tuple(unb64u(str(kid)) for kid in kids) if isinstance(kids, list) else (),
            tuple((pair[0], pair[1]) for pair in ranges) if isinstance(ranges, list) else (),  # type: ignore[misc,index]
            str(fields.get("why", "")),
            unb64u(str(fields.get("matter", ""))),
            unb64u(str(fields.get("pub", ""))),
        )


def is_act(value: object) -> bool:
    """Tell whether a value has the form of `s`."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(key in _SHAPES and _SHAPES[key](item) for key, item in value.items())
    )


def ranges_of(indexes: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Return rising indexes as ranges [from, to)."""
    found: list[list[int]] = []
    for index in indexes:
        if found and found[-1][1] == index:
            found[-1][1] = index + 1
        else:
            found.append([index, index + 1])
    return tuple((start, stop) for start, stop in found)


def _are_kids(value: object) -> bool:
    return type(value) is list and 0 < len(value) <= _MAX_KIDS and all(_is(_KID, kid) for kid in value)


def _are_ranges(value: object) -> bool:
    if type(value) is not list or not 0 < len(value) <= MAX_RANGES:
        return False
    at = -1
    for pair in value:
        if type(pair) is not list or len(pair) != 2 or not all(type(one) is int for one in pair):
            return False
        start, stop = pair
        if not at < start < stop < 2**53:  # rising, and not touching: one spelling
            return False
        at = stop
    return True


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None


_SHAPES: Final[Mapping[str, Callable[[object], bool]]] = {
    "kids": _are_kids,
    "idx": _are_ranges,
    "why": lambda value: _is(_WHY, value),
    "matter": lambda value: _is(_BYTES_32, value),
    "pub": lambda value: _is(_BYTES_32, value),
}


def covers(ranges: Sequence[tuple[int, int]], index: int) -> bool:
    """Tell whether an index is in one of few ranges."""
    return any(start <= index < stop for start, stop in ranges)
