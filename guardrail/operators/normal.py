"""One person, one spelling: the form of a value that hashes are made over.

Without it "+49 30 1234567" and "+49-30-1234567" could not be joined. The rules
are part of the format (docs/spec/inline.md): a change of them is a new version.
"""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["joinable"]

# Numbers and codes: only letters and digits count, and a leading plus.
CODES: Final = frozenset(
    {
        "CREDIT_CARD",
        "CARD_SECURITY_CODE",
        "IBAN_CODE",
        "MAC_ADDRESS",
        "MEDICAL_LICENSE",
        "PHONE_NUMBER",
        "UK_NHS",
        "UK_NINO",
        "US_BANK_NUMBER",
        "US_DRIVER_LICENSE",
        "US_ITIN",
        "US_MBI",
        "US_NPI",
        "US_PASSPORT",
        "US_SSN",
    }
)
# Where the letter case carries meaning, the value counts as it is written.
EXACT: Final = frozenset({"CRYPTO", "SECRET", "URL"})


def joinable(entity: str, value: str) -> str:
    """Return the form of `value` in which two spellings of one thing are equal.

    NFKC always; then for codes the letters and digits (and a leading "+") in lower
    case, for exact entities the value without white space around it, and for
    all others the lower-case value with single spaces.
    """
    text = unicodedata.normalize("NFKC", value)
    if entity in EXACT:
        return text.strip()
    folded = unicodedata.normalize("NFKC", text.casefold())
    if entity in CODES:
        plus = "+" if folded.lstrip().startswith("+") else ""
        return plus + "".join(letter for letter in folded if letter.isalnum())
    return " ".join(folded.split())
