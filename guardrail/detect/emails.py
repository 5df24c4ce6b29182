"""E-mail addresses, plain and spelled out, in linear time and without a network.

From each "@" the local part is read backwards and the domain forwards, each at
most as long as RFC 5321 §4.5.3.1 allows. A domain outside the public suffix
list (a company's own `.internal`) is an address all the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.domains import Suffixes

__all__ = ["Emails"]

MAX_LOCAL: Final = 64
_AT: Final = re.compile(
    r"@|%40|\s?[\[({<]\s?at\s?[\])}>]\s?|\s(?:at|AT)\s(?=[\w-]{1,63}\s(?:dot|DOT)\s)", re.IGNORECASE
)
_DOMAIN: Final = re.compile(
    r"[^\W_](?:[\w-]{0,62})(?:(?:\.|\s?[\[({<]\s?dot\s?[\])}>]\s?|\s(?:dot|DOT)\s)[^\W_][\w-]{0,62}){1,8}",
    re.IGNORECASE,
)
_DOT: Final = re.compile(r"\s?[\[({<]?\s?dot\s?[\])}>]?\s?", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59}", re.IGNORECASE)


class Emails:
    """Finds e-mail addresses."""

    name: Final = "guardrail/email"
    entities: Final = frozenset({"EMAIL_ADDRESS"})

    def __init__(self, suffixes: Suffixes) -> None:
        self._suffixes = suffixes

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the addresses; 1.0 when the domain has a public suffix."""
        for at in _AT.finditer(text):
            start = _local_start(text, at.start())
            domain = _DOMAIN.match(text, at.end())
            if start is None or domain is None:
                continue
            end, score = self._domain(text, domain)
            if score and not _repository(text, start, at.start(), end):
                yield Finding(start, end, "EMAIL_ADDRESS", score, self.name)

    def _domain(self, text: str, match: re.Match[str]) -> tuple[int, float]:
        """Return the end of the domain and the score.

        A sentence may go on without a space ("ann@example.com.Then"), so a last
        label that is no suffix and has a capital letter is let go.
        """
        start, end = match.span()
        whole = _spelled(match[0])
        while True:
            host = _spelled(text[start:end])
            if all(self._suffixes.split(host)):
                return end, 1.0
            cut = text.rfind(".", start, end)
            if cut < 0 or not text[cut + 1].isupper():
                break
            end = cut
        return (match.end(), 0.75) if _WORD.fullmatch(whole.rsplit(".", 1)[1]) else (end, 0.0)


def _local_start(text: str, end: int) -> int | None:
    """Return where the local part that ends at `end` begins, or None when there is none."""
    low = max(end - MAX_LOCAL, 0)
    start = end
    while start > low and (text[start - 1].isalnum() or text[start - 1] in "!#$%&'*+/=?^_`{|}~.-"):
        start -= 1
    spelled = re.search(
        r"[\w.+-]{1,40}(?:\s?[\[({]\s?dot\s?[\])}]\s?[\w.+-]{1,40}){1,4}\Z", text[low:end], re.IGNORECASE
    )
    if spelled:
        start = min(start, low + spelled.start())
    # Quotes, brackets and separators may touch an address but do not begin one.
    while start < end and not (text[start].isalnum() or text[start] == "_"):
        start += 1
    cut = max(text.rfind(mark, start, end) for mark in "=/|{'`?&")
    start = cut + 1 if cut >= start else start
    return start if start < end and text[start:end].strip("._-+") else None


def _spelled(host: str) -> str:
    """Write a spelled-out domain with dots."""
    return (
        host
        if "." in host and " " not in host and "[" not in host
        else _DOT.sub(".", host).replace("..", ".")
    )


def _repository(text: str, start: int, at: int, end: int) -> bool:
    """Tell whether this is `git@host:path`, which names a machine account, not a person."""
    return text[start:at].lower() == "git" and text[end : end + 1] in {":", "/"}
