"""Every use of cryptography, in one file: the only import of `cryptography`.

Choices and their sources: HKDF-SHA256 (RFC 5869), HMAC-SHA256 (RFC 2104),
Ed25519 (RFC 8032), AES-SIV (RFC 5297), AES-256-GCM (NIST SP 800-38D). Nothing
here logs, and no error tells more than that a check failed.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = [
    "derive",
    "digest",
    "equal",
    "length_prefixed",
    "mac",
    "open_gcm",
    "open_siv",
    "random_bytes",
    "seal_gcm",
    "seal_siv",
    "sign",
    "verify_key",
    "verify_signature",
]


def random_bytes(count: int) -> bytes:
    """Return `count` bytes of the system's randomness."""
    return secrets.token_bytes(count)


def digest(data: bytes) -> bytes:
    """Return SHA-256 of `data`, 32 bytes."""
    return sha256(data).digest()


def equal(a: bytes, b: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(a, b)


def length_prefixed(*parts: bytes) -> bytes:
    """Join parts so that no two lists of parts give the same bytes: u32be length, then bytes, of each."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def derive(key: bytes, purpose: str, *context: str, length: int = 32) -> bytes:
    """Derive a key for one purpose and context: HKDF-SHA256 with a length-prefixed info."""
    info = length_prefixed(
        b"pgl/v1", purpose.encode(), *(part.encode("utf-8", "surrogatepass") for part in context)
    )
    return HKDF(SHA256(), length, salt=None, info=info).derive(key)


def mac(key: bytes, *parts: bytes) -> bytes:
    """Return HMAC-SHA256 over the length-prefixed `parts`, 32 bytes."""
    return hmac.digest(key, length_prefixed(*parts), "sha256")


def verify_key(seed: bytes) -> bytes:
    """Return the 32-byte Ed25519 public key of a 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Sign with Ed25519; 64 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify_signature(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether the Ed25519 signature holds."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def seal_siv(key: bytes, plaintext: bytes, *associated: bytes) -> bytes:
    """Encrypt deterministically with AES-SIV; `key` is 64 bytes. Equal inputs give equal outputs."""
    return AESSIV(key).encrypt(plaintext, list(associated))


def open_siv(key: bytes, sealed: bytes, *associated: bytes) -> bytes | None:
    """Decrypt what `seal_siv` made; None when key, text or associated data differ."""
    try:
        return AESSIV(key).decrypt(sealed, list(associated))
    except (InvalidTag, ValueError):
        return None


def seal_gcm(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """Encrypt with AES-256-GCM. The caller never uses a nonce twice with one key."""
    return AESGCM(key).encrypt(nonce, plaintext, associated)


def open_gcm(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """Decrypt what `seal_gcm` made; None when anything differs."""
    try:
        return AESGCM(key).decrypt(nonce, sealed, associated)
    except (InvalidTag, ValueError):
        return None
