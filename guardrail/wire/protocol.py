"""What a protocol's fields mean: a map from paths to kinds, written as data.

A pattern is a dotted path; `*` stands for one step (a list index, any key), a
`**` for any number of steps. The first kind whose patterns match decides; a
path that none matches is `unknown`, and the policy's `unknown_field` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from guardrail.wire.json import Path

__all__ = ["GENERIC", "FieldMap", "Kind", "ProtocolMap"]

# structural: never text; text: always; identifier: text whose form the provider checks;
# binary: cannot be read as text; delta: a piece of a text that goes on in later events.
Kind: TypeAlias = Literal["structural", "text", "identifier", "binary", "delta", "unknown"]


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The kinds of one message's fields."""

    structural: tuple[str, ...] = ()
    binary: tuple[str, ...] = ()
    delta: tuple[str, ...] = ()
    identifier: tuple[str, ...] = ()
    text: tuple[str, ...] = ()

    def kind(self, path: Path) -> Kind:
        """Return what the field at `path` is."""
        return _kind(self, tuple("*" if isinstance(step, int) else step for step in path))


@dataclass(frozen=True, slots=True)
class ProtocolMap:
    """One protocol, by name and version of this map."""

    name: str
    version: int
    request: FieldMap
    response: FieldMap
    event: FieldMap


# Caps what hostile documents with ever new keys can fill the memory with.
@lru_cache(maxsize=4096)
def _kind(fields: FieldMap, path: tuple[str, ...]) -> Kind:
    tables: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("structural", fields.structural),
        ("binary", fields.binary),
        ("delta", fields.delta),
        ("identifier", fields.identifier),
        ("text", fields.text),
    )
    for kind, patterns in tables:
        if any(_matches(tuple(pattern.split(".")) if pattern else (), path) for pattern in patterns):
            return kind
    return "unknown"


def _matches(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Tell whether the whole path matches; `reached` holds the pattern places after each step."""
    reached = _skip({0}, pattern)
    for step in path:
        following = set()
        for place in reached:
            if place == len(pattern):
                continue
            if pattern[place] == "**":
                following.add(place)
            elif pattern[place] in {"*", step}:
                following.add(place + 1)
        reached = _skip(following, pattern)
    return len(pattern) in reached


def _skip(places: set[int], pattern: tuple[str, ...]) -> set[int]:
    """Add the places behind a `**`, which may stand for nothing."""
    reached = set(places)
    for place in sorted(places):
        at = place
        while at < len(pattern) and pattern[at] == "**":
            at += 1
            reached.add(at)
    return reached


# Without a protocol every string is text. In a stream of events these keys
# usually carry one text in pieces; taking them for whole texts would let a value
# through that is split over two events.
GENERIC = ProtocolMap(
    name="",
    version=1,
    request=FieldMap(text=("**",)),
    response=FieldMap(text=("**",)),
    event=FieldMap(
        # "" is a document that is a string and nothing else: `data: "Ann"`.
        delta=("", "**.delta", "**.content", "**.text", "**.token", "**.delta.**"),
        text=("**",),
    ),
)
