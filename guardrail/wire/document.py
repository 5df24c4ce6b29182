"""A whole body as leaves: the texts in it, what each of them is, and the body with some replaced.

JSON, forms and plain text answer to the same three calls, so that nothing above
knows the difference. A string that holds a JSON document itself (the arguments
of a tool call) is opened, and so is one inside of that: its leaves stand in
place of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol

from guardrail.errors import BodyError
from guardrail.wire import form, json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from guardrail.wire.json import Path, Slot
    from guardrail.wire.protocol import Kind

__all__ = [
    "NESTED",
    "Document",
    "Embedded",
    "FormDocument",
    "JsonDocument",
    "Leaf",
    "Leaves",
    "TextDocument",
    "WithFiles",
    "digits",
    "is_identifier",
    "values_of",
    "words",
]

NESTED: Final = 3  # documents within strings of documents that are opened; beyond, a string is plain text

# "customerPhone", "customer_phone" and "customer-phone" all say "customer phone".
_WORDS: Final = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|[0-9]+")
# Letters, with at most four digits among them: no number, address or key of anyone has this form.
_IDENTIFIER: Final = re.compile(r"(?!(?:\D*\d){5})[A-Za-z_$][A-Za-z0-9_$-]{0,39}", re.ASCII)

# One word of ASCII without an @. Opaque data is base64, of any length.
_SHAPE: Final = re.compile(r"[A-Za-z0-9_.:/+=~#$*-]*", re.ASCII)
_FIGURES: Final = re.compile(r"\+?[0-9]+(?:[-./][0-9]+)*")  # a number of somebody: a telephone, a card
# A small number, a day, a version.
_DAY: Final = re.compile(r"[0-9]{1,6}|[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?|[0-9]{1,3}(?:\.[0-9]{1,3}){1,2}")
_SENTENCE: Final = 3  # spaces: four words may name somebody

_OPENS: Final = re.compile(
    r"\ufeff?[ \t\n\r]*[{\[]"
)  # white space before a document hides nothing from its reader
# A key of a structural table, such as the token numbers of `logit_bias`.
_SMALL: Final = re.compile(r"\d{1,7}", re.ASCII)
_LONGEST_NUMBER: Final = 40  # digits; an exponent must not become a gigabyte of zeros


@dataclass(frozen=True, slots=True)
class Leaf:
    """One text of a body.

    `hint` is what it is called (its key); `names` is false where a name finder
    would only guess: in keys and numbers.
    """

    text: str = field(repr=False)
    kind: Kind
    path: Path = field(default=(), repr=False)
    hint: str = field(default="", repr=False)
    names: bool = True
    is_key: bool = False


def values_of(leaves: Iterable[Leaf]) -> dict[Path, str]:
    """Return the strings and numbers of a document by their paths."""
    return {leaf.path: leaf.text for leaf in leaves if leaf.path and not leaf.is_key}


class Fields(Protocol):
    """Who knows what the field at a path is."""

    def kind(self, path: Path, beside: Callable[[Path], str] | None = None, *, number: bool = False) -> Kind:
        """Return its kind; `beside` returns the scalar at another path, "" where there is none."""
        ...


class Leaves(Protocol):
    """What has texts."""

    leaves: Sequence[Leaf]  # every text of it, in order


class Document(Leaves, Protocol):
    """A body that was read."""

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the body with the leaves of these numbers replaced; all else stays as it was."""
        ...


class Embedded(Document, Protocol):
    """A string of a document that is a file."""

    def beside(self, changes: Mapping[int, str]) -> Mapping[str, tuple[str, str]]:
        """Return what changes beside it, by key: a new word, or "" and what is added to the old one."""
        ...


@dataclass(frozen=True, slots=True)
class WithFiles:
    """Fields whose files are opened: `opener` gets a string, its path, and who knows other paths."""

    fields: Fields
    opener: Callable[[str, Path, Callable[[Path], str]], Embedded | None]

    def kind(self, path: Path, beside: Callable[[Path], str] | None = None, *, number: bool = False) -> Kind:
        """Return the kind of a field."""
        return self.fields.kind(path, beside, number=number)


class TextDocument:
    """Plain text: one leaf."""

    def __init__(self, text: str, *, hint: str = "") -> None:
        self._text = text
        self.leaves: Sequence[Leaf] = (Leaf(text, "text", hint=hint),)

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the text, or what replaces it."""
        return changes.get(0, self._text)


class FormDocument:
    """A url-encoded form: name and value of each pair."""

    def __init__(self, body: str, *, charset: str) -> None:
        """Read the form; raise `BodyError` where it is not of its charset."""
        self._body = body
        self._charset = charset
        self._pairs = form.read(body, charset=charset)
        leaves = []
        for name, value in self._pairs:
            leaves += [Leaf(name, "text", (name,), names=False), Leaf(value, "text", (name,), words(name))]
        self.leaves: Sequence[Leaf] = leaves

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the form; pairs without a change keep their bytes."""
        new = [
            (changes.get(2 * at, name), changes.get(2 * at + 1, value))
            if {2 * at, 2 * at + 1} & set(changes)
            else None
            for at, (name, value) in enumerate(self._pairs)
        ]
        return form.write(self._body, new, charset=self._charset)


class JsonDocument:
    """A JSON document: its strings, numbers and keys, and those of documents inside its strings."""

    def __init__(
        self, text: str, fields: Fields, *, nested: int = NESTED, prefix: Path = (), lenient: bool = False
    ) -> None:
        """Read the document, which stands at `prefix`; raise `BodyError` where it is not JSON or too deep.

        `lenient` takes what Python's parser takes, as it does in every document inside a string.
        """
        self._nested = nested
        self._text = text
        self._fields = fields
        self._prefix = prefix
        self._slots = json.read(text, lenient=lenient)
        self._scalars: dict[Path, str] | None = None
        self._files: dict[int, Embedded] = {}
        self._inner: dict[int, Document] = {
            at: inner for at, slot in enumerate(self._slots) if (inner := self._open(at, slot)) is not None
        }
        self._places = [
            (at, inside)
            for at in range(len(self._slots))
            for inside in (range(len(self._inner[at].leaves)) if at in self._inner else [-1])
        ]
        self.leaves: Sequence[Leaf] = [
            self._leaf(self._slots[at]) if inside < 0 else self._inside(at, inside)
            for at, inside in self._places
        ]

    def render(self, changes: Mapping[int, str]) -> str:
        """Return the document; a number that is replaced becomes a string."""
        own: dict[Slot, str] = {}
        inner: dict[int, dict[int, str]] = {}
        for number, new in changes.items():
            at, inside = self._places[number]
            if inside < 0:
                own[self._slots[at]] = new
            else:
                inner.setdefault(at, {})[inside] = new
        for at, new_leaves in inner.items():
            own[self._slots[at]] = self._inner[at].render(new_leaves)
        for at in inner.keys() & self._files.keys():
            own |= self._told_beside(at, inner[at], own)
        return json.write(self._text, own)

    def _told_beside(self, at: int, changes: Mapping[int, str], own: Mapping[Slot, str]) -> dict[Slot, str]:
        """Return what changes beside a file that is no longer of its kind: its media type, its name."""
        parent = self._slots[at].path[:-1]
        told = self._files[at].beside(changes)
        new = {}
        for slot in self._slots:
            if slot.kind == "string" and slot.path and slot.path[:-1] == parent:
                word, added = told.get(str(slot.path[-1]), ("", ""))
                if word or added:
                    new[slot] = (word or own.get(slot, slot.text)) + added
        return new

    def _inside(self, at: int, number: int) -> Leaf:
        leaf = self._inner[at].leaves[number]
        # A file that is JSON tells nothing of the document around it.
        return replace(leaf, path=(*self._prefix, *self._slots[at].path)) if at in self._files else leaf

    def span(self, number: int) -> tuple[int, int] | None:
        """Return where a leaf stands in the text, quotes included; None of one in an inner document."""
        at, inside = self._places[number]
        return (self._slots[at].start, self._slots[at].end) if inside < 0 else None

    def _leaf(self, slot: Slot) -> Leaf:
        kind = self._kind(slot)
        path = self._prefix + slot.path
        if slot.kind == "key":
            # A key names the shape; one that is no plain identifier may be a value: an e-mail address.
            plain = is_identifier(slot.text) or (kind == "structural" and _SMALL.fullmatch(slot.text))
            return Leaf(slot.text, "structural" if plain else "text", path, names=False, is_key=True)
        named = [step for step in path if isinstance(step, str)]
        hint = words(named[-1]) if named else ""
        if slot.kind == "number":
            return Leaf(digits(slot.text), kind, path, hint, names=False)
        if kind == "structural" and not _is_shape(slot.text):
            # Whatever its map says, words and numbers of somebody are text: an id must not carry them out.
            return Leaf(slot.text, "text", path, hint, names=slot.text.count(" ") >= _SENTENCE)
        return Leaf(slot.text, kind, path, hint)

    def _kind(self, slot: Slot) -> Kind:
        return self._fields.kind(slot.path, self._beside, number=slot.kind == "number")

    def _beside(self, path: Path) -> str:
        """Return the scalar at `path`; the last of several, as most parsers do."""
        if self._scalars is None:
            self._scalars = {slot.path: slot.text for slot in self._slots if slot.kind != "key"}
        return self._scalars.get(path, "")

    def _open(self, at: int, slot: Slot) -> Document | None:
        """Read a string that holds an object, a list or a file; None where it does not."""
        if isinstance(self._fields, WithFiles) and slot.kind == "string" and self._kind(slot) == "binary":
            opened = self._fields.opener(slot.text, slot.path, self._beside)
            if opened is not None:
                self._files[at] = opened
            return opened
        if self._nested == 0 or slot.kind != "string" or not _OPENS.match(slot.text):
            return None
        kind = self._kind(slot)
        if kind == "structural" and not _is_shape(slot.text):
            kind = "text"
        if kind in {"structural", "binary", "delta", "loose", "snapshot"}:
            return None
        try:
            inside = self._prefix + slot.path
            return JsonDocument(
                slot.text, _Inside(kind), nested=self._nested - 1, prefix=inside, lenient=True
            )
        except BodyError:
            return None


class _Inside:
    """Inside a string, every field is of the string's kind."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def kind(self, path: Path, beside: Callable[[Path], str] | None = None, *, number: bool = False) -> Kind:
        """Return the kind of the string around."""
        del path, beside, number
        return self._kind


def _is_shape(text: str) -> bool:
    """Tell whether a structural text has the form of one: an id, a name, a word of a list, opaque data."""
    return bool(_SHAPE.fullmatch(text)) and not (_FIGURES.fullmatch(text) and not _DAY.fullmatch(text))


def is_identifier(key: str) -> bool:
    """Tell whether a key names the shape of a document; any other may be a value."""
    return _IDENTIFIER.fullmatch(key) is not None


def digits(number: str) -> str:
    """Return a whole number that is written as 4.1e3 or 4100.0 as its digits, every other as it is."""
    if number.lstrip("-").isdecimal():
        return number
    value = Decimal(number)
    if value.adjusted() > _LONGEST_NUMBER or value != value.to_integral_value():
        return number
    return f"{value.to_integral_value():f}"


def words(name: str) -> str:
    """Return the words that a key is made of, lower-case, with spaces between."""
    return " ".join(_WORDS.findall(name)).lower()
