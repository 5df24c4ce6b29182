"""Checkpoints: the signed size and root of a log (C2SP tlog-checkpoint, docs/spec/ledger.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from guardrail.canonical import parse_int
from guardrail.ledger.merkle import HASH_SIZE
from guardrail.ledger.note import Note, NoteError, VerifierKey, b64, parse_note, sign_note, unb64, verify_note

__all__ = ["Checkpoint", "open_checkpoint", "parse_body", "sign_checkpoint"]

MAX_SIZE: Final = 2**53


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's origin, the number of its entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Return the text that is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"


def parse_body(text: str) -> Checkpoint:
    """Parse the text of a checkpoint: exactly three lines.

    Extension lines are refused: nothing in the log vouches for them, and our
    own logs have none.

    Raises:
        NoteError: not such a text, or not in its one spelling.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise NoteError("a checkpoint has three lines: origin, size, root")
    origin, size_text, root_text = lines[:3]
    if not origin:
        raise NoteError("a checkpoint's origin is not empty")
    try:
        size = parse_int(size_text.encode("utf-8"))
    except ValueError:
        raise NoteError("the checkpoint's size is not a number") from None
    root = unb64(root_text)
    if size > MAX_SIZE or len(root) != HASH_SIZE:
        raise NoteError("the checkpoint's size or root is out of its bounds")
    return Checkpoint(origin, size, root)


def sign_checkpoint(checkpoint: Checkpoint, seed: bytes) -> bytes:
    """Return the signed note; the key's name is the origin."""
    return sign_note(checkpoint.body(), name=checkpoint.origin, seed=seed).format()


def open_checkpoint(data: bytes, vkey: str) -> Checkpoint:
    """Parse a checkpoint and verify that the key has signed it.

    With a log's key (type 0x01) the origin must be the key's name; a witness's
    key (0x04) signs checkpoints of other origins.

    Raises:
        NoteError: malformed, another log's, or not signed by the key.
    """
    key = VerifierKey.parse(vkey)
    note: Note = parse_note(data)
    time = verify_note(note, key)
    checkpoint = parse_body(note.text)
    if time is None and checkpoint.origin != key.name:
        raise NoteError("the checkpoint is of another log than the key")
    return checkpoint
