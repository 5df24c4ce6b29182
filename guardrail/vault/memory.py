"""The token map of one exchange or session: what each issued token stands for.

It lives in memory, for as long as its exchange. A token that another map issued
means nothing here: a token planted in a document cannot restore someone else's
value (docs/spec/tokens.md).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from guardrail import tokens
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Restored", "TokenMap"]


@dataclass(frozen=True, slots=True)
class _Issued:
    value: str = field(repr=False)
    restore: frozenset[str] | None  # None: the model brought the value, nobody gave it to us

    def goes_to(self, destination: str) -> bool:
        """Tell whether the rule lets `destination` see the value again ("tool:crm_*" is a pattern)."""
        return any(fnmatchcase(destination, pattern) for pattern in self.restore or ())


@dataclass(frozen=True, slots=True)
class Restored:
    """A place in a text where a value stands again, or where a token was left.

    `value` is None for a token that this map did not issue, or not for this
    destination: it stays as it is.
    """

    start: int
    end: int
    value: str | None = field(repr=False)


class TokenMap:
    """Issue tokens under one scope key, and restore those that were issued here. Thread-safe."""

    def __init__(self, key: bytes, *, length: int = tokens.TENANT) -> None:
        """Take the scope key and the length of payload (6 in conversation scope, 9 in tenant scope)."""
        self._key = key
        self._length = length
        self._lock = threading.Lock()
        self._by_inner: dict[str, _Issued] = {}
        self._by_value: dict[tuple[str, str], str] = {}
        self._reserved: set[str] = set()

    def __len__(self) -> int:
        return len(self._by_inner)

    def reserve(self, text: str) -> None:
        """Keep every token that `text` already holds from being issued for another value.

        Call it on a whole request before anything is issued: a planted token
        must not come to mean a value of this request.
        """
        with self._lock:
            self._reserved.update(
                mention.inner for mention in tokens.mentions(text) if mention.inner not in self._by_inner
            )

    def issue(self, entity: str, value: str, *, restore: Iterable[str] | None = None) -> str:
        """Return the token for `value`; the same value gives the same token.

        `restore` names the destinations that may see the value again. Without
        it the value is one that the model brought: it is never restored, unless
        the caller sends it too.

        Raises:
            ConfigError: the longest token is taken too (never seen by chance: 120 bits).
        """
        destinations = None if restore is None else frozenset(restore)
        with self._lock:
            inner = self._by_value.get((entity, value), "")
            if not inner or (destinations is not None and inner in self._reserved):
                inner = self._free(entity, value, again=destinations is None)
            known = self._by_inner.get(inner)
            if known is None or known.restore is None:
                self._by_inner[inner] = _Issued(value, destinations)
                self._by_value[entity, value] = inner
            elif destinations is not None:
                self._by_inner[inner] = _Issued(known.value, known.restore & destinations)
            return f"<{inner}>"

    def _free(self, entity: str, value: str, *, again: bool) -> str:
        """Return the shortest token for a new value that neither names nor will name another.

        With `again`, one that the request holds may do: a person whom the model names in
        every answer keeps the token that the history has, and as it is never restored, a
        planted one gains nothing by it.
        """
        for length in range(self._length, tokens.MAX_LENGTH + 1, tokens.STEP):
            inner = tokens.make(self._key, entity, value, length=length)
            if inner not in self._by_inner and (again or inner not in self._reserved):
                return inner
        raise ConfigError("no token is free for a value of this request", advice="begin a new session")

    def find(self, text: str, *, destination: str) -> list[Restored]:
        """Return every token in `text`, in order, with its value where it may be restored."""
        places = []
        for mention in tokens.mentions(text):
            issued = self._by_inner.get(mention.inner)
            if issued is None and (not mention.exact or mention.digits):
                # A word that only looks alike is text like any other; and a number in the
                # form of a token must not pass by the detectors.
                continue
            value = issued.value if issued is not None and issued.goes_to(destination) else None
            places.append(Restored(mention.start, mention.end, value))
        return places

    def restore(self, text: str, *, destination: str) -> str:
        """Return `text` with the tokens of this map replaced by their values."""
        parts = []
        at = 0
        for place in self.find(text, destination=destination):
            if place.value is not None:
                parts += [text[at : place.start], place.value]
                at = place.end
        return "".join([*parts, text[at:]])
