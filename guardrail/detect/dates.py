"""Calendar dates in figures and in words, in eleven languages; a clock time counts as part of its date.

What only tells how long (`in two weeks`, `tomorrow`) or the hour (`5 pm`)
identifies nobody and is never marked. A year or a bare run of digits is a date
where a label says so: `born in 1984`, `"dob":"19840305"`. Each number and each
month's name is looked at once, with a bounded piece of text around it.
"""

# ruff: noqa: RUF001 - names in Cyrillic and Turkish

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.detect.secret_labels import around, pieces, places
from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Dates"]

FULL: Final = 0.65  # below what a log line's stamp may have (context.py)
PART: Final = 0.55
MONTH: Final = 0.5
WEAK: Final = 0.4
BORN: Final = 0.9
TOLD: Final = 0.7  # what the lines of a log do not lower
LABELLED: Final = 0.6
LOOK: Final = 28  # code points before and after a month's name
MAX_MONTH: Final = 16

# Jan-Dec in en, de, fr, es, it, nl, pl, pt, sv/da/nb, ru, tr, fi; with the usual short forms.
_NAMES: Final = """
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec
    januar jänner februar märz maerz mai juni juli oktober dezember jän mär mrz okt dez
    janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre decembre
    janv févr fév avr juil déc
    enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre
    ene abr ago dic
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug set ott
    januari februari maart mei augustus mrt
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia września wrzesnia października pazdziernika
    listopada grudnia styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad
    grudzień
    janeiro fevereiro março maio junho julho setembro outubro novembro dezembro fev out
    augusti marts desember
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
    tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta
    marraskuuta joulukuuta
"""
_MONTHS: Final = frozenset(_NAMES.split())
# Months that are also words or names: they need more than a number beside them.
_WORDS: Final = frozenset(
    """may march mar mars mart maj mai mei marco ene ago gen mag set out abr giu lug dic sep jan jun ocak ekim
    aralık luty mayo""".split()  # noqa: SIM905 - word lists read as words
)
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_DAY: Final = r"(?:3[01]|[12]\d|0?[1-9])"
_YEAR: Final = r"(?:1[89]|20)\d\d"
_ORDINAL: Final = r"(?:st|nd|rd|th|er|[º°ª]|:e|te|ten)"
_BEFORE: Final = re.compile(
    rf"(?<![\w.,:/-])(?:\d{{1,2}}(?:{_ORDINAL}|\.)?\s?(?:-|to|bis|au|al)\s?)?{_DAY}(?P<nth>{_ORDINAL})?"
    r"(?:(?P<joint>\.?\s{1,2}(?:day\s)?(?:of|de|di|den)\s|\.\s{1,2})|\s{1,2}|\.|-|/)\Z"
)
_AFTER: Final = re.compile(
    rf"\.?(?:\s{{1,2}}(?:the\s)?|-|/){_DAY}(?P<nth>{_ORDINAL})?(?:\s?-\s?{_DAY}{_ORDINAL}?)?(?![\w%$€]|[/:.]\d)"
)
_YEAR_AFTER: Final = re.compile(
    rf"(?:\.?,?\s{{1,2}}(?:of\s|de\s|del\s)?|\.?[-/.]){_YEAR}(?![\w]|[-/.,]\d|:\d(?!\d:\d\d))"
    r"|\.?(?:[-/]|\s['’])\d\d(?![\w])(?![-/.:]\d)"
)
_TIME: Final = re.compile(
    r"(?:,?\s{1,2}(?:(?:at|um|à|a\slas|alle|om|kl\.?|klo|o|godz\.|às|@)\s)?|\s[-@]\s|T)"
    r"(?:[01]?\d|2[0-3])(?:(?:[:.]|\s?h\s?)[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?\s?(?:[ap]\.?m\b\.?|uhr\b|h\b)?"
    r"|\s?(?:[ap]\.?m\b\.?|uhr\b|o'clock|h\b))"
    r"(?:\s?(?:Z\b|UTC|GMT|CES?T|[ECMP][SD]?T\b|[+-]\d\d:?\d\d))?(?![\w])",
    re.IGNORECASE,
)
_WEEKDAY: Final = re.compile(
    r"(?<![^\W\d_])(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun"
    r"|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend|mo|di|mi|do|fr|sa|so"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica"
    r"|(?:maan|dins|woens|donder|vrij|zater|zon)dag|(?:mån|tis|ons|tors|fre|lör|sön|man|tirs|lør|søn)dag"
    r"|(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?|poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela)"
    r"\.?,?\s{1,2}(?:the\s|den\s|le\s|el\s|il\s|dia\s|de\s)?\Z",
    re.IGNORECASE,
)
_CAREFUL: Final = re.compile(
    r"(?<![^\W\d_])(?:on|by|until|till|since|from|before|after|born|of|the|le|el|il|am|vom|bis|seit"
    r"|zum|op|em|dia|dnia"
    r"|den|f\u00f6dd|f\u00f8dt)\s\Z",
    re.IGNORECASE,
)
_NUMERIC: Final = re.compile(
    r"(?<![\w./-])(?<!\d:)\(?(?P<v>(?P<a>\d{1,4})(?P<s>[-/.]|\.\s|\s[-/]\s)(?P<b>\d{1,2})(?P=s)(?P<c>\d{4}|\d{1,2}))"
    r"(?=T\d|(?![\w]))(?![-/]\d|[.:]\d|\.(?:log|txt|csv|pdf|json|gz|md|html?|png|jpe?g|zip|sql|xml|ya?ml)\b)"
)
_THREE: Final = re.compile(r"\d(?:[-/.]|\.\s|\s[-/]\s)\d{1,2}(?=(?:[-/.]|\.\s|\s[-/]\s)\d)")  # what it needs
_VERSION: Final = re.compile(
    r"(?:\bversions?|\bver\.?|\bv\.?|\brelease|\bsection|\bsec\.?|§|\bIP)\s?\Z", re.IGNORECASE
)
_EAST_ASIAN: Final = re.compile(
    r"(?:(?:1[89]|20)\d\d\s?[年년]\s?)?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]|(?:1[89]|20)\d\d\s?[年년]\s?\d{1,2}\s?[月월]"
)
_SHORT: Final = re.compile(  # 22DEC25, as airlines and forms write it
    r"(?<![^\W_])(?:3[01]|[12]\d|0[1-9])(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV"
    r"|DEC)(?:20)?\d\d(?![^\W_])"
)
# Day and month, or month and year, in figures: a word for a time tells them from fractions and files.
_TIMED: Final = re.compile(
    r"(?<![^\W\d_])(?:on|since|from|until|till|by|before|after|given|due|seen|started|dated|as\sof"
    r"|le|du|depuis|am|vom|seit"
    r"|bis|ab|el|del|desde|dal|em|desde|op|sinds|den|fra|od|dnia)\s(?P<v>(?:3[01]|2\d"
    r"|1[3-9])/(?:1[0-2]|0?[1-9])"
    r"|(?:1[0-2]|0?[1-9])/(?:3[01]|2\d|1[3-9]))(?![\w/%\"\u201d]|\s?(?:of|stars|inch)|[.,]\d)"
    r"|(?<![^\W\d_])(?:compared\s(?:with|to)|since|from|dated|until|till|in|prior|expires?|exp\.?"
    r"|valid|seit|bis|depuis"
    r"|desde|dal|sinds|od)\s(?P<w>(?:1[0-2]|0[1-9])/(?:19|20)\d\d)(?![\w/]|[.,-]\d)",
    re.IGNORECASE,
)
# An attribute of markup that is called a date is told, not stamped by a log.
_ATTRIBUTE: Final = re.compile(
    r"<[^<>\n]{0,200}?\s[\w:-]{0,20}(?:date|Date|day|sent|received)=[\"'](?P<v>(?:19"
    r"|20)\d\d-\d\d-\d\d)(?=[\"'T ])"
)
_NTH: Final = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|(?:thir"
    r"|four|fif|six|seven"
    r"|eigh|nine)teenth|twentieth|twenty[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth"
    r"|ninth)|thirtieth"
    r"|thirty[- ]first)"
)
_SPELT: Final = re.compile(
    rf"(?<![\w-])(?:the\s)?{_NTH}\s(?:day\s)?of\s(?:January|February|March|April|May|June|July"
    rf"|August|September|October"
    r"|November|December)(?:,?\s(?:in\s)?(?:(?:1[89]|20)\d\d|(?:eighteen|nineteen"
    r"|twenty)[- ](?:hundred(?:\sand)?[- ])?"
    r"[a-z]{3,9}(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?))?(?!\w)",
    re.IGNORECASE,
)
NEEDS: Final = re.compile(r"[0-9]|(?:th|st|nd|rd)\s(?:day\s)?of\s", re.IGNORECASE)
_MARKS: Final = r"[\s\"'`:=>#*(,.-]{1,6}"
_BIRTH: Final = re.compile(
    r"(?<![^\W\d_])(?:d\.?\s?o\.?\s?b\.?|(?:date|year)\sof\sbirth|birth[ _-]?(?:date|day|year)|birth"
    r"|born(?:\s(?:on|in))?|b\.(?=\s(?:1[89]|20))|geb(?:oren|urtsdatum|urtstag|\.)?(?:\s(?:am|im\sjahr|in|op))?|jahrgang"
    r"|date\sde\snaissance|né(?:e|\(e\))?(?:\s(?:le|en))?|fecha\sde\snacimiento|f\.?\s?nac\.?|nacid[oa]\s(?:el|en)"
    r"|nació\s(?:el|en)|data\sdi\snascita|nat[oa]\s(?:il|nel)|geboortedatum|data\surodzenia|urodz(?:ony|ona)|ur\."
    r"|data\sde\snascimento|nascid[oa]\s(?:em|a)|född|födelsedatum|født|fødselsdato|дата\sрождения|родил(?:ся|ась)"
    rf"|doğum\starihi)(?:\s(?:is|was|ist|är|er|est|es))?{_MARKS}"
    r"(?P<v>\d{4}(?:[-/. ]\d{1,2}){0,2}|\d{1,2}[-/. ]\d{1,2}(?:[-/. ](?:\d{4}|\d{2}))?|\d{8}|\d{6})"
    r"(?![\w]|[-/.]\d)|(?:生年月日|出生日期|出生|생년월일)\W{0,4}(?P<w>\d{4}\W?\d{1,2}\W?\d{1,2})",
    re.IGNORECASE,
)
_DATED: Final = re.compile(
    r"(?<![^\W\d_])(?:dates?|dated|datum|data|fecha|exp(?:iry|ires|iration)?(?:\sdate)?|valid\s(?:thru|until|through)"
    r"|gültig\sbis|caducidad|scadenza|vervaldatum|admi(?:tted|ssion)|discharged?|died|deceased)"
    rf"(?:\s(?:on|is|was|of))?{_MARKS}"
    r"(?P<v>(?:0?[1-9]|[12]\d|3[01])[/.-](?:\d{4}|\d{1,2}(?:[/.-]\d{2})?)|(?:19|20)\d{6})(?![\w]|[-/.:]\d)",
    re.IGNORECASE,
)
_ON: Final = re.compile(
    r"(?<![^\W\d_])(?i:on|dated|since|until|till)\s(?P<v>(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0[1-9]))"
    r"(?![\w/%\"”]|\s?(?:of|stars|inch)|\.\d)"
)
# What stands in each label, in small letters, and the shortest of them.
_BIRTH_STEMS: Final = (
    *("birth", "born", "geb", "jahrgang", "naissance", "né", "nac", "nat", "nascita", "urod", "ur.", "nasc"),
    *("född", "födels", "født", "fødsels", "рожд", "родил", "doğum", "生年月日", "出生", "출생", "생년월일"),
)
_BORN_SHORT: Final = re.compile(r"[bB]\.?(?:\s(?i:is|was|ist|är|er|est|es))?[\s\"'`:=>#*(,.-]{1,6}\d")
_DATED_STEMS: Final = (
    *("date", "datum", "data", "fecha", "exp", "valid", "ltig", "caducidad", "scadenza", "admi", "discharge"),
    *("died", "deceased"),
)


class Dates:
    """Finds calendar dates."""

    name: Final = "guardrail/date"
    entities: Final = frozenset({"DATE_TIME"})
    needs: Final = NEEDS

    def recognize(self, text: str) -> Iterator[Finding]:
        """Yield dates: 0.9 of birth, 0.65 whole, 0.55 without a year, 0.5 without a day, 0.4 doubtful."""
        spans = [*_worded(text), *_figures(text), *_labelled(text), *_told(text)]
        for start, end, score in spans:
            yield Finding(start, end, "DATE_TIME", score, self.name)


def _labelled(text: str) -> Iterator[tuple[int, int, float]]:
    lower = text.lower()
    same = len(lower) == len(text)
    births = [*places(lower, _BIRTH_STEMS), *(found.start() for found in _BORN_SHORT.finditer(text))]
    whole = [(0, len(text))]
    parts = pieces(sorted(births), before=48, after=80, end=len(text)) if same else whole
    for match in (one for part in parts for one in _BIRTH.finditer(text, *part)):
        group = "v" if match["v"] else "w"
        if _possible(match[group]):
            yield (*match.span(group), BORN)
    parts = around(lower, _DATED_STEMS, before=48, after=80) if same else whole
    for match in (one for part in parts for one in _DATED.finditer(text, *part)):
        if _possible(match["v"]):
            yield (*match.span("v"), LABELLED)
    for match in (
        one for part in around(text, ("/",), before=24, after=24) for one in _ON.finditer(text, *part)
    ):
        yield (*match.span("v"), MONTH)
    for match in _EAST_ASIAN.finditer(text) if "月" in text or "월" in text else ():
        yield (*match.span(), FULL if match[0][:4].isdigit() else PART)


def _told(text: str) -> Iterator[tuple[int, int, float]]:
    """Yield dates that a word for a time, an attribute or their spelling tells."""
    for part in around(text, ("/",), before=32, after=16):
        for match in _TIMED.finditer(text, *part):
            yield (*match.span("v" if match["v"] else "w"), MONTH)
    for match in _SHORT.finditer(text):
        yield (*match.span(), LABELLED)
    for part in around(text, ("=",), before=250, after=16) if "<" in text and "20" in text else ():
        for match in _ATTRIBUTE.finditer(text, *part):
            yield (*match.span("v"), TOLD)
    for part in around(text, (" of ",), before=32, after=64):
        for match in _SPELT.finditer(text, *part):
            yield (*match.span(), FULL)


def _possible(value: str) -> bool:
    """Tell whether a value beside a label can be a date: in six or eight digits each part must fit."""
    if not value.isdigit() or len(value) == 4:
        return len(value) > 3 or not value.isdigit()
    if len(value) == 6:
        return _day_and_month(value[2:4], value[4:]) or _day_and_month(value[:2], value[2:4])
    return (value[:2] in {"18", "19", "20"} and _day_and_month(value[4:6], value[6:])) or (
        value[4:6] in {"18", "19", "20"} and _day_and_month(value[:2], value[2:4])
    )


def _day_and_month(a: str, b: str) -> bool:
    """Tell whether one of two numbers is a month and the other a day."""
    low, high = sorted((int(a), int(b)))
    return 1 <= low <= 12 and high <= 31


def _figures(text: str) -> Iterator[tuple[int, int, float]]:
    figures = (found.start() for found in _THREE.finditer(text))
    parts = pieces(figures, before=16, after=48, end=len(text))
    for match in (one for part in parts for one in _NUMERIC.finditer(text, *part)):
        score = _figure_score(match)
        start, end = match.span("v")
        if score and not ("." in match["s"] and _VERSION.search(text[max(start - 10, 0) : start])):
            yield start, _with_time(text, end), score


def _figure_score(match: re.Match[str]) -> float:
    a, b, c, sign = match["a"], match["b"], match["c"], match["s"]
    if len(a) == 4:
        ordered = len(c) <= 2 and len(sign) == 1 and a[:2] in {"18", "19", "20", "21"}
        return FULL if ordered and 1 <= int(b) <= 12 and 1 <= int(c) <= 31 else 0.0
    if len(a) > 2 or not _day_and_month(a, b):
        return 0.0
    if len(c) == 4:
        return FULL if c[:2] in {"18", "19", "20", "21"} else 0.0
    if len(c) != 2 or len(sign) > 1:
        return 0.0
    padded = len(a) == len(b) == 2
    return LABELLED if sign == "/" or (sign == "." and padded) else WEAK


def _worded(text: str) -> Iterator[tuple[int, int, float]]:
    if _MONTHS.isdisjoint(map(str.lower, set(_WORD.findall(text)))):
        return
    for match in _WORD.finditer(text):
        word = match[0]
        if len(word) <= MAX_MONTH and word.lower() in _MONTHS:
            found = _month(text, match)
            if found:
                yield found


def _month(text: str, match: re.Match[str]) -> tuple[int, int, float] | None:
    """Read the date that a month's name stands in: with its day, year, weekday and time."""
    start, end = match.span()
    low = max(start - LOOK, 0)
    day = _BEFORE.search(text[low:start])
    nth = day is not None and (day["nth"] or day["joint"]) is not None
    if day:
        start = low + day.start()
    else:
        after = _AFTER.match(text, end, end + LOOK)
        if after:
            day, end, nth = after, after.end(), after["nth"] is not None
    year = _YEAR_AFTER.match(text, end, end + LOOK)
    if day is None and year is None:
        return None
    end = year.end() if year else end
    before = text[max(start - LOOK, 0) : start]
    weekday = _WEEKDAY.search(before)
    joined = year is not None and "de" in year[0]
    sure = nth or joined or weekday is not None or _CAREFUL.search(before) is not None
    score = _month_score(match[0], day=day is not None, year=year is not None, sure=sure)
    if day is not None or weekday:
        end = _with_time(text, end)
    return start - len(weekday[0]) if weekday else start, end, score


def _month_score(word: str, *, day: bool, year: bool, sure: bool) -> float:
    doubtful = word.lower() in _WORDS
    if day and year:
        return FULL
    if day:
        return PART if sure or not doubtful or word in {"May", "March", "Mar", "Jan", "Jun", "Sep"} else WEAK
    return MONTH if sure or not doubtful or word in {"May", "March", "MAY", "MARCH"} else WEAK


def _with_time(text: str, end: int) -> int:
    """Return the end of a date with the clock time behind it."""
    time = _TIME.match(text, end, end + 40)
    return time.end() if time else end
