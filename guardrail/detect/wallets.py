"""Wallet addresses and wallet keys, by their checksums.

Sources: Bitcoin's Base58Check, BIP-173 and BIP-350 (bech32, bech32m), EIP-55.
The address kinds beside Bitcoin share its checksum and differ in the version
byte; a value whose checksum fails is no address.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from guardrail.detect.keccak import keccak_256
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Wallets"]

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE: Final = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
SHORTEST: Final = 25  # letters and digits in a row; prose has no such word, and costs the look for one
_LONG: Final = re.compile(rf"[A-Za-z0-9]{{{SHORTEST}}}")
_58: Final = re.compile(r"(?<![A-Za-z0-9])[1-9A-HJ-NP-Za-km-z]{25,52}(?![A-Za-z0-9])")
_EXTENDED: Final = re.compile(r"(?<![A-Za-z0-9])[xyzt]prv[1-9A-HJ-NP-Za-km-z]{107,108}(?![A-Za-z0-9])")
_32: Final = re.compile(
    r"(?<![A-Za-z0-9])(?P<h>bc|tb|ltc|addr|stake|cosmos|osmo|celestia|bnb|terra"
    r"|inj)1[02-9ac-hj-np-z]{38,100}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])(?P<H>BC|TB|LTC)1[02-9AC-HJ-NP-Z]{38,87}(?![A-Za-z0-9])"
)
_ETH: Final = re.compile(r"(?<![A-Za-z0-9])0x(?P<v>[0-9a-fA-F]{40})(?![A-Za-z0-9])")
_LABELLED: Final = re.compile(
    r"\b(?:solana|sol|monero|xmr|polkadot|dot|wallet)(?: (?:wallet|address|addr))?[\"']?\s?(?::|="
    r"|is)?\s{0,2}[\"']?"
    r"(?P<v>[1-9A-HJ-NP-Za-km-z]{32,106})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# Version bytes: Bitcoin, its test net, Litecoin, Dogecoin, Dash, Tron, Zcash.
_VERSIONS: Final = (
    b"\x00",
    b"\x05",
    b"\x6f",
    b"\xc4",
    b"\x30",
    b"\x32",
    b"\x1e",
    b"\x16",
    b"\x4c",
    b"\x10",
    b"\x41",
)
_ZCASH: Final = (b"\x1c\xb8", b"\x1c\xbd")
_WIF: Final = (b"\x80", b"\xef")
MAX_CHECKED: Final = 200  # Keccak takes half a millisecond here; what comes after counts by its form


class Wallets:
    """Finds wallet addresses (CRYPTO) and the private keys of wallets (SECRET)."""

    name: Final = "guardrail/wallet"
    entities: Final = frozenset({"CRYPTO", "SECRET"})

    def recognize(self, text: str) -> Iterator[Finding]:  # noqa: C901 - one loop for each pattern
        """Yield addresses: 1.0 where a checksum holds, 0.7 for an Ethereum address without one."""
        if not any(len(word) >= SHORTEST and _LONG.search(word) for word in text.split()):
            return
        for match in _58.finditer(text):
            kind = _kind_58(match[0])
            if kind:
                yield Finding(*match.span(), kind, 1.0, self.name)
        for match in _EXTENDED.finditer(text):
            if base58check(match[0]) is not None:
                yield Finding(*match.span(), "SECRET", 1.0, self.name)
        for match in _32.finditer(text):
            if bech32(match[0]):
                yield Finding(*match.span(), "CRYPTO", 1.0, self.name)
        for place, match in enumerate(_ETH.finditer(text)):
            score = eth_score(match["v"]) if place < MAX_CHECKED else 0.7
            if score:
                yield Finding(*match.span(), "CRYPTO", score, self.name)
        for match in _LABELLED.finditer(text):
            if len(set(match["v"])) > 14 and any(map(str.isdigit, match["v"])):
                yield Finding(*match.span("v"), "CRYPTO", 0.7, self.name)


def _kind_58(value: str) -> str:
    """Return CRYPTO for an address, SECRET for a private key, "" for neither."""
    payload = base58check(value)
    if payload is None and value[0] == "r":
        payload = base58check(value, _RIPPLE)
        return "CRYPTO" if payload is not None and len(payload) == 21 else ""
    if payload is None:
        return ""
    if len(payload) == 21 and payload.startswith(_VERSIONS):
        return "CRYPTO"
    if len(payload) == 22 and payload.startswith(_ZCASH):
        return "CRYPTO"
    return "SECRET" if len(payload) in {33, 34} and payload.startswith(_WIF) else ""


def base58check(value: str, alphabet: str = _BASE58) -> bytes | None:
    """Return the payload (version byte first) when the four bytes of checksum hold."""
    number = 0
    for char in value:
        number = number * 58 + alphabet.index(char)
    zeros = len(value) - len(value.lstrip(alphabet[0]))
    data = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    held = sha256(sha256(data[:-4]).digest()).digest()[:4] == data[-4:]
    return data[:-4] if held and len(data) > 4 else None


def bech32(value: str) -> bool:
    """Tell whether the BCH checksum of BIP-173 (or of BIP-350) holds."""
    prefix, _, data = value.lower().rpartition("1")
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    values += [_BECH32.index(c) for c in data]
    check = 1
    for one in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ one
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check in {1, 0x2BC830A3}


def eth_score(value: str) -> float:
    """Score forty hexadecimal digits after 0x: the cases are a checksum (EIP-55), or all the same."""
    if len(set(value.lower())) < 6:  # 0x000...0, 0xdeadbeef...
        return 0.0
    if value in {value.lower(), value.upper()}:
        return 0.7
    digest = keccak_256(value.lower().encode()).hex()
    held = all(
        (c.isupper() if int(d, 16) > 7 else c.islower()) or c.isdigit()
        for c, d in zip(value, digest, strict=False)
    )
    return 1.0 if held else 0.5
