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
# "at" and "dot" as people say them in en, de, fr, es, it, pt, pl.
_DOTS: Final = "dot|punkt|point|punto|ponto|kropka"
# Without brackets both words must be of one language, and "look at the dot in" is prose.
_HOST: Final = r"(?!(?:the|this|that|an?|each|one|every|some)\s)[\w-]{1,63}"
_AT: Final = re.compile(
    r"@|%40|\s?[\[({<]\s?(?:at|ät|arroba|chiocciola|małpa|arobase)\s?[\])}>]\s?"
    rf"|\sat\s(?={_HOST}\sdot\s)|\sät\s(?={_HOST}\spunkt\s)|\sarobase\s(?={_HOST}\spoint\s)"
    rf"|\s(?:arroba|chiocciola)\s(?={_HOST}(?:\sp[uo]nto\s|\.[a-z]))|\smałpa\s(?={_HOST}\skropka\s)",
    re.IGNORECASE,
)
_DOMAIN: Final = re.compile(
    rf"[^\W_](?:[\w-]{{0,62}})(?:(?:\.|\s?[\[({{<]\s?(?:{_DOTS})\s?[\])}}>]\s?|\s(?:{_DOTS})\s)[^\W_][\w-]{{0,62}}){{1,8}}",
    re.IGNORECASE,
)
_DOT: Final = re.compile(rf"\s?[\[({{<]\s?(?:{_DOTS})\s?[\])}}>]\s?|\s(?:{_DOTS})\s", re.IGNORECASE)
_QUOTED: Final = re.compile(r"\"[\w.+ -]{1,62}\"\Z")
_LOCAL: Final = re.compile(
    rf"[\w.+-]{{1,40}}(?:(?:\s?[\[({{]\s?(?:{_DOTS})\s?[\])}}]\s?|\s(?:{_DOTS})\s)[\w.+-]{{1,40}}){{1,4}}\Z",
    re.IGNORECASE,
)
_OBRIEN: Final = re.compile(r"(?<!\w)[od]'[a-z]{3}", re.IGNORECASE)  # else an apostrophe is a quote
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
        while text[end - 1] in "-_":  # a dash or an underline behind the address
            end -= 1
        whole, last = _spelled(text[start:end]), end
        while True:
            host = _spelled(text[start:end])
            if all(self._suffixes.split(host)):
                return end, 1.0
            cut = text.rfind(".", start, end)
            dash = text.find("-", cut + 1, end)
            if dash > cut > 0 and text[cut + 1 : cut + 5].lower() != "xn--":
                end = dash  # "ann@example.com-see below": no suffix has a dash, but a sentence may
                whole = _spelled(text[start:end])
                continue
            if cut < 0 or not text[cut + 1].isupper():
                break
            end = cut
        private = _WORD.fullmatch(whole.rsplit(".", 1)[1]) and text[last : last + 1] not in {"(", "["}
        return (last, 0.75) if private and not whole[0].isdigit() else (end, 0.0)


def _local_start(text: str, end: int) -> int | None:
    """Return where the local part that ends at `end` begins, or None when there is none."""
    low = max(end - MAX_LOCAL, 0)
    start = end
    while start > low and (text[start - 1].isalnum() or text[start - 1] in "!#$%&'*+/=?^_`{|}~.-"):
        start -= 1
    quoted = _QUOTED.search(text[low:end]) if text[end - 1 : end] == '"' else None
    if quoted:
        return low + quoted.start()
    spelled = _LOCAL.search(text[low:end]) if text[end : end + 1] != "@" else None
    if spelled:
        start = min(start, low + spelled.start())
    # Quotes, brackets and separators may touch an address but do not begin one.
    while start < end and not (text[start].isalnum() or text[start] == "_"):
        start += 1
    stop = end
    while (cut := max(text.rfind(mark, start, stop) for mark in "=/|{'`?&")) >= start:
        if not _OBRIEN.match(text, cut - 1, end):
            start = cut + 1
            break
        stop = cut
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
