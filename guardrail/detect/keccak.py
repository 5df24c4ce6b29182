"""Keccak-256 as Ethereum uses it: SHA-3's permutation with the padding of before FIPS 202.

The standard library has SHA-3 alone. Source: FIPS 202 §3 and §B.2; the tests
hold it to `hashlib.sha3_256` by SHA-3's own padding.
"""

from __future__ import annotations

from typing import Final

__all__ = ["keccak_256"]

_MASK: Final = (1 << 64) - 1
_RATE: Final = 136  # bytes
_LANES: Final = 25


def _constants() -> tuple[int, ...]:
    """Return the round constants, from their shift register (FIPS 202, algorithm 5)."""
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register >> 7 else 0)
        constants.append(constant)
    return tuple(constants)


def _steps() -> tuple[tuple[int, int], ...]:
    """Return where each lane goes and how far it turns (FIPS 202 §3.2.2, §3.2.3)."""
    steps, x, y = [(0, 0)] * _LANES, 1, 0
    for turn in range(24):
        steps[x + 5 * y] = (y + 5 * ((2 * x + 3 * y) % 5), (turn + 1) * (turn + 2) // 2 % 64)
        x, y = y, (2 * x + 3 * y) % 5
    return tuple(steps)


_CONSTANTS: Final = _constants()
_STEPS: Final = _steps()


def keccak_256(data: bytes, *, padding: int = 0x01) -> bytes:
    """Return the 32 bytes of digest; `padding` is 0x01, or 0x06 for SHA-3."""
    state = [0] * _LANES
    padded = data + bytes([padding]) + bytes(-(len(data) + 1) % _RATE)
    padded = padded[:-1] + bytes([padded[-1] | 0x80])
    for at in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            state[lane] ^= int.from_bytes(padded[at + 8 * lane : at + 8 * lane + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permuted(state: list[int]) -> list[int]:
    for constant in _CONSTANTS:
        sums = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        mixed = [sums[x - 1] ^ _turned(sums[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * _LANES
        for lane, (place, turn) in enumerate(_STEPS):
            moved[place] = _turned(state[lane] ^ mixed[lane % 5], turn)
        state = [
            moved[lane] ^ (~moved[lane - lane % 5 + (lane + 1) % 5] & moved[lane - lane % 5 + (lane + 2) % 5])
            for lane in range(_LANES)
        ]
        state[0] ^= constant
    return state


def _turned(lane: int, turn: int) -> int:
    return (lane << turn | lane >> (64 - turn)) & _MASK
