"""Which languages are served, and by what."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LANGUAGES", "code_of"]

# Measured on labelled texts: docs/limitations.md has the figures.
LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "English",
        "de": "German",
        "fr": "French",
        "es": "Spanish",
        "it": "Italian",
        "nl": "Dutch",
        "pl": "Polish",
        "pt": "Portuguese",
        "sv": "Swedish",
        "da": "Danish",
    }
)
_TAG: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")


def code_of(tag: str) -> str:
    """Return the served language that a tag such as "de-AT" (BCP 47) names, or nothing."""
    match = _TAG.fullmatch(tag)
    code = match[1].lower() if match else ""
    return code if code in LANGUAGES else ""
