"""A proof that an entry is in the ledger, as one text file (C2SP tlog-proof@v1).

Checking needs the proof and the public key, nothing else. Our proofs carry the
entry's header in the `extra` line; it counts for nothing until its hash leads
to the signed root.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from guardrail.canonical import parse_int
from guardrail.ledger.checkpoint import Checkpoint, open_checkpoint
from guardrail.ledger.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from guardrail.ledger.note import NoteError, b64, unb64

__all__ = ["Proof", "parse_proof", "verify_proof"]

_FIRST: Final = "c2sp.org/tlog-proof@v1"
_MAX: Final = 1_200_000  # bytes: a note of the largest size, and room
_MAX_PATH: Final = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry's index, the path from its leaf to the root, a checkpoint, and the header."""

    index: int
    path: tuple[bytes, ...] = field(repr=False)
    checkpoint: bytes = field(repr=False)
    header: bytes | None = field(default=None, repr=False)

    def format(self) -> bytes:
        """Return the text file."""
        extra = "" if self.header is None else f"extra {b64(self.header)}\n"
        path = "".join(f"{b64(node)}\n" for node in self.path)
        return f"{_FIRST}\n{extra}index {self.index}\n{path}\n".encode("ascii") + self.checkpoint


def parse_proof(data: bytes) -> Proof:
    """Parse the text file; the checkpoint in it is not looked at yet.

    Raises:
        NoteError: not such a file, or not in its one spelling.
    """
    if len(data) > _MAX:
        raise NoteError("the proof is too long")
    head, blank, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise NoteError("the proof is not text") from None
    if not blank or lines.pop(0) != _FIRST:
        raise NoteError("not a tlog-proof of version 1")
    header = None
    if lines and lines[0].startswith("extra "):
        header = unb64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise NoteError("the proof has no index")
    try:
        index = parse_int(lines.pop(0).removeprefix("index ").encode("ascii"))
    except ValueError:
        raise NoteError("the proof's index is not a number") from None
    path = tuple(unb64(line) for line in lines)
    if len(path) > _MAX_PATH or any(len(node) != HASH_SIZE for node in path):
        raise NoteError("the proof's path is not one of SHA-256 hashes")
    return Proof(index, path, checkpoint, header)


def verify_proof(proof: Proof, *, vkey: str, header: bytes | None = None) -> Checkpoint:
    """Verify that the entry is in the log that the key signs; return the checkpoint that says so.

    `header` is the entry to prove; without it the one that the proof carries.

    Raises:
        NoteError: the proof does not show it; the message says which step fails.
    """
    data = proof.header if header is None else header
    if data is None:
        raise NoteError("the proof carries no entry, and none was given")
    checkpoint = open_checkpoint(proof.checkpoint, vkey)
    leaf = leaf_hash(data)
    if not verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root):
        raise NoteError("the path does not lead from the entry to the signed root")
    return checkpoint
