"""A text is detected once: a chat sends its whole history again on every turn.

Keys are HMACs under a key of this process, so that a memory dump does not tell
which known texts were seen; values are spans, never text. Bounded by entries
and by bytes, the least recently used goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from guardrail.crypto import mac, random_bytes

if TYPE_CHECKING:
    from guardrail.types import Finding, Passage

__all__ = ["FindingCache"]

ENTRY_BYTES: Final = 200  # key, list cell and tuple, measured on CPython 3.11
FINDING_BYTES: Final = 150


class FindingCache:
    """Findings per passage. Thread-safe."""

    def __init__(self, *, max_entries: int = 8192, max_bytes: int = 16_000_000) -> None:
        self._key = random_bytes(32)
        self._entries: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._lock = Lock()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def key(self, passage: Passage) -> bytes:
        """Return the keyed digest of everything that detection depends on, 32 bytes."""
        names = b"1" if passage.names else b"0"
        return mac(self._key, _bytes(passage.text), _bytes(passage.hint), names, _bytes(passage.language))

    def get(self, key: bytes) -> tuple[Finding, ...] | None:
        """Return the findings under `key`, which count as used now, or None."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: bytes, findings: tuple[Finding, ...]) -> None:
        """Keep the findings and let the oldest go while a bound is passed."""
        with self._lock:
            self._drop(key)
            self._entries[key] = findings
            self.bytes += _size(findings)
            while self._entries and (len(self._entries) > self._max_entries or self.bytes > self._max_bytes):
                self._drop(next(iter(self._entries)))

    def _drop(self, key: bytes) -> None:
        gone = self._entries.pop(key, None)
        if gone is not None:
            self.bytes -= _size(gone)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _size(findings: tuple[Finding, ...]) -> int:
    return ENTRY_BYTES + FINDING_BYTES * len(findings)
