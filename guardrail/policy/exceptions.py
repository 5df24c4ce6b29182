"""Allow lists and hot words: what a policy knows of its own house, at work on a text.

An allowed value is not acted on by the policy that allows it; other policies
decide as ever, and the strictest wins. Only a finding that lies inside the
allowed value is let go, and it never shields another. Hot words raise or lower the
score of a finding that they stand beside.

Work per finding is bounded: some hundred characters around it are looked at,
whatever the number of values. Patterns run under a time-out; one that runs out of
it allows nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import regex  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from guardrail.policy.model import Allow, Hot, Policy
    from guardrail.types import Finding

__all__ = ["ALLOWED", "MAX_VALUE", "Exceptions", "key_of", "weigh"]

ALLOWED: Final = "allow-list"  # the rule's name in decisions and in the ledger
MAX_VALUE: Final = 100  # characters of an allowed value
MAX_MATCHED: Final = 200  # characters of a finding that a pattern is tried on
TIMEOUT: Final = 0.05  # seconds
CERTAIN: Final = 0.99  # what words can raise a score to: only a checksum is certain
_WORD: Final = re.compile(r"\w+")
_SPACE: Final = re.compile(r"\s+")


def key_of(value: str) -> str:
    """Return the form in which values are compared: letter case, width and white space do not count."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", value)).strip().casefold()


@dataclass(frozen=True, slots=True)
class _Allowed:
    values: frozenset[str]
    longest: int
    patterns: tuple[Any, ...]
    find: frozenset[str]

    @classmethod
    def of(cls, allow: Allow) -> _Allowed:
        values = frozenset(key_of(value) for value in allow.values)
        compiled = tuple(regex.compile(one) for one in allow.patterns)
        longest = max((len(value) for value in allow.values), default=0)
        return cls(values, longest, compiled, frozenset(allow.find))

    def holds(self, text: str, finding: Finding) -> bool:
        """Tell whether the finding is an allowed value, or a part of one that stands there."""
        if self.find and finding.entity not in self.find:
            return False
        if self.values and any(key_of(part) in self.values for part in self._around(text, finding)):
            return True
        part = text[finding.start : finding.end]
        return len(part) <= MAX_MATCHED and any(_matches(pattern, part) for pattern in self.patterns)

    def _around(self, text: str, finding: Finding) -> Iterator[str]:
        """Yield the pieces of whole words that cover the finding and may be an allowed value."""
        room = self.longest - (finding.end - finding.start)
        if room < 0:
            return
        low = max(finding.start - room, 0)
        window = text[low : finding.end + room]
        first, behind = finding.start - low, finding.end - low
        words = [match.span() for match in _WORD.finditer(window)]
        starts = [first, *(start for start, _ in words if start < first and _at_start(text, low + start))]
        ends = [behind, *(end for _, end in words if end > behind and _at_end(text, low + end))]
        for start in starts:
            for end in ends:
                if end - start <= self.longest:
                    yield window[start:end]


def _at_start(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()


def _at_end(text: str, place: int) -> bool:
    return place == len(text) or not text[place].isalnum()


def _matches(pattern: Any, part: str) -> bool:  # noqa: ANN401 - regex has no types
    try:
        return pattern.fullmatch(part, timeout=TIMEOUT) is not None
    except TimeoutError:
        return False


@dataclass(frozen=True, slots=True)
class _Hot:
    words: Any
    find: frozenset[str]
    add: float
    within: int

    @classmethod
    def of(cls, hot: Hot) -> _Hot:
        # Literal words side by side, each once: what is tried at a place is bounded by the longest.
        listed = "|".join(sorted((re.escape(key_of(word)) for word in hot.words), key=len, reverse=True))
        return cls(re.compile(rf"(?<!\w)(?:{listed})(?!\w)"), frozenset(hot.find), hot.add, hot.within)

    def adds(self, text: str, finding: Finding) -> float:
        """Return what the words beside the finding add to its score."""
        if finding.entity not in self.find:
            return 0.0
        before = text[max(finding.start - self.within, 0) : finding.start]
        after = text[finding.end : finding.end + self.within]
        beside = any(self.words.search(key_of(side)) is not None for side in (before, after))
        return self.add if beside else 0.0


@dataclass(frozen=True, slots=True)
class Exceptions:
    """The lists of one policy, compiled."""

    policy: str
    allowed: tuple[_Allowed, ...] = field(default=(), repr=False)
    hot: tuple[_Hot, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, policy: Policy) -> Exceptions:
        """Compile the lists of `policy`."""
        return cls(
            policy.name,
            tuple(_Allowed.of(one) for one in policy.allow),
            tuple(_Hot.of(one) for one in policy.hot),
        )

    def allows(self, text: str, finding: Finding) -> bool:
        """Tell whether this policy does not act on the finding."""
        return any(allowed.holds(text, finding) for allowed in self.allowed)

    def adds(self, text: str, finding: Finding) -> float:
        """Return what this policy's hot words add to the finding's score."""
        return sum(hot.adds(text, finding) for hot in self.hot)


def weigh(
    lists: Sequence[Exceptions], text: str, findings: Iterable[Finding]
) -> Iterator[tuple[Finding, frozenset[str]]]:
    """Yield each finding with its score in the light of hot words, and the policies that allow it.

    Of several policies the highest score counts: lowering holds only where all lower.
    """
    for finding in findings:
        added = max(one.adds(text, finding) for one in lists)
        seen = finding
        if added:
            score = round(min(max(finding.score + added, 0.0), max(CERTAIN, finding.score)), 4)
            seen = replace(finding, score=score)
        yield seen, frozenset(one.policy for one in lists if one.allows(text, finding))
