"""Postal addresses: a street line is recognized by its words, and grown to all that belongs to it.

A number and a street word make a street line; a city, a post code, a unit or a
label beside it make it certain. Words that mean much else ("way", "court")
need such a proof. Each street word is looked at once, within a bounded reach.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.addresses_parts import CAP, NAME, NUM, ZIP_WITH_LETTERS, head, tail
from guardrail.detect.addresses_words import (
    AFTER_WORDS,
    BOX_WORDS,
    COMPOUNDS,
    MONTHS,
    POST_WORDS,
    PREFIXES,
    ROAD_WORDS,
    STOPS,
    SUFFIXES,
    UNIT_WORDS,
    UNSURE_COMPOUNDS,
    UNSURE_PREFIXES,
    WEAK_SUFFIXES,
)
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Addresses"]

PROVEN: Final = 0.9
LIKELY: Final = 0.65
DOUBTFUL: Final = 0.4
REACH: Final = 72  # code points before a street word
_WORD: Final = re.compile(r"[^\W\d_]{1,40}")
_EDGE: Final = r"(?:^|(?<=[\s(\[\"'>:|,;/]))"
_ORDINAL: Final = r"\d{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)"
_PARTICLE: Final = (
    r"(?:d[aeiou]s?|del|dell[ao]|dei|degli|des|du|d['’]|l['’]|la|las|los|le|les|el|di|of|the|y|e|et|van|den"
    r"|der|de"
    r"|św\.|ks\.|gen\.)"
)
# Number, then up to four names, then the street word: what stands before "Street".
_NUMBER_NAMES: Final = re.compile(
    rf"{_EDGE}(?P<n>{NUM}),?[ ]{{1,2}}(?P<names>(?:(?:{NAME}|{_ORDINAL})[ ]){{1,4}})\Z"
)
_NAMES_ONLY: Final = re.compile(
    rf"(?:^|(?<=[\s(\[\"'>:|,;/]))(?P<names>(?:(?:{CAP}|\d{{1,3}}\.)[ ]){{1,3}})\Z"
)
_GLUED: Final = re.compile(rf"(?:^|(?<=[\s(\[\"'>:|,;/]))(?:{CAP}-)\Z")
_NUMBER_ONLY: Final = re.compile(rf"{_EDGE}(?:{NUM}),?[ ]{{1,2}}\Z")
_NO: Final = r"(?:(?:n[º°.o]{1,2}|nr\.?|no[.:]?|núm\.?|número|num\.?|km\.?|#|д\.|č\.p\.)[ ]?:?[ ]?)"
_AFTER_NUMBER: Final = re.compile(
    rf"\.?,?[ ]{{1,2}}(?i:{_NO})?{NUM}\.?(?![\w%€$£°:]|[.,]\d|[ ]?(?i:minute|min|stunde|uhr|km|m|meter|mal"
    rf"|prozent|jahre)\w*)"
)
_NAMES_NUMBER: Final = re.compile(
    rf"[./]{{0,2}}[ ]{{0,2}}(?P<names>(?:(?:{_PARTICLE}[ ]?){{0,3}}(?:{CAP}|\d{{1,3}}\.?(?=[ ](?:{CAP}"
    rf"|{_PARTICLE}[ ]|{_NO}|#)))[ ]?){{1,5}}),?[ ]{{0,2}}"
    rf"(?:(?i:{_NO}){NUM}(?:[ ]?-[ ]?\d{{1,3}})?|(?<![\d.])(?!\d{{5}}){NUM}|(?i:s[ ]?/[ ]?n\b|sn\b"
    rf"|km\.?[ ]\d{{1,4}}(?:[.,]\d{{1,3}})?))(?![\w%€$£:@]|[.,]\d)"
)
_LOWER_NUMBER: Final = re.compile(
    rf"[./]?[ ]{{0,2}}(?P<names>(?:{NAME}[ ]){{1,4}}),?(?i:{_NO})?{NUM}(?![\w%€$£:@]|[.,]\d)"
)
_NAMES_AFTER: Final = re.compile(
    rf"\.?[ ](?P<names>(?:{_PARTICLE}[ ]?){{0,3}}{NAME}"
    rf"(?:[ -](?:(?:{_PARTICLE}[ ]?){{1,3}})?{CAP}){{0,4}}(?:[ ]\d{{1,3}}[a-z]?(?!\w))?)"
)
_DIRECTION: Final = re.compile(
    r"[.]?[ ](?i:n|s|e|w|ne|nw|se|sw|north|south|east|west|northeast|northwest|southeast"
    r"|southwest)\b(?![-'’\w])\.?"
)
_TITLE_AFTER: Final = re.compile(r"\.?[ ][A-Z][a-z]")
_LABEL_BEFORE: Final = re.compile(  # matched at the beginning of a word
    r"(?i:(?:address|adresse|anschrift|adress|adres|indirizzo|direcci[oó]n|domicilio|endereço|morada"
    r"|residence|location"
    r"|street|(?:resid|liv|locat|situat|bas|mov|shipp|deliver|sen[dt]|return|call|meet|pick)\w*|arrived?"
    r"|office|property"
    r"|home|house|wohn\w+|wohnt|liegt|viv[eo]|reside|abita|woont|mieszka|mora|habite|demeurant|domicili\w+|bor"
    r"|sede|gelegen)\b"
    r"(?:[ ](?:is|was|are|at|in|on|to|of|a|taxi|her|him|it|me|us|you|up|the|new|my|our|ist|en|nach|w|na|à|au"
    r"|em|i|på)\b){0,5}"
    r"[:=]?\s{0,4}[\"'>]?)\Z"
)
_LABEL_STEMS: Final = frozenset(
    """add adr ans ind dir dom end mor res loc str liv sit bas mov shi del sen ret cal mee pic arr off pro hom
    hou woh lie viv abi woo mie hab dem bor sed gel""".split()  # noqa: SIM905 - a list of words reads as words
)
_WORDS: Final = re.compile(r"\w+")
MOST_BEHIND: Final = 40  # code points that five small words and marks behind a label may have
_BOX: Final = re.compile(
    r"(?i:(?<![\w-])(?:p\.?[ ]?o\.?[ ]?box|post[ ]office[ ]box|gpo[ ]box|locked[ ]bag|private[ ]bag|postfach"
    r"|postbus|postboks|box"
    r"|boîte[ ]postale|b\.?p\.?|apartado(?:[ ](?:de[ ]correos|postal))?|apdo\.?(?:[ ]postal)?|aptdo\.?"
    r"|casella[ ]postale|c\.p\."
    r"|skr(?:ytka|\.)[ ](?:pocztowa|poczt\.)|caixa[ ]postal|\u0430/\u044f)[ ]{1,2}(?:(?:no|nr)\.?[ ])?(?:x"
    r"|aa)?[ ]?)"
    r"\d{1,6}(?:[ ]\d{2}){0,2}(?![\w@]|[-.,/]\d)"
)
_SURE_BOX: Final = re.compile(r"(?i:p\.?[ ]?o|post|gpo|apartado|apdo|casella|caixa|boîte|skr|locked|private)")
_MILITARY: Final = re.compile(
    r"(?i:(?<![\w-])(?:(?:psc|cmr|unit|omc)[ ]\d{1,5},?[ ]box[ ]\d{1,5}|(?:uss|usns|usnv"
    r"|uscgc)[ ]\w[\w ]{1,30}\w))"
    r",?(?:[ ]|[ ]?\r?\n[ ]{0,8})(?i:[afd]po,?[ ]a[aep],?[ ]\d{5}(?:-\d{4})?)"
    r"|(?<![\w-])(?i:[afd]po,?[ ]a[aep],?[ ]\d{5}(?:-\d{4})?)(?!\w)"
    r"|(?<![\w-])(?i:(?:psc|cmr|unit)[ ]\d{1,5},?[ ]box[ ]\d{1,5})(?!\w)"
    r"|(?<![\w-])(?i:(?:rr|rural[ ]route|hc|hcr|star[ ]route)[ ]?\#?\d{1,3},?[ ]box[ ]\d{1,5}[A-Z]?)(?!\w)"
)
# A road that has a number for a name: "4500 N County Road 12", "17 State Route 9W".
_NUMBERED: Final = re.compile(
    rf"{_EDGE}{NUM}[ ](?:(?i:n|s|e|w|north|south|east|west|old)\.?[ ]){{0,2}}"
    r"(?i:(?:county|state|us|u\.s\.|farm[ ]to[ ]market|ranch|forest|private)[ ](?:road|rd|route|rte|highway"
    r"|hwy)|highway|hwy|route"
    r"|rte|interstate|cr|fm|sr|us-|i-|avenue|ave)[ ]?(?:[A-Z](?!\w)|\d{1,4}[A-Za-z]?)(?!\w)"
)
_CORNER: Final = re.compile(
    rf"\b(?i:(?:the )?corner of )(?:(?:\d{{1,5}}[ ])?(?:(?:{CAP}|{_ORDINAL}"
    rf"|{_PARTICLE})[ ]){{1,6}}(?:\d{{1,5}}[a-z]?\.?[ ])?)"
    rf"(?:and|&) (?:{CAP}|{_ORDINAL}|van|de|ten)(?:[ ]{CAP}){{0,3}}"
)
_ZIP_FORM: Final = re.compile(rf"\b(?=[A-Z]{{1,3}} ?\d)(?<!-){ZIP_WITH_LETTERS}(?![\w-])")
_STREET_THEN_UNIT: Final = re.compile(
    rf"{_EDGE}(?P<v>(?:\d{{1,5}}[ ]){{0,2}}{CAP}"
    rf"(?:[ ](?:{_PARTICLE}[ ]){{0,2}}{CAP}){{0,4}}(?:[ ]\d{{1,5}}[a-z]?\.?)?)"
    rf",?(?:[ ]|[ ]?\r?\n[ ]{{0,8}}(?:[>|*#]{{1,3}}|\?{{3}})?[ ]{{0,4}})(?=(?i:apt|apartment|suite|ste|unit"
    rf"|flat)\b\.?[ ]?#?\w)"
)


_STREETS: Final = SUFFIXES | WEAK_SUFFIXES | PREFIXES | AFTER_WORDS
_ENDS: Final = frozenset(end[-3:] for end in (*COMPOUNDS, *UNSURE_COMPOUNDS))
# A form, the words of which a text must hold one, and its score.
_FORMS: Final = (
    (BOX_WORDS, _BOX, LIKELY),
    (POST_WORDS, _MILITARY, PROVEN),
    (ROAD_WORDS, _NUMBERED, LIKELY),
    (frozenset({"corner"}), _CORNER, LIKELY),
    (UNIT_WORDS, _STREET_THEN_UNIT, LIKELY),
)


class Addresses:
    """Finds street addresses, boxes and military posts of the countries whose street words it knows."""

    name: Final = "guardrail/address"
    entities: Final = frozenset({"ADDRESS"})
    needs: Final = re.compile(r"\d")

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield addresses: 0.9 where something beside them proves them, 0.65 for a number with a street word.

        The proof is a city, a code, a unit or a label. What needs one and has none
        is doubtful (0.4): a name finder may know better.
        """
        words = frozenset(map(str.lower, _WORD.findall(text)))
        for start, end, score in _tables(text, words):
            yield Finding(start, end, "ADDRESS", score, self.name)
        if words.isdisjoint(_STREETS) and not any(word[-3:] in _ENDS for word in words):
            return
        last = 0
        for match in _WORD.finditer(text):
            word = match[0].lower()
            if match.start() < last or (word not in _STREETS and word[-3:] not in _ENDS):
                continue
            line = _line(text, match, word)
            if line is not None:
                start, end, score = _grown(text, *line)
                last = end
                yield Finding(start, end, "ADDRESS", score, self.name)


def _tables(text: str, words: frozenset[str]) -> Iterator[tuple[int, int, float]]:
    """Yield what has a form of its own, where the text holds its words: boxes, posts, roads, corners."""
    for match in _ZIP_FORM.finditer(text):
        yield (*match.span(), DOUBTFUL)
    for needed, pattern, score in _FORMS:
        if words.isdisjoint(needed):
            continue
        last = 0
        for match in pattern.finditer(text):
            group = "v" if pattern.groupindex else 0
            if match.start() < last or not any(map(str.isdigit, match[group])):
                continue
            sure = DOUBTFUL if pattern is _BOX and _SURE_BOX.match(match[0]) is None else score
            start, last, sure = _grown(text, *match.span(group), sure)
            yield start, last, sure


def _grown(text: str, start: int, end: int, score: float) -> tuple[int, int, float]:
    """Return the address around a street line, surer where something proves it."""
    start = head(text, start)
    end, proven = tail(text, end)
    end -= _period(text, end)
    if proven or score >= PROVEN or _labelled(text, start):
        score = PROVEN
    return start, end, score


def _labelled(text: str, start: int) -> bool:
    """Tell whether a word for an address or for living somewhere stands before it."""
    before = text[max(start - REACH, 0) : start]
    least = len(before) - MOST_BEHIND
    return any(
        word[0][:3].lower() in _LABEL_STEMS
        and word.end() >= least
        and _LABEL_BEFORE.match(before, word.start())
        for word in _WORDS.finditer(before)
    )


def _line(text: str, match: re.Match[str], word: str) -> tuple[int, int, float] | None:
    """Return the street line that the word at `match` makes with what stands around it."""
    if word in PREFIXES and _NUMBER_ONLY.search(_before(text, match)[0]):
        line = _named_after(text, match, word)
        if line is not None:
            return line
    if word in SUFFIXES or word in WEAK_SUFFIXES:
        line = _number_first(text, match, word)
        if line is not None:
            return line
    if word in AFTER_WORDS:
        line = _names_then_number(text, match)
        if line is not None:
            return line
    if word in PREFIXES:
        line = _named_after(text, match, word)
        if line is not None:
            return line
    if word.endswith(COMPOUNDS) or (word.endswith(UNSURE_COMPOUNDS) and not match[0].islower()):
        return _compound(text, match, word)
    return None


def _before(text: str, match: re.Match[str]) -> tuple[str, int]:
    base = max(match.start() - REACH, 0)
    return text[base : match.start()], base


def _number_first(text: str, match: re.Match[str], word: str) -> tuple[int, int, float] | None:
    """Read "12 Oak Street": the number and the names stand before the word."""
    before, base = _before(text, match)
    found = _NUMBER_NAMES.search(before)
    if found is None or text[match.end() : match.end() + 1] in {"'", "’", "-", "_", "/", "@"}:
        return None
    names = found["names"].split()
    if any(_stops(name, match[0]) for name in names):
        return None
    if word == "dr" and _TITLE_AFTER.match(text, match.end()):
        return None
    capital = match[0][0].isupper() and all(not name[0].islower() for name in names if name != "of")
    strong = word in SUFFIXES and (
        capital or word in {"street", "st", "avenue", "ave", "road", "rd", "boulevard", "blvd"}
    )
    if all(name.lower().rstrip(".") in MONTHS for name in names):
        strong = False
    direction = _DIRECTION.match(text, match.end())
    end = direction.end() if direction else match.end() + text.startswith(".", match.end())
    return base + found.start(), end, LIKELY if strong else DOUBTFUL


def _stops(name: str, street: str) -> bool:
    """Tell whether the word cannot be part of a street's name; "MG Road" holds initials, no measure."""
    initials = len(name) == 2 and name.isupper() and not street.isupper()
    return name.lower() in STOPS and not initials


def _named_after(text: str, match: re.Match[str], word: str) -> tuple[int, int, float] | None:
    """Read "Calle Mayor 5" and "12 rue de la Paix": the names stand after the word."""
    mark = text[match.end() : match.end() + 1]
    if len(word) < 3 and (mark not in {".", "/"} or (len(word) == 1 and word != "r" and mark != "/")):
        return None
    sure = LIKELY if word not in UNSURE_PREFIXES else DOUBTFUL
    before, base = _before(text, match)
    found = _NUMBER_ONLY.search(before)
    after = _NAMES_AFTER.match(text, match.end()) if found is not None else None
    if found is not None and after is not None and STOPS.isdisjoint(after["names"].lower().split()[:1]):
        named = any(map(str.isupper, after["names"])) or word == "rue"
        return base + found.start(), after.end(), sure if named else DOUBTFUL
    after = _NAMES_NUMBER.match(text, match.end())
    if after is not None and (any(map(str.isalpha, after["names"])) or "#" in after[0]):
        return match.start(), after.end(), sure
    if sure == LIKELY and match[0].islower() and len(word) > 3:
        after = _LOWER_NUMBER.match(text, match.end())
        if after is not None and STOPS.isdisjoint(after["names"].lower().split()):
            return match.start(), after.end(), DOUBTFUL
    return None


def _names_then_number(text: str, match: re.Match[str]) -> tuple[int, int, float] | None:
    """Read "Lange Straße 12": names, the word, the number."""
    number = _AFTER_NUMBER.match(text, match.end())
    if number is None:
        return None
    before, base = _before(text, match)
    found = _NAMES_ONLY.search(before) or _GLUED.search(before)
    if found is None:
        return None
    english = match[0].lower() in SUFFIXES
    return base + found.start(), number.end(), DOUBTFUL if english else LIKELY


def _compound(text: str, match: re.Match[str], word: str) -> tuple[int, int, float] | None:
    """Read "Hauptstraße 12": the street word is the end of the name."""
    number = _AFTER_NUMBER.match(text, match.end())
    if number is None or len(word) < 6:
        return None
    before, base = _before(text, match)
    glued = _GLUED.search(before)
    sure = word.endswith(COMPOUNDS) and (
        match[0][0].isupper() or word.endswith(("straße", "strasse", "straat", "gatan"))
    )
    start = base + glued.start() if glued else match.start()
    return start, number.end(), LIKELY if sure else DOUBTFUL


def _period(text: str, end: int) -> int:
    """Return 1 where the last code point is the period of the sentence."""
    return int(text[end - 1] == "." and text[end : end + 1] in {"", " ", "\n", "\r", '"'})
