"""Which recognizers and name finders a detector is made of: the one list to add to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail.detect import own_models
from guardrail.detect.addresses import Addresses
from guardrail.detect.addresses_fields import AddressFields
from guardrail.detect.ages import AGES, ANCHORS, NEEDS
from guardrail.detect.ages_beside import AgesBeside
from guardrail.detect.bounded import BoundedFinder
from guardrail.detect.cards import Cards
from guardrail.detect.columns import Columns
from guardrail.detect.coordinates import Coordinates
from guardrail.detect.dates import Dates
from guardrail.detect.domains import Suffixes
from guardrail.detect.emails import Emails
from guardrail.detect.facilities import Facilities
from guardrail.detect.gates import DIGIT
from guardrail.detect.guardrail_names import GuardrailNames
from guardrail.detect.hardware import Hardware, Uuids
from guardrail.detect.ibans import Ibans
from guardrail.detect.ids import Ids
from guardrail.detect.ips import Ips
from guardrail.detect.models import RAMPART, SPACY_SM, library_version, locate
from guardrail.detect.phones import Phones
from guardrail.detect.pieces import PieceNames
from guardrail.detect.presidio import PresidioPatterns, borrow
from guardrail.detect.rampart import RampartNames
from guardrail.detect.recognizer import Recognizer
from guardrail.detect.secrets import CARD_ANCHORS, CARD_CODES, Secrets
from guardrail.detect.spacy_names import SpacyNames
from guardrail.detect.tables import Table
from guardrail.detect.urls import Urls
from guardrail.detect.usernames import Usernames
from guardrail.detect.wallets import Wallets
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from guardrail.detect.names import NameFinder

__all__ = ["adopt", "bounded", "name_finders", "recognizers", "versions"]


def recognizers() -> list[Recognizer]:
    """Return the recognizers of patterns and numbers, ready to work."""
    suffixes = Suffixes.load()
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
        Facilities(),
        Secrets(),
        Usernames(),
        Columns(),
        Coordinates(),
        Wallets(),
        Hardware(),
        Uuids(),
        Table.of("guardrail/card-code", CARD_CODES, needs=DIGIT, anchors=CARD_ANCHORS),
        Table.of("guardrail/age", AGES, needs=NEEDS, anchors=ANCHORS),
        AgesBeside(),
    ]


def name_finders(
    names: str | Sequence[object], progress: Callable[[str, float], None] | None, *, workers: int = 0
) -> list[NameFinder]:
    """Return the name finders that `names` asks for, each once.

    A name is auto (the project's own model, and spaCy where its model is installed;
    or what the environment variable GUARDRAIL_NAMES says), guardrail (the project's
    own), spacy, rampart, none, "spacy:NAME", "spacy:PATH", "hf:PATH" or
    "gliner:PATH"; several stand in a sequence or behind commas. A sequence may hold
    finders of the user's own. `workers` are processes for the English model.

    Raises:
        ConfigError: an unknown choice, or a model that is missing or altered.
    """
    if names == "auto":
        names = os.environ.get("GUARDRAIL_NAMES") or "auto"
    asked = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
    finders: list[NameFinder] = []
    for one in dict.fromkeys(_spelt_out(asked)):
        if one == "spacy":
            finders.append(SpacyNames.load(workers=workers))
        elif one == "rampart":
            finders.append(RampartNames.load(progress=progress))
        elif one == "guardrail":
            finders.append(GuardrailNames.load(progress=progress))
        elif isinstance(one, str) and one.startswith("guardrail:"):
            finders.append(GuardrailNames.load_trained(Path(one.partition(":")[2])))
        elif isinstance(one, str):
            finders.append(own_models.load(one))
        elif hasattr(one, "find") and hasattr(one, "entities"):
            finders.append(one)
        else:
            raise ConfigError(
                f"{type(one).__name__} is no name finder", advice="give a name, or an object with find(texts)"
            )
    return finders


def bounded(finders: Sequence[NameFinder], limit: float) -> list[NameFinder]:
    """Return the finders, those that are not ours under a limit of seconds for a batch."""
    ours = (SpacyNames, PieceNames, own_models.OwnModel)
    return [one if isinstance(one, ours) else BoundedFinder(one, limit) for one in finders]


def _spelt_out(asked: Sequence[object]) -> Iterator[object]:
    for one in asked:
        if one == "auto":
            if locate(SPACY_SM) is not None:
                yield "spacy"
            yield "guardrail"
        elif one not in {"none", ""}:
            yield one


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
