"""The table of entities for the docs: `python -m guardrail.detect.table docs/entities.md` writes it anew.

What the recognizers are made of stands in their data tables; this module only
puts it together, between the marks of the page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from guardrail.detect.ids_forms import FORMS, score_of
from guardrail.detect.ids_table import COUNTRIES, NUMBERS
from guardrail.entities import ENTITIES

__all__ = ["render"]

ANYWHERE: Final = "any"
# Entity: example, what checks it, where, score by default, what the rules are taken from.
ROWS: Final[dict[str, tuple[str, str, str, str, str]]] = {
    "PERSON": ("Ann Smith", "two name finders against each other", ANYWHERE, "0.45-0.99", "own model, spaCy"),
    "LOCATION": ("Lisbon", "name finders", ANYWHERE, "0.5-0.9", "own model, spaCy, own tables"),
    "ADDRESS": ("12 Elm Street, Springfield", "words of streets and post codes; name finder", ANYWHERE,
        "0.5-0.9", "own rules, own model"),
    "COORDINATES": ("40.7128, -74.0060", "ranges of both", ANYWHERE, "0.5-0.9", "own rules"),
    "ORGANIZATION": ("Initech", "name finder", ANYWHERE, "0.85", "spaCy"),
    "NRP": ("Portuguese", "name finder", ANYWHERE, "0.7-0.9", "spaCy, own tables"),
    "DATE_TIME": ("March 5, 2024", "calendar", ANYWHERE, "0.5-0.75", "own rules, Presidio"),
    "AGE": ("aged 47", "words beside it", ANYWHERE, "0.65-0.8", "own rules"),
    "EMAIL_ADDRESS": ("ann@example.com", "public suffix list", ANYWHERE, "0.5-1.0", "own rules, tldextract"),
    "PHONE_NUMBER": ("+44 20 7946 0958", "numbering plans of all regions", "all regions", "0.3-0.75",
        "phonenumbers"),
    "URL": ("https://example.com/ann", "public suffix list", ANYWHERE, "0.4-0.75", "own rules, tldextract"),
    "IP_ADDRESS": ("203.0.113.77", "RFC 4291, RFC 791", ANYWHERE, "0.5-0.95", "own rules, Presidio"),
    "MAC_ADDRESS": ("00:00:5E:00:53:AF", "form", ANYWHERE, "0.5-0.8", "own rules, Presidio"),
    "CREDIT_CARD": ("4111 1111 1111 1111", "Luhn, networks' ranges", ANYWHERE, "0.45-1.0", "ISO/IEC 7812-1"),
    "CARD_SECURITY_CODE": ("CVV 123", "a label", ANYWHERE, "0.9", "own rules"),
    "IBAN_CODE": ("DE89 3704 0044 0532 0130 00", "mod 97", "IBAN countries", "1.0", "ISO 13616"),
    "CRYPTO": ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "base58 or bech32 checksum", ANYWHERE, "1.0",
        "own rules, python-stdnum"),
    "US_SSN": ("536-22-8726", "rules of issue; a label restores what they refuse", "us", "0.3-0.85",
        "Presidio, own labels"),
    "US_ITIN": ("912-70-1234", "ranges", "us", "0.3-0.9", "Presidio, python-stdnum"),
    "US_PASSPORT": ("passport 912803456", "a label", "us", "0.75", "Presidio"),
    "US_DRIVER_LICENSE": ("driver license D1234567", "a label", "us", "0.7", "Presidio"),
    "US_BANK_NUMBER": ("account 945456787654", "a label", "us", "0.7", "Presidio"),
    "US_MBI": ("1EG4-TE5-MK73", "form", "us", "0.5-0.85", "Presidio"),
    "US_NPI": ("NPI 1234567893", "Luhn; a label is enough", "us", "0.3-0.85", "Presidio, own labels"),
    "MEDICAL_LICENSE": ("DEA AB1234563", "check digit; a label is enough", "us", "0.4-0.85",
        "Presidio, own labels"),
    "UK_NHS": ("NHS 943 476 5919", "mod 11 and a label", "gb", "0.4-0.9", "Presidio, python-stdnum"),
    "UK_NINO": ("AB 12 34 56 C", "form", "gb", "0.5-0.9", "Presidio"),
    "SECRET": ("sk-proj-...", "providers' prefixes; a label", ANYWHERE, "0.75-1.0", "own tables"),
    "USERNAME": ("@ann_smith", "a label or a mark", ANYWHERE, "0.5-0.85", "own rules"),
    "PASSPORT": ("passport AB 1234567", "a label", ANYWHERE, "0.65-0.8", "own labels"),
    "DRIVER_LICENSE": ("Führerscheinnummer B072RRE2I55", "a label", ANYWHERE, "0.65-0.8", "own labels"),
    "LICENSE_NUMBER": ("Bar No. FL-388001", "a label", ANYWHERE, "0.65-0.8", "own labels"),
    "LICENSE_PLATE": ("license plate 7ABC123", "a label", ANYWHERE, "0.8", "own labels"),
    "VEHICLE_ID": ("VIN 1M8GDM9AXKP042788", "check digit (49 CFR 565.15); a label", ANYWHERE,
        "0.55-0.8", "own rules"),
    "HEALTH_ID": ("member ID XQF-118842", "a label", ANYWHERE, "0.65-0.9", "own labels"),
    "MEDICAL_RECORD": ("MRN 00482913", "a label or its own prefix", ANYWHERE, "0.65-0.8", "own labels"),
    "ID": ("customer number 4711-0815", "a label or its own prefix", ANYWHERE, "0.55-0.8", "own labels"),
}  # fmt: skip
_OWN: Final[dict[str, str]] = {
    "NATIONAL_ID": "390.533.447-05",
    "TAX_ID": "DE 136695976",
    "BANK_ACCOUNT": "account number 12345678",
    "DEVICE_ID": "IMEI 35686800-004141-20",
}


def render(page: str) -> str:
    """Return the page with its tables written anew between their marks."""
    for name, lines in (("entities", _entities()), ("numbers", _numbers())):
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        head, _, rest = page.partition(begin)
        _, mark, tail = rest.partition(end)
        if not mark:
            raise SystemExit(f"the page has no marks for the table of {name}")
        page = head + begin + "\n".join(lines) + "\n" + mark + tail
    return page


def _entities() -> list[str]:
    lines = [
        "| Entity | Is | Example | Checked by | Countries | Score | Source |",
        "|---|---|---|---|---|---|---|",
    ]
    for entity, told in ENTITIES.items():
        row = ROWS.get(entity) or _checked(entity)
        example, *rest = row
        lines.append(f"| `{entity}` | {told} | `{example}` | {' | '.join(rest)} |")
    return lines


def _checked(entity: str) -> tuple[str, str, str, str, str]:
    """Return the row of an entity whose numbers python-stdnum checks."""
    modules = [module for module, kind, _ in NUMBERS if kind == entity]
    if not modules:
        return "-", "-", "-", "-", "a recognizer of its own"
    countries = sorted({module.partition(".")[0].rstrip("_") for module in modules if "." in module})
    listed = ", ".join(countries) if len(countries) < 8 else f"{len(countries)} countries, see below"
    scores = [score_of(form, odds) for form, _, kind, odds in FORMS if kind == entity]
    alone = f"; alone {min(scores)}-{max(scores)}" if scores else ""
    return (
        _OWN.get(entity, ""),
        f"{len(modules)} checksums; a label",
        listed or ANYWHERE,
        f"0.55-0.9 with a label{alone}",
        "python-stdnum, own labels",
    )


def _numbers() -> list[str]:
    names = {country: words.split()[0].title() for country, words in COUNTRIES}
    lines = ["| Number | Country | Entity | Names beside it | Alone |", "|---|---|---|---|---|"]
    for module, entity, told in NUMBERS:
        if not entity:
            continue
        country = module.partition(".")[0] if "." in module else ""
        alone = ", ".join(
            f"`{form}` {score_of(form, odds)}" for form, known, _, odds in FORMS if known == module
        )
        lines.append(
            f"| `{module}` | {names.get(country, country) or '-'} | `{entity}` | {told} | {alone or '-'} |"
        )
    return lines


def main(arguments: list[str]) -> None:
    """Rewrite the tables of the pages that are named."""
    for argument in arguments:
        page = Path(argument)
        page.write_text(render(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
