"""The manifest of a pack, read strictly. It is a claim: the verifier builds it again and compares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from guardrail.canonical import parse_canonical
from guardrail.evidence.material import VERSION
from guardrail.evidence.page import PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.canonical import Canonical

__all__ = ["Manifest", "NewerPackError"]

_HEX: Final = re.compile(r"[0-9a-f]{64}")
_KEYS: Final = frozenset(
    ("v", "page", "origin", "size", "since", "until", "first", "stop", "from", "files", "policies")
)


class NewerPackError(ValueError):
    """The pack is of a version that this verifier does not know."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the pack says of itself; see docs/spec/evidence.md for the keys."""

    size: int
    since: int
    until: int
    first: int
    stop: int
    files: Mapping[str, tuple[int, str]]
    policies: Mapping[str, tuple[str, ...]]

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Parse `manifest.json`.

        Raises:
            NewerPackError: of another version.
            ValueError: not canonical, or a key of another shape.
        """
        table = _table(parse_canonical(data))
        if (table.get("v"), table.get("page")) != (VERSION, PAGE):
            raise NewerPackError(
                f"the pack is not of version {VERSION} with a page of format {PAGE}, which this program knows"
            )
        if table.keys() != _KEYS:
            raise ValueError("the manifest lacks a key, or has one too many")
        size, first, stop = (_number(table[key]) for key in ("size", "first", "stop"))
        if not first <= stop <= size:
            raise ValueError("the manifest's indexes are not in order")
        return cls(
            size,
            _number(table["since"]),
            _number(table["until"]),
            first,
            stop,
            {name: _file(item) for name, item in _table(table["files"]).items()},
            {_hex(key): _members(item) for key, item in _table(table["policies"]).items()},
        )


def _file(value: Canonical) -> tuple[int, str]:
    table = _table(value)
    if table.keys() != {"n", "sha256"}:
        raise ValueError("the manifest describes a file in another way")
    return _number(table["n"]), _hex(table["sha256"])


def _members(value: Canonical) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("the manifest has a set of policies that is not a list")
    return tuple(map(_hex, value))


def _table(value: Canonical) -> dict[str, Canonical]:
    if not isinstance(value, dict):
        raise ValueError("the manifest has a value that is not an object")  # noqa: TRY004 - one error for callers
    return value


def _number(value: Canonical) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("the manifest has a value that is not a number")
    return value


def _hex(value: Canonical) -> str:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError("the manifest has a value that is not a digest")
    return value
