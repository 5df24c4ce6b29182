"""What the labels of foreign models mean: one table for all libraries, and a file that changes it.

A folder of a model may hold `guardrail.json`:

    {"labels": {"PATIENT": "PERSON", "MISC": ""}, "languages": ["de"]}

Its labels come before the table; an empty one is not used.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from guardrail.detect.languages import code_of
from guardrail.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["FILE", "KNOWN", "Labels"]

FILE: Final = "guardrail.json"
MAX_BYTES: Final = 100_000
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PERSON": "person per people name full_name patient doctor staff hcp nurse persname prs",
        "PERSON#2": "given_name givenname first_name firstname last_name lastname surname middle_name",
        "LOCATION": "location loc gpe fac city town state county country region geogname placename",
        "ADDRESS": "address street street_address street_name building_number buildingnum",
        "ADDRESS#2": "zip zipcode zip_code postcode",
        "ORGANIZATION": "organization organisation org company orgname hospital",
        "NRP": "norp nationality religion political_group",
        "AGE": "age",
        "EMAIL_ADDRESS": "email email_address",
        "PHONE_NUMBER": "phone phone_number telephone telephonenum fax tel",
        "CREDIT_CARD": "credit_card credit_card_number creditcardnumber",
        "IBAN_CODE": "iban",
        "US_SSN": "ssn social_security_number",
        "USERNAME": "username user_name handle",
        "SECRET": "password api_key",
        "IP_ADDRESS": "ip ip_address ipv4 ipv6",
    }
)
KNOWN: Final[Mapping[str, str]] = MappingProxyType(
    {word: entity.partition("#")[0] for entity, words in _WORDS.items() for word in words.split()}
)
_ENTITY: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
_SCHEME: Final = re.compile(r"^[BILUSE]-")


@dataclass(frozen=True, slots=True)
class Labels:
    """The meaning of a model's labels, and the languages that it reads (none: every one)."""

    meaning: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    languages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, folder: Path, labels: Iterable[str]) -> Labels:
        """Return what the labels of the model in `folder` mean.

        Raises:
            ConfigError: the folder's own file cannot be read, or no label is known.
        """
        own, languages = _own(folder / FILE)
        meaning = {}
        for label in labels:
            bare = _SCHEME.sub("", label)
            entity = own.get(bare, own.get(label, KNOWN.get(re.sub(r"[\W_]+", "_", bare.lower()), "")))
            if entity:
                meaning[label] = entity
        if not meaning:
            raise ConfigError(
                f"{folder.name}: no label of the model is known",
                advice=f'write {FILE} into its folder: {{"labels": {{"THEIRS": "PERSON"}}}}',
            )
        return cls(MappingProxyType(meaning), languages)

    @property
    def entities(self) -> frozenset[str]:
        """Return the entities that the model can find."""
        return frozenset(self.meaning.values())


def _own(path: Path) -> tuple[dict[str, str], frozenset[str]]:
    """Return the labels and languages that the user's file says."""
    if not path.exists():
        return {}, frozenset()
    try:
        value = json.loads(path.read_bytes()[: MAX_BYTES + 1])
        labels, languages = value.get("labels", {}), value.get("languages", [])
        right = all(isinstance(k, str) and (v == "" or _ENTITY.fullmatch(v)) for k, v in labels.items())
        codes = frozenset(code_of(one) for one in languages)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        right, codes, labels = False, frozenset(), {}
    if not right or "" in codes:
        raise ConfigError(
            f"{path.name} of {path.parent.name} cannot be used",
            advice='write {"labels": {"THEIRS": "PERSON"}, "languages": ["de"]}: entities in capitals, '
            "languages that are served",
        )
    return dict(labels), codes
