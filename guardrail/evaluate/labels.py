"""The labels in which detectors are compared, and which of them count as the same.

Every corpus and every detector has kinds of its own; they are brought to a
short common list before anything is counted.
"""

from __future__ import annotations

from typing import Final

from guardrail.entities import ENTITIES

__all__ = ["ACCEPTS", "COMMON", "IGNORED", "PERSONAL", "common", "compatible", "is_known"]

# Found by no detector at hand, or matters of opinion: left out unless asked for.
IGNORED: Final = frozenset({"TITLE", "SENSITIVE"})
# What a person is asked to label in a sample.
PERSONAL: Final = frozenset(
    {
        "PERSON",
        "LOCATION",
        "ADDRESS",
        "ORGANIZATION",
        "DATE_TIME",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "CREDIT_CARD",
        "IBAN_CODE",
        "US_SSN",
        "IP_ADDRESS",
        "URL",
        "NRP",
        "ID",
        "AGE",
        "SECRET",
        "USERNAME",
    }
)
# PII: a unit that its source gives no kind; any prediction finds it.
COMMON: Final = PERSONAL | IGNORED | {"PII"}

_SAME: Final = {
    "PERSON": ("PER",),
    "LOCATION": ("LOC", "GPE", "FAC"),
    "ORGANIZATION": ("ORG",),
    "NRP": ("NORP",),
    "DATE_TIME": ("DATE", "TIME"),
    "ADDRESS": ("STREET_ADDRESS",),
    "URL": ("DOMAIN_NAME",),
    "EMAIL_ADDRESS": ("EMAIL",),
    "PHONE_NUMBER": ("PHONE",),
    "SECRET": ("API_KEY", "PASSWORD", "CREDENTIAL"),
}
_COMMON_OF: Final = {other: label for label, others in _SAME.items() for other in others}
# Whether a street is a place, or an age a time, is a matter of the corpus: accepted both ways.
_ALIKE: Final = frozenset(
    frozenset(pair) for pair in (("ADDRESS", "LOCATION"), ("LOCATION", "NRP"), ("AGE", "DATE_TIME"))
)
# The rule lets a wrong label be in scope through ADDRESS, LOCATION, AGE and DATE_TIME only.
ACCEPTS: Final = {
    "ADDRESS": frozenset({"LOCATION"}),
    "LOCATION": frozenset({"ADDRESS", "NRP"}),
    "AGE": frozenset({"DATE_TIME"}),
    "DATE_TIME": frozenset({"AGE"}),
}


def common(label: str) -> str:
    """Return the common label of a detector's; a kind without one is a number of some country: ID."""
    return label if label in COMMON else _COMMON_OF.get(label, "ID")


def is_known(label: str) -> bool:
    """Tell whether a person may have meant this label: a common one, or one that has a place there."""
    return label in COMMON or label in _COMMON_OF or label in ENTITIES


def compatible(gold: str, predicted: str) -> bool:
    """Tell whether a prediction of one label finds a span of the other; both are common labels."""
    return gold in {"PII", predicted} or frozenset((gold, predicted)) in _ALIKE
