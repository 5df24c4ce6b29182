"""Export: from a ledger and a span of time to one zip (docs/spec/evidence.md). Needs no secret."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from guardrail.errors import LedgerError
from guardrail.evidence.container import ENTRIES, ContainerError, write_container
from guardrail.evidence.counts import Counts
from guardrail.evidence.documents import PolicySets
from guardrail.evidence.material import FIRST_PROOF, LAST_PROOF, Material
from guardrail.evidence.page import Proved
from guardrail.evidence.select import select
from guardrail.ledger.header import parse_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO

    from guardrail.evidence.select import Selection
    from guardrail.evidence.span import Span
    from guardrail.ledger.reader import Reader

__all__ = ["export"]

_STEP = 1000  # entries between two reports of progress
_DAMAGED = "run: guardrail ledger verify"


@dataclass(frozen=True, slots=True)
class _Read:
    """What one pass over the entries gives: sums, size and hash of the lines, and the neighbours' times."""

    counts: Counts
    size: int
    sha256: str
    before: int | None
    after: int | None


def export(
    reader: Reader,
    span: Span,
    stream: BinaryIO,
    *,
    progress: Callable[[float], None] = lambda _: None,
) -> Material:
    """Write the pack of `span` to `stream`, which must be seekable; return what it is made of.

    Raises:
        LedgerError: no checkpoint, a damaged entry, a policy document missing, or too many entries.
    """
    chosen = select(reader, span)
    found = _read(reader, chosen, progress)
    policies, sources = _policies(reader, found.counts.policies, chosen.stop)
    try:
        material = Material(
            span,
            Proved.of(chosen, vkey=reader.vkey, before=found.before, after=found.after),
            chosen.start,
            chosen.note,
            _proofs(reader, chosen),
            policies,
            sources,
            (found.size, found.sha256),
            found.counts.table(policies),
        )
        members: dict[str, bytes | Iterator[bytes]] = {**material.files(), ENTRIES: _lines(reader, chosen)}
        write_container(stream, members, {ENTRIES: found.size})
    except ContainerError as fault:
        raise LedgerError(f"{fault}", advice="choose a shorter span; packs join without a gap") from None
    except ValueError:
        raise LedgerError("the ledger's entries cannot be summed", advice=_DAMAGED) from None
    return material


def _lines(reader: Reader, chosen: Selection) -> Iterator[bytes]:
    for _, header in reader.stored(chosen.start, chosen.end):
        yield header + b"\n"


def _read(reader: Reader, chosen: Selection, progress: Callable[[float], None]) -> _Read:
    counts, running, size = Counts(), sha256(), 0
    times: dict[int, int] = {}
    at = chosen.start
    for index, line in reader.stored(chosen.start, chosen.end):
        try:
            header = parse_header(line)
        except ValueError:
            raise LedgerError(f"entry {index} is damaged", advice=_DAMAGED) from None
        if index != at:
            raise LedgerError(f"entry {at} is missing", advice=_DAMAGED)
        if chosen.first <= index < chosen.stop:
            counts.add(header)
        else:
            times[index] = header.time_us
        running.update(line + b"\n")
        size += len(line) + 1
        at += 1
        if not at % _STEP:
            progress((at - chosen.start) / (chosen.end - chosen.start))
    return _Read(counts, size, running.hexdigest(), times.get(chosen.first - 1), times.get(chosen.stop))


def _proofs(reader: Reader, chosen: Selection) -> dict[str, bytes]:
    if chosen.start == chosen.end:
        return {}
    size = chosen.tree.size
    return {
        FIRST_PROOF: reader.prove(chosen.start, size).format(),
        LAST_PROOF: reader.prove(chosen.end - 1, size).format(),
    }


def _policies(reader: Reader, keys: frozenset[str], stop: int) -> tuple[PolicySets, Mapping[str, bytes]]:
    """Return the documents behind the digests in entries: one each, or the set that a policy entry lists."""
    stored = {digest.hex(): source for digest, source in reader.policies().items()}
    sets: dict[str, tuple[str, ...]] = {key: (key,) for key in keys if key in stored}
    missing = keys - sets.keys()
    if missing:
        sets |= _listed(reader, missing, stop)
    sources = {member: stored[member] for members in sets.values() for member in members if member in stored}
    if sets.keys() != keys:
        raise LedgerError("the ledger lacks a policy document that its entries name", advice=_DAMAGED)
    try:
        return PolicySets(sets, sources), sources
    except ValueError as fault:
        raise LedgerError(f"{fault}", advice=_DAMAGED) from None


def _listed(reader: Reader, keys: frozenset[str], stop: int) -> dict[str, tuple[str, ...]]:
    """Return the sets of documents with these digests, from the ledger's entries of type `policy`."""
    found = {}
    for _, line in reader.stored(0, stop):
        if b'"t":"policy"' in line:
            header = parse_header(line)
            if header.policy.hex() in keys:
                found[header.policy.hex()] = tuple(digest.hex() for digest in header.documents)
    return found
