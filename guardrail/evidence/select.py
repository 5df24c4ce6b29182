"""Which entries belong to a span of time: a run of indexes, since the ledger's times only grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail.errors import LedgerError
from guardrail.ledger.checkpoint import open_checkpoint
from guardrail.ledger.note import NoteError

if TYPE_CHECKING:
    from guardrail.evidence.span import Span
    from guardrail.ledger.checkpoint import Checkpoint
    from guardrail.ledger.reader import Reader

__all__ = ["Selection", "select"]


@dataclass(frozen=True, slots=True)
class Selection:
    """The indexes `first … stop-1`, in the tree of a checkpoint; the pack holds `start … end-1`.

    The difference are the neighbours, at most one on either side, that prove the ends.
    """

    first: int
    stop: int
    note: bytes
    tree: Checkpoint

    @property
    def start(self) -> int:
        """Return the index of the first entry of the pack."""
        return max(self.first - 1, 0)

    @property
    def end(self) -> int:
        """Return the index after the last entry of the pack."""
        return min(self.stop + 1, self.tree.size)


def select(reader: Reader, span: Span) -> Selection:
    """Find the entries of the span among those that the latest checkpoint covers.

    Raises:
        LedgerError: the ledger has no checkpoint, or one that its own key has not signed.
    """
    notes = reader.checkpoints()
    if not notes:
        raise LedgerError(
            "the ledger has no checkpoint yet, so nothing in it can be proved",
            advice="make one with: guardrail ledger checkpoint",
        )
    note = notes[max(notes)]
    try:
        tree = open_checkpoint(note, reader.vkey)
    except NoteError:
        raise LedgerError(
            "the ledger's last checkpoint is not signed by its key", advice="run: guardrail ledger verify"
        ) from None
    first = _count_before(reader, span.since, tree.size)
    return Selection(first, max(first, _count_before(reader, span.until + 1, tree.size)), note, tree)


def _count_before(reader: Reader, time_us: int, size: int) -> int:
    """Return how many of the first `size` entries are earlier than `time_us`."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if reader.entry(middle).time_us < time_us:
            low = middle + 1
        else:
            high = middle
    return low
