"""Many texts looked for at once, between the borders of words: a tree of words, linear in what is read.

A text is a row of *atoms*, its runs of letters and digits, with what stands
between them. A pattern begins and ends with an atom, so a walk through the tree
begins at each atom and goes as deep as the longest pattern: at most `DEEPEST`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.titles import BESIDE, PARTICLES, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DEEPEST", "LONGEST", "Atom", "Found", "Patterns", "atoms"]

DEEPEST: Final = 24
"""Atoms of the longest pattern; what is longer is not looked for."""

LONGEST: Final = 400  # characters that the longest pattern may take in a text

_ATOM: Final = re.compile(r"[^\W_]+")
_SPACE: Final = re.compile(r"[ \t\u00a0]*\n?[ \t\u00a0]*")
_JOINS: Final = frozenset("-'’._\u2011")
_TITLES: Final = "|".join(sorted(TITLES, key=len, reverse=True))
_TITLE: Final = re.compile(rf"(?<!\w)(?:(?:{_TITLES})\.?[ \u00a0])+\Z", re.IGNORECASE)
_POSSESSIVE: Final = re.compile(r"['’]s(?!\w)|['’](?!\w)")
_WORD_BEFORE: Final = re.compile(r"([^\W\d_][\w'’-]*)\.?[ \u00a0]\Z")
_WORD_BEHIND: Final = re.compile(r"[ \u00a0]([^\W\d_][\w'’-]*)")


class Atom(NamedTuple):
    """A run of letters and digits, and how it is compared."""

    start: int
    end: int
    folded: str


class Found(NamedTuple):
    """A pattern in a text, whole; `exact` in its letter case too. `doubtful`: it may be a part of more."""

    start: int
    end: int
    key: tuple[str, str]
    written: str
    exact: bool
    doubtful: bool
    title: str

    def like(self, value: str) -> str:
        """Return `value` in the letter case in which the pattern is written, with the titles before it."""
        name = self.key[1]
        if not self.exact and self.written.isupper() and not name.isupper():
            value = value.upper()
        elif not self.exact and self.written.islower() and not name.islower():
            value = value.lower()
        return self.title + value


@dataclass(slots=True)
class _Node:
    deeper: dict[tuple[str, str], _Node] = field(default_factory=dict)
    keys: dict[str, tuple[tuple[str, str], bool]] = field(default_factory=dict)  # by how it is written


class Patterns:
    """Patterns under keys (kind, text). A person's name is read more carefully than a number."""

    def __init__(self) -> None:
        self._root = _Node()
        self._people = False

    def add(self, text: str, key: tuple[str, str], *, person: bool) -> None:
        """Look for `text` from now on; of two keys with one text the first is found."""
        row = list(atoms(text))
        if not 0 < len(row) <= DEEPEST:
            return
        node, before = self._root, None
        for atom in row:
            gap = "" if before is None else _gap(text, before, atom)
            node = node.deeper.setdefault((gap, atom.folded), _Node())
            before = atom
        self._people |= person
        node.keys.setdefault(text[row[0].start : row[-1].end], (key, person))

    def find(self, text: str) -> list[Found]:
        """Return the patterns in `text`, disjoint and in order; of those that begin together the longest."""
        found, free = [], 0
        row = list(atoms(text))
        for at, atom in enumerate(row):
            if atom.start < free or ("", atom.folded) not in self._root.deeper:
                continue
            one = self._longest(text, row, at)
            if one is not None:
                found.append(one)
                free = one.end
        return found

    def begun(self, text: str) -> int:
        """Return where the end of `text` begins that more text could make a pattern of, or its length."""
        title = _TITLE.search(text, max(0, len(text) - 40)) if self._people else None
        end = title.start() if title else len(text)
        row = list(atoms(text, max(0, len(text) - LONGEST)))[-DEEPEST:]
        for at, atom in enumerate(row):
            node: _Node | None = self._root
            gap, last = "", None
            for each in row[at:]:
                gap = "" if last is None else _gap(text, last, each)
                node = node.deeper.get((gap, each.folded)) if node else None
                last = each
                if node is None:
                    break
            if node is not None and last is not None and _may_go_on(node, text[last.end :]):
                return min(atom.start, end)
        return end

    def _longest(self, text: str, row: list[Atom], at: int) -> Found | None:
        node: _Node | None = self._root
        best: tuple[_Node, int] | None = None
        for place in range(at, min(len(row), at + DEEPEST)):
            gap = "" if place == at else _gap(text, row[place - 1], row[place])
            node = node.deeper.get((gap, row[place].folded)) if node else None
            if node is None:
                break
            if node.keys:
                best = (node, row[place].end)
        return _read(text, row[at].start, best[1], best[0]) if best else None


def atoms(text: str, start: int = 0) -> Iterator[Atom]:
    """Yield the runs of letters and digits of `text`, compared without letter case."""
    for match in _ATOM.finditer(text, start):
        word = match[0]
        folded = word.lower() if word.isascii() else unicodedata.normalize("NFKC", word).casefold()
        yield Atom(match.start(), match.end(), folded)


def _gap(text: str, one: Atom, other: Atom) -> str:
    """Return what stands between two atoms; white space, a break of a line included, is one space."""
    gap = text[one.end : other.start]
    return " " if gap != " " and _SPACE.fullmatch(gap) else gap


def _may_go_on(node: _Node, rest: str) -> bool:
    """Tell whether a text that ends with this node and `rest` may still be more, or another's name."""
    if any(gap.startswith(rest) or (gap[:1] == " " and rest.isspace()) for gap, _ in node.deeper):
        return True
    return any(person for _, person in node.keys.values()) and (not rest or rest.isspace())


def _read(text: str, start: int, end: int, node: _Node) -> Found | None:
    """Return what stands at start..end, if it stands alone and in a letter case of its own."""
    written = text[start:end]
    core = written if written in node.keys else next(iter(node.keys))
    key, person = node.keys[core]
    exact = written == core
    if person and not exact and not _cased(written, core):
        return None
    start, end = _whole(text, start, end, key[1])
    if _joined(text, start, end):
        return None
    if not person:
        return Found(start, end, key, written, exact, doubtful=False, title="")
    title = _TITLE.search(text, max(0, start - 40), start)
    first = title.start() if title else start
    doubtful = key[0] == "name" and _beside(text, first, end)
    return Found(first, end, key, written, exact, doubtful, title[0] if title else "")


def _whole(text: str, start: int, end: int, name: str) -> tuple[int, int]:
    """Return the place with the signs that the pattern has around its atoms, as far as they stand there."""
    row = list(atoms(name))
    lead, trail = name[: row[0].start], name[row[-1].end :]
    first = start - len(lead) if text.endswith(lead, 0, start) else start
    return first, end + len(trail) if text.startswith(trail, end) else end


def _cased(written: str, core: str) -> bool:
    """Tell whether a name is written in capitals or, of several words, in small letters, as in headings."""
    same = " ".join(written.split())
    if same == core or written.isupper():
        return True
    return " " in same and written.islower()


def _joined(text: str, start: int, end: int) -> bool:
    """Tell whether more is glued to the place: it is a part of a longer word, address or number."""
    before, behind = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() or before[-1:] == "@" or (before[-1:] in _JOINS and before[:-1].isalnum()):
        return True
    if not behind or _POSSESSIVE.match(text, end):
        return False
    first = behind[0]
    return (
        first.isalnum()
        or first == "@"
        or bool(unicodedata.combining(first))
        or (first in _JOINS and behind[1:].isalnum())
    )


def _beside(text: str, start: int, end: int) -> bool:
    """Tell whether one word of a name stands beside another: "Maria Gonzalez" is someone else than Maria."""
    behind = _WORD_BEHIND.match(text, end)
    words = [match[1] for match in (_WORD_BEFORE.search(text, max(0, start - 40), start), behind) if match]
    return any(_is_name(word) for word in words)


def _is_name(word: str) -> bool:
    folded = word.casefold()
    return (word[:1].isupper() or folded in PARTICLES - BESIDE) and folded not in BESIDE
