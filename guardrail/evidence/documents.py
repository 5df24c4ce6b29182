"""What a policy document says to a reader of evidence: its rules, why they are there, whom they serve.

Reads the TOML itself: evidence must be checkable without the policy part, and a
document that was in force is shown as it was, even if a later version of the
policy part would refuse it. Unknown keys are passed over; nothing is decided here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.crypto import digest, length_prefixed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Document", "PolicySets", "Rule", "read_document"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as the reader sees it; `action` is a short phrase such as "mask (keep_last 4)"."""

    id: str
    why: str
    find: tuple[str, ...]
    where: tuple[str, ...]
    action: str
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document by its digest (lower-case hex of SHA-256 of its bytes)."""

    digest: str
    name: str
    version: str
    title: str
    owner: str
    mode: str
    rules: tuple[Rule, ...]

    def rule(self, id: str) -> Rule | None:  # noqa: A002 - the policy's own word
        """Return the rule named `id`, if the document has it."""
        return next((rule for rule in self.rules if rule.id == id), None)


def read_document(source: bytes) -> Document:
    """Read a policy document.

    Raises:
        ValueError: not TOML, or without a name; the message holds nothing of it.
    """
    try:
        table = tomllib.loads(source.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # TOML, UTF-8, or a number of thousands of digits
        raise ValueError("a policy document is not TOML") from None
    name = _text(table, "name")
    if not name:
        raise ValueError("a policy document has no name")
    scopes = (rule for scope in _tables(table, "scopes") for rule in _tables(scope, "rules"))
    return Document(
        digest(source).hex(),
        name,
        _text(table, "version"),
        _text(table, "title"),
        _text(table, "owner"),
        _text(table, "mode") or "enforce",
        tuple(_rule(item) for item in (*_tables(table, "rules"), *scopes)),
    )


class PolicySets:
    """The documents in force behind the digest that an entry names: one, or several together."""

    def __init__(self, sets: Mapping[str, Sequence[str]], sources: Mapping[str, bytes]) -> None:
        """Resolve `sets` (digest in an entry → digests of its documents) with the documents' bytes.

        Raises:
            ValueError: a document is missing, unreadable, or a digest does not fit.
        """
        read = {name: read_document(source) for name, source in sources.items()}
        if any(name != document.digest for name, document in read.items()):
            raise ValueError("a policy document does not have the digest that names it")
        self.documents = read
        self.sets = {key: tuple(members) for key, members in sets.items()}
        for key, members in self.sets.items():
            if any(member not in read for member in members):
                raise ValueError("a policy document is missing")
            if set_digest(members) != key:
                raise ValueError("a set of policies does not have the digest that names it")
        if read.keys() != {member for members in self.sets.values() for member in members}:
            raise ValueError("a policy document belongs to no entry")

    def named(self, key: str, policy: str) -> Document | None:
        """Return the document called `policy` of the set `key`."""
        documents = (self.documents[member] for member in self.sets.get(key, ()))
        return next((document for document in documents if document.name == policy), None)

    def watches_only(self, key: str) -> bool:
        """Tell whether all documents of the set `key` are in shadow mode."""
        members = self.sets.get(key, ())
        return bool(members) and all(self.documents[member].mode == "shadow" for member in members)


def set_digest(members: Sequence[str]) -> str:
    """Return the digest under which entries name these documents (docs/spec/ledger.md)."""
    if len(members) == 1:
        return members[0]
    return digest(length_prefixed(*(bytes.fromhex(member) for member in members))).hex()


def _rule(table: Mapping[str, object]) -> Rule:
    return Rule(
        _text(table, "id"),
        _text(table, "why"),
        _words(table, "find"),
        _words(table, "where"),
        _action(table.get("action")),
        tuple(dict.fromkeys(_words(table, "controls"))),
    )


def _action(value: object) -> str:
    if not isinstance(value, dict):
        return str(value) if isinstance(value, str) else ""
    options = ", ".join(f"{name} {option}" for name, option in sorted(value.items()) if name != "type")
    return f"{_text(value, 'type')} ({options})" if options else _text(value, "type")


def _tables(table: Mapping[str, object], key: str) -> list[dict[str, object]]:
    value = table.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _words(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key)
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
