"""Web addresses in linear time: with a scheme, with www, or a bare host name.

A bare host name is also how programs write attributes and files (`user.name`,
`main.py`, `logger.info`), so it needs a suffix that is common for hosts and
rare in code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.domains import Suffixes

__all__ = ["Urls"]

_SCHEME: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:https?|ftps?|sftp|wss?)://[^\s<>\"'`{}|\\^\u3000-\u303f\uff00-\uffef]{1,2000}",
    re.IGNORECASE,
)
_HOST: Final = re.compile(r"(?<![\w@.$/-])[A-Za-z0-9][A-Za-z0-9.-]*")
_PATH: Final = re.compile(r"(?::\d{1,5})?/[^\s<>\"'`{}|\\^()]{0,2000}")
_TAIL: Final = ".,;:!?)]}*_"
_COMMON: Final = frozenset({"com", "org", "net", "edu", "gov", "mil", "biz"})
_COUNTRIES: Final = re.compile(
    "at|au|be|br|ca|ch|cz|de|dk|ee|es|eu|fi|fr|gr|hu|ie|il|in|io|it|jp|kr|lt|lu|lv|mx|nl|no|nz|pl|pt|ro|ru|se"
    "|sg|sk|tr|ua|uk|us|za|ai|co"
)
_PLAIN: Final = re.compile(r"[A-Z]?[a-z0-9-]+|[A-Z0-9-]+")
_CODE_AFTER: Final = re.compile(r"[($\[=_]|\s?=|::|\.[A-Z]")
# Suffixes that are English words too: "went home.no one", "the end.it was".
_ENGLISH: Final = frozenset(
    {"in", "it", "at", "be", "no", "us", "is", "so", "to", "me", "my", "am", "as", "do", "id"}
)
_GENERIC: Final = re.compile("info|xyz|online|site|shop|store|tech|club|app|dev|cloud|blog|tv|cc|me")
_LOCAL: Final = re.compile(r"[a-z]{2,5}://(?:localhost|127\.\d|0\.0\.0\.0|\[::1?\])", re.IGNORECASE)
_PAIRS: Final = {")": "(", "]": "["}


class Urls:
    """Finds web addresses."""

    name: Final = "guardrail/url"
    entities: Final = frozenset({"URL"})

    def __init__(self, suffixes: Suffixes) -> None:
        self._suffixes = suffixes

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield the addresses: 0.6 to 0.8 with a scheme or path, from 0.5 bare."""
        for match in _SCHEME.finditer(text):
            score = 0.4 if _LOCAL.match(match[0]) else 0.8  # one's own machine is nobody's
            yield Finding(match.start(), _trimmed(text, match.start(), match.end()), "URL", score, self.name)
        for match in _HOST.finditer(text):
            host = match[0].rstrip(".-")
            end = match.start() + len(host)
            score = self._score(host, text[end : end + 2]) if "." in host else 0.0
            if score:
                path = _PATH.match(text, end)
                end = _trimmed(text, end, path.end()) if path else end
                yield Finding(match.start(), end, "URL", score, self.name)

    def _score(self, host: str, after: str) -> float:
        labels = host.split(".")
        if not all(labels) or after[:1] == "@" or _CODE_AFTER.match(after):
            return 0.0
        name, suffix = self._suffixes.split(host)
        if not suffix or not any(map(str.isalpha, name)):
            return 0.0
        if labels[0].lower() == "www":
            return 0.75
        if not all(map(_PLAIN.fullmatch, labels)) or not (labels[-1].islower() or host.isupper()):
            return 0.0  # camelCase: a class or a method; end.The: a sentence without a space
        return _bare(labels, name, suffix, path=after[:1] == "/")


def _bare(labels: list[str], name: str, suffix: str, *, path: bool) -> float:
    """Score a host name that stands alone."""
    if suffix in _COMMON or "." in suffix:
        # org.apache.net: a package name begins with what a host name ends with
        return 0.0 if labels[0] in _COMMON and len(labels) > 2 else 0.6
    if _COUNTRIES.fullmatch(suffix):
        word = suffix in _ENGLISH and len(labels) == 2
        return 0.3 if word and not path else 0.5 if len(name) > 3 or path else 0.3
    if _GENERIC.fullmatch(suffix) and "-" in name:
        return 0.5
    return 0.5 if path and len(labels) > 2 else 0.0


def _trimmed(text: str, start: int, end: int) -> int:
    """Return `end` without the punctuation of the sentence around the address."""
    while end > start and text[end - 1] in _TAIL:
        opens = _PAIRS.get(text[end - 1])
        if opens and text.count(opens, start, end) >= text.count(text[end - 1], start, end):
            break  # a bracket of the address itself: /wiki/Foo_(bar)
        end -= 1
    return end
