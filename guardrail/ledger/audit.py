"""One pass over all entries, recomputing the tree and comparing it with everything that is stored or signed.

Where an entry does not match its stored leaf hash, the stored one is used from
there on: so one edit gives one problem, with its index, and the signed roots
still judge all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from guardrail.crypto import digest, length_prefixed
from guardrail.ledger.bodies import BodyAudit
from guardrail.ledger.header import Header, parse_header
from guardrail.ledger.merkle import HASH_SIZE, leaf_hash
from guardrail.ledger.plain import Plain, read_plain
from guardrail.ledger.problem import Problem
from guardrail.ledger.tiles import WIDTH, Edge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from guardrail.ledger.checkpoint import Checkpoint
    from guardrail.ledger.reader import Reader
    from guardrail.ledger.rows import Body

    _Row: TypeAlias = tuple[int, bytes, Body | None]

__all__ = ["MAX_PROBLEMS", "Audit", "Signed"]

_NEW: Final = (0, 0)
MAX_PROBLEMS: Final = 100  # after these the rest is not told: the ledger is not to be believed


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose signature holds; `known` if somebody kept it outside of the ledger."""

    checkpoint: Checkpoint
    note: bytes
    known: bool


class Audit:
    """The state of one pass. `good` collects the checkpoints that the entries bear out."""

    def __init__(self, reader: Reader, signed: list[Signed], *, now: int) -> None:
        self.good: list[Signed] = []
        self._reader = reader
        self._head, self._peaks, self._last_ts = reader.head()
        self._edge = Edge(0, (), lambda _level, _n: b"")
        self._tile = b""
        self._tiles = 0
        self._time = 0
        # Next sequence number of each writer, and how many entries were lost when it was set.
        self._writers: dict[bytes, tuple[int, int]] = {}
        self._lost = 0
        self._last_lost = False
        self._named: set[bytes] = set()
        self._documents = reader.policies()
        self._marks: dict[int, list[Signed]] = {}
        for mark in signed:
            self._marks.setdefault(mark.checkpoint.size, []).append(mark)
        self._problems: list[Problem] = []
        self._bodies = BodyAudit(reader, now)

    @property
    def size(self) -> int:
        """Return the number of entries that there are, or should be."""
        return self._edge.size

    def run(self) -> list[Problem]:
        """Make the pass; return what was found, in order of the entries."""
        self._compare_marks()
        for rows in self._chunks():
            if not self._full_tile(rows) and not self._one_by_one(rows):
                break  # beyond the head: counted at the end
        while self._edge.size < self._head and len(self._problems) < MAX_PROBLEMS:
            self._missing()
        self._end()
        return self._problems

    def _chunks(self) -> Iterator[list[_Row]]:
        """Yield the rows in runs that end where a tile ends."""
        rows: list[_Row] = []
        for row in self._reader.with_bodies():
            rows.append((row[0], bytes(row[1]), row[2]))
            if row[0] % WIDTH == WIDTH - 1:
                yield rows
                rows = []
        yield rows

    def _one_by_one(self, rows: list[_Row]) -> bool:
        """Hold each row against what is stored and signed; tell whether to go on."""
        for index, header, body in rows:
            while self._edge.size < min(index, self._head):
                self._missing()
            if index > self._edge.size:
                return False
            self._entry(index, header, body)
        return True

    def _full_tile(self, rows: list[_Row]) -> bool:
        """Take a full tile at once, if its entries lead to the stored one and none inside of it is signed."""
        size = self._edge.size
        if len(rows) != WIDTH or size % WIDTH or rows[0][0] != size or rows[-1][0] != size + WIDTH - 1:
            return False
        if any(size < mark < size + WIDTH for mark in self._marks):
            return False
        leaves = [leaf_hash(header) for _, header, _ in rows]
        if self._reader.tile(0, size // WIDTH) != b"".join(leaves):
            return False
        for index, header, body in rows:
            plain = read_plain(header)
            if plain is None:
                self._judge(index, header, body)
                continue
            expected, _ = self._writers.get(plain.writer, _NEW)
            if (
                plain.time_us > self._time
                and plain.sequence == expected
                and (not expected) == (plain.type == b"writer.start")
            ):
                self._time, self._last_lost = plain.time_us, False
                self._writers[plain.writer] = (expected + 1, self._lost)
            else:
                self._follow(index, plain)
            if body is not None or plain.sealed_hash:
                for problem in self._bodies.judge(index, plain.sealed_hash, plain.expires, body):
                    self._add(problem)
        self._edge.append_tile(leaves)
        self._tiles += 1
        self._compare_tiles(full=True)
        if self._edge.size in self._marks:
            self._compare_marks()
        return True

    @property
    def bodies(self) -> Mapping[str, int]:
        """Return how many sealed bodies there are of each state."""
        return dict(self._bodies.counts)

    def _missing(self) -> None:
        self._lose(self._edge.size, "the entry is not there", kind="missing")
        self._grow(self._stored_leaf() or bytes(HASH_SIZE))

    def _lose(self, index: int, message: str, *, kind: Literal["altered", "missing"] = "altered") -> None:
        """Tell of an entry that says nothing any more; its followers are not blamed for the gap."""
        self._add(Problem(kind, index, message))
        self._lost += 1
        self._last_lost = True

    def _entry(self, index: int, data: bytes, body: Body | None) -> None:
        leaf, stored = leaf_hash(data), self._stored_leaf()
        self._judge(index, data, body, matches=stored == leaf)
        self._grow(stored or leaf)

    def _judge(self, index: int, data: bytes, body: Body | None, *, matches: bool = True) -> None:
        try:
            header = parse_header(data)
        except ValueError as error:
            self._lose(index, str(error))
            return
        if not matches:
            self._lose(index, "the entry does not match its leaf hash")
            return
        said = (header.eh.encode(), header.expires, header.type.encode(), header.time_us)
        self._follow(index, Plain(*said, header.writer.encode(), header.sequence))
        if header.documents:
            self._policy(index, header)
        for problem in self._bodies.entry(index, header, body):
            self._add(problem)

    def _follow(self, index: int, header: Plain) -> None:
        """Check what must follow from the entries before: time, the writer's sequence."""
        if header.time_us <= self._time:
            self._altered(index, "the entry's time is not after the one before")
        self._time = header.time_us
        self._last_lost = False
        expected, lost = self._writers.get(header.writer, _NEW)
        self._writers[header.writer] = (header.sequence + 1, self._lost)
        if not expected <= header.sequence <= expected + self._lost - lost:
            self._altered(
                index, f"its writer's sequence should be {expected}: an entry was taken out or put in"
            )
        elif (header.type == b"writer.start") != (header.sequence == 0):
            self._altered(index, "a writer's first entry, and only that, is its start")

    def _policy(self, index: int, header: Header) -> None:
        members = header.documents
        combined = members[0] if len(members) == 1 else digest(length_prefixed(*members))
        if header.type == "policy" and header.policy != combined:
            self._altered(index, "the digest of the policies is not that of their documents")
        self._named.update(members)
        for sha in members:
            if sha not in self._documents:
                self._altered(index, "a policy document is missing")
            elif digest(self._documents[sha]) != sha:
                self._altered(index, "a policy document does not have its digest")

    def _stored_leaf(self) -> bytes:
        """Return the leaf hash that the tiles have for the next index, empty if they have none."""
        n, at = divmod(self._edge.size, WIDTH)
        if not at:
            self._tile = self._reader.tile(0, n)
        return self._tile[at * HASH_SIZE : (at + 1) * HASH_SIZE]

    def _grow(self, leaf: bytes) -> None:
        self._edge.append(leaf)
        if not self._edge.size % WIDTH:
            self._compare_tiles(full=True)
        if self._edge.size in self._marks:
            self._compare_marks()

    def _compare_tiles(self, *, full: bool) -> None:
        changed = self._edge.changed
        for (level, n), tile in list(changed.items()):
            if full and len(tile) < WIDTH * HASH_SIZE:
                continue
            del changed[level, n]
            self._tiles += 1
            if self._reader.tile(level, n) != tile:
                self._altered(None, f"the tile {n} of level {level} does not match the entries below it")

    def _compare_marks(self) -> None:
        size = self._edge.size
        root = self._edge.peaks.root()
        for mark in self._marks.pop(size, []):
            if mark.checkpoint.root == root:
                self.good.append(mark)
            elif mark.known:
                message = f"a known checkpoint of size {size} has another root: entries were rewritten"
                self._add(Problem("diverged", None, message))
            else:
                first = max((good.checkpoint.size for good in self.good), default=0)
                message = f"an entry from {first} to {size - 1} is not the one that was signed"
                self._altered(first, message)

    def _end(self) -> None:
        """Compare what can only be compared at the end: head, last tiles, counts, checkpoints beyond."""
        self._compare_tiles(full=False)
        size = self._edge.size
        for mark in (mark for marks in self._marks.values() for mark in marks):
            noun = "known" if mark.known else "stored"
            text = f"a {noun} checkpoint has size {mark.checkpoint.size}, the ledger {size}: its tail was cut"
            self._add(Problem("diverged" if mark.known else "altered", size, text))
        head = (size, b"".join(self._edge.peaks.hashes))
        if head != (self._head, self._peaks) or (self._time != self._last_ts and not self._last_lost):
            self._altered(None, "the head does not match the entries")
        for problem in self._bodies.end(size):
            self._add(problem)
        ((entries, tiles),) = self._reader.rows(
            "SELECT (SELECT count(*) FROM @entry), (SELECT count(*) FROM @tile)"
        )
        if entries > size or tiles > self._tiles:
            self._altered(None, "there are entries or tiles that do not belong to the tree")
        if self._documents.keys() - self._named:
            self._altered(None, "there is a policy document that no entry names")

    def _altered(self, index: int | None, message: str) -> None:
        self._add(Problem("altered", index, message))

    def _add(self, problem: Problem) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(problem)
