"""Check a pack with nothing but the pack and the public key: rebuild everything, compare every byte.

The order is docs/spec/evidence.md's: container, signature, entries, policies,
derived files. Nothing the pack says is used before it is proved, except to
decide what to look at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from guardrail.evidence.container import ENTRIES, Container, ContainerError
from guardrail.evidence.counts import Counts
from guardrail.evidence.documents import PolicySets
from guardrail.evidence.manifest import Manifest
from guardrail.evidence.material import FIRST_PROOF, LAST_PROOF, PROOFS, Material, policy_name
from guardrail.evidence.page import Proved
from guardrail.evidence.run import Run
from guardrail.evidence.select import Selection
from guardrail.evidence.span import Span
from guardrail.ledger.checkpoint import open_checkpoint
from guardrail.ledger.header import MAX_HEADER, parse_header
from guardrail.ledger.merkle import EMPTY_ROOT, leaf_hash
from guardrail.ledger.note import NoteError, VerifierKey, parse_note
from guardrail.ledger.proof import Proof, parse_proof

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from guardrail.ledger.checkpoint import Checkpoint
    from guardrail.ledger.header import Header

__all__ = ["Fault", "Problem", "Report", "verify"]

Fault = Literal["diverged", "altered", "unusable"]
EXIT: Final[Mapping[str, int]] = {"ok": 0, "diverged": 30, "altered": 40, "unusable": 50}
MANIFEST: Final = "manifest.json"
_STEP: Final = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold; the message never repeats content of the pack."""

    fault: Fault
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict, everything that speaks against the pack, and what a reader should know besides."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    material: Material | None = field(default=None, repr=False)

    @property
    def status(self) -> str:
        """Return "ok", or the worst fault."""
        return max((problem.fault for problem in self.problems), key=EXIT.__getitem__, default="ok")

    @property
    def exit_code(self) -> int:
        """Return 0, 30, 40 or 50."""
        return EXIT[self.status]


class _Stop(Exception):  # noqa: N818 - not an error: the verdict is in `problem`
    """Nothing further can be checked."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(fault, message)


def verify(
    path: Path,
    *,
    vkey: str,
    known: Sequence[bytes] = (),
    progress: Callable[[float], None] = lambda _: None,
) -> Report:
    """Verify the pack at `path` under the public key `vkey`.

    `known` are checkpoints that the auditor kept; those of a size that the pack
    passes must agree with it.
    """
    check = _Check(vkey, progress)
    try:
        check.know(known)
        with Container.open(path) as container:
            check.run(container)
    except ContainerError as fault:
        check.problems.append(Problem("unusable", str(fault)))
    except _Stop as stop:
        check.problems.append(stop.problem)
    return Report(tuple(dict.fromkeys(check.problems)), tuple(check.notes), check.material)


class _Check:
    """The steps of one verification, and what they have found so far."""

    def __init__(self, vkey: str, progress: Callable[[float], None]) -> None:
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.material: Material | None = None
        self._vkey = vkey
        self._known: dict[int, bytes] = {}
        self._progress = progress

    def know(self, known: Sequence[bytes]) -> None:
        """Take the auditor's own key and checkpoints."""
        try:
            VerifierKey.parse(self._vkey)
        except NoteError as fault:
            raise _Stop("unusable", f"the public key given cannot be used: {fault}") from None
        for note in known:
            try:
                checkpoint = open_checkpoint(note, self._vkey)
            except NoteError as fault:
                raise _Stop("unusable", f"a known checkpoint cannot be used: {fault}") from None
            if self._known.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
                self.problems.append(
                    Problem("diverged", f"two known checkpoints of size {checkpoint.size} differ")
                )

    def run(self, container: Container) -> None:
        """Check the whole pack."""
        manifest = self._manifest(container)
        named = self._files(container, manifest)
        note = container.read("checkpoint")
        chosen = Selection(manifest.first, manifest.stop, note, self._tree(note))
        if manifest.size != chosen.tree.size:
            raise _Stop("altered", "the manifest and the checkpoint disagree about the size of the ledger")
        span = Span(manifest.since, manifest.until)
        lines = _Lines(container, span, chosen)
        lines.read(self._run(container, chosen), self._progress)
        self.problems += lines.problems
        self.material = self._material(container, manifest, lines)
        self._compare(container, named)

    def _material(self, container: Container, manifest: Manifest, lines: _Lines) -> Material:
        """Put together what was proved."""
        policies, sources = self._policies(container, manifest)
        chosen = lines.chosen
        proofs = {name: container.read(name) for name in PROOFS if name in container.names}
        try:
            return Material(
                lines.span,
                Proved.of(chosen, vkey=self._vkey, before=lines.before, after=lines.after),
                chosen.start,
                chosen.note,
                proofs,
                policies,
                sources,
                container.measure(ENTRIES),
                lines.counts.table(policies),
            )
        except ValueError as fault:
            raise _Stop("altered", f"{fault}") from None

    def _manifest(self, container: Container) -> Manifest:
        try:
            return Manifest.parse(container.read(MANIFEST))
        except ContainerError:
            raise
        except ValueError as fault:
            raise _Stop("unusable", str(fault)) from None

    def _files(self, container: Container, manifest: Manifest) -> set[str]:
        """Hold every file against the manifest; return the names of those that differ."""
        if {*manifest.files, MANIFEST} != set(container.names):
            raise _Stop("altered", "a file of the pack is missing, or was added")
        differing = {name for name, said in manifest.files.items() if container.measure(name) != said}
        for name in sorted(differing):
            self.problems.append(Problem("altered", f"{name} is not the file that the manifest lists"))
        return differing

    def _tree(self, note: bytes) -> Checkpoint:
        try:
            key, signatures = VerifierKey.parse(self._vkey), parse_note(note).signatures
            if not any(s.name == key.name and s.key_id == key.key_id for s in signatures):
                raise _Stop(
                    "unusable", "the checkpoint is not signed by the key given: another ledger, or a forgery"
                )
            return open_checkpoint(note, self._vkey)
        except NoteError as fault:
            raise _Stop("altered", f"the checkpoint does not hold: {fault}") from None

    def _run(self, container: Container, chosen: Selection) -> Run | None:
        if chosen.start == chosen.end:
            if chosen.tree.root != EMPTY_ROOT or FIRST_PROOF in container.names:
                raise _Stop("altered", "the ledger is said to be empty, and is not")
            return None
        first, last = (self._proof(container.read(name), chosen.note) for name in (FIRST_PROOF, LAST_PROOF))
        if (first.index, last.index) != (chosen.start, chosen.end - 1):
            raise _Stop("altered", "the proofs are not of the first and the last entry")
        self._compare_known(chosen)
        try:
            return Run(first, last, chosen.tree, self._known)
        except ValueError as fault:
            raise _Stop("altered", f"{fault}") from None

    def _proof(self, data: bytes, note: bytes) -> Proof:
        try:
            proof = parse_proof(data)
        except NoteError as fault:
            raise _Stop("altered", f"a proof cannot be read: {fault}") from None
        if proof.format() != data or proof.checkpoint != note:
            raise _Stop("altered", "a proof is not for the checkpoint of the pack")
        return proof

    def _compare_known(self, chosen: Selection) -> None:
        """Compare known checkpoints of the pack's own size; the others are compared on the way, or noted."""
        for size, root in self._known.items():
            if size == chosen.tree.size and root != chosen.tree.root:
                self.problems.append(_diverged(size))
            elif size != chosen.tree.size and not chosen.start <= size <= chosen.end:
                self.notes.append(
                    f"the known checkpoint of size {size} lies outside this pack and was not compared; "
                    "guardrail ledger verify compares it"
                )

    def _policies(self, container: Container, manifest: Manifest) -> tuple[PolicySets, Mapping[str, bytes]]:
        members = {member for set_ in manifest.policies.values() for member in set_}
        sources = {member: container.read(policy_name(member)) for member in sorted(members)}
        try:
            return PolicySets(manifest.policies, sources), sources
        except ValueError as fault:
            raise _Stop("altered", f"{fault}") from None

    def _compare(self, container: Container, named: set[str]) -> None:
        """Build every file that follows from the proved entries, and compare it with the pack's."""
        built = self._built()
        if {*built, ENTRIES} != set(container.names):
            raise _Stop("altered", "the pack has a file that does not follow from its entries")
        for name in sorted(built.keys() - named):
            if container.read(name) != built[name]:
                self.problems.append(
                    Problem("altered", _DIFFERS.get(name, f"{name} does not follow from the entries"))
                )

    def _built(self) -> dict[str, bytes]:
        try:
            return self.material.files() if self.material else {}
        except ValueError as fault:
            raise _Stop("altered", f"the figures cannot be built: {fault}") from None


class _Lines:
    """One pass over the entries: order, times, sums, and the run of leaves."""

    def __init__(self, container: Container, span: Span, chosen: Selection) -> None:
        self.counts = Counts()
        self.before: int | None = None
        self.after: int | None = None
        self.problems: list[Problem] = []
        self.span, self.chosen = span, chosen
        self._container = container

    def read(self, run: Run | None, progress: Callable[[float], None]) -> None:
        """Read every line, and ask the run at the end whether they are the ledger's."""
        at, last, chosen = self.chosen.start, -1, self.chosen
        for line in self._container.lines(MAX_HEADER):
            header = self._header(at, line)
            if run is None or at >= chosen.end:
                raise _Stop("altered", "there are more entries than the pack says")
            if header.time_us <= last:
                self._fault(f"entry {at} is not later than the one before it")
            last = header.time_us
            self._place(at, header)
            run.append(leaf_hash(line))
            at += 1
            if not at % _STEP:
                progress((at - chosen.start) / (chosen.end - chosen.start))
        self._settle(run, at)

    def _header(self, at: int, line: bytes) -> Header:
        try:
            return parse_header(line)
        except ValueError as fault:
            raise _Stop("altered", f"entry {at} cannot be read: {fault}") from None

    def _place(self, at: int, header: Header) -> None:
        """Count the entry, or take it as the neighbour that proves an end of the span."""
        chosen, span, time_us = self.chosen, self.span, header.time_us
        if at < chosen.first:
            self.before = time_us
            holds = time_us < span.since
        elif at >= chosen.stop:
            self.after = time_us
            holds = time_us > span.until
        else:
            self.counts.add(header)
            holds = time_us in span
        if not holds:
            self._fault(f"entry {at} is on the wrong side of the span's ends: entries are left out or added")

    def _settle(self, run: Run | None, at: int) -> None:
        if run is None:
            return
        if at != self.chosen.end:
            self._fault("there are fewer entries than the pack says")
        if not run.holds():
            self._fault("the entries do not lead to the signed root: one was edited, removed or added")
        self.problems += [_diverged(size) for size in sorted(run.differing)]

    def _fault(self, message: str) -> None:
        self.problems.append(Problem("altered", message))


def _diverged(size: int) -> Problem:
    return Problem("diverged", f"the ledger is not the one whose checkpoint of size {size} you kept")


_DIFFERS: Final = {
    "counts.json": "the counts are not those of the entries",
    "report.html": "the page does not show what the entries say",
    "ledger.vkey": "the copy of the public key is not the key given",
    MANIFEST: "the manifest is not the one of these entries",
}
