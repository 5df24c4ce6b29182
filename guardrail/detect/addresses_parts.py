"""What stands before and after a street line: units, cities, regions, post codes, countries.

Every pattern is bounded and matched at one place, so that growing an address
costs the same wherever it stands. Post-code forms are those of the Universal
Postal Union's member pages; letters that a country never uses are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.addresses_words import COUNTRIES, STATE_CODES, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NAME", "NUM", "UNIT", "ZIP", "head", "is_code", "tail"]


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern of the words, the longest first, with one branch for each first letter.

    The engine tries branch after branch: two hundred where a text looks like an address everywhere.
    """
    branches: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        branches.setdefault(word[0].lower(), []).append(re.escape(word[1:]))
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in sorted(branches.items()))


# A house number: 12, 12a, 12-14, 12/3, 12 1/2, 12 bis, 5-2-1.
NUM: Final = (
    r"\d{1,5}(?:[ ]?[A-Za-z](?![\w'’.])|[ ](?:bis|ter|quater)\b|[ ]1/2)?"
    r"(?:[ ]?[-/+&][ ]?\d{1,4}[A-Za-z]?(?!\w)){0,2}(?!\w)"
)
NAME: Final = r"[^\W\d_][\w.'’-]{0,30}"
CAP: Final = r"(?:(?![a-zß-öø-ÿ])[^\W\d_][\w.'’-]{0,30})"
_SMALL: Final = (
    "de la|de las|de los|de l[ae]|d[aeiou]s?|del|della|delle|dei|sur|sous|am|an der|an|im|in|on|upon|the|of"
    "|ob|nad|pod|op|aan"
    "|van der|van den|van|den|der|das|el|la|le|les|los|las|y|e|et|und|na|i|en|les|lez|bei|v|u"
)
# Up to four words, each with a capital letter; small ones between them.
CITY: Final = rf"{CAP}(?:[ ](?:(?:{_SMALL})[ ])?{CAP}){{0,3}}"
# At most one line break, with the marks of a quoted mail or a list before the next line.
GAP: Final = (
    r"(?=[\s,;.|-])[ \t]{0,3}(?:[,;.|][ \t]{0,3})?(?:-[ \t])?"
    r"(?:\r?\n[ \t]{0,12}(?:[>|*#]{1,3}|\?{3})?[ \t]{0,4}(?:,[ \t])?)?"
)
_WIDE: Final = (
    r"(?=[\s,;.|-])[ \t]{0,3}(?:[,;.|][ \t]{0,3})?"
    r"(?:(?:\r?\n[ \t]{0,12}(?:[>|*#]{1,3}|\?{3})?[ \t]{0,4}){1,2})?"
)
_GB: Final = r"(?:GIR ?0AA|[A-PR-UWYZ][A-HK-Y]?\d[\dABCDEFGHJKMNPRSTUVWXY]? ?\d[ABD-HJLNP-UW-Z]{2})"
_CA: Final = r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d"
_IE: Final = r"(?:[AC-FHKNPRTV-Y]\d\d|D6W) ?[\dAC-FHKNPRTV-Y]{4}"
# Forms that need no label: letters and digits in an order that is rare elsewhere.
ZIP_WITH_LETTERS: Final = (
    rf"(?:{_GB}|{_CA}|{_IE}|[A-HJ-NP-Z]\d{{4}}[A-Z]{{3}}|(?:VLT|SLM|FNT|BKR|MST) ?\d{{4}})"
)
ZIP: Final = (
    rf"(?:{ZIP_WITH_LETTERS}|〒? ?\d{{3}}-\d{{4}}|\d{{5}}-\d{{3}}|\d{{5}}(?:-?\d{{4}})?|\d{{4}}[ ]?[A-Z]{{2}}"
    rf"|\d{{4}}-\d{{3}}"
    r"|\d{2}-\d{3}|\d{3} \d{2}|\d{2}\.?\d{3}(?:-\d{3})?|\d{3} ?\d{3}|\d{7}|\d{4}|(?:[A-Z]{1,2}|CEP"
    r"|CP)[- ]?\d{4,6}(?:-\d{3})?)"
    r"(?![\w@]|[-.,/]\d|[ ]\d{3})"
)
_ZIP_WORDS: Final = (
    r"(?:(?i:zip(?:[ -]?code)?|post(?:al|leitzahl)?[ -]?code|plz|c\.?p\.?|cep|cap|código postal|code postal"
    r"|pin(?:code)?)"
    r"[ :.-]{1,3})?"
)
_NOT_AFTER: Final = r"(?![\w'’@-])"
_UNITS: Final = """
    apartment apartement appartement apt appt suite ste unit flat floor flr room rm bldg building block
    blk tower wing lot trlr trailer spc department penthouse villa phase sector shop wohnung whg etage
    stock stiege top hinterhaus aufgang piso pta puerta planta escalera portal bloque depto dpto
    departamento interior interno scala bâtiment batiment bât étage escalier lokal mieszkanie apto andar
    bloco sala casa conjunto lote quadra lejl lgh lägenhet boîte huis daire кв корп оф
    """.split()  # noqa: SIM905 - a list of words reads as words
UNIT: Final = (
    rf"(?:(?i:{_any_of(_UNITS)})\b\.?[ ]?(?:(?i:no\.?|nr\.?|n[º°])|[:#])?[ ]{{0,2}}"
    r"(?:\d{1,5}(?:[ ]?[A-Za-z]\b|[-/]\w{1,4}\b)?|[A-Za-z]{1,2}-?\d{1,4}[A-Za-z]?|[A-Z]|[b-h])(?![\w'’@-]"
    r"|\.\d)"
    r"|(?i:app|level|dept|ph|house|haus|esc|int|lok|m|ap|bat|bus|bte|kat|no|nr|n[º°]|esq)\b\.?[ ]?[:#]?[ ]?"
    r"\d{1,4}[A-Za-z]?(?![\w'’@-]|[.,]\d)"
    r"|\#[ ]?(?:[A-Za-z]{1,2}[ -]?)?\d{1,5}[A-Za-z]?(?!\w)|\#[ ]?[A-Za-z](?:-?\d{1,4})?(?!\w)"
    r"|[A-Za-z]\d{2,4}(?!\w)"
    r"|(?i:\d{1,3}(?:st|nd|rd|th)[ ](?:floor|fl|flr)|\d{1,2}\.[ ]?(?:OG|etage|stock|th|tv|mf|sal)|(?:st"
    r"|kl)\.?[ ](?:th|tv|mf)"
    r"|(?:ground|first|second|third|fourth|fifth|top|lower|upper)[ ]floor|basement|dcha|izda"
    r"|\d{1,2}(?:e|er|[eè]me)?[ ]étage)(?!\w)\.?"
    r"|\d{1,2}[ºª°o]?[ ]?(?:[A-H]|(?i:izda?|izqda?|dcha?|dta|esq|dto))(?![\w'’])\.?"
    r"|\d{1,2}[ºª°](?:[ ]?-?[ ]?\d{1,2}[ºª°])?"
    r"|(?i:s[ ]?/[ ]?n|sn)(?!\w))"
)
_STATE: Final = _any_of(name for name in STATES if len(name) > 2)
_CODE: Final = _any_of(STATE_CODES)
_COUNTRY: Final = _any_of(COUNTRIES)
_LOOSE: Final = rf"{NAME}(?:[ ]{NAME}){{0,3}}"

_UNIT_AFTER: Final = re.compile(rf"(?:{GAP})[-(]?[ ]?(?:{UNIT})\)?")
_ZIP_AFTER: Final = re.compile(
    rf"{GAP}{_ZIP_WORDS}{ZIP}(?:[ ]?,?[ -]{{1,3}}(?P<city>{CITY})(?:,?[ ][A-Z]{{2}}\b)?(?:[ ]?\({CITY}\))?)?"
)
# "Springfield, IL 62704", "new york, ny, 10001": state and code hold the rest together in any letter case.
_STATE_AFTER: Final = re.compile(
    rf"{GAP}(?:(?:in|in the city of)[ ])?(?:{_LOOSE}{GAP})?(?i:{_STATE}|{_CODE})\b\.?{GAP}{_ZIP_WORDS}{ZIP}"
)
_CITY_ZIP: Final = re.compile(
    rf"{GAP}(?:{CITY}{GAP}){{1,2}}(?:[A-Z]{{2,3}}{GAP})?{_ZIP_WORDS}{ZIP}(?:{GAP}(?:{_COUNTRY})\b)?"
)
_LAND: Final = re.compile(
    rf"{_WIDE}(?:{CITY}{GAP})?(?i:{_COUNTRY}){_NOT_AFTER}(?:[ ]\(\w{{2,20}}\))?(?:,?[ ]{ZIP})?"
)
_STATE_ALONE: Final = re.compile(
    rf"{GAP}(?:{CITY}{GAP})?(?:(?i:{_STATE})|(?:{_CODE.upper()})(?=[\s.,;)\]\"'<|]|$)){_NOT_AFTER}"
)
# A city and nothing else: at the end of a line, a clause or a value.
_CITY_ALONE: Final = re.compile(rf",[ ](?P<city>{CITY})(?=[ ]?(?:[\n;)\]\"'<|]|\.(?:\s|$)|\Z))")
_NUMBER_BEFORE: Final = re.compile(
    rf"(?:^|(?<=[\s(\[\"'>:|,;]))(?:(?i:house|plot|door|h\.?)?[ ]?(?i:no"
    rf"|nr)\.?:?[ ]?)?(?:{NUM}[ ]{{1,2}}){{1,2}}\Z"
)
_NO_BEFORE: Final = re.compile(r"(?<![\w-])(?i:(?:house|plot|door|h\.?)[ ]?)?(?i:no|nr)\.?:?[ ]?\Z")
_UNIT_BEFORE: Final = re.compile(
    rf"(?:^|(?<=[\s(\[\"'>:|,;]))(?:{UNIT})[.,]?(?:[ ]{{1,2}}|[ ]?\r?\n[ ]{{0,4}})\Z"
)
# What a unit without a digit or a single letter at its end is called.
_UNIT_ENDS: Final = frozenset(
    """
    floor fl flr og etage stock th tv mf sal basement étage sn s/n izda izd izqda izqd dcha dch dta esq dto
    """.split()  # noqa: SIM905 - a list of words reads as words
)
_UNIT_WORD_BEFORE: Final = re.compile(
    r"(?<![\w-])(?i:apt|appt|apartment|suite|ste|unit|flat|room|rm|floor|lot|bldg)\b\.?[ ]{0,2}\#?[ ]?\Z"
)
_CARE_OF: Final = re.compile(rf"(?:^|(?<=[\s(\[\"'>:|,;]))c/o[ ]{CITY},?(?:[ ]|\r?\n)[ ]{{0,4}}\Z")
_CODE_ALONE: Final = re.compile(ZIP)
MOST_PARTS: Final = 8
WIDE_REACH: Final = 80
REACH: Final = 28  # code points to look back
_CITY_TRAILS: Final = re.compile(
    r"[ ](?:Phone|Tel|Fax|Mobile|Email|E-mail|Call|Please|Contact|Mr|Mrs|Ms|Dr|Herr|Frau)\b.*", re.DOTALL
)


def tail(text: str, end: int) -> tuple[int, bool]:
    """Return where the address that goes on at `end` ends, and whether a city, a code or a unit follows."""
    proven = False
    for _ in range(MOST_PARTS):
        unit = _UNIT_AFTER.match(text, end)
        if unit is not None:
            end, proven = unit.end(), True
            continue
        further = _further(text, end)
        if further is None:
            break
        end, proven = further, True
    return end, proven


def _further(text: str, end: int) -> int | None:
    if text[end : end + 1] not in " \t\r\n,;.|-":
        return None
    found = [m for shape in (_STATE_AFTER, _CITY_ZIP, _ZIP_AFTER) if (m := shape.match(text, end))]
    if found:
        return _before_labels(text, end, max(match.end() for match in found))
    for shape in (_LAND, _STATE_ALONE):
        match = shape.match(text, end)
        if match is not None:
            return match.end()
    match = _CITY_ALONE.match(text, end)
    return match.end() if match is not None else None


def _before_labels(text: str, start: int, end: int) -> int:
    """Return `end`, or where the next field begins: "10115 Berlin Tel" ends with the city."""
    label = _CITY_TRAILS.search(text, start, end)
    return label.start() if label is not None else end


def head(text: str, start: int) -> int:
    """Return where the address that has a street line at `start` begins: numbers, units, "c/o"."""
    for shape in (_NO_BEFORE, _UNIT_WORD_BEFORE, _UNIT_BEFORE, _NUMBER_BEFORE, _CARE_OF):
        if shape in {_NO_BEFORE, _UNIT_WORD_BEFORE} and not text[start : start + 1].isdigit():
            continue
        if shape is _CARE_OF and "c/o" not in text[max(start - WIDE_REACH, 0) : start].lower():
            continue
        if shape is _UNIT_BEFORE and not _unit_ends(text[max(start - REACH, 0) : start]):
            continue
        base = max(start - (WIDE_REACH if shape is _CARE_OF else REACH), 0)
        match = shape.search(text[base:start])
        if match is not None:
            start = base + match.start()
    return start


def _unit_ends(before: str) -> bool:
    """Tell at a look whether the text may end with a unit: most streets have none before them."""
    words = before.lower().split() if before[-1:].isspace() else []
    last = words[-1].strip(".,()") if words else ""
    return len(last) < 3 or last in _UNIT_ENDS or last.endswith("étage") or any(map(str.isdigit, last))


def is_code(text: str) -> bool:
    """Tell whether the text has the form of a post code."""
    return _CODE_ALONE.fullmatch(text) is not None
