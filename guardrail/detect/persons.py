"""Who is a person: the evidence of all name finders and of the writing, word by word.

Each word that any finder takes for a piece of a name gets a sum of evidence, in
log odds: what each finder says of it, what stands beside it, and how it is
written. The weights are few, were fitted once (docs/adr/0108), and each has the
sign that a reader expects. Words that are held for names and touch become one
name, with its initials and particles. Linear in the findings.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from guardrail.detect.given import COMMON, GIVEN, NEVER, WORDS_TOO
from guardrail.detect.lands import COUNTRIES, PEOPLES
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from guardrail.detect.prose import Lines

__all__ = ["TITLE", "WORD", "Trust", "persons"]


@dataclass(frozen=True, slots=True)
class Trust:
    """How much a finder's opinion on persons weighs, in log odds.

    A word that it calls a person's adds `said` and `slope` times the log odds of
    its score; one that it passes over adds `silent`; one that it calls a place's
    adds `placed`.
    """

    said: float = 1.1
    slope: float = 0.0
    silent: float = 0.0
    placed: float = 0.0


# What a word's writing and neighbours add, in log odds.
WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "bias": 0.8,  # fitted -0.3; a miss costs three times as much as a false alarm, which adds 1.1
        "beside": 0.24,  # times what the finders say of the word before or after
        "alone": -2.2,  # one finder is silent here and sure of the word beside it: the name ends there
        "lower": -2.1,
        "capitals": -1.7,  # in a text that is not, or inside a word: an abbreviation, a product
        "known": 1.3,  # a common given name
        "listed": 0.8,  # a rare one
        "known beside": 1.4,
        "titled": 1.7,
        "thing": -3.0,  # a word for a firm or a place, or one that such a word follows
        "machine": -1.5,  # a line of code or of a log
    }
)
NO_NAMES: Final = NEVER | COUNTRIES | PEOPLES
PLACES: Final = frozenset({"ADDRESS", "LOCATION"})
NOBODY: Final = -2.5  # evidence of a word that nobody takes for a name
TRACE: Final = 0.01
SURE: Final = 0.5
JOINED: Final = 0.4  # what a word beside a name needs to belong to it
DOUBTFUL: Final = 0.4  # below it nothing is reported
MOST: Final = 6.9  # log odds of 0.999
MIXED: Final = 0.7  # what a word in small letters needs beside a capitalised one
LINK: Final = 24  # code points between two words of one name: particles and initials
REACH: Final = 40  # code points that a word may stretch beyond a finding

_IDENTIFIER_BEFORE: Final = frozenset("._@$#\\")
_IDENTIFIER_AFTER: Final = re.compile(r"[(\[_$=\\@]|\.\w|-?\d|:[^\s\"'*]")
# Programs put no space into their words: "Jane Doe[1]", "Jane Doe(home)", "#Jane Doe" are people.
_NOTE_AFTER: Final = re.compile(r"\[\d{1,3}\]|\([\w ]{2,24}\)(?![\s]*[{:;=])")
_WRITTEN_BEFORE: Final = re.compile(r"(?<![^\W_])[A-Z]\w{1,30} \Z")
_WRITTEN_NEXT: Final = re.compile(r" [A-Z][^\W\d_]")
_INITIAL: Final = re.compile(r"(?<!\w)[^\W\d_]\.\Z")
_CAMEL: Final = re.compile(r"[a-z][A-Z]")
_CAMEL_NAME: Final = re.compile(r"(?:Mc|Mac|De|Di|Du|La|Le|Van|Von|Fitz|San|St)[A-Z][a-z]+\Z")
WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_POSSESSIVE: Final = re.compile(r"['\u2019][sS]\Z")
_INSIDE: Final = frozenset("'\u2019-")
_GAP: Final = re.compile(r" {1,2}|\. ?|-")
_NEXT: Final = re.compile(r"(?: {1,2}|\. ?|-)([^\W\d_]+)")
_PREVIOUS: Final = re.compile(r"([^\W\d_]+)(?: {1,2}|\. ?|-)\Z")
# What stands between the words of one name, or at its end.
_LINK: Final = re.compile(
    r" {1,2}(?:(?:[A-Z]\.? ?){1,2} ?|(?:van|von|der|den|de|del|della|di|da|do|dos|du|la|le|al|el|bin|ibn"
    r"|ben|abu|y|af|av|zu) {1,2}){0,3}|\. ?|-"
)
_SUFFIX: Final = re.compile(r",? (?:[JS]r\b\.?|II|III|IV)(?!\w)")
_INITIAL_AFTER: Final = re.compile(r" [A-Z]\.(?!\w)(?! ?[A-Z]\.)")
# Initials and particles that stand before a name and belong to it.
_BEFORE: Final = re.compile(
    r"(?<![\w.'-])(?:(?:[A-Z]\. ?){1,3}|(?:(?:van|von|de|del|della|der|den|ter|bin|ibn|abu) ){1,3})\Z"
)
# Storms are called as people are.
_STORM: Final = re.compile(r"(?<!\w)(?i:hurricane|typhoon|cyclone|storm) \Z")
_THING: Final = re.compile(r" (?:[A-Z][\w.&'-]* )?([A-Z]\w+)\b")
# What follows the name of a firm or of a place that was called after someone.
_THINGS: Final = frozenset(
    """
    Inc Ltd LLC LLP Corp Corporation GmbH AG PLC Co Company Group Bank Enterprises Industries Holdings
    Partners Associates Investment Investments Resources Services Solutions Systems Technologies Consulting
    Research Records Studios University College School Academy Institute Hospital Clinic Center Centre
    Foundation Association Society Orchestra Band Hotel Restaurant Airport Museum Library Church Cathedral
    Stadium Theatre Theater Award Awards Prize Medal County Street Road Avenue Lane Drive Boulevard Terrace
    Square Park House Hall Bridge Lake River Island Valley Mountain Administration Act Committee Commission
    Department Times Post Sentinel Herald Tribune Gazette Journal Magazine
    """.split()  # noqa: SIM905 - a list a word a line is unreadable
)
TITLE: Final = re.compile(
    r"(?<!\w)(?:mrs?|ms|miss|mx|dr|prof|professor|doctor|sir|madam|herrn?|frau|mme|mlle|monsieur"
    r"|madame|sra?|srta|se[nñ]ora?|senator|president|judge|justice|attorney|aunt|uncle|auntie|lord"
    r"|lady|captain|capt|col|colonel|gen|general|sgt|sergeant|officer|minister|rev|reverend|father"
    r"|sister|brother|nurse|detective|coach|patient|mdm|cllr|councillor|engr|pvt|lt|cpl|grandad|granddad|grandpa"
    r"|grandma|granny|nana|cousin|hr\.|fru|sig(?:\.ra|\.na|nora?|ra)?|dott(?:\.ssa|ssa|oressa|ore)?|avv|dhr|mevr(?:ouw)?"
    r"|meneer|pan(?:i[ae]?|u|em|i\u0105)?|pa\u0144stwo|senhora?|dona|do[n\u00f1]a|ma[i\u00ee]tre|docteur|dra|say\u0131n|bayan|\u00e7ev"
    r"|g\u00f6r|frk|herra|rouva|don)\.? ?\Z",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Word:
    """A word that a finder takes for a piece of a name."""

    start: int
    end: int
    says: list[float]  # of each finder, in 0..1: it is a person's
    placed: list[bool]  # of each finder: it is a place's
    by: list[str] = field(default_factory=list)
    found: float = 0.0  # evidence of the finders alone
    score: float = 0.0


def persons(
    text: str, lines: Lines, answers: Sequence[Sequence[Finding]], trusts: Sequence[Trust]
) -> list[Finding]:
    """Return the names of persons, sorted, not overlapping, with the probability that each is one."""
    words = _words(text, answers)
    for word in words:
        word.found = sum(map(_weighed, word.says, word.placed, trusts))
    for place, word in enumerate(words):
        beside = [
            words[at]
            for at in (place - 1, place + 1)
            if 0 <= at < len(words) and _touching(text, words[min(at, place)], words[max(at, place)])
        ]
        evidence = word.found
        for name, value in _signals(text, lines, word, beside):
            evidence += WEIGHTS[name] * value
        word.score = 1 / (1 + math.exp(-evidence))
    return list(_names(text, [word for word in words if word.score >= JOINED]))


def _words(text: str, answers: Sequence[Sequence[Finding]]) -> list[_Word]:
    """Return the words that someone takes for a person's, with what each finder says of them."""
    found: dict[int, _Word] = {}
    for place, answer in enumerate(answers):
        for finding in answer:
            if finding.entity != "PERSON":
                continue
            for start, end in _under(text, finding):
                word = found.get(start)
                if word is None:
                    none = [0.0] * len(answers)
                    word = found[start] = _Word(start, end, none, [False] * len(answers), [""] * len(answers))
                part = min(finding.end, end) - max(finding.start, start)
                word.says[place] += finding.score * part / (end - start)
                word.by[place] = finding.recognizer
    words = [found[start] for start in sorted(found)]
    for place, answer in enumerate(answers):
        _place(words, place, sorted((f.start, f.end) for f in answer if f.entity in PLACES))
    return words


def _place(words: list[_Word], finder: int, places: list[tuple[int, int]]) -> None:
    """Mark the words that lie in what the finder takes for a place; both are sorted."""
    at = 0
    for word in words:
        while at < len(places) and places[at][1] <= word.start:
            at += 1
        word.placed[finder] = at < len(places) and places[at][0] < word.end


def _under(text: str, finding: Finding) -> Iterator[tuple[int, int]]:
    """Yield the words that the finding touches, whole and without a possessive s."""
    at = finding.start
    while at > max(finding.start - REACH, 0) and (text[at - 1].isalnum() or text[at - 1] in _INSIDE):
        at -= 1
    for match in WORD.finditer(text, at, min(finding.end + REACH, len(text))):
        start, end = match.span()
        if start >= finding.end:
            return
        possessive = _POSSESSIVE.search(match[0])
        if possessive:
            end = start + possessive.start()
        if end > finding.start and start < end and not _is_none(text, start, end):
            yield start, end


def _is_none(text: str, start: int, end: int) -> bool:
    """Tell whether the word is a number, a common word, a handle, or a piece of a program's longer word."""
    part = text[start:end]
    if any(map(str.isdigit, part)) or (len(part) > 1 and part.lower() in NO_NAMES):
        return True
    before = text[max(start - 1, 0) : start]
    if before in _IDENTIFIER_BEFORE and not (
        (before == "." and _INITIAL.search(text, max(start - 3, 0), start))
        or (before in "#$\\" and part.istitle() and _WRITTEN_NEXT.match(text, end))
    ):
        return True
    if _IDENTIFIER_AFTER.match(text, end) is None:
        return False
    noted = part.istitle() and _NOTE_AFTER.match(text, end)
    return not (noted and _WRITTEN_BEFORE.search(text, max(start - REACH, 0), start))


def _weighed(says: float, placed: bool, trust: Trust) -> float:  # noqa: FBT001 - one of its opinions
    evidence = trust.placed if placed else 0.0
    if says <= 0:
        return evidence + trust.silent
    odds = math.log(says / (1 - says)) if says < 1 else MOST
    return evidence + max(trust.said + trust.slope * min(odds, MOST), trust.silent)


def _touching(text: str, first: _Word, second: _Word) -> bool:
    """Tell whether they may be words of one name: side by side, and written alike."""
    if text[first.start].islower() != text[second.start].islower():
        return False
    return second.start - first.end <= 2 and _GAP.fullmatch(text, first.end, second.start) is not None


def _signals(text: str, lines: Lines, word: _Word, beside: list[_Word]) -> Iterator[tuple[str, float]]:
    """Yield what lies in how the word is written, and in what stands beside it."""
    part = text[word.start : word.end]
    lower = part.lower()
    before = text[max(word.start - 24, 0) : word.start]
    yield "bias", 1
    yield "beside", max((other.found for other in beside), default=NOBODY)
    known = lower in COMMON or (lower in WORDS_TOO and not part.islower())
    if not known and _ends(word, beside):
        yield "alone", 1
    if part.islower():
        yield "lower", 1
    elif _oddly_capital(text, word, part):
        yield "capitals", 1
    if known:
        yield "known", 1
    elif lower in GIVEN:
        yield "listed", 1
    if _given_beside(text, word, before):
        yield "known beside", 1
    if TITLE.search(before):
        yield "titled", 1
    elif part in _THINGS or _names_a_thing(text, word) or _STORM.search(before):
        yield "thing", 1
    if lines.kind(word.start) != "prose":
        yield "machine", 1


def _ends(word: _Word, beside: list[_Word]) -> bool:
    """Tell whether a finder passes over the word and is sure of the one beside it."""
    return any(
        mine < TRACE and other.says[at] >= SURE for other in beside for at, mine in enumerate(word.says)
    )


def _names_a_thing(text: str, word: _Word) -> bool:
    """Tell whether a word for a firm or a place follows, at once or as the second word."""
    match = _THING.match(text, word.end, word.end + 40)
    if match is None:
        return False
    return match[1] in _THINGS or match[0].split()[0].rstrip(".,") in _THINGS


def _oddly_capital(text: str, word: _Word, part: str) -> bool:
    """Tell whether the word alone is in capitals, or has one inside that no name has."""
    if part.isupper():
        return len(part) > 1 and not _in_capitals(text, word)
    return _CAMEL.search(part) is not None and _CAMEL_NAME.match(part) is None


def _in_capitals(text: str, word: _Word) -> bool:
    """Tell whether the words around are in capitals too."""
    around = text[max(word.start - 60, 0) : word.start] + text[word.end : word.end + 60]
    return sum(map(str.isupper, around)) > sum(map(str.islower, around))


def _given_beside(text: str, word: _Word, before: str) -> bool:
    after = _NEXT.match(text, word.end, word.end + 24)
    previous = _PREVIOUS.search(before)
    lower = text[word.start : word.end].islower()
    return any(
        match is not None and match[1].islower() == lower and match[1].lower() in COMMON
        for match in (after, previous)
    )


def _names(text: str, words: list[_Word]) -> Iterator[Finding]:
    """Join the words that touch; each name needs one that is held for a name by itself."""
    run: list[_Word] = []
    for word in words:
        if run and not _linked(text, run[-1], word):
            yield from _close(text, run)
            run = []
        run.append(word)
    yield from _close(text, run)


def _linked(text: str, first: _Word, second: _Word) -> bool:
    """Tell whether the two are words of one name; small letters and capitals mix only where it is sure."""
    if second.start - first.end > LINK or _LINK.fullmatch(text, first.end, second.start) is None:
        return False
    small = [word for word in (first, second) if text[word.start].islower()]
    return len(small) != 1 or small[0].score >= MIXED


def _close(text: str, run: list[_Word]) -> Iterator[Finding]:
    if not run:
        return
    best = max(run, key=lambda word: word.score)
    if best.score < DOUBTFUL:
        return
    start, end = run[0].start, run[-1].end
    before = _BEFORE.search(text[max(start - 16, 0) : start])
    start -= len(before[0]) if before else 0
    after = _SUFFIX.match(text, end) or _INITIAL_AFTER.match(text, end)
    end = after.end() if after else end
    by = max(zip(best.says, best.by, strict=True))[1]
    yield Finding(start, end, "PERSON", round(min(best.score, 0.99), 2), by)
