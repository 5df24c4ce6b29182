"""Signed notes and their public keys, parsed strictly: C2SP signed-note.

A note is text, a blank line, and signature lines `— name base64(id[4] ‖ sig)`.
Parsers format again and compare, so one note has one spelling. Signatures of
type 0x01 (Ed25519 over the text), and timestamped cosignatures of types 0x04
(Ed25519) and 0x06 (ML-DSA-44, C2SP tlog-cosignature) are made and verified.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from guardrail.canonical import parse_int
from guardrail.crypto import (
    digest,
    has_ml_dsa,
    ml_dsa_key,
    sign,
    sign_ml_dsa,
    verify_key,
    verify_ml_dsa,
    verify_signature,
)

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "ML_DSA_44",
    "Note",
    "NoteError",
    "Signature",
    "VerifierKey",
    "b64",
    "cosign",
    "cosigner_key",
    "parse_note",
    "sign_note",
    "unb64",
    "verify_note",
    "vkey_of_seed",
]

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
ML_DSA_44: Final = 0x06
_KEY_BYTES: Final = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
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
        if len(data) - 1 != _KEY_BYTES.get(data[0] if data else 0):
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


def cosigner_key(name: str, seed: bytes, *, kind: int = COSIGNATURE) -> VerifierKey:
    """Return the public key of a cosigner's 32-byte seed, of type 0x04 or 0x06."""
    return VerifierKey(name, kind, ml_dsa_key(seed) if kind == ML_DSA_44 else verify_key(seed))


def cosign(note: Note, *, name: str, seed: bytes, time: int, kind: int = COSIGNATURE) -> Note:
    """Add a timestamped signature over the same text (C2SP tlog-cosignature); `time` is in s."""
    if kind == ML_DSA_44:
        _need_ml_dsa()
    key = cosigner_key(name, seed, kind=kind)
    if kind == ML_DSA_44:
        made = sign_ml_dsa(seed, _cosigned_tree(note.text, name, time))
    else:
        made = sign(seed, _cosigned(note.text, time))
    line = Signature(name, key.key_id, time.to_bytes(8, "big") + made)
    return Note(note.text, (*note.signatures, line))


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


def _cosigned_tree(text: str, name: str, time: int) -> bytes:
    """Return what a cosignature of type 0x06 is over: who, when, and which tree from its first leaf."""
    origin, size, root, *_ = [*text.split("\n"), "", ""]
    try:
        whole = parse_int(size.encode("utf-8")).to_bytes(8, "big")
    except (ValueError, OverflowError):
        raise NoteError("the note is not a checkpoint") from None
    names = [one.encode("utf-8") for one in (name, origin)]
    tree = unb64(root)
    if len(tree) != 32 or not all(0 < len(one) < 256 for one in names):
        raise NoteError("the note is not a checkpoint")
    who, log = (bytes([len(one)]) + one for one in names)
    return b"subtree/v1\n\0" + who + time.to_bytes(8, "big") + log + bytes(8) + whole + tree


def _need_ml_dsa() -> None:
    if not has_ml_dsa():
        raise NoteError("ML-DSA needs a newer release of the package 'cryptography'")


def _verify(text: str, value: bytes, key: VerifierKey) -> int | None:
    message, time = text.encode("utf-8"), None
    if key.kind != ED25519:
        time, value = int.from_bytes(value[:8], "big"), value[8:]
        message = _cosigned(text, time) if key.kind == COSIGNATURE else _cosigned_tree(text, key.name, time)
        if time >= 2**63:
            raise NoteError("the time of a signature is out of its bounds")
    if key.kind == ML_DSA_44:
        _need_ml_dsa()
        holds = verify_ml_dsa(key.public, value, message)
    else:
        holds = verify_signature(key.public, value, message)
    if not holds:
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
