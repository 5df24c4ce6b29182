"""Ages that no word calls so: `Ann Roe, 34, of Leeds`, `my aunt (62)`, `M/39`, `six-year-old`.

A bare number is somebody's age where it stands in apposition: behind a name or a
word for a person, between commas or in brackets, and where prose goes on. By
form alone such a number is believed only behind a full name; with a person that
a name finder found right before it, behind any. Everything is anchored at the
number, with a bounded piece of text looked at before it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from guardrail.detect.ages_words import KIN, NUMBER, PATTERNS
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["AgesBeside", "beside_names"]

SURE: Final = 0.65
FORM: Final = 0.55
WEAK: Final = 0.4  # until a person is found right before it
LESS: Final = 0.01  # a finding inside a login name or password is less certain by so much
WEAKLY: Final = "guardrail/age:name"
LOOK: Final = 72
BEFORE: Final = 64  # code points before a number and behind it that the patterns look at
BEHIND: Final = 32
NEAR: Final = 24  # what may stand between a name and the age: (née Drummond),
_UNIT: Final = (
    r"(?:years?|yrs?\.?|y/?o\b|ans|años?|anni|anos|jaar|jahre?n?|lat|år|aa|j\.|l\.(?=[,)\s;])|a\.(?=[,)\s;]))"
)
# In English the number alone is the age, elsewhere its unit belongs to it (ages.py).
_ENGLISH: Final = re.compile(r"\s?(?:years?|yrs?\.?|y/?o|y)\Z", re.IGNORECASE)
_ROLE: Final = (
    r"man|woman|boy|girl|male|female|lady|gentleman|teen(?:ager)?|pensioner|student|teacher|nurse"
    r"|doctor|driver|rider"
    r"|cyclist|pedestrian|passenger|victim|suspect|defendant|witness|officer|soldier|secretary"
    r"|minister|president"
    r"|chancellor|senator|mayor|judge|lawyer|solicitor|barrister|actor|actress|singer|rapper|author"
    r"|novelist|writer|poet"
    r"|artist|painter|musician|footballer|striker|midfielder|goalkeeper|defender|captain|coach|boxer|champion"
    r"|politician|banker|businessman|businesswoman|farmer|builder|plumber|electrician|chef|engineer"
    r"|scientist|professor"
    r"|priest|vicar|bishop|widow(?:er)?|veteran|resident|tourist|hiker|climber|pilot|sailor|star"
    r"|presenter|comedian"
    r"|model|star|billionaire|founder|patient|client|customer|applicant|claimant|mother-of-\w{2,6}"
    r"|father-of-\w{2,6}"
    r"|mum-of-\w{2,6}|dad-of-\w{2,6}|paciente|patientin|patiente?|paziente|doente|pacjentk?a"
    r"|patiënte?|patienten"
    r"|masculin[oe]?|féminine?|femenin[oa]|feminino|männlich|weiblich|maschio|femmina|mężczyzna"
    r"|kobieta|kvinna|kvinde"
)
_PEOPLE: Final = re.compile(rf"(?<![\w-])(?:{KIN}|{_ROLE}|♀|♂)\Z", re.IGNORECASE)
_TITLE: Final = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Dame|Lady|Lord|Sgt|Cpl|Pt|Pat|Herr|Frau|Hr|Fr|Mme|Mlle|M"
    r"|Sr|Sra|Srta|Don|Doña"
    r"|Sig|Sig\.ra|Dhr|Mevr|Mw|Pan|Pani|Dona|Pz|Paz|Doente|Herrn"
    r"|Fru)\.?\s[A-Z\u00c0-\u017d][\w'\u2019-]{1,24}\Z"
)
_WORD: Final = r"[A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u017d][\w'\u2019]{0,20}(?:-[\w'\u2019]{1,20}){0,2}\.?"
_SMALL: Final = r"(?:de|del|della|di|da|dos|das|do|la|le|van|von|der|den|ter|zu|bin|al|el|ibn|y|e|af|av|d')"
_NICK: Final = "[\"'\u201c\u2018(][^\\W\\d_][^\"'()\\d\\n]{1,24}[\"'\u201d\u2019)]"
_FULL: Final = re.compile(
    rf"(?<![\w.])(?P<name>{_WORD}(?:\s(?:{_SMALL}\s){{0,2}}(?:{_WORD}|{_NICK})){{1,4}})"
    rf"(?:\s\([^()\d\n]{{2,24}}\))?\Z"
)
_FIRST: Final = re.compile(r"(?<![\w.])[A-Z\u00c0-\u017d][\w'\u2019-]{1,24}\Z|(?<!\w)(?:I|me|op)\Z")
# Words that no person's name in apposition has: streets, parts of a book or house, contests, months.
_NO_NAME: Final = frozenset(
    """
    chapter section article part volume vol page pages table figure fig psalm act scene verse book room
    suite apt apartment unit flat gate level route highway lot block platform terminal exit line bus tram
    flight seat row class grade model version windows office iphone ipad galaxy cup league premier
    championship united city town rovers albion wanderers rangers athletic real fc afc sc new north south
    east west san los las saint street road avenue lane drive square park hotel house hall court inc ltd
    llc gmbh university college school hospital act code law bill rule regulation directive season episode
    game match round week day vitamin type article artikel artículo kapitel abschnitt seite page capítulo
    via viale corso piazza pza largo vicolo strada rua avenida calle plaza paseo rue place boulevard quai
    chemin impasse allée straße strasse str weg platz gasse allee straat laan plein gatan vägen gata vej
    gade ulica ul aleja al os plac total january february march april may june july august september
    october november december jan feb mar apr jun jul aug sep oct nov dec monday tuesday wednesday
    thursday friday saturday sunday item items price qty size ages stage step option question top number
    no nr""".split()  # noqa: SIM905 - words read better as prose
)
_STREET: Final = re.compile(
    r"(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|straat|laan|plein|gatan|vägen|gade|vej)\Z", re.IGNORECASE
)
_APPOSED: Final = re.compile(
    rf",\s{{1,2}}(?:(?:de|di|com|con|aged)\s|d['\u2019])?(?P<v>{NUMBER}(?P<unit>(?:\s|-)?{_UNIT})?)"
    r"(?P<rest>,\s{1,2}[a-z\u00df-\u00ff\u201c\"(]|,\s{1,2}[A-Z\u00c0-\u017d]|\s?[.;](?=\s|\Z)"
    r"|,?(?:\n|\Z)|\s\()",
    re.IGNORECASE,
)
_BRACKETED: Final = re.compile(
    rf"[(\[](?:(?P<sex>[MFmf])[,/ ]{{0,2}})?(?P<v>{NUMBER}(?P<unit>\s?{_UNIT})?)"
    r"(?:[,/ ]{0,2}(?P<sex2>[MFmf]|m/f))?[)\]]"
    r"(?![\w(\[])",
    re.IGNORECASE,
)
_AND: Final = r"(?:,\s|\s?/\s?|,?\s(?:and|&|or|und|et|y|e|en|i|och|og)\s)"
_LIST: Final = re.compile(
    rf"\b(?:aged?|ages|aged\sbetween)\s?:?\s(?P<list>{NUMBER}(?:{_AND}{NUMBER}){{1,5}})(?![\w%]|[./:-]\d)",
    re.IGNORECASE,
)
_KIDS: Final = re.compile(
    r"\b(?:kids|children|sons|daughters|boys|girls|twins|siblings|kinder|kindern|enfants|hijos|figli"
    r"|kinderen|filhos|dzieci"
    rf"|barn|børn)\s?[(,]\s?(?P<list>{NUMBER}(?:{_AND}{NUMBER}){{1,5}})\s?[),.]",
    re.IGNORECASE,
)
_EACH: Final = re.compile(r"\d{1,3}")


class AgesBeside:
    """Finds ages in apposition, beside a sex, in lists and in words."""

    name: Final = "guardrail/age"
    entities: Final = frozenset({"AGE"})
    needs: Final = re.compile(r"[0-9]|[- ](?:years?|months?|weeks?)[- ]old", re.IGNORECASE)

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield ages: 0.6 to 0.7 beside words, 0.55 behind a full name, 0.4 where a person must be found."""
        yield from self._worded(text)
        for match in _APPOSED.finditer(text):
            score = _apposed(text[max(match.start() - LOOK, 0) : match.start()], match)
            if score:
                yield self._finding(match, score)
        for match in _BRACKETED.finditer(text):
            score = _bracketed(text[max(match.start() - LOOK, 0) : match.start()].removesuffix(" "), match)
            if score:
                yield self._finding(match, score)

    def _worded(self, text: str) -> Iterator[Finding]:
        lower, whole, places = text.lower(), [(0, len(text))], _around_numbers(text)
        for pattern in (_LIST, _KIDS):
            for match in (one for piece in places for one in pattern.finditer(text, *piece)):
                for each in _EACH.finditer(text, *match.span("list")):
                    yield Finding(*each.span(), "AGE", SURE, self.name)
        for score, hints, pattern in PATTERNS:
            if any(hint in lower for hint in hints):
                for piece in whole if "old" in hints else places:
                    for match in pattern.finditer(text, *piece):
                        yield Finding(*match.span("v"), "AGE", score, self.name)

    def _finding(self, match: re.Match[str], score: float) -> Finding:
        start, end = match.span("v")
        unit = _ENGLISH.search(match["unit"] or "")
        return Finding(start, end - len(unit[0]) if unit else end, "AGE", score, WEAKLY)


def _around_numbers(text: str) -> list[tuple[int, int]]:
    """Return the disjoint pieces of the text that hold numbers, with what may stand around them."""
    places: list[tuple[int, int]] = []
    for match in _EACH.finditer(text):
        start, end = max(match.start() - BEFORE, 0), min(match.end() + BEHIND, len(text))
        if places and start <= places[-1][1]:
            places[-1] = (places[-1][0], end)
        else:
            places.append((start, end))
    return places


def _apposed(before: str, match: re.Match[str]) -> float:
    """Score a number between commas: behind a word for a person, a full name before prose, or a word."""
    rest = match["rest"]
    prose = rest[-1:].islower() or rest[-1:] in {"\u201c", '"', "("}
    if _PEOPLE.search(before):
        return SURE if match["unit"] else FORM if prose and len(match["v"]) > 1 else 0.0
    if _place(before):
        return 0.0
    if _FULL.search(before) or _TITLE.search(before):
        if match["unit"] or prose:
            return SURE if match["unit"] else FORM
        return WEAK
    return WEAK if _FIRST.search(before) and (match["unit"] or prose) else 0.0


def _bracketed(before: str, match: re.Match[str]) -> float:
    """Score a number in brackets: behind a word for a person or beside a sex; else a person must be found."""
    sex = match["sex"] or match["sex2"]
    if _PEOPLE.search(before):
        return SURE
    if _place(before) or not (_FIRST.search(before) or _FULL.search(before)):
        return 0.0
    return SURE if match["unit"] or (sex and (sex.isupper() or _FIRST.search(before))) else WEAK


def _place(before: str) -> bool:
    """Tell whether a word of the supposed name says that it is none: a street, a chapter, a club."""
    words = re.split(r"[\s,.]+", before[-40:].rsplit("\n", 1)[-1])[-5:]
    return any(word.lower() in _NO_NAME or _STREET.search(word) for word in words if word[:1].isupper()) or (
        re.search(r"(?<!\w)(?:via|rue|rua|calle|ul\.|al\.)\s[^,\n]{1,40}\Z", before, re.IGNORECASE)
        is not None
    )


def beside_names(text: str, findings: Sequence[Finding]) -> list[Finding]:
    """Believe a number beside a person that was found, and doubt one beside what is no person.

    A login name or password outdoes the readings inside it: nobody's name is `dvolkov`
    beside "login", no address `Plum-Harbor-93` beside "password". They stay, a little less
    certain: who acts on persons alone must not let `dvolkov` through.
    """
    if all(f.entity not in {"AGE", "SECRET", "USERNAME"} for f in findings):
        return list(findings)
    names = sorted(
        (f.end, f.start, f.entity) for f in findings if f.entity in _NAMED and f.score >= FORM - 0.05
    )
    holders = sorted((f.start, f.end, f.score) for f in findings if f.entity in _TOLD and f.score >= FORM)
    judged = [_judged(text, names, f) if f.recognizer == WEAKLY and f.score < SURE else f for f in findings]
    ages = {place for f in judged if f.entity == "AGE" and f.score >= FORM for place in (f.start, f.end)}
    kept: list[Finding] = []
    for finding in judged:
        if finding.entity not in _NAMED or finding.score >= 1:
            kept.append(finding)
        elif finding.entity == "ADDRESS" and not ages.isdisjoint(_ends(text, finding)):
            kept += _behind(text, finding)
        elif text[finding.start] in "@#":  # a handle may spell a name
            kept.append(finding)
        else:
            kept.append(_outdone(holders, finding))
    return kept


def _ends(text: str, finding: Finding) -> tuple[int, int]:
    """Return where an address begins, and where the number with its unit ends that it ends with."""
    last = text[finding.end - 1 : finding.end].isdigit()
    unit = re.match(r"\s\w{2,5}", text[finding.end : finding.end + 8]) if last else None
    return finding.start, finding.end + len(unit[0]) if unit else -1


def _behind(text: str, finding: Finding) -> list[Finding]:
    """Return what of an address stands behind an age: `45, of 9 Tollgate Court`."""
    rest = re.match(r"\d{1,3}, (?:of|from|at|living at) (?=\d)", text[finding.start : finding.end])
    return [replace(finding, start=finding.start + rest.end())] if rest else []


_NAMED: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "ADDRESS"})
_TOLD: Final = frozenset({"SECRET", "USERNAME"})


def _judged(text: str, names: list[tuple[int, int, str]], finding: Finding) -> Finding:
    at = bisect_left(names, (finding.start + 1,))
    for end, start, entity in reversed(names[max(at - 4, 0) : at]):
        between = text[end : finding.start]
        if len(between) > NEAR or not re.fullmatch(
            r"(?:\s\([^()\d]{1,20}\))?[,\s(\[\"mMfF/]{1,4}(?:de |di |d'|com )?", between
        ):
            continue
        if entity == "PERSON":
            alone = "(" in between and " " not in text[start:end]
            if alone and not _PEOPLE.search(text[max(start - 20, 0) : start].rstrip()):
                return finding  # Miller (12): a source as often as a person
            return replace(finding, score=max(finding.score, 0.6))
        return replace(finding, score=min(finding.score, WEAK))
    return finding


def _outdone(holders: list[tuple[int, int, float]], finding: Finding) -> Finding:
    """Return the finding, less certain than the login name or password that it lies in."""
    at = bisect_left(holders, (finding.start + 1,))
    scores = [score for _, end, score in holders[max(at - 2, 0) : at] if end >= finding.end]
    return replace(finding, score=min(finding.score, min(scores) - LESS)) if scores else finding
