"""Words that stand for the words of names: one word for one word, so that parts of a name stay parts of it.

The words are Faker's (an extra), by language and by what a word is: a given name
of women, of men, or a family name. What a word is, and what it becomes, depends on
the word alone: "Ann" becomes the same in "Ann Smith", in "Dear Ann" and in "ANN".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Final

from guardrail.errors import ConfigError
from guardrail.operators.draw import Draw
from guardrail.titles import PARTICLES, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from guardrail.operators.tools import Tools

__all__ = ["ATTEMPTS", "LOCALES", "candidates", "person", "provider"]

ATTEMPTS: Final = 64
"""Stand-ins that are tried for one value before it is redacted instead."""

LOCALES: Final = (
    *("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_PT", "sv_SE", "da_DK"),
    *("ru_RU", "uk_UA", "el_GR"),
)
_GROUPS: Final = ("first_names_female", "first_names_male", "last_names")
_SHORTEST: Final = 4  # letters: shorter names are words, or parts of them


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names that are words of a text as well: nothing could tell whether one stands for a person.
_WORDS: Final = _words(
    """
    april august autumn bill bishop brand brook brooks brown candy carol chance christian church cook cross
    dale dawn dean destiny faith field fields fisher ford forest france frank gene georgia ginger glass glen
    gold good grace grant gray green guy hall harmony heath hill holly hope hunter iris israel italy ivory
    ivy jack jasmine jean jersey jordan joy june justice king knight lake lance lane lily london long love
    major mark marsh mason max may mercy miles mill moon moore myers noble norway olive page paris park
    parks parker pearl penny pope porter price prince ray reed rich rice robin rose ruby ryan sage sandy
    savannah sharp short sky small snow stone strong summer summers sunny terry tiffany trinity victor
    victoria violet virginia walker wall ward water waters wells west white will wise wolf wood woods worth
    young engel fuchs hahn herr hirsch kaiser keller klein koch kraft kurz lange lang mai ernst frei fromm
    fröhlich groß hase jung könig kraus krause roth sommer sonne stark stein stern sturm tag vogel wagner
    weiß winter wolf zimmer aimé blanc bonnet clémence constance france juste martin petit rose victoire
    dolores paz mar cruz reyes consuelo esperanza gloria luz mercedes nieves pilar rosario sol soledad
    bianca bruno chiara gioia grazia viola
    """
)
_NAME: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LETTERS: Final = re.compile(r"[^\W\d_]")
# Scripts that set no spaces: where a name ends there, nobody knows.
_UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_MARKS: Final = frozenset(" .,'’-\u00a0\u2011\t\n\r()\"“”")
_SCRIPTS: Final = (
    ("uk_UA", re.compile("[\u0456\u0457\u0454\u0491]", re.IGNORECASE)),
    ("ru_RU", re.compile("[\u0430-\u044f\u0451]", re.IGNORECASE)),
    ("el_GR", re.compile("[\u03ac-\u03ce]", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class _Lists:
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    known_women: frozenset[str]
    known_men: frozenset[str]
    known: frozenset[str]


def person(value: str, tools: Tools, locale: str = "") -> str:
    """Return the name with each of its words replaced; "" where that is not possible.

    Titles and particles ("Dr.", "van") stay, an initial becomes another one.
    """
    text = unicodedata.normalize("NFC", value)
    rest = _NAME.sub("", text)
    if _UNSPACED.search(text) or not _MARKS.issuperset(rest) or len(text) > 120:
        return ""
    words = {match[0]: _word(match[0], tools, locale) for match in _NAME.finditer(text)}
    if not all(words.values()) or all(new == word for word, new in words.items()):
        return ""
    made = _NAME.sub(lambda match: words[match[0]], text)
    own = {word.casefold() for word, new in words.items() if new != word and len(word) > 2}
    return "" if own & {match[0].casefold() for match in _NAME.finditer(made)} else made


def candidates(word: str, secret: bytes, locale: str = "") -> Iterator[str]:
    """Yield names that may stand for the word of a name, the same ones for every letter case of it."""
    folded = word.casefold()
    own = locale or _locale(folded)
    lists = _lists(own)
    women, men = folded in lists.known_women, folded in lists.known_men
    choices = lists.women * women + lists.men * men or lists.families
    start = Draw(secret, "name", own, folded).below(len(choices))
    turned = (choices[(start + at) % len(choices)] for at in range(len(choices)))
    return islice((one for one in turned if not _alike(one.casefold(), folded)), ATTEMPTS)


def provider(locale: str, kind: str) -> type:
    """Return Faker's provider of a kind ("person", "address", "company") for a locale.

    Raises:
        ConfigError: Faker is not installed.
    """
    try:
        found: type = import_module(f"faker.providers.{kind}.{locale}").Provider
    except ImportError:
        if locale != LOCALES[0]:  # Faker knows no houses of some countries
            return provider(LOCALES[0], kind)
        raise ConfigError(
            "the action 'surrogate' needs Faker, which is not installed",
            advice="run: pip install 'guardrail-pii[surrogate]'",
        ) from None
    return found


def _word(word: str, tools: Tools, locale: str) -> str:
    """Return what stands for one word of a name; "" where nothing can."""
    secret = (tools.near or tools.key)("surrogate")
    if word.casefold() in TITLES | PARTICLES:
        return word
    if len(word) == 1:
        return _initial(word, secret)
    new = tools.stand("PERSON", word, candidates(word, secret, locale), kind="name")
    return new.upper() if word.isupper() else new.lower() if word.islower() else new


def _initial(letter: str, secret: bytes) -> str:
    """Return another letter for an initial: no two letters have the same; "" for one that is not Latin."""
    upper = unicodedata.normalize("NFKD", letter).upper()[:1]
    if not (upper.isascii() and upper.isalpha()):
        return ""
    turn = 1 + Draw(secret, "initial").below(25)
    return chr(ord("A") + (ord(upper) - ord("A") + turn) % 26)


def _alike(one: str, other: str) -> bool:
    """Tell whether one of two words shows the other."""
    return one == other or (len(other) > 2 and other in one) or (len(one) > 2 and one in other)


def _locale(folded: str) -> str:
    script = next((locale for locale, letters in _SCRIPTS if letters.search(folded)), "")
    return script or next((one for one in LOCALES if folded in _lists(one).known), LOCALES[0])


@cache
def _lists(locale: str) -> _Lists:
    found = provider(locale, "person")
    women, men, families = (tuple(getattr(found, group, ())) for group in _GROUPS)
    usable = _usable(families)
    if len(usable) < ATTEMPTS:  # Faker's Polish family names are made by rules
        usable = _lists(LOCALES[0]).families
    known_women, known_men = _folded(women), _folded(men)
    known = known_women | known_men | _folded(families)
    return _Lists(_usable(women), _usable(men), usable, known_women, known_men, known)


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFC", name).casefold() for name in names)


def _usable(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of one word that no ordinary word is, sorted: Faker's order is not ours."""
    found = {unicodedata.normalize("NFC", name) for name in names}
    good = (n for n in found if len(n) >= _SHORTEST and all(map(_LETTERS.match, n)) and n[1:].islower())
    return tuple(sorted(n for n in good if n.casefold() not in _WORDS))
