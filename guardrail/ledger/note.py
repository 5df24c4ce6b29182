"""Signed notes and their public keys, parsed strictly: C2SP signed-note.

A note is text, a blank line, and signature lines `— name base64(id[4] ‖ sig)`.
Parsers format again and compare, so one note has one spelling. Signatures of
type 0x01 (Ed25519 over the text) are made and verified; a cosignature of type
0x04 is verified as well, so that a witness's key can be given.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from guardrail.crypto import digest, sign, verify_key, verify_signature

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "Note",
    "NoteError",
    "Signature",
    "VerifierKey",
    "b64",
    "cosign",
    "parse_note",
    "sign_note",
    "unb64",
    "verify_note",
    "vkey_of_seed",
]

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MAX_NOTE: Final = 1_000_000  # bytes
MAX_SIGNATURES: Final = 100

_DASH: Final = "\u2014 "
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_KEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)", re.ASCII)


class NoteError(ValueError):
    """A note, a key or a signature is not what it should be; the message says why, without its text."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who is said to have signed, with which key, and the signature's bytes."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. Its text is nobody's word until `verify_note` has returned."""

    text: str
    signatures: tuple[Signature, ...]

    def format(self) -> bytes:
        """Return the note's bytes."""
        lines = [f"{_DASH}{s.name} {b64(s.key_id + s.value)}\n" for s in self.signatures]
        return (self.text + "\n" + "".join(lines)).encode("utf-8")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name; `str(key)` is the vkey `name+hex8(id)+base64(type ‖ key)`."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key)."""
        return digest(self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self.public)[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """Parse the text form; refuse unknown types, wrong lengths, and an id that is not the key's.

        Raises:
            NoteError: not such a key.
        """
        # The base64 may itself contain "+": the expression splits at the first two.
        match = _KEY.fullmatch(vkey)
        if match is None or not _is_name(match[1]):
            raise NoteError("not a public key of the form name+id+base64")
        data = unb64(match[3])
        if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
            raise NoteError("the public key is of an unknown type or length")
        key = cls(match[1], data[0], data[1:])
        if str(key) != vkey:
            raise NoteError("the public key does not match its id")
        return key


def vkey_of_seed(name: str, seed: bytes) -> str:
    """Return the vkey of a 32-byte Ed25519 seed under this name."""
    return str(VerifierKey(name, ED25519, verify_key(seed)))


def sign_note(text: str, *, name: str, seed: bytes) -> Note:
    """Sign the text (it ends with a newline) with Ed25519, type 0x01."""
    _check_text(text)
    if not _is_name(name):
        raise NoteError("not a name for a key: spaces and '+' are not allowed")
    key = VerifierKey(name, ED25519, verify_key(seed))
    return Note(text, (Signature(name, key.key_id, sign(seed, text.encode("utf-8"))),))


def cosign(note: Note, *, name: str, seed: bytes, time: int) -> Note:
    """Add a timestamped signature over the same text (C2SP cosignature/v1, type 0x04); `time` is in s."""
    key = VerifierKey(name, COSIGNATURE, verify_key(seed))
    value = time.to_bytes(8, "big") + sign(seed, _cosigned(note.text, time))
    return Note(note.text, (*note.signatures, Signature(name, key.key_id, value)))


def parse_note(data: bytes) -> Note:
    """Parse a note without verifying it.

    Raises:
        NoteError: not a note, or not in its one spelling.
    """
    if len(data) > MAX_NOTE:
        raise NoteError("the note is too long")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteError("the note is not UTF-8") from None
    # The text may have empty lines: the last one separates it from the signatures.
    text, found, block = whole.rpartition("\n\n")
    if not found or not block.endswith("\n"):
        raise NoteError("the note has no signatures, or its last line is cut")
    text += "\n"
    _check_text(text)
    lines = block.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("the note has too many signatures")
    note = Note(text, tuple(_signature(line) for line in lines))
    if note.format() != data:
        raise NoteError("the note is not in its canonical form")
    return note


def verify_note(note: Note, key: VerifierKey) -> int | None:
    """Verify the key's signature; return a cosignature's time in seconds, None for a plain one.

    Signatures of other keys are ignored, as the specification asks.

    Raises:
        NoteError: the key has not signed, or a signature of its is wrong.
    """
    own = [s for s in note.signatures if s.name == key.name and s.key_id == key.key_id]
    if not own:
        raise NoteError("the note is not signed by the key given")
    # Every line that claims the key must hold: one good line must not carry a forged one along.
    return max((_verify(note.text, s.value, key) for s in own), key=lambda time: time or 0)


def b64(data: bytes) -> str:
    """Encode as standard base64 with padding (RFC 4648 §4)."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str) -> bytes:
    """Decode standard base64; refuse foreign characters, missing padding and spare bits.

    Raises:
        NoteError: not the base64 of anything.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NoteError("not base64") from None
    if b64(data) != text:
        raise NoteError("not the canonical base64 of its bytes")
    return data


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _verify(text: str, value: bytes, key: VerifierKey) -> int | None:
    message, time = text.encode("utf-8"), None
    if key.kind == COSIGNATURE:
        time, value = int.from_bytes(value[:8], "big"), value[8:]
        message = _cosigned(text, time)
    if not verify_signature(key.public, value, message):
        raise NoteError("the signature does not hold")
    return time


def _signature(line: str) -> Signature:
    name, space, value = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _is_name(name):
        raise NoteError("a signature line is malformed")
    data = unb64(value)
    if len(data) < 5:
        raise NoteError("a signature is too short")
    return Signature(name, data[:4], data[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name) and not _CONTROL.search(name)


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("the text of a note ends with a newline and has no other control character")
