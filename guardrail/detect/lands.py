"""Countries, and what peoples and faiths are called: no names of persons, in any letter case.

Common English forms. Names that people bear too (Chad, Georgia, Jordan) and words
that are something else in small letters (turkey, china) are left to the finders.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from guardrail.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from guardrail.detect.prose import Lines

__all__ = ["COUNTRIES", "PEOPLES", "is_people", "lands"]

NAME: Final = "guardrail/lands"
COUNTRIES: Final = frozenset(
    """
    afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas
    bahrain bangladesh barbados belarus belgium belize benin bhutan bolivia botswana brazil brunei bulgaria
    burundi cambodia cameroon canada chile colombia comoros croatia cuba cyprus czechia denmark djibouti
    ecuador egypt eritrea estonia ethiopia fiji finland france gabon gambia germany ghana greece greenland
    guatemala guyana haiti honduras hungary iceland india indonesia iran iraq ireland italy jamaica japan
    kazakhstan kenya kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein
    lithuania luxembourg madagascar malawi malaysia maldives malta mauritania mauritius mexico moldova
    monaco mongolia montenegro morocco mozambique myanmar namibia nepal netherlands nicaragua nigeria norway
    oman pakistan panama paraguay peru philippines poland portugal qatar romania russia rwanda samoa senegal
    serbia singapore slovakia slovenia somalia spain sudan suriname sweden switzerland syria taiwan
    tajikistan tanzania thailand togo tunisia turkmenistan uganda ukraine uruguay uzbekistan venezuela
    vietnam yemen zambia zimbabwe
    """.split()  # noqa: SIM905 - a list a word a line is unreadable
)
PEOPLES: Final = frozenset(
    """
    afghan albanian algerian american angolan argentinian armenian australian austrian azerbaijani bahraini
    bangladeshi belarusian belgian bolivian bosnian brazilian bulgarian burmese cambodian cameroonian
    canadian chilean colombian croatian cuban cypriot czech dutch ecuadorian egyptian eritrean estonian
    ethiopian fijian filipino finnish ghanaian greenlander guatemalan haitian honduran hungarian icelandic
    indian indonesian iranian iraqi israeli jamaican japanese jordanian kazakh kenyan korean kuwaiti laotian
    latvian lebanese liberian libyan lithuanian malaysian maltese mexican moldovan mongolian moroccan
    namibian nepalese nigerian norwegian omani pakistani palestinian panamanian paraguayan peruvian
    portuguese romanian rwandan saudi senegalese serbian singaporean slovak slovenian somali sudanese swede
    swedish syrian taiwanese tanzanian thai tunisian ugandan ukrainian uruguayan uzbek venezuelan vietnamese
    welsh yemeni zambian zimbabwean
    muslim sunni shiite sikh hindu buddhist mormon jewish catholic protestant quaker aboriginal romani maori
    """.split()  # noqa: SIM905 - a list a word a line is unreadable
)
SCORE: Final = 0.7
_WORD: Final = re.compile(r"(?<![\w@#./-])[^\W\d_]{4,14}s?(?![\w@/-]|\.\w)")


def lands(text: str, lines: Lines) -> Iterator[Finding]:
    """Yield the countries and peoples of running text."""
    for match in _WORD.finditer(text):
        word = match[0].lower()
        entity = "LOCATION" if word in COUNTRIES else "NRP" if is_people(word) else ""
        if entity and lines.kind(match.start()) == "prose":
            yield Finding(match.start(), match.end(), entity, SCORE, NAME)


def is_people(word: str) -> bool:
    """Tell whether the word, in small letters, names a people or a faith, one or many."""
    return word in PEOPLES or (word.endswith("s") and word[:-1] in PEOPLES)
