"""Ages of people: a number that words in ten languages say is someone's years, months, weeks or days.

In English the number alone is the age ("34 years old"); in the other languages
the unit belongs to it ("34 años", "34-jährige"), as the guidelines for marking
health records there have it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from guardrail.detect.tables import Anchor, Shape

__all__ = ["AGES", "ANCHORS", "NEEDS"]

NEEDS: Final = re.compile(r"[0-9]|[tT][yY][- ]")  # 34, or thirty-four

_N: Final = r"(?P<v>1[0-2]\d|[1-9]?\d)"
_EDGE: Final = r"(?<![\w.,/$€£-])"
_ENDS: Final = r"(?![\w%]|[.,:/-]\d)"
_LIVES: Final = (
    r"(?i:male|female|man|woman|boy|girl|baby|infant|patient|child|toddler|lady|gentleman|newborn"
    r"|teen(?:ager)?|son|daughter|mother|father|wife|husband)"
)
_TENS: Final = (
    r"(?i:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)"
)
_SEEN: Final = r"(?i:with|w/|who|presents?|presenting|admitted|c/o|s/p|here|is|was|has)"
_HE_WAS: Final = (
    r"(?i:(?:when|while|since|because|before|until)\s(?:s?he|i|they|we)\s(?:was|were|am|is)"
    r"|(?:i\sam|i'm|s?he\sis|s?he's)(?:\s(?:only|just|now|already))?)"
)
# A person of so many years, in the languages where the number comes with its unit.
_UNIT: Final = r"(?i:años?|ans?|anni|anos|meses|mois|mesi|días|dias|giorni|jours|jahren?|jaar|lat|år)"
_OF_AGE: Final = (
    r"(?i:Jahre?n?\salt|Lebensjahr|ans?(?=\s(?:et|de|au|,))|años?(?=\sde\sedad)|anni(?=\sdi\setà)|anos(?=\sde\sidade)"
    r"|jaar\soud|år\s(?:gammal|gammel)|lat(?=\s(?:i|pacjent)))"
)
_AGED: Final = (
    r"(?i:âgée?s?\sde|im\salter\svon|a\sla\sedad\sde|à\sl'âge\sde|all'età\sdi|aos|op\sde\sleeftijd\svan"
    r"|w\swieku|i\såldern|i\sen\salder\saf)"
)
_LABEL: Final = r"\b(?i:edad|età|eta|idade|alter|âge|leeftijd|wiek|ålder|alder)\s{0,2}[:=]\s{0,2}"
_HAS: Final = r"(?i:ho|tengo|tiene|tenía|tem|tenho|j'ai|il\sa|elle\sa)"
_WORK: Final = r"(?i:de\sexp|d'exp|di\sesp|de\strab)"
_PERSON: Final = (
    r"(?i:paciente|var[oó]n|mujer|hombre|niñ[oa]|señora?|chic[oa]|patiente?|homme|femme|garçon|fille"
    r"|paziente|uomo|donna|bambin[oa]|homem|mulher|menin[oa]|doente|pacjentk?[aią]?|kobieta|mężczyzna)"
)
_ENGLISH: Final = (
    (0.7, rf"{_EDGE}{_N}[ -]{{0,2}}(?i:years?[ -]?olds?|y/?o\b|y\.o\.|yrs?\.?[ -]old|year[ -]aged)"),
    (0.7, rf"{_EDGE}{_N}[ -](?i:months?|weeks?|wks?|days?|mos?)[ -](?i:olds?)\b"),
    (0.7, rf"\b(?P<v>{_TENS})[ -](?i:years?[ -]olds?)\b"),
    (0.65, rf"\b(?i:aged|ages?\s?[:=]|age\sis|age\sof|age\"\s?:)\s{{0,2}}[\"']?{_N}{_ENDS}"),
    (0.6, rf"\b(?i:age)\s{_N}{_ENDS}(?!\s(?:groups?|range)\b)"),
    (
        0.6,
        rf"\b(?i:turn(?:s|ed|ing)?)\s{_N}(?=\s?(?:[.!?,;)]|\Z|\n|\s(?i:today|this|next|last|in|on|and)\b))",
    ),
    (0.6, rf"\b{_HE_WAS}\s{_N}(?=\s?(?:[.!?;)]|,(?!\d)|\Z|\n|\s(?i:and|but|now|today)\b))(?!\.\d)"),
    (0.6, r"\b(?i:in\s(?:his|her|their|my)\s(?:early|mid|late)[ -]?)(?P<v>[2-9]0)(?i:'?s)\b"),
    (0.65, rf"{_EDGE}{_N}\s?(?i:y(?:ear|r)?s?)?\s?[/,]?\s?(?:M|F|m/o|f/o)(?=\s{_SEEN}\b)"),
    (0.6, rf"{_EDGE}{_N}[ -](?i:y(?:ea)?rs?|y)\.?\s(?={_LIVES}\b)"),
    (
        0.6,
        rf"(?<![\w+/=])(?:M|F|(?i:male|female|man|woman))\s?[,(/]\s?{_N}(?=\s?[),;\n]|\s?\.(?!\d)|\s(?i:years?|y)\b|\Z)",
    ),
)
_OTHERS: Final = (
    (0.7, rf"{_EDGE}(?P<v>\d{{1,3}}\s?{_OF_AGE})"),
    (0.7, rf"{_EDGE}(?P<v>\d{{1,3}}[ -]?(?i:jährig\w{{0,2}}|-?jarige|-?årige?|-?letni\w{{0,3}}))"),
    (
        0.7,
        rf"\b{_PERSON}\W{{0,2}}(?:\w{{3,12}}\s){{0,2}}(?i:de|di|d'|com)\s?(?P<v>\d{{1,3}}\s{{1,2}}{_UNIT})\b",
    ),
    (0.75, rf"{_LABEL}(?P<v>\d{{1,3}}(?:\s{{1,2}}{_UNIT})?)(?![\w%]|[./-]\d)"),
    (0.7, rf"\b{_AGED}\s(?P<v>\d{{1,3}}(?:\s{_UNIT})?)(?![\w%]|[.,/-]\d)"),
    (0.6, r"\b(?i:a|de|desde|hasta)\slos\s(?P<v>\d{1,2}\s(?i:años))(?!\s(?i:de|del|después|más)\b)"),
    (0.6, rf"\b{_HAS}\s(?P<v>\d{{1,3}}\s{_UNIT})(?!\s{_WORK})\b"),
    (0.65, r"(?<![\w.])(?P<v>\d{1,3}\s?[岁歳세])"),
)
AGES: Final[tuple[Shape, ...]] = tuple(("AGE", score, text, None) for score, text in (*_ENGLISH, *_OTHERS))


# What each shape needs, and is looked for around: stems in small letters, or a cheap pattern.
_ALDER: Final = ("edad", "et\u00e0", "eta", "idade", "alter", "\u00e2g", "leeftijd", "wiek", "lder", "aos")
_UNITS: Final = re.compile(rf"\d\s{{1,2}}{_UNIT}")
ANCHORS: Final[tuple[Anchor, ...]] = (
    re.compile(r"\d[ -]{0,2}[yY]"),
    ("old",),
    ("old",),
    ("age",),
    ("age",),
    ("turn",),
    re.compile(r"\d(?<=[mstweyMSTWEY]\s\d)"),
    ("early", "mid", "late"),
    re.compile(rf"(?:M|F|m/o|f/o)\s{_SEEN}"),
    re.compile(r"\d[ -][yY]"),
    re.compile(r"[,(/]\s?\d"),
    re.compile(r"\d\s?[jlaåJLAÅ]"),
    re.compile(r"\d[ -]{0,2}[jålJÅL]"),
    _UNITS,
    _ALDER,
    _ALDER,
    re.compile(r"\d\s(?i:años)"),
    _UNITS,
    re.compile(r"\d\s?[岁歳세]"),
)
