"""Which recognizers and name finders a detector is made of: the one list to add to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.detect.addresses import Addresses
from guardrail.detect.addresses_fields import AddressFields
from guardrail.detect.ages import AGES
from guardrail.detect.cards import Cards
from guardrail.detect.coordinates import Coordinates
from guardrail.detect.dates import Dates
from guardrail.detect.domains import Suffixes
from guardrail.detect.emails import Emails
from guardrail.detect.hardware import Hardware, Uuids
from guardrail.detect.ibans import Ibans
from guardrail.detect.ids import Ids
from guardrail.detect.ips import Ips
from guardrail.detect.models import RAMPART, SPACY_SM, library_version, locate
from guardrail.detect.phones import Phones
from guardrail.detect.presidio import PresidioPatterns, borrow
from guardrail.detect.rampart import RampartNames
from guardrail.detect.recognizer import Recognizer
from guardrail.detect.secrets import CARD_CODES, Secrets
from guardrail.detect.spacy_names import SpacyNames
from guardrail.detect.tables import Table
from guardrail.detect.urls import Urls
from guardrail.detect.usernames import Usernames
from guardrail.detect.wallets import Wallets
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from guardrail.detect.names import NameFinder

__all__ = ["adopt", "name_finders", "recognizers", "versions"]


def recognizers() -> list[Recognizer]:
    """Return the recognizers of patterns and numbers, ready to work."""
    suffixes = Suffixes.load()
    tables = {"card-code": CARD_CODES, "age": AGES}
    return [
        PresidioPatterns.load(),
        Cards(),
        Ibans(),
        Ips(),
        Dates(),
        Ids.load(),
        Emails(suffixes),
        Urls(suffixes),
        Phones.load(),
        Addresses(),
        AddressFields(),
        Secrets(),
        Usernames(),
        Coordinates(),
        Wallets(),
        Hardware(),
        Uuids(),
        *(Table.of(f"guardrail/{name}", shapes) for name, shapes in tables.items()),
    ]


def name_finders(names: str, progress: Callable[[str, float], None] | None) -> list[NameFinder]:
    """Return the name finders that `names` asks for: auto, spacy, rampart or none.

    Raises:
        ConfigError: an unknown choice, or a model that is missing or altered.
    """
    if names not in {"auto", "spacy", "rampart", "none"}:
        raise ConfigError(f"unknown name finder {names[:20]!r}", advice="use auto, spacy, rampart or none")
    finders: list[NameFinder] = []
    if names in {"auto", "spacy"}:
        finders.append(SpacyNames.load())
    if names == "rampart" or (names == "auto" and locate(RAMPART) is not None):
        finders.append(RampartNames.load(progress=progress))
    return finders


def adopt(item: object) -> Recognizer:
    """Return the user's own recognizer as one of ours.

    Raises:
        ConfigError: it is none.
    """
    if isinstance(item, Recognizer):
        return item
    if hasattr(item, "analyze") and hasattr(item, "supported_entities"):
        return borrow(item)
    raise ConfigError(
        f"{type(item).__name__} is not a recognizer", advice="decorate a function with @recognizer('ENTITY')"
    )


def versions(parts: Iterable[object]) -> dict[str, str]:
    """Return the versions of the parts and of the libraries behind them."""
    known = {"phonenumbers": library_version("phonenumbers"), "tldextract": library_version("tldextract")}
    for part in parts:
        version = getattr(part, "version", None)
        if isinstance(version, str) and version:
            name = {SpacyNames: f"spacy/{SPACY_SM.name}", RampartNames: RAMPART.name}.get(type(part))
            known[name or str(getattr(part, "name", type(part).__name__))] = version
    return known
