"""Whether every sealed body is where it should be: there, or gone for a reason and not too early or too late.

The entries that say something of keys or bodies are read first (there are few
of them), so that the one pass over all entries can judge each body as it comes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from guardrail.canonical import b64u
from guardrail.crypto import digest
from guardrail.ledger.acts import covers
from guardrail.ledger.header import parse_header
from guardrail.ledger.note import NoteError, VerifierKey
from guardrail.ledger.problem import Problem
from guardrail.ledger.sealed import DAY, KID, PREFIX, due_at, envelope_kids, epoch_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from guardrail.ledger.header import Header
    from guardrail.ledger.reader import Reader
    from guardrail.ledger.rows import Body

__all__ = ["GRACE", "BodyAudit"]

GRACE: Final = DAY  # s that a purge may come late after the end of the day of expiry
_NEVER: Final = 2**62


class _Gone(NamedTuple):
    """What an act says went: from which index to which, when (s), why, by which entry, under which keys."""

    start: int
    stop: int
    time: int
    why: str
    entry: int
    kids: tuple[bytes, ...]


@dataclass(slots=True)
class _Hold:
    ranges: tuple[tuple[int, int], ...]
    placed: int
    released: int = _NEVER

    def keeps(self, index: int, *, at: int = _NEVER - 1) -> bool:
        """Tell whether the hold kept an entry when the entry `at` was written; by default now."""
        return self.placed < at < self.released and covers(self.ranges, index)


class BodyAudit:
    """The state of one pass; `counts` tells afterwards how the bodies stand."""

    def __init__(self, reader: Reader, now: int) -> None:
        self.counts: Counter[str] = Counter()
        self._now = now
        self._reader = reader
        self._cosigner = reader.meta("cosigner")
        self._acts: set[int] = set()
        self._removed: list[_Gone] = []
        self._keys: dict[bytes, _Gone] = {}  # destroyed
        self._requested: dict[bytes, int] = {}
        self._holds: dict[bytes, _Hold] = {}
        for index, data in reader.acts():
            try:
                header = parse_header(data)
            except ValueError:
                continue  # the pass over all entries names it
            if header.act and header.act.kids:
                self._acts.add(index)
                self._learn(index, header)
        self._removed.sort()
        self._starts = [gone.start for gone in self._removed]

    def entry(self, index: int, header: Header, body: Body | None) -> Iterator[Problem]:
        """Judge what there is of an entry's body."""
        if header.act and header.act.kids and index not in self._acts:
            yield Problem("altered", index, "the entry is not in the ledger's list of acts")
        if header.type == "writer.start" and header.act and not self._is_cosigner(header.act.public):
            yield Problem("altered", index, "the key of timestamps is not the one that the entry names")
        yield from self.judge(index, header.eh.encode(), header.expires, body)

    def judge(self, index: int, sealed_hash: bytes, expires: int, body: Body | None) -> Iterable[Problem]:
        """Judge a body by what its entry says of it: the hash as b64u, and when it expires (s)."""
        if body is None:
            return self._absent(index, expires) if sealed_hash else ()
        if not sealed_hash:
            return (Problem("altered", index, "there is a body that the entry does not have"),)
        _, envelope, kid_s, kid_e, _ = body
        if (
            b64u(digest(envelope)).encode() == sealed_hash
            and envelope.startswith(PREFIX + kid_s + kid_e)
            and len(kid_s) == len(kid_e) == KID
            and kid_s not in self._keys
            and kid_e not in self._keys
            and not self._holds
            and self._now <= due_at(epoch_day(expires)) + GRACE
        ):
            self.counts["present"] += 1
            return ()
        return self._present(sealed_hash, expires, body)

    def end(self, size: int) -> Iterator[Problem]:
        """Compare what can only be compared at the end."""
        bodies, acts = self._reader.body_counts()
        if bodies > sum(self.counts[state] for state in ("present", "unreadable", "held")):
            yield Problem("altered", None, "there are bodies that belong to no entry")
        if acts != len(self._acts):
            yield Problem("altered", None, "the list of acts names entries that are none")
        listed = {
            kid: (hold.placed, None if hold.released == _NEVER else hold.released)
            for kid, hold in self._holds.items()
        }
        if dict(self._reader.holds()) != listed:
            yield Problem("altered", None, "the list of holds is not what the entries say")
        for gone in self._removed:
            if gone.stop > min(size, gone.entry):
                yield Problem("altered", gone.entry, "the entry removes bodies that came after it")

    def _is_cosigner(self, public: bytes) -> bool:
        try:
            return not public or VerifierKey.parse(self._cosigner).public == public
        except NoteError:
            return False

    def _learn(self, index: int, header: Header) -> None:
        act, time = header.act, header.time_us // 1_000_000
        if act is None:
            return
        if header.type == "retention.purge" and act.ranges:
            self._removed += [_Gone(*pair, time, act.why, index, act.kids) for pair in act.ranges]
        elif header.type in {"retention.purge", "erasure.keys_deleted"}:
            why = act.why or "erased"
            self._keys |= {kid: _Gone(0, 0, time, why, index, act.kids) for kid in act.kids}
        elif header.type == "erasure.requested":
            self._requested |= dict.fromkeys(act.kids, index)
        elif header.type == "hold.placed":
            self._holds |= {kid: _Hold(act.ranges, index) for kid in act.kids}
        elif header.type == "hold.released":
            for kid in act.kids:
                if kid in self._holds:
                    self._holds[kid].released = index

    def _absent(self, index: int, expires: int) -> Iterator[Problem]:
        at = bisect_right(self._starts, index) - 1
        gone = self._removed[at] if at >= 0 and index < self._removed[at].stop else None
        if gone is None:
            self.counts["missing"] += 1
            yield Problem("missing", index, "its body is not there, and no entry says that it went")
            return
        self.counts[gone.why or "erased"] += 1
        if any(hold.keeps(index, at=gone.entry) for hold in self._holds.values()):
            yield Problem("early", index, f"its body was removed by entry {gone.entry} while a hold kept it")
        elif gone.why == "expired" and gone.time < expires:
            yield Problem("early", index, f"its body was removed by entry {gone.entry} before it expired")
        elif gone.why != "expired" and not any(
            self._requested.get(kid, _NEVER) < gone.entry for kid in gone.kids
        ):
            yield Problem("early", index, f"its body was removed by entry {gone.entry} without an erasure")

    def _present(self, sealed_hash: bytes, expires: int, body: Body) -> Iterator[Problem]:
        index = body.index
        if b64u(digest(body.envelope)).encode() != sealed_hash:
            yield Problem("altered", index, "its body does not have its hash")
        try:
            kids = envelope_kids(body.envelope)
        except ValueError:
            kids = (b"", b"")
        if kids != (body.kid_s, body.kid_e):
            yield Problem("altered", index, "the row of its body contradicts the body")
        epoch, subject = self._keys.get(body.kid_e), self._keys.get(body.kid_s)
        held = any(hold.keeps(index) for hold in self._holds.values())
        self.counts["held" if held else "unreadable" if epoch or subject else "present"] += 1
        if epoch and epoch.time < expires and not held:
            yield Problem("early", index, f"its key was destroyed by entry {epoch.entry} before it expired")
        late = due_at(epoch_day(expires)) + GRACE < self._now
        if late and not (held or epoch or subject):
            yield Problem("overdue", index, "its body can still be read, after it expired and without a hold")
