"""What a protocol's fields mean: a map from paths to kinds, written as data.

A pattern is a dotted path; `*` stands for one step (a list index, any key), a
`**` for any number of steps. The first kind whose patterns match decides; a
path that none matches is `unknown`, and the policy's `unknown_field` decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from guardrail.wire.json import Path

__all__ = [
    "GENERIC",
    "CallSite",
    "FieldMap",
    "Given",
    "Kind",
    "ProtocolMap",
    "ResultSite",
    "below",
    "matches",
]

# structural: never text; text: always; identifier: text whose form the provider checks;
# binary: cannot be read as text; delta: a piece of a text that goes on in later events;
# loose: such a piece under a name that no type knows: it is unknown as well;
# snapshot: the whole of a text that came in deltas before.
Kind: TypeAlias = Literal[
    "structural", "text", "identifier", "binary", "delta", "loose", "snapshot", "unknown"
]

_SNAKE: Final = re.compile(r"_([a-z0-9])")


@dataclass(frozen=True, slots=True)
class Given:
    """A field whose kind another field beside it tells: `kind` where that is one of `words`, else `other`."""

    pattern: str
    beside: str
    words: frozenset[str]
    kind: Kind
    other: Kind


@dataclass(frozen=True, slots=True, eq=False)
class FieldMap:
    """The kinds of one message's fields.

    `free` patterns lead to what a caller or a tool shapes as it likes: every
    string there is text, whatever its name; they decide before all others.
    `given` decide next. Numbers at `numbers` are codes of a text that nobody
    here can read, strings there are text. Where `parents` are told, a `**` (but
    not one of `free`, nor `***`) stands for these steps and list indexes only:
    below a field that no type knows, nothing is known. `camel` says that keys
    may also come in snake case (JSON of protobuf).
    """

    structural: tuple[str, ...] = ()
    binary: tuple[str, ...] = ()
    delta: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    identifier: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()
    numbers: tuple[str, ...] = ()
    snapshot: tuple[str, ...] = ()
    parents: frozenset[str] = frozenset()
    camel: bool = False

    def kind(self, path: Path, beside: Callable[[Path], str] | None = None, *, number: bool = False) -> Kind:
        """Return what the field at `path` is; `beside` returns the scalar at another path, or ""."""
        found = _rule(self, tuple("*" if isinstance(step, int) else step for step in path))
        if isinstance(found, Given):
            told = beside((*path[:-1], found.beside)) if beside else ""
            return found.kind if told in found.words else found.other
        if found == "numbers":
            return "binary" if number else "text"
        return found


@dataclass(frozen=True, slots=True)
class CallSite:
    """Where an answer calls a tool: `item` is the call, its `parts` go to the tool, `names` say which.

    `typed` items without a name are named by their type: a `shell_call` goes to `shell`.
    """

    item: str
    parts: frozenset[str]
    names: tuple[str, ...] = ("name",)
    typed: bool = False


@dataclass(frozen=True, slots=True)
class ResultSite:
    """Where a request tells what a tool said: in an `item` whose field `beside` is one of `words`."""

    item: str
    beside: str = ""
    words: frozenset[str] = frozenset()

    def fits(self, item: Path, values: Mapping[Path, str]) -> bool:
        """Tell whether the item at this path is such a one."""
        return not self.beside or values.get((*item, self.beside)) in self.words


_ROLES: Final = ResultSite("messages.*", "role", frozenset({"tool", "function"}))


@dataclass(frozen=True, slots=True, eq=False)
class ProtocolMap:
    """One protocol, by name and version of this map.

    `erased` are fields that repeat the text of an answer token by token: their
    values are written as `erased_as` before anything is read.
    """

    name: str
    version: int
    request: FieldMap = field(repr=False)
    response: FieldMap = field(repr=False)
    event: FieldMap = field(repr=False)
    erased: tuple[str, ...] = ()
    erased_as: str = "null"
    calls: tuple[CallSite, ...] = ()
    results: tuple[ResultSite, ...] = (_ROLES,)

    def tool(self, path: Path, values: Mapping[Path, str]) -> str | None:
        """Return the name of the tool that the text at `path` goes to; None where it goes to no tool."""
        if not self.calls:
            return _tool_by_key(path, values)
        for site in self.calls:
            steps = _steps(site.item)
            size = len(steps)
            if len(path) > size and path[size] in site.parts and _same(steps, path[:size]):
                names = (values.get((*path[:size], *_steps(name)), "") for name in site.names)
                kind = values.get((*path[:size], "type"), "") if site.typed else ""
                return next(filter(None, names), kind.removesuffix("_call"))
        return None

    def is_result(self, path: Path, values: Mapping[Path, str]) -> bool:
        """Tell whether the text at `path` of a request is what a tool said."""
        for site in self.results:
            steps = _steps(site.item)
            item = path[: len(steps)]
            if len(path) > len(steps) and _same(steps, item) and site.fits(item, values):
                return True
        return False


def below(parents: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the patterns of these names below each of the parents."""
    return tuple(f"{parent}.{name}" if parent else name for parent in parents for name in names)


def matches(pattern: str, path: Path) -> bool:
    """Tell whether a pattern without `**` fits the whole path."""
    return _same(_steps(pattern), path)


def _same(steps: tuple[str, ...], path: Path) -> bool:
    return len(steps) == len(path) and all(
        want in {"*", step} for want, step in zip(steps, path, strict=True)
    )


@lru_cache(maxsize=1024)
def _steps(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.split(".")) if pattern else ()


def _tool_by_key(path: Path, values: Mapping[Path, str]) -> str | None:
    """Return the tool of Chat Completions and of all who speak as it does: `tool_calls`, `function_call`."""
    if "tool_calls" in path:
        call = path[: path.index("tool_calls") + 2]
        return values.get((*call, "function", "name")) or values.get((*call, "custom", "name"), "")
    if "function_call" in path:
        return values.get((*path[: path.index("function_call") + 1], "name"), "")
    return None


class _Node:
    """One place in the tree of a map's patterns."""

    __slots__ = ("loop", "nexts", "rank")

    def __init__(self, loop: str = "") -> None:
        self.nexts: dict[str, _Node] = {}
        self.rank = _NONE
        self.loop = loop

    def add(self, steps: tuple[str, ...], rank: int) -> None:
        node = self
        for step in steps:
            node = node.nexts.setdefault(step, _Node(step if step in _LOOPS else ""))
        node.rank = min(node.rank, rank)

    def reached(self) -> Iterator[_Node]:
        """Yield the place itself, and those behind a `**`, which may stand for nothing."""
        yield self
        for step in _LOOPS:
            if step in self.nexts:
                yield from self.nexts[step].reached()


_NONE: Final = 1_000_000
_ANY: Final = "***"  # any steps at all; a `**` of `free` is such a one
_LOOPS: Final = ("**", _ANY)
_Rule: TypeAlias = "Kind | Given | Literal['numbers']"


@lru_cache(maxsize=64)
def _tree(fields: FieldMap) -> tuple[_Node, tuple[_Rule, ...]]:
    """Return the tree of all patterns of a map, and the rules by their rank."""
    tables: list[tuple[_Rule, tuple[str, ...]]] = [
        ("text", tuple(re.sub(r"(?<![^.])\*\*(?![^.])", _ANY, pattern) for pattern in fields.free)),
        *((given, (given.pattern,)) for given in fields.given),
        ("numbers", fields.numbers),
        ("structural", fields.structural),
        ("binary", fields.binary),
        ("delta", fields.delta),
        ("snapshot", fields.snapshot),
        ("identifier", fields.identifier),
        ("text", fields.text),
        ("loose", fields.loose),
    ]
    root = _Node()
    for rank, (_, patterns) in enumerate(tables):
        for pattern in patterns:
            root.add(_steps(pattern), rank)
    return root, tuple(rule for rule, _ in tables)


# Caps what hostile documents with ever new keys can fill the memory with.
@lru_cache(maxsize=8192)
def _rule(fields: FieldMap, path: tuple[str, ...]) -> _Rule:
    root, rules = _tree(fields)
    places = set(root.reached())
    for raw in path:
        step = _SNAKE.sub(lambda found: found[1].upper(), raw) if fields.camel else raw
        known = not fields.parents or step == "*" or step in fields.parents
        places = {
            place
            for node in places
            for follower in (
                node if node.loop == _ANY or (node.loop and known) else None,
                node.nexts.get(step),
                node.nexts.get("*"),
            )
            if follower is not None
            for place in follower.reached()
        }
        if not places:
            return "unknown"
    rank = min(place.rank for place in places)
    return rules[rank] if rank < len(rules) else "unknown"


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
