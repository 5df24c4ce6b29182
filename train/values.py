"""Invented values of many locales: people, places, addresses, and what only looks like them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from faker import Faker

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from datetime import date

__all__ = ["ENGLISH", "LABELS", "LISTS", "LOCALES", "TONGUES", "Values"]

LISTS: Final[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "styles" / "values.toml").read_text())
LOCALES: Final[tuple[str, ...]] = tuple(LISTS["locales"])
ENGLISH: Final = tuple(one for one in LOCALES if one.startswith("en_"))
TONGUES: Final[dict[str, tuple[str, ...]]] = {name: tuple(ones) for name, ones in LISTS["tongues"].items()}
# What a kind of value is labelled; a kind that is missing here is no personal data.
LABELS: Final = {
    **dict.fromkeys(("name", "first", "last", "initial", "lastspelt"), "PERSON"),
    **dict.fromkeys(("street", "zip", "address"), "ADDRESS"),
    **dict.fromkeys(("city", "state", "country"), "LOCATION"),
    **dict.fromkeys(("user", "userbare"), "USERNAME"),
    **dict.fromkeys(("date", "dob"), "DATE_TIME"),
    "org": "ORGANIZATION",
    "nrp": "NRP",
    "age": "AGE",
    "email": "EMAIL_ADDRESS",
    "phone": "PHONE_NUMBER",
    "url": "URL",
    "id": "ID",
}
_SCRIPT: Final = re.compile(r"[\x20-\x7e\u00a0-\u024f\n]+")
_NUMBER: Final = re.compile(r"\d+$")
# How often a person is written in each form.
_FORMS: Final = (
    ("{f} {l}", 64),
    ("{f} {i}. {l}", 8),
    ("{f} {g} {l}", 6),
    ("{f} {l}-{m}", 4),
    ("{i}. {l}", 3),
    ("{f} {p}{l}", 3),
    ("{l}, {f}", 3),
    ("{f}", 4),
    ("{f} {l} {s}", 2),
)


class Values:
    """The values of one text: the same slot gives the same value, and the parts of one person agree."""

    def __init__(
        self,
        rng: random.Random,
        fakers: dict[str, Faker],
        words: Sequence[str],
        *,
        locales: Sequence[str] = LOCALES,
    ) -> None:
        """Take a source of randomness, a store of fakers to share, and words of no meaning."""
        self.rng = rng
        self._fakers = fakers
        self._words = words
        self._locales = locales
        self._home = rng.choice(locales)
        self._known: dict[str, str] = {}
        self._people: dict[str, tuple[str, str, str]] = {}
        self._makers: dict[str, Callable[[], str]] = {
            **{
                name: getattr(self, f"_{name}")
                for name in ("street", "address", "org", "code", "phone", "zip")
            },
            "city": lambda: self._either("cities", 0.45, lambda f: f.city()),
            "country": lambda: self._either("countries", 0.8, lambda f: f.country()),
            "state": lambda: self._pick("states"),
            "nrp": lambda: self._pick("peoples").capitalize(),
            "job": lambda: self._pick("jobs"),
            "age": lambda: self._number(1, 99),
            "date": lambda: self._written(self._faker().date_between("-9y", "+1y")),
            "dob": lambda: self._written(self._faker().date_of_birth(minimum_age=1, maximum_age=95)),
            "day": lambda: self._pick("days"),
            "month": lambda: self._pick("months"),
            "year": lambda: self._number(1500, 2029),
            "time": self._clock,
            "isotime": self._moment,
            "num": lambda: self._number(10, 10 ** rng.randint(2, 9)),
            "small": lambda: self._number(1, 60),
            "money": lambda: self._pick("money").format(rng.randint(5, 9999)),
            "port": lambda: self._number(1024, 65535),
            "ip": lambda: ".".join(self._number(0, 255) for _ in range(4)),
            "hex": lambda: f"{rng.getrandbits(rng.choice((16, 32, 64, 128))):x}",
            "id": lambda: f"{self._number(900, 999)}-{self._number(10, 99)}-{self._number(1000, 9999)}",
            "version": self._version,
            "url": lambda: f"https://{self._word()}.example.com/{self._word()}",
            "word": self._word,
            "wordcap": lambda: "".join(self._word().capitalize() for _ in range(rng.randint(1, 3))),
        }
        self._persons: dict[str, Callable[[str, str, str], str]] = {
            "name": lambda _first, _last, full: full,
            "first": lambda first, _last, _full: first,
            "last": lambda _first, last, _full: last,
            "initial": lambda first, _last, _full: first[0],
            "lastspelt": lambda _first, last, _full: "-".join(last.upper()),
            "email": self._email,
            "userbare": self._user,
            "user": lambda *person: "@" + self._user(*person),
        }

    def get(self, slot: str) -> str:
        """Return the value of a slot such as "name" or "city2"; raise `KeyError` for an unknown kind."""
        if slot not in self._known:
            kind = _NUMBER.sub("", slot)
            person = self._persons.get(kind)
            number = slot[len(kind) :]
            self._known[slot] = person(*self._person(number)) if person else self._makers[kind]()
        return self._known[slot]

    def _pick(self, name: str) -> str:
        return str(self.rng.choice(LISTS[name]))

    def _number(self, least: int, most: int) -> str:
        return str(self.rng.randint(least, most))

    def _either(self, name: str, share: float, make: Callable[[Faker], str]) -> str:
        """Return a value of a list, or one that is invented."""
        listed = self._pick(name)
        return listed if self.rng.random() < share else self._plain(make, listed)

    def _faker(self) -> Faker:
        """Return a faker: mostly of the text's own locale."""
        name = self._home if self.rng.random() < 0.7 else self.rng.choice(self._locales)
        found = self._fakers.get(name)
        if found is None:
            found = self._fakers[name] = Faker(name)
        found.seed_instance(self.rng.getrandbits(64))
        return found

    def _plain(self, make: Callable[[Faker], str], fallback: str) -> str:
        """Return a value in Latin script; not every locale has every kind."""
        for _ in range(6):
            try:
                value = make(self._faker())
            except AttributeError:
                continue
            if value and _SCRIPT.fullmatch(value):
                return value
        return fallback

    # --- people

    def _given(self) -> str:
        return self._plain(lambda f: f.first_name(), "Anna")

    def _family(self) -> str:
        return self._plain(lambda f: f.last_name(), "Miller")

    def _person(self, number: str) -> tuple[str, str, str]:
        if number not in self._people:
            first, last = self._given(), self._family()
            (form,) = self.rng.choices([one for one, _ in _FORMS], [share for _, share in _FORMS])
            full = form.format(
                f=first,
                l=last,
                i=self.rng.choice("ABCDEFGHJKLMNPRSTVW"),
                g=self._given(),
                m=self._family(),
                p=self._pick("particles"),
                s=self.rng.choice(("Jr.", "Sr.", "III", "II")),
            )
            self._people[number] = (first, last, full)
        return self._people[number]

    def _email(self, first: str, last: str, _full: str) -> str:
        one, two = (re.sub(r"[^a-z]", "", name.lower()) or "info" for name in (first, last))
        users = (f"{one}.{two}", f"{one[0]}{two}", f"{two}{self._number(1, 99)}", one)
        hosts = (*LISTS["hosts"], f"{self._word()}.com")
        return f"{self.rng.choice(users)}@{self.rng.choice(hosts)}"

    def _user(self, first: str, last: str, _full: str) -> str:
        one, two = (name.lower().replace(" ", "") for name in (first, last))
        word, number = self._word(), self._number(1, 999)
        forms = (f"{one}{number}", f"{one}_{two}", f"{one[0]}{two}", f"{word}{number}", f"{word}_{one}")
        return self.rng.choice((*forms, f"the{word}{two}"))

    # --- places

    def _street(self) -> str:
        if self.rng.random() < 0.45 and not self._home.startswith("en_"):
            return self._plain(lambda f: f.street_address(), "Hauptstraße 5").replace("\n", ", ")
        return self._pick("streets").format(
            n=self._number(1, self.rng.choice((99, 999, 9999, 99999))),
            w=self._pick("woods") if self.rng.random() < 0.4 else self._family(),
            w2=self._pick("woods"),
            t=self._pick("types"),
            u=self._pick("units"),
            m=self._number(1, 999),
            d=self._pick("points"),
            x=self.rng.choice("abcd"),
            o=self._pick("ordinals"),
        )

    def _zip(self) -> str:
        return self._plain(lambda f: f.postcode(), "12345")

    def _address(self) -> str:
        place = {"s": self._street(), "c": self.get("city"), "z": self._zip(), "a": self._pick("states")}
        return self._pick("addresses").format(**place, k=self.get("country"))

    def _org(self) -> str:
        if self.rng.random() < 0.35:
            return self._plain(lambda f: f.company(), "Miller Ltd")
        city = self._makers["city"]()
        return self._pick("firms").format(c=city, l=self._family(), l2=self._family())

    # --- times and numbers

    def _written(self, day: date) -> str:
        return day.strftime(self._pick("dates"))

    def _clock(self) -> str:
        return f"{self.rng.randint(0, 23):02}:{self.rng.randint(0, 59):02}"

    def _moment(self) -> str:
        r = self.rng
        day = f"20{r.randint(10, 29)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}"
        end = r.choice(("", "Z", ".123", ",481", ".000Z", "+00:00"))
        return f"{day}{r.choice(' T')}{self._clock()}:{r.randint(0, 59):02}{end}"

    def _phone(self) -> str:
        return self._plain(lambda f: f.phone_number(), "+49 30 901820")

    def _code(self) -> str:
        letters = "".join(self.rng.choice("ABCDEFGHKLMNPRSTXZ") for _ in range(self.rng.randint(1, 4)))
        return letters + self.rng.choice(("-", "", "/")) + self._number(10, 999999)

    def _version(self) -> str:
        numbers = ".".join(self._number(0, 30) for _ in range(self.rng.randint(2, 4)))
        return numbers + self.rng.choice(("", "", "-rc1", "b2", "-alpine"))

    def _word(self) -> str:
        return re.sub(r"\d", "", self.rng.choice(self._words))
