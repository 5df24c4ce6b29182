"""The words beside a number: what the piece of a line before it says it is.

A label stands directly before its value, perhaps with a word for "number", a
mark and a connector between them; or the line before asks for it; or it is the
name of the column. Only a bounded piece is read.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from guardrail.detect.headers import Headers
from guardrail.detect.ids_labels import CONNECTORS, LEANING, NUMBER_WORDS, PLAIN, THINGS
from guardrail.detect.ids_table import NUMBERS
from guardrail.detect.labels import PHONE_WORDS

__all__ = [
    "CODED",
    "DIRECT",
    "OWN",
    "Beside",
    "Side",
    "Word",
    "fold",
    "label_words",
    "named",
    "phrases",
    "words_of",
]

BEFORE: Final = 110  # code points that are read before a value
AFTER: Final = 40
MAX_PHRASE: Final = 6  # words
_WORD: Final = re.compile(r"(?:[^\W\d_]\.){2,6}|[^\W\d_]+")
_LETTERS_ALONE: Final = re.compile(r"[^\W\d_]+")
_SPEAKER: Final = re.compile(r"[\s>*-]{0,4}(?:\[[\w ]{1,24}\]|[A-Z][\w ]{0,20}|[a-z]{1,12})\s?:[\s*]*")
_MARK: Final = re.compile(r"[:=#]")
# Between a label and its value: marks, quotes, brackets; a stop only behind an abbreviation.
_GAP: Final = re.compile(r"[\s\"'`“”„«»=:#()\[\]<>|*/?°º,-]{0,14}")
_STOPPED: Final = frozenset(
    {"no", "nr", "nro", "num", "lic", "acct", "acc", "ref", "id", "ids", "cert", "reg", "nrs", "fisc", "n"}
)
_END: Final = re.compile(r"(?<![.(\s][A-Z])[.!;]\s|\t")
_SUFFIXES: Final = ("nummer", "numero", "number", "nr", "nro", "num", "no", "code", "id")
_OPEN: Final = frozenset({"nummer", "number", "numero"})  # these make a label of any stem


_FORM_LABEL: Final = re.compile(r"[^\d,;:!?]{2,48}[.*]?")
_FORM_VALUE: Final = re.compile(r"(?:[A-Z0-9][a-z]?[ ./-]{0,2}){4,39}")
CODED: Final = 0.6  # the score behind a bare word, where only a mixed code counts
DIRECT: Final = 0.58  # behind a word that a number of its own follows: "account 6435-6051-23"
OWN: Final = 0.57  # behind "ID" alone, set apart: "Ann Lee, ID E30666", "(ID 4711)"
_DIRECT: Final = frozenset(
    """account acct acc member subscriber policy patient student employee emp staff badge customer cust
    client claim inmate prisoner beneficiary insured konto compte cuenta conto rekening conta hc proc kunde
    mitglied""".split()  # noqa: SIM905 - word lists read as words
)
# Words for a code say less than words for a number: billing codes, postal codes.
_CODES: Final = frozenset({"code", "codes", "codigo", "codice", "kod", "kode", "key", "ref", "reference"})
# Whose number is not said, or a telephone's.
_OTHERS: Final = PHONE_WORDS | frozenset(
    {
        "my",
        "your",
        "his",
        "her",
        "their",
        "our",
        "its",
        "the",
        "this",
        "that",
        "a",
        "an",
        "any",
        "home",
        "work",
    }
    | {
        "office",
        "business",
        "emergency",
        "main",
        "direct",
        "new",
        "old",
        "other",
        "same",
        "following",
        "wrong",
    }
    | {
        "real",
        "random",
        "whole",
        "lucky",
        "favorite",
        "favourite",
        "first",
        "last",
        "next",
        "maximum",
        "minimum",
    }
)


class Word(NamedTuple):
    """A word as compared, as written, and where it ends in its piece of text."""

    folded: str
    raw: str
    end: int


@dataclass(frozen=True, slots=True)
class Side:
    """What stands before a value: the words, and what lies between the last of them and the value."""

    words: tuple[Word, ...]
    gap: str
    asked: bool = False


_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "\u0131": "i", "\u03c2": "\u03c3"})


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Return a word without case, accents and stops: "Núm." and "NUM" are one."""
    if word.isascii():
        return word.lower().replace(".", "")
    plain = unicodedata.normalize("NFKD", word.lower().translate(_LETTERS))
    return "".join(char for char in plain if not unicodedata.combining(char)).replace(".", "")


def words_of(text: str) -> tuple[Word, ...]:
    """Return the words of a piece of text; digits and marks part them."""
    pattern = _WORD if "." in text else _LETTERS_ALONE
    return tuple([Word(fold(m[0]), m[0], m.end()) for m in pattern.finditer(text)])


def phrases(table: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return {name: entity} of a table of labels; the first line that has a name keeps it."""
    found: dict[str, str] = {}
    for entity, names in table:
        for name in names.split(";"):
            found.setdefault(" ".join(fold(word) for word in name.split()), entity)
    return found


_PLAIN: Final = phrases(PLAIN)
_LEANING: Final = phrases(LEANING)
_LAST: Final = frozenset(name.rpartition(" ")[2] for table in (_PLAIN, _LEANING) for name in table)


def label_words() -> frozenset[str]:
    """Return the words by which a field name says that an identifier follows."""
    known = (name for _, _, names in NUMBERS for name in names.split(";"))
    single = {fold(name.strip()) for name in known if " " not in name.strip()}
    plain = {name for name in _PLAIN if " " not in name}
    leaning = {word for name in _LEANING for word in name.split()}
    return (
        frozenset(single | plain | leaning | {"number", "nummer", "num", "nr", "numero", "id"}) - CONNECTORS
    )


class Beside:
    """Reads what stands before and after places of one text."""

    __slots__ = ("_headers", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._headers = Headers(text)

    def before(self, start: int, *, since: int) -> Side:
        """Return the words before `start`, none of them from before `since` (where the last value ended)."""
        low = max(start - BEFORE, since, 0)
        line = self._text.rfind("\n", low, start) + 1
        head = self._text[max(line, low) : start]
        ends = [match.end() for match in _END.finditer(head)]
        for end in reversed(ends):
            word = words_of(head[: end - 1])[-1:]
            if not (word and _stopped(word[0]) and head[end - 2] == "."):
                head = head[end:]
                break
        words = words_of(head)
        if line and (not words or _SPEAKER.fullmatch(head)):
            above = self._above(line - 1, start)
            if above is not None:
                return above
        return Side(words, head[words[-1].end :] if words else head, asked="?" in head[-3:])

    def _above(self, end: int, start: int) -> Side | None:
        """Return the line before, where it asks, announces, or labels a value that stands alone."""
        low = max(end - BEFORE, 0)
        text = self._text[max(self._text.rfind("\n", low, end) + 1, low) : end].rstrip()
        words = words_of(text)
        if not text.endswith(("?", ":")):  # a form: the label in a line of its own
            value = self._text[start : start + AFTER].partition("\n")[0]
            label = words and _FORM_LABEL.fullmatch(text) and (text[-1] != "." or _stopped(words[-1]))
            alone = label and _FORM_VALUE.fullmatch(value) and _at_end(_PLAIN, [w.folded for w in words])
            return Side(words, ":") if alone else None
        return Side(words, text[-1], asked=text.endswith("?"))

    def after(self, end: int) -> tuple[Word, ...]:
        """Return the words behind `end`, on the same line."""
        return words_of(self._text[end : end + AFTER].partition("\n")[0])

    def column(self, start: int) -> Side:
        """Return the name of the value's column, as if it stood before the value."""
        return Side(words_of(self._headers.label(start)), ":")


def named(side: Side) -> tuple[str, float] | None:
    """Return the entity that the label before a value names, and the score of it; None without a label."""
    words = [word.folded for word in side.words]
    if not words or not _GAP.fullmatch(_gap(side)):
        return None
    mark = _MARK.search(side.gap) is not None
    if side.asked:
        return _in_question(words)
    plain = _at_end(_PLAIN, words)
    if plain is None:
        for _ in range(3):
            if words and words[-1] in CONNECTORS:
                words.pop()
                mark = True
        plain = _at_end(_PLAIN, words)
    if plain is not None:
        return plain, 0.8
    found = _with_number_word(words, mark=mark)
    if found is not None and found[1] == CODED and side.gap == " " and words[-1] in _DIRECT:
        return found[0], DIRECT
    return ("ID", OWN) if found is None and _apart(side) else found


def _stopped(word: Word) -> bool:
    """Tell whether a stop behind the word ends no sentence."""
    return word.folded in _STOPPED or word.folded.endswith("nr")


def _apart(side: Side) -> bool:
    """Tell whether "ID" stands before the value, and a comma, a bracket or nothing before it."""
    last = side.words[-1]
    if last.raw not in {"ID", "I.D."} or side.gap not in {" ", ": ", " #", ": #", ":"}:
        return False
    return len(side.words) > 1 and last.end - len(last.raw) - side.words[-2].end > 1


def _gap(side: Side) -> str:
    """Return the gap; the stop of an abbreviation is no end of a sentence."""
    return side.gap.replace(".", "", 1) if _stopped(side.words[-1]) else side.gap


def _with_number_word(words: list[str], *, mark: bool) -> tuple[str, float] | None:
    """Read "<name> number", "<name>nummer" and "<name>:"."""
    words = [*words[:-1], *_parts(words[-1])] if words else words
    count, said = 0, False
    while words and words[-1] in NUMBER_WORDS and count < 3:
        said |= words.pop() not in _CODES
        count += 1
    if not words or not THINGS.isdisjoint(words[-2:]):
        return None if words or count < 2 or not mark else ("ID", 0.55)
    plain = _at_end(_PLAIN, words) if count else None
    if plain is not None:
        return plain, 0.8
    leaning = _at_end(_LEANING, words)
    if leaning is not None:
        return leaning, 0.75 if count else 0.65 if mark else CODED
    named = mark and said and THINGS.isdisjoint(words[-4:]) and words[-1] not in _OTHERS
    return ("ID", 0.55) if named else None


def _parts(word: str) -> list[str]:
    """Return a compound's stem and its word for "number": "kundennummer", "customerid"."""
    for suffix in _SUFFIXES:
        stem = word.removesuffix(suffix)
        if stem != word and len(stem) > 2 and (suffix in _OPEN or stem in _LEANING):
            return [stem, "number"]
    return [word]


def _in_question(words: list[str]) -> tuple[str, float] | None:
    for end in range(len(words), 0, -1):
        plain = _at_end(_PLAIN, words[:end])
        if plain is not None:
            return plain, 0.75
        if end > 1 and words[end - 1] in NUMBER_WORDS:
            leaning = _at_end(_LEANING, words[: end - 1])
            if leaning is not None:
                return leaning, 0.7
    return None


def _at_end(table: dict[str, str], words: list[str]) -> str | None:
    """Return the entity of the longest name that the words end with."""
    if not words or words[-1] not in _LAST:
        return None
    for count in range(min(MAX_PHRASE, len(words)), 0, -1):
        entity = table.get(" ".join(words[-count:]))
        if entity is not None:
            return entity
    return None
