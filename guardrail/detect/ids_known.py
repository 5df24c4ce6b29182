"""Which checksums a label asks for: names of numbers, countries, and the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from guardrail.detect.ids_beside import Side, Word, fold, named
from guardrail.detect.ids_labels import LEANING, PLAIN
from guardrail.detect.ids_table import COUNTRIES, IDEOGRAPHS, NUMBERS, SHY, VAT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Known"]

MAX_PHRASE: Final = 6
Rows = tuple[tuple[str, str], ...]
_IN_CAPITALS: Final = {"US": "us", "UK": "gb", "EU": "eu", "U.S.": "us", "U.K.": "gb"}


class Known:
    """The names of the numbers that have a check. Immutable."""

    __slots__ = ("_by_country", "_by_name", "_countries", "_entity", "_firsts", "entities", "named")

    def __init__(self, by_name: dict[str, Rows], countries: dict[str, str]) -> None:
        self._by_name = by_name
        self._countries = countries
        self._firsts = frozenset(name.split()[0] for name in by_name)
        self._entity = {module: entity for module, entity, _ in NUMBERS} | dict.fromkeys(VAT, "TAX_ID")
        by_country: dict[str, list[tuple[str, str]]] = {}
        for module, entity, _ in NUMBERS:
            by_country.setdefault(module.partition(".")[0], []).append((module, entity))
        self._by_country = by_country
        self.entities = frozenset(self._entity.values())
        self.named = frozenset(entity for entity, _ in (*PLAIN, *LEANING))

    @classmethod
    def load(cls) -> Known:
        """Index the tables; no check is imported yet."""
        by_name: dict[str, list[tuple[str, str]]] = {}
        for module, entity, names in NUMBERS:
            for name in names.split(";"):
                by_name.setdefault(" ".join(fold(word) for word in name.split()), []).append((module, entity))
        countries = {fold(word): country for country, words in COUNTRIES for word in words.split()}
        return cls({name: tuple(rows) for name, rows in by_name.items()}, countries)

    def modules(self, side: Side) -> Rows:
        """Return the (module, entity)s that the words before a value ask for, the nearest name first.

        A country beside the name chooses among the modules of that name; a country
        beside a mere kind ("German tax number") asks for the country's modules.
        """
        found = dict.fromkeys(row for rows in self._names(side.words) for row in rows)
        countries = {country for word in side.words if (country := self._country(word)) is not None}
        words = {word.folded for word in side.words}
        if not words.isdisjoint({"vat", "vatin"}) and not (found and not countries):
            found |= dict.fromkeys((module, "TAX_ID") for module in VAT)
        if not countries:
            return tuple(found)
        local = tuple(row for row in found if row[0].partition(".")[0] in countries)
        return local or tuple(self._kind(side, countries)) or tuple(found)

    def _kind(self, side: Side, countries: set[str]) -> Iterator[tuple[str, str]]:
        label = named(side)
        if label is None:
            return
        for country in sorted(countries - ({"us"} if label[0] == "US_SSN" else set())):
            for row in self._by_country.get(country, ()):
                if label[0] in {row[1], "ID"} or {label[0], row[1]} <= {"NATIONAL_ID", "TAX_ID", "US_SSN"}:
                    yield row

    def _country(self, word: Word) -> str | None:
        return _IN_CAPITALS.get(word.raw) or self._countries.get(word.folded)

    def _names(self, words: tuple[Word, ...]) -> Iterator[Rows]:
        """Yield the rows of every name among the words, from the last word to the first."""
        for at in range(len(words) - 1, -1, -1):
            word = words[at]
            if not word.raw.isascii():
                for name, module in IDEOGRAPHS:
                    if name in word.raw:
                        yield ((module, self._entity[module]),)
            if word.folded not in self._firsts:
                continue
            for count in range(min(MAX_PHRASE, len(words) - at), 0, -1):
                rows = self._by_name.get(" ".join(word.folded for word in words[at : at + count]))
                if rows is not None and (count > 1 or word.folded not in SHY or _capital(word.raw)):
                    yield rows
                    break


def _capital(word: str) -> bool:
    return any(map(str.isupper, word[1:] or word))
