"""A ledger as its readers see it: no secret, no writing, a snapshot where one is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.errors import LedgerError
from guardrail.ledger.header import parse_header
from guardrail.ledger.layout import LAYOUTS
from guardrail.ledger.merkle import consistency_proof, inclusion_proof, leaf_hash
from guardrail.ledger.proof import Proof
from guardrail.ledger.stores import open_source
from guardrail.ledger.tiles import node_reader
from guardrail.types import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Any, Self

    from guardrail.ledger.merkle import Node
    from guardrail.ledger.remote import Place
    from guardrail.ledger.rows import Body, Source

__all__ = ["Reader", "entry_of"]

_BATCH: Final = 1000  # entries read at a time


class Reader:
    """Read-only access, for threads too. What it returns is unproved: `verify` and proofs prove."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.format = int(self.meta("format") or 1)  # 1 has no bodies
        self._layout = LAYOUTS[self.format]

    @classmethod
    def open(cls, path: Place) -> Self:
        """Open a ledger without writing to it.

        Raises:
            LedgerError: missing, not a ledger, a newer format, unreadable.
        """
        return cls(open_source(path))

    def close(self) -> None:
        """Let go of the ledger."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def snapshot(self) -> AbstractContextManager[None]:
        """See one state of the ledger inside the block, whatever is written meanwhile."""
        return self._source.snapshot()

    def foreign(self) -> list[str]:
        """Return what of the tables and triggers is not as the ledger's format says."""
        return self._source.foreign(self.format)

    @property
    def origin(self) -> str:
        """Return the ledger's name, as it says itself."""
        return self.meta("origin")

    @property
    def vkey(self) -> str:
        """Return the public key, as the ledger says itself; an auditor brings their own."""
        return self.meta("vkey")

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self.head()[0]

    def meta(self, key: str) -> str:
        """Return a value that the ledger says of itself."""
        ((value,),) = self.rows("SELECT v FROM @meta WHERE k = ?", key) or [(b"",)]
        return bytes(value).decode("utf-8", "replace")

    def head(self) -> tuple[int, bytes, int]:
        """Return the tree's size, its peaks joined, and the last entry's time in µs."""
        ((size, peaks, last_ts),) = self.rows("SELECT n, peaks, last_ts FROM @head") or [(0, b"", 0)]
        return size, bytes(peaks), last_ts

    def entry(self, index: int) -> Entry:
        """Return the entry at the index; raise `LedgerError` if there is none."""
        found = self.rows("SELECT hdr FROM @entry WHERE idx = ?", index) if 0 <= index < 2**63 else []
        if not found:
            raise LedgerError(
                f"the ledger has no entry {index}", advice=f"it has {self.size}, counted from 0"
            )
        return entry_of(index, found[0][0])

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield the entries from `start` up to, not including, `stop` (by default all there are now)."""
        for index, header in self.stored(start, self.size if stop is None else stop):
            yield entry_of(index, header)

    def stored(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Yield (index, header) as they are stored, unchecked."""
        while start < stop:
            batch = self.rows(
                "SELECT idx, hdr FROM @entry WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?",
                start,
                stop,
                _BATCH,
            )
            yield from batch
            if len(batch) < _BATCH:
                return
            start = batch[-1][0] + 1

    def with_bodies(self) -> Iterator[tuple[int, bytes, Body | None]]:
        """Yield (index, header, sealed body) of all entries as they are stored, unchecked."""
        start, body = -1, self._layout.body
        while True:
            batch = self.rows(
                f"SELECT @entry.idx, hdr, {self._layout.columns} FROM @entry{self._layout.joins} "  # noqa: S608 - our own words
                "WHERE @entry.idx > ? ORDER BY @entry.idx LIMIT ?",
                *(start, _BATCH),
            )
            for index, header, text, kid_s, kid_e in batch:
                yield index, header, body(index, text, kid_s, kid_e)
            if len(batch) < _BATCH:
                return
            start = batch[-1][0]

    def body(self, index: int) -> Body | None:
        """Return the sealed body of an entry, None if it has none or it went."""
        found = self.rows(
            f"SELECT {self._layout.columns} FROM @entry{self._layout.joins} WHERE @entry.idx = ?",  # noqa: S608 - our own words
            index,
        )
        return self._layout.body(index, *found[0]) if found else None

    def of_subject(self, kid: bytes) -> list[int]:
        """Return the indexes of the entries whose bodies lie under a subject's key."""
        if self.format == 1:
            return []
        found = self.rows(f"SELECT idx FROM @body WHERE {self._layout.of_subject} ORDER BY idx", kid)  # noqa: S608 - our own words
        return [index for (index,) in found]

    def hold_keys(self, index: int) -> list[tuple[bytes, bytes]]:
        """Return (hold, wrapped key of the record) for an entry."""
        found = self.rows("SELECT hold, wrapped FROM @hold_key WHERE idx = ?", index)
        return [(bytes(hold), bytes(wrapped)) for hold, wrapped in found]

    def last(self, kind: str) -> int | None:
        """Return the index of the last entry of a type, None if there is none."""
        return self._source.last(f'"t":"{kind}"'.encode())

    def acts(self) -> Iterator[tuple[int, bytes]]:
        """Yield (index, header) of the entries that say something of keys or bodies."""
        if self.format > 1:
            yield from self.rows("SELECT @act.idx, hdr FROM @act JOIN @entry USING(idx) ORDER BY @act.idx")

    def body_counts(self) -> tuple[int, int]:
        """Return how many bodies and acts are stored."""
        if self.format == 1:
            return 0, 0
        ((bodies, acts),) = self.rows("SELECT (SELECT count(*) FROM @body), (SELECT count(*) FROM @act)")
        return bodies, acts

    def epoch_counts(self, kid: bytes) -> tuple[int, int]:
        """Return how many bodies lie under an epoch's key, and how many of them a hold keeps."""
        if self.format == 1:
            return 0, 0
        ((records, held),) = self.rows(
            "SELECT count(*), count(*) FILTER (WHERE EXISTS "  # noqa: S608 - our own words
            "(SELECT 1 FROM @hold_key WHERE @hold_key.idx = @body.idx)) "
            f"FROM @body WHERE {self._layout.of_epoch}",
            kid,
        )
        return records, held

    def leftovers(self) -> int:
        """Return how many bodies have a destroyed key and no hold: they wait to be removed."""
        if self.format == 1:
            return 0
        ((count,),) = self.rows(
            f"SELECT count(*) FROM @body WHERE ({self._layout.expired} OR {self._layout.erased}) "  # noqa: S608 - our own words
            "AND NOT EXISTS (SELECT 1 FROM @hold_key WHERE @hold_key.idx = @body.idx)"
        )
        return int(count)

    def holds(self) -> Mapping[bytes, tuple[int, int | None]]:
        """Return the holds by id: the indexes of the entries that placed and released them."""
        if self.format == 1:
            return {}
        return {bytes(kid): (placed, released) for kid, placed, released in self.rows("SELECT * FROM @hold")}

    def policies(self) -> Mapping[bytes, bytes]:
        """Return the policy documents by their SHA-256."""
        found = self.rows("SELECT sha, doc FROM @policy ORDER BY idx, sha")
        return {bytes(sha): bytes(doc) for sha, doc in found}

    def checkpoints(self) -> Mapping[int, bytes]:
        """Return the stored checkpoints by size, smallest first."""
        found = self.rows("SELECT size, note FROM @checkpoint ORDER BY size")
        return {size: bytes(note) for size, note in found}

    def tile(self, level: int, n: int) -> bytes:
        """Return a tile's hashes, empty if it is not there."""
        found = self.rows("SELECT h FROM @tile WHERE l = ? AND n = ?", level, n)
        return bytes(found[0][0]) if found else b""

    def node(self) -> Node:
        """Return access to the tree's nodes for one proof."""
        return node_reader(self.tile)

    def prove(self, index: int, size: int | None = None) -> Proof:
        """Return the proof that the entry is in the tree of `size` (by default the latest checkpoint's).

        Raises:
            LedgerError: no such entry, or no checkpoint of that size.
        """
        with self.snapshot():
            entry = self.entry(index)  # that there is none comes before that nothing covers it
            found = self.rows(
                "SELECT size, note FROM @checkpoint "
                "WHERE size = coalesce(?, (SELECT max(size) FROM @checkpoint))",
                size,
            )
            chosen, note = found[0] if found else (0, b"")
            if index >= chosen:
                raise LedgerError(
                    "there is no checkpoint that covers this entry" if size is None else "no such checkpoint",
                    advice="make one with: guardrail ledger checkpoint",
                )
            try:
                path = inclusion_proof(index, chosen, self.node())
            except ValueError:
                raise _damaged() from None
        return Proof(index, path, bytes(note), entry.header)

    def prove_consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the first `old` of `new` entries are unchanged (RFC 9162 §2.1.4).

        Raises:
            LedgerError: the sizes are not 0 < old ≤ new ≤ the ledger's size.
        """
        with self.snapshot():
            if not 0 < old <= new <= self.size:
                raise LedgerError(
                    "the ledger has no trees of these sizes",
                    advice="name sizes with 0 < old ≤ new ≤ the ledger's",
                )
            try:
                return consistency_proof(old, new, self.node())
            except ValueError:
                raise _damaged() from None

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return what a query finds."""
        return self._source.rows(statement, *values)


def entry_of(index: int, header: bytes) -> Entry:
    """Return the entry of a stored header; raise `LedgerError` if it is not one."""
    try:
        parsed = parse_header(header)
    except (ValueError, TypeError):
        raise _damaged() from None
    return Entry(index, parsed.id, parsed.type, parsed.time_us, header, leaf_hash(header))


def _damaged() -> LedgerError:
    return LedgerError("the ledger is damaged", advice="run: guardrail ledger verify")
