"""Which host names exist, from the public suffix list that tldextract carries; never fetched."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Suffixes", "freeze"]

MAX_HOST: Final = 253  # code points, RFC 1035 §2.3.4


class Suffixes:
    """The public suffix list, frozen at the version of the installed library."""

    def __init__(self, extract: Callable[[str], Any]) -> None:
        self._split = lru_cache(maxsize=4096)(extract)

    @classmethod
    def load(cls) -> Suffixes:
        """Read the list out of the library; `suffix_list_urls=()` and no cache keep it off the network."""
        extract = _frozen()
        extract("example.com")
        return cls(extract.extract_str)

    def split(self, host: str) -> tuple[str, str]:
        """Return (registered name, public suffix), each "" where there is none."""
        if len(host) > MAX_HOST:
            return "", ""
        parts = self._split(host.lower())
        return parts.domain, parts.suffix


def freeze() -> None:
    """Keep `tldextract.extract` off the network in this process.

    Presidio's own e-mail recognizer calls it, and it would fetch the list on
    its first use, in the middle of a detection.
    """
    import tldextract.tldextract as library  # noqa: PLC0415 - only where text is detected

    library.TLD_EXTRACTOR = _frozen()


def _frozen() -> Any:  # noqa: ANN401 - tldextract is imported late
    from tldextract import TLDExtract  # noqa: PLC0415 - only where text is detected

    return TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)
