"""Every use of cryptography, in one file: the only import of `cryptography`.

Choices and their sources: HKDF-SHA256 (RFC 5869), HMAC-SHA256 (RFC 2104),
Ed25519 (RFC 8032), AES-SIV (RFC 5297), AES-256-GCM (NIST SP 800-38D). Nothing
here logs, and no error tells more than that a check failed. AES-KWP (RFC 5649)
wraps keys.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from cryptography.hazmat.primitives.padding import PKCS7

__all__ = [
    "derive",
    "derive_salted",
    "digest",
    "equal",
    "expand",
    "extract",
    "has_ml_dsa",
    "length_prefixed",
    "mac",
    "ml_dsa_key",
    "open_cbc",
    "open_gcm",
    "open_siv",
    "random_bytes",
    "seal_gcm",
    "seal_siv",
    "sign",
    "sign_ml_dsa",
    "unwrap_key",
    "verify_key",
    "verify_ml_dsa",
    "verify_signature",
    "wrap_key",
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
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def derive(key: bytes, purpose: str, *context: str, length: int = 32) -> bytes:
    """Derive a key for one purpose and context: HKDF-SHA256 with a length-prefixed info."""
    info = length_prefixed(
        b"pgl/v1", purpose.encode(), *(part.encode("utf-8", "surrogatepass") for part in context)
    )
    return HKDF(SHA256(), length, salt=None, info=info).derive(key)


def derive_salted(key: bytes, *, salt: bytes, info: bytes, blocks: int = 1) -> bytes:
    """Derive 32 bytes, or `blocks` of them, by HKDF-SHA256 with a salt that is a key as well.

    Without either, nothing follows. Extract and expand by hand (RFC 5869 §2.2, §2.3), since this
    runs once per entry.
    """
    extracted = hmac.digest(salt, key, "sha256")
    found = block = b""
    for number in range(1, blocks + 1):
        block = hmac.digest(extracted, block + info + bytes([number]), "sha256")
        found += block
    return found


def extract(key: bytes, *, salt: bytes) -> bytes:
    """Return what HKDF-SHA256 draws from a key and a salt that is a key as well (RFC 5869 §2.2)."""
    return hmac.digest(salt, key, "sha256")


def expand(drawn: bytes, info: bytes) -> bytes:
    """Derive 32 bytes from what `extract` returned (RFC 5869 §2.3, one block); this runs once per entry."""
    return hmac.digest(drawn, info + b"\x01", "sha256")


def wrap_key(kek: bytes, key: bytes) -> bytes:
    """Wrap a key under another of 32 bytes: AES-KWP (RFC 5649), deterministic and authenticated."""
    return aes_key_wrap_with_padding(kek, key)


def unwrap_key(kek: bytes, wrapped: bytes) -> bytes | None:
    """Unwrap what `wrap_key` made; None when key or bytes differ."""
    try:
        return aes_key_unwrap_with_padding(kek, wrapped)
    except (InvalidUnwrap, ValueError):
        return None


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


def has_ml_dsa() -> bool:
    """Tell whether the installed `cryptography` knows ML-DSA."""
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa  # noqa: F401, PLC0415 - newer ones only
    except ImportError:
        return False
    return True


def ml_dsa_key(seed: bytes) -> bytes:
    """Return the 1,312-byte ML-DSA-44 public key of a 32-byte seed (FIPS 204); see `has_ml_dsa`."""
    from cryptography.hazmat.primitives.asymmetric import mldsa  # noqa: PLC0415 - newer ones only

    return mldsa.MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


def sign_ml_dsa(seed: bytes, message: bytes) -> bytes:
    """Sign with ML-DSA-44; 2,420 bytes, other ones each time."""
    from cryptography.hazmat.primitives.asymmetric import mldsa  # noqa: PLC0415 - newer ones only

    return mldsa.MLDSA44PrivateKey.from_seed_bytes(seed).sign(message)


def verify_ml_dsa(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether the ML-DSA-44 signature holds."""
    from cryptography.hazmat.primitives.asymmetric import mldsa  # noqa: PLC0415 - newer ones only

    try:
        mldsa.MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
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


def open_cbc(key: bytes, sealed: bytes) -> bytes | None:
    """Decrypt AES-CBC with PKCS #7 padding, the IV in front; None when it is not that.

    Read only, for what others made: it has no check of integrity.
    """
    if len(sealed) < 32 or len(sealed) % 16:
        return None
    decryptor = Cipher(AES(key), CBC(sealed[:16])).decryptor()
    padded = decryptor.update(sealed[16:]) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None
