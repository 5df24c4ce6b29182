"""The same person again: once "Ann Smith" is found, "Ann", "Ms Smith" and "ANN SMITH" are found too.

A name finder sees a passage, an exchange has several: a name that is plain in
one message stands alone or in small letters in the next. What is found in any
passage of a batch is looked for in all of them, word by word, after the cache:
cached findings take part on both sides. Deterministic, independent of the
order of the passages' findings, linear in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from guardrail.detect.given import GIVEN, NEVER, WORDS_TOO
from guardrail.detect.persons import WORD
from guardrail.detect.prose import Lines
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardrail.types import Passage

__all__ = ["follow"]

NAME: Final = "guardrail/same-person"
SURE: Final = 0.6  # a name that is less certain is not looked for elsewhere
WHOLE: Final = 0.85
PART: Final = 0.65
MAX_NAMES: Final = 256  # different names of one batch
MAX_WORDS: Final = 6  # of one name
LEAST: Final = 3  # letters of a part that is looked for alone
ACTED_ON: Final = 0.5
_GAP: Final = re.compile(r" {1,2}|\. ?|-|, ")
_POSSESSIVE: Final = re.compile(r"['\u2019][sS]?\Z")
_PIECE_BEFORE: Final = frozenset("._@$#\\")
_PIECE_AFTER: Final = re.compile(r"[(_$=\\@]|\.\w|-?\d")
_STARTS: Final = re.compile(r"(?:\A|[.!?:\n\"\u201c*>-])\s*\Z")  # where any word has a capital
_INITIAL: Final = re.compile(r"(?<!\w)[A-Z]\. ?\Z")


def follow(passages: Sequence[Passage], found: Sequence[tuple[Finding, ...]]) -> list[tuple[Finding, ...]]:
    """Return the findings of each passage with the other places of the persons among them."""
    names = _names(passages, found)
    if not names:
        return list(found)
    return [
        _with(passage.text, findings, names) if passage.names else findings
        for passage, findings in zip(passages, found, strict=True)
    ]


def _names(passages: Sequence[Passage], found: Sequence[tuple[Finding, ...]]) -> Mapping[str, set[str]]:
    """Return {a word of a name: the names that hold it}, all in small letters."""
    names: set[tuple[str, ...]] = set()
    seen: Counter[str] = Counter()  # how often a name of one word was found
    for passage, findings in zip(passages, found, strict=True):
        for finding in findings:
            if finding.entity == "PERSON" and finding.score >= ACTED_ON and passage.names:
                words = [_bare(m[0]).lower() for m in WORD.finditer(passage.text, finding.start, finding.end)]
                name = tuple(word for word in words if _tells(word))[:MAX_WORDS]
                seen.update(name if len(words) == 1 else ())
                if finding.score >= SURE:
                    names.add(name)
    refused = _refused(passages, seen)
    index: dict[str, set[str]] = {}
    for name in sorted(names)[:MAX_NAMES]:
        if len(name) == 1 and name[0] in refused:
            continue
        for word in name:
            index.setdefault(word, set()).add(" ".join(name))
    return index


def _refused(passages: Sequence[Passage], seen: Mapping[str, int]) -> set[str]:
    """Return the words that are persons to the finders in less than half of their places.

    "Initech" taken for a person once of five times is a firm. Given names are exempt.
    """
    unsure = {word for word in seen if word not in GIVEN}
    if not unsure:
        return set()
    written = Counter(
        word
        for passage in passages
        if passage.names
        for match in WORD.finditer(passage.text)
        if not match[0].islower() and (word := _bare(match[0]).lower()) in unsure
    )
    return {word for word in unsure if 2 * seen[word] < written[word]}


def _tells(word: str) -> bool:
    return len(word) >= LEAST and word.isalpha() and word not in NEVER


def _bare(word: str) -> str:
    return _POSSESSIVE.sub("", word)


def _with(text: str, findings: tuple[Finding, ...], names: Mapping[str, set[str]]) -> tuple[Finding, ...]:
    """Return the findings and, where none of them is, those of the known names."""
    taken = sorted((f.start, f.end) for f in findings if f.score >= ACTED_ON)
    lines = Lines(text)
    new = []
    at = 0
    for run in _runs(text, names):
        start, end = run[0][0], run[-1][1]
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if at < len(taken) and taken[at][0] < end:
            continue
        score = _score(text, lines, run, names)
        if score:
            initial = _INITIAL.search(text, max(start - 4, 0), start)
            new.append(Finding(initial.start() if initial else start, end, "PERSON", score, NAME))
    if not new:
        return findings
    return tuple(sorted((*findings, *new), key=lambda f: (f.start, f.end, f.entity, -f.score, f.recognizer)))


def _runs(text: str, names: Mapping[str, set[str]]) -> Iterator[list[tuple[int, int]]]:
    """Yield the words of known names that touch and belong to one name, as places."""
    run: list[tuple[int, int]] = []
    held: set[str] = set()
    for match in WORD.finditer(text):
        bare = _bare(match[0])
        of = names.get(bare.lower())
        if of is None:
            continue
        start, end = match.start(), match.start() + len(bare)
        if run and held & of and len(run) < MAX_WORDS and _GAP.fullmatch(text, run[-1][1], start):
            run.append((start, end))
            held &= of
            continue
        if run:
            yield run
        run, held = [(start, end)], set(of)
    if run:
        yield run


def _score(text: str, lines: Lines, run: list[tuple[int, int]], names: Mapping[str, set[str]]) -> float:
    """Return how sure it is that the run is the person again; 0 where it may be a word."""
    start, end = run[0][0], run[-1][1]
    if text[max(start - 1, 0) : start] in _PIECE_BEFORE or _PIECE_AFTER.match(text, end):
        return 0.0
    if len(run) > 1:
        return WHOLE
    part = text[start:end]
    word = part.lower()
    if lines.kind(start) != "prose":
        return 0.0
    if word in WORDS_TOO and (part.islower() or _STARTS.search(text, max(start - 8, 0), start)):
        return 0.0  # "Will it?", "may I": a word as well as a name
    if part.islower() and word not in GIVEN and word not in names[word]:
        return 0.0  # a surname in small letters may be any word; a whole name of one word is not
    return PART
