"""Numbers that may stand alone: so many of their characters are fixed that chance seldom makes one.

The rule (ADR 0027): a form is worth `log2(odds)` bits of checksum and rules,
where one in `odds` random fillings of the form is valid (a test measures it),
plus 3 bits for each separator and each letter of its layout, 12 bits of layout
at most. 9 bits are worth 0.5, each further bit 0.03, and no form more than
0.95. So a bare number of eleven digits with one check digit stays below 0.4,
and a codice fiscale is worth 0.9.

`9` is a digit, `A` a capital, anything else itself.
"""

from __future__ import annotations

from math import log2
from typing import Final

__all__ = ["FORMS", "mask", "score_of"]

NATIONAL: Final = "NATIONAL_ID"
TAX: Final = "TAX_ID"
# Form, module of python-stdnum, entity, odds.
FORMS: Final[tuple[tuple[str, str, str, float], ...]] = (
    ("999.999.999-99", "br.cpf", NATIONAL, 100),
    ("99.999.999/9999-99", "br.cnpj", TAX, 100),
    ("99999999-A", "es.dni", NATIONAL, 27),
    ("99999999A", "es.dni", NATIONAL, 27),
    ("A9999999A", "es.nie", NATIONAL, 230),
    ("A-9999999-A", "es.nie", NATIONAL, 230),
    ("AAAAAA99A99A999A", "it.codicefiscale", NATIONAL, 70),
    ("AAAA999999AAAAAA99", "mx.curp", NATIONAL, 5000),
    ("AAAA999999AAAAAAA9", "mx.curp", NATIONAL, 5000),
    ("99AAAAA9999A9AA", "in_.gstin", TAX, 7000),
    ("AAAAA9999A", "in_.pan", TAX, 2.6),
    ("9999 9999 9999", "in_.aadhaar", NATIONAL, 12),
    ("999999-9999", "se.personnummer", NATIONAL, 260),
    ("99999999-9999", "se.personnummer", NATIONAL, 300),
    ("999999-999A", "fi.hetu", NATIONAL, 1200),
    ("999999A999A", "fi.hetu", NATIONAL, 1200),
    ("9 99 99 99 999 999 99", "fr.nir", NATIONAL, 100),
    ("99.99.99-999.99", "be.nn", NATIONAL, 560),
    ("756.9999.9999.99", "ch.ssn", NATIONAL, 10),
    ("999999-9999999", "kr.rrn", NATIONAL, 300),
    ("99999999999999999A", "cn.ric", NATIONAL, 1000),
    ("999999999999999999", "cn.ric", NATIONAL, 2000),
    ("A9999999A", "own.sg_nric", NATIONAL, 135),
    ("999999/9999", "cz.rc", NATIONAL, 35),
    ("99.999.999-9", "cl.rut", NATIONAL, 11),
    ("99.999.999-A", "cl.rut", NATIONAL, 260),
    ("99999-9999999-9", "pk.cnic", NATIONAL, 1.6),
    ("999-9999-9999999-9", "th.pin", NATIONAL, 10),
    ("9-9999-99999-99-9", "th.pin", NATIONAL, 10),
    ("99999999 9 AA9", "pt.cc", NATIONAL, 13),
    ("AAA-999.999.999", "ch.uid", TAX, 15000),
    ("AA999999999", "eu.vat", TAX, 2000),
    ("AA99999999999", "eu.vat", TAX, 4000),
    ("AA99999999", "eu.vat", TAX, 2000),
    ("AAA99999999", "eu.vat", TAX, 20000),
    ("AA999999999A99", "eu.vat", TAX, 40000),
    ("AA9999999999", "eu.vat", TAX, 3000),
    ("AA999999999999", "eu.vat", TAX, 4000),
)


def score_of(form: str, odds: float) -> float:
    """Return the score of a value of this form whose checksum holds."""
    letters = sum(map(str.isupper, form))
    separators = sum(not char.isalnum() for char in form)
    bits = log2(odds) + min(3 * (letters + separators), 12)
    return round(max(0.0, min(0.95, 0.5 + 0.03 * (bits - 9))), 2)


_MASK: Final = str.maketrans(
    {**{str(digit): "9" for digit in range(10)}, **{chr(code): "A" for code in range(65, 91)}}
)


def mask(text: str) -> str:
    """Return the form of a text: digits as 9, capitals as A, one for one."""
    return text.translate(_MASK)
