"""The words beside a number that make it somebody's age, as patterns: score, hints, shape.

In English the number alone is the age, elsewhere its unit belongs to it (ages.py).
The hints, parted by bars and in small letters, are looked for first: most texts
hold none of them.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["KIN", "NUMBER", "PATTERNS"]

NUMBER: Final = r"(?:1[01]\d|[1-9]\d|[1-9])"
KIN: Final = (
    r"mother|father|mom|mum|dad|son|daughter|sister|brother|wife|husband|partner|aunt|uncle|cousin"
    r"|niece|nephew"
    r"|grand(?:mother|father|ma|pa|son|daughter)|gran|nan|boyfriend|girlfriend|bf|gf|fianc[ée]e?|kid"
    r"|child|baby|twins?"
    r"|toddler|mil|fil|sil|bil|dh|dd|ds|bff|friend|roommate|flatmate|neighbou?r|husb|hubby"
    r"|step(?:mother|father|mom|dad|son)"
    r"|mutter|vater|mama|papa|sohn|tochter|schwester|bruder|frau|mann|oma|opa|tante|onkel|mère|père"
    r"|fils|fille|sœur|soeur"
    r"|frère|mari|femme|madre|padre|hij[oa]|herman[oa]|abuel[oa]|espos[oa]|marido|mujer|mamma"
    r"|figli[oa]|sorella|fratello"
    r"|nonn[oa]|marito|moglie|moeder|vader|zoon|dochter|zus|broer|vrouw|mãe|pai|filh[oa]|irmã|irmão"
    r"|avó|avô|mulher"
    r"|mam[aąę]|tat[aęy]|syn|córka|siostra|brat|żona|mąż|babcia|dziadek|mamma|pappa|dotter|syster"
    r"|bror|fru|mormor|farmor"
    r"|morfar|farfar|mor|far|søn|datter|søster|kone"
)
_AFTER: Final = (
    r"(?=\s?(?:[.!?;)\u2026]|,(?!\d)|\Z|\n|[\U0001f300-\U0001faff]|\s(?:and|but|now|today|so|she|he"
    r"|shes|hes|im|i|lol|lmao|haha"
    r"|rn|too|this|next|in|on|already|still|who|with|tomorrow|yesterday|btw|yrs|years|und|et|y|och"
    r"|og)\b))(?![.,]\d)"
)
_ONES: Final = "one|two|three|four|five|six|seven|eight|nine"
_WORDS: Final = (
    rf"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:{_ONES}))?|{_ONES}|ten"
    rf"|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen)"
)
_SEX: Final = r"(?:sex|gender|geschlecht|sexe|sexo|sesso|geslacht|płeć|kön|køn)"
_AGE: Final = r"(?:age|alter|âge|edad|età|idade|leeftijd|wiek|ålder|alder)"
_I_AM: Final = r"(?:i['\u2019]?m|i\sam|(?:s?he|they|who)['\u2019]?(?:s|re)|s?he\sis)"
PATTERNS: Final = tuple(
    (score, tuple(hints.split("|")), re.compile(text, re.IGNORECASE))
    for score, hints, text in (
        (0.7, "old", rf"\b(?P<v>{_WORDS})[- ]years?[- ]old"),
        (0.65, "old", rf"\b(?P<v>{_WORDS})[- ](?:months?|weeks?)[- ]old"),
        (
            0.7,
            "age|alter|âge|edad|et|idade|leeftijd|wiek|lder",
            rf"\b{_AGE}\s?[/&,|+]\s?{_SEX}[\s:=#*.-]{{0,4}}(?P<v>{NUMBER})(?![\d.])",
        ),
        (
            0.7,
            "sex|gender|geschl|sesso|geslacht|płe|kön|køn",
            rf"\b{_SEX}\s?[/&,|+]\s?{_AGE}[\s:=#*.-]{{0,4}}[MFWVKHD][a-z]{{0,9}}[\s/,|-]{{1,3}}(?P<v>{NUMBER})(?![\d.])",
        ),
        (
            0.65,
            "m/|f/",
            rf"(?<![\w/.,+=-])[MF]/(?:[A-Z]/)?(?P<v>{NUMBER})(?![\w/%+=]|[.,]\d)",
        ),
        (
            0.6,
            "/m|/f",
            (
                r"(?<![\w/.,$€£-])(?<!page )(?<!pp )(?<!row )(?P<v>1[01]\d|[1-9]\d)\s?(?:y|yo|yrs?)?"
                r"/(?:m|f|male|female)(?![\w/])"
            ),
        ),
        (
            0.65,
            "y",
            (
                rf"\b(?:male|female|[MF])[\s,]{{1,2}}(?P<v>{NUMBER})\s?(?:y|yo|y/o|yrs?"
                rf"|years?)\b(?!\s(?:ago|of|later|in))"
            ),
        ),
        (
            0.65,
            "y",
            (
                rf"(?<![\w.,$€£-])(?P<v>{NUMBER})\s?(?:y|yo|yrs?|years?)[\s,/]{{1,2}}(?:[MF]|male"
                rf"|female)\b(?!['\u2019/])"
            ),
        ),
        (
            0.6,
            "turn",
            (
                rf"\b(?:{_I_AM}|is|am|be|will\sbe|just|be|was|he|she|who)\s(?:turning|turned)\s(?P<v>{NUMBER})"
                r"(?![\w%,.:/-]?\d|[%\w]|\s(?:degrees|percent|points|pages|times|rpm|km|miles|heads|of)\b)"
            ),
        ),
        (0.6, "turn", rf"\bturn(?:s|ed|ing)?\s(?P<v>{NUMBER}){_AFTER}"),
        (
            0.6,
            "im|hes|shes|theyre|youre",
            rf"\b(?:im|hes|shes|theyre|youre)\s(?:only\s|just\s|now\s|already\s)?(?P<v>{NUMBER}){_AFTER}",
        ),
        (
            0.6,
            "i|he",
            rf"\b{_I_AM}\s(?:only\s|just\s|now\s|already\s)?(?P<v>{NUMBER}){_AFTER}",
        ),
        (
            0.6,
            "my|his|her|their|our",
            (
                rf"\b(?:my|his|her|their|our|your)\s(?:\w{{2,12}}\s)?(?:{KIN})\s(?:\w{{2,16}}\s)?(?:is"
                rf"|was|turns|turned|will\sbe|just\sturned)"
                rf"\s(?:only\s|just\s|now\s|already\s|about\s)?(?P<v>{NUMBER}){_AFTER}"
            ),
        ),
        (
            0.65,
            "of age|young",
            rf"(?<![\w.,-])(?P<v>{NUMBER})\s(?:years?|yrs?)\s(?:of\sage|young)\b",
        ),
        (
            0.65,
            "years",
            r"\b(?:has|have|had|having)\s(?P<v>[2-9]\d|1[01]\d)\syears(?=\s(?:and|but|now|already)\b|[.!,])",
        ),
        (0.6, "year", rf"\bin\s(?:his|her|their|my)\s(?P<v>{NUMBER})(?:st|nd|rd|th)\syear\b"),
        (0.65, "année", r"\bdans\ssa\s(?P<v>\d{1,3}\s?(?:e|è|ème)\sannée)"),
        (0.65, "lebensjahr", r"\b(?:im|ins|sein\w{0,2}|ihr\w{0,2})\s(?P<v>\d{1,3}\.\sLebensjahr)"),
        (
            0.65,
            "fyl",
            (
                rf"\b(?:fyller|fyllde|fyllt|fylder|fyldte|fyldt)\s(?P<v>{NUMBER}(?:\sår)?)(?![\w.,]?\d|\w"
                rf"|\s(?:procent|liter|glas))"
            ),
        ),
        (
            0.6,
            "wird|werde|wurde|word|werd|cumpl|compi|faz|fez|kończy|skończy|fête|aura|a eu",
            (
                r"\b(?:wird|werde|wurde|wordt|werd|cumple|cumplió|cumplo|compie|compio|faz|fez|kończy"
                rf"|skończył[ay]?|fête\sses|aura|a\seu)"
                rf"\s(?:morgen\s|heute\s|jetzt\s|vandaag\s|hoy\s|oggi\s|hoje\s)?(?P<v>{NUMBER}(?:\s(?:ans"
                rf"|años|anni|anos|lat|jaar|jahre))?)"
                rf"{_AFTER}"
            ),
        ),
        (
            0.6,
            "jahre|jaar|år",
            (
                rf"\b(?:bin|ist|ben|is|är|er|jestem)\s(?P<v>{NUMBER}\s(?:jahre|jaar|år))(?=\s?(?:[.!?,;)]"
                rf"|\Z|\n|\sund\b|\sen\b|\soch\b|\sog\b))"
            ),
        ),
        (
            0.65,
            "l. |lat ",
            (
                r"(?:\b(?:pacjent\w{0,4}|chor[aey]\w{0,3}|mężczyzn\w|kobiet\w|pan[ia]?)|,)\s(?P<v>(?:l\."
                r"|lat)\s\d{1,3})(?![\w.]|\s(?:XX|ubieg))"
            ),
        ),
        (
            0.65,
            "j.",
            (
                r"(?:\bPat(?:ient(?:in)?)?\.?:?,?\s|[,(]\s|[mwd♀♂][,/ ]\s?)(?P<v>\d{1,3}\s?J\.)(?=[,;)/]"
                r"|\s[mwd♀♂,(])"
            ),
        ),
        (0.65, "jähr.", r"(?<![\w.])(?P<v>\d{1,3}[ -]?jähr\.)"),
        (
            0.65,
            "aa|a. ",
            (
                r"\b(?:di|pz\.?|paz\.?|paziente|donna|uomo)[\s,]{1,2}(?:di\s)?(?P<v>(?:aa|a\.)\s\d{1,3}"
                r"|\d{1,3}\saa)\b"
            ),
        ),
    )
)
