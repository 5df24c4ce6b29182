"""Which host names exist, from the public suffix list that tldextract carries; never fetched."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Suffixes"]

MAX_HOST: Final = 253  # code points, RFC 1035 §2.3.4


class Suffixes:
    """The public suffix list, frozen at the version of the installed library."""

    def __init__(self, extract: Callable[[str], Any]) -> None:
        self._split = lru_cache(maxsize=4096)(extract)

    @classmethod
    def load(cls) -> Suffixes:
        """Read the list out of the library; `suffix_list_urls=()` and no cache keep it off the network."""
        import tldextract  # noqa: PLC0415 - only where text is detected

        extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)
        extract("example.com")
        return cls(extract.extract_str)

    def split(self, host: str) -> tuple[str, str]:
        """Return (registered name, public suffix), each "" where there is none."""
        if len(host) > MAX_HOST:
            return "", ""
        parts = self._split(host.lower())
        return parts.domain, parts.suffix
