"""The kinds of personal data that guardrail has a name for.

The names are Presidio's where Presidio has one, so that its users find theirs.
A policy may also name an entity of a recognizer of the user's own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ENTITIES"]

ENTITIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PERSON": "the name of a person",
        "LOCATION": "a country, city or area",
        "ADDRESS": "a postal address or a part of one: street, house number, post code",
        "COORDINATES": "a place on earth by latitude and longitude",
        "ORGANIZATION": "a company or institution (off unless a policy names it)",
        "NRP": "a nationality, religious or political group",
        "DATE_TIME": "a date or a time",
        "AGE": "the age of a person",
        "EMAIL_ADDRESS": "an e-mail address",
        "PHONE_NUMBER": "a telephone or fax number",
        "URL": "a web address",
        "IP_ADDRESS": "an IPv4 or IPv6 address",
        "MAC_ADDRESS": "a hardware address of a network card",
        "CREDIT_CARD": "a payment card number",
        "CARD_SECURITY_CODE": "the three or four digits that verify a card",
        "IBAN_CODE": "an international bank account number",
        "CRYPTO": "a wallet address",
        "US_SSN": "a US social security number",
        "US_ITIN": "a US taxpayer number",
        "US_PASSPORT": "a US passport number",
        "US_DRIVER_LICENSE": "a US driver's licence number",
        "US_BANK_NUMBER": "a US bank account number",
        "US_MBI": "a US Medicare number",
        "US_NPI": "a US health provider number",
        "MEDICAL_LICENSE": "a US medical licence (DEA) number",
        "UK_NHS": "a UK health service number",
        "UK_NINO": "a UK national insurance number",
        "NATIONAL_ID": "a number that a state gives a person: identity, citizen, social security",
        "TAX_ID": "a tax, VAT or company register number; a sole trader's is a person's",
        "HEALTH_ID": "a number at a health insurance or health plan",
        "MEDICAL_RECORD": "a number of a patient, a medical record or a treatment",
        "BANK_ACCOUNT": "a bank account number that is no IBAN; a routing, BIC or securities number",
        "PASSPORT": "a passport number",
        "DRIVER_LICENSE": "a driver's licence number",
        "LICENSE_NUMBER": "a number of a certificate or of a licence to practise",
        "LICENSE_PLATE": "a licence plate of a vehicle",
        "VEHICLE_ID": "a number of a vehicle (VIN)",
        "DEVICE_ID": "an identifier or serial number of a device",
        "SECRET": "a password, an API key or a token",
        "USERNAME": "a login name or handle",
        "ID": "any other number that identifies a person",
    }
)
