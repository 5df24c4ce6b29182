"""Values and the ways people and programs disguise them: the table behind test_views_disguised.py."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote

# Carriers: how such a value is brought in everyday; reserved or documented example values.
EMAILS = (
    "Write to {} about the invoice.",
    ("jane.roe@example.com", "tom_k77@example.org", "info.desk@example.co.uk"),
)
PHONES = ("You can call me at {} after six.", ("212-555-0199", "(415) 555-0132", "646-555-0177"))
SSNS = ("My social security number is {}, as asked.", ("536-90-4399", "219-09-9999", "078-05-1120"))
CARDS = (
    "Please charge my card {} for it.",
    ("4111 1111 1111 1111", "5500 0000 0000 0004", "3782 822463 10005"),
)
NAMES = ("My name is {} and I live here.", ("Jennifer Garcia", "Thomas Miller", "Robert Johnson"))
IBANS = ("Transfer it to my account {} today.", ("DE89370400440532013000", "GB82WEST12345698765432"))
KINDS = {
    "EMAIL_ADDRESS": EMAILS,
    "PHONE_NUMBER": PHONES,
    "US_SSN": SSNS,
    "CREDIT_CARD": CARDS,
    "PERSON": NAMES,
    "IBAN_CODE": IBANS,
}
ALL = frozenset(KINDS)
NUMBERS = frozenset({"PHONE_NUMBER", "US_SSN", "CREDIT_CARD"})
WITH_DIGITS = NUMBERS | {"IBAN_CODE"}
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
CYRILLIC = str.maketrans("aeopcxyABEHKMOPCT", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443"
    "\u0410\u0412\u0415\u041d\u041a\u041c\u041e\u0420\u0421\u0422")  # fmt: skip


def between(sign):
    return sign.join


def digits(value):
    return re.sub(r"\D", "", value)


def parted(sign):
    """Write the sign where the value is parted, or every four characters."""

    def disguise(value):
        groups = re.findall(r"\w+", value)
        groups = re.findall(".{1,4}", value) if len(groups) == 1 else groups
        return sign.join(groups)

    return disguise


def shifted(first_digit, first_upper=0, first_lower=0):
    """Write digits and letters by code points that begin elsewhere."""

    def one(char):
        if char.isdigit():
            return chr(first_digit + int(char))
        if first_upper and "A" <= char <= "Z":
            return chr(first_upper + ord(char) - 65)
        return chr(first_lower + ord(char) - 97) if first_lower and "a" <= char <= "z" else char

    return lambda value: "".join(map(one, value))


def full_width(value):
    return "".join(chr(ord(char) + 0xFEE0) if char != " " else "\u3000" for char in value)


def base64_of(value):
    return base64.b64encode(value.encode()).decode()


def circled(value):
    return "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(c)] if c.isdigit() else c for c in value)


def keycaps(value):
    return re.sub(r"\d", lambda digit: digit[0] + "\ufe0f\u20e3", value)


def spelled(value):
    return " ".join(WORDS[int(c)] for c in digits(value))


def spelled_in_groups(value):
    return ", ".join(" ".join(WORDS[int(c)] for c in group) for group in re.findall(r"\d+", value))


def middle(mark):
    """Put a mark or a pair of marks around a part in the middle."""
    opening, closing = mark if isinstance(mark, tuple) else (mark, mark)

    def disguise(value):
        third = max(len(value) // 3, 1)
        return value[:third] + opening + value[third : 2 * third] + closing + value[2 * third :]

    return disguise


def around_groups(opening, closing):
    return lambda value: re.sub(r"\d+", lambda group: f"{opening}{group[0]}{closing}", value, count=2)


def json_escaped(value):
    return "".join(f"\\u{ord(char):04x}" for char in value)


def broken_line(value):
    """Break the line in place of the last space, or behind the last sign."""
    place = max(value.rfind(" "), value.rfind("-"))
    return value[:place].rstrip(" ") + value[place : place + 1].strip() + "\n" + value[place + 1 :]


DISGUISES = {
    # invisible
    "zero-width spaces": (between("\u200b"), ALL),
    "zero-width joiners": (between("\u200d"), ALL),
    "word joiners": (between("\u2060"), ALL),
    "soft hyphens": (between("\u00ad"), ALL),
    "byte order marks": (between("\ufeff"), ALL),
    "direction marks": (lambda value: "\u202a\u2066" + between("\u200e")(value) + "\u2069\u202c", ALL),
    "tag characters inside": (between("\U000e0041"), ALL),
    "NUL": (between("\x00"), ALL),
    "variation selectors": (lambda value: "".join(c + "\ufe0f" for c in value), ALL),
    "grapheme joiners": (between("\u034f"), ALL),
    "struck through": (lambda value: "".join(c + "\u0336" for c in value), ALL),
    "underlined": (lambda value: "".join(c + "\u0332" for c in value), ALL),
    "as tag characters": (lambda value: "".join(chr(0xE0000 + ord(c)) for c in value), ALL),
    "coloured for a terminal": (middle(("\x1b[1;31m", "\x1b[0m")), ALL),
    # other code points
    "full-width": (full_width, ALL),
    "bold mathematical": (shifted(0x1D7CE, 0x1D400, 0x1D41A), ALL),
    "double-struck": (shifted(0x1D7D8), NUMBERS),
    "monospace": (shifted(0x1D7F6, 0x1D670, 0x1D68A), ALL),
    "sans-serif bold": (shifted(0x1D7EC, 0x1D5D4, 0x1D5EE), ALL),
    "circled": (circled, WITH_DIGITS),
    "keycaps": (keycaps, NUMBERS),
    "superscript": (lambda v: "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(c)] if c.isdigit() else c for c in v), NUMBERS),
    "Arabic-Indic digits": (shifted(0x0660), NUMBERS),
    "Devanagari digits": (shifted(0x0966), NUMBERS),
    "Cyrillic look-alikes": (lambda v: v.translate(CYRILLIC), frozenset({"EMAIL_ADDRESS", "PERSON"})),
    "no-break spaces": (lambda v: v.replace(" ", "\u00a0"), ALL - {"EMAIL_ADDRESS"}),
    "thin spaces": (lambda v: v.replace(" ", "\u2009").replace("-", "\u2009"), ALL - {"EMAIL_ADDRESS"}),
    "no-break hyphens": (lambda v: re.sub(r"[ -]", "\u2011", v), NUMBERS),
    "en dashes": (lambda v: re.sub(r"[ -]", "\u2013", v), NUMBERS),
    # encodings
    "base64": (base64_of, ALL),
    "base64 without padding": (lambda v: base64_of(v).rstrip("="), ALL),
    "base64url": (lambda v: base64.urlsafe_b64encode(v.encode()).decode(), ALL),
    "base64 of base64": (lambda v: base64_of(base64_of(v)), ALL),
    "base64 of a record": (lambda v: base64_of(json.dumps({"data": {"value": v}})), ALL - {"PERSON"}),
    "hexadecimal": (lambda v: v.encode().hex(), ALL),
    "hexadecimal pairs": (lambda v: v.encode().hex(" "), ALL),
    "hexadecimal with 0x": (lambda v: ", ".join(f"0x{b:02X}" for b in v.encode()), ALL),
    "percent": (lambda v: "".join(f"%{b:02X}" for b in v.encode()), ALL),
    "percent twice": (lambda v: "".join(f"%25{b:02x}" for b in v.encode()), ALL),
    "percent of signs": (lambda v: quote(v, safe=""), ALL - {"PHONE_NUMBER"}),
    "percent of base64": (lambda v: quote(base64_of(v), safe=""), ALL),
    "decimal entities": (lambda v: "".join(f"&#{ord(c)};" for c in v), ALL),
    "hexadecimal entities": (lambda v: "".join(f"&#x{ord(c):x};" for c in v), ALL),
    "entities twice": (lambda v: html.escape("".join(f"&#{ord(c)};" for c in v)), ALL),
    "named entities": (
        lambda v: v.replace("@", "&commat;").replace(".", "&period;").replace(" ", "&nbsp;"),
        ALL,
    ),
    "JSON escapes": (json_escaped, ALL),
    "JSON escapes twice": (lambda v: json_escaped(v).replace("\\", "\\\\"), ALL),
    "x escapes": (lambda v: "".join(f"\\x{ord(c):02x}" for c in v), ALL),
    "octal escapes": (lambda v: "".join(f"\\{ord(c):03o}" for c in v), ALL),
    "brace escapes": (lambda v: "".join(f"\\u{{{ord(c):x}}}" for c in v), ALL),
    "quoted-printable": (lambda v: "".join(f"={b:02X}" for b in v.encode()), ALL),
    "quoted-printable at": (lambda v: v.replace("@", "=40"), frozenset({"EMAIL_ADDRESS"})),
    # words and signs
    "at and dot in brackets": (
        lambda v: v.replace("@", " [at] ").replace(".", " [dot] "),
        frozenset({"EMAIL_ADDRESS"}),
    ),
    "at and dot in words": (
        lambda v: v.rsplit("@")[0] + " at " + v.rsplit("@")[1].replace(".", " dot "),
        frozenset({"EMAIL_ADDRESS"}),
    ),
    "letter by letter": (lambda v: " ".join(v).replace("     ", "   "), ALL),
    "digit by digit": (lambda v: " ".join(digits(v)), NUMBERS),
    "digit by digit with dashes": (lambda v: "-".join(digits(v)), NUMBERS),
    "dots": (parted("."), WITH_DIGITS),
    "underscores": (parted("_"), WITH_DIGITS),
    "slashes": (parted("/"), WITH_DIGITS),
    "commas": (parted(","), WITH_DIGITS),
    "asterisks": (parted("*"), WITH_DIGITS),
    "dashes with spaces": (parted(" - "), WITH_DIGITS),
    "middle dots": (parted(" · "), WITH_DIGITS),
    "two spaces": (parted("  "), WITH_DIGITS),
    "a line end": (broken_line, NUMBERS),
    "spelled as words": (spelled, NUMBERS),
    "spelled in groups": (spelled_in_groups, NUMBERS),
    "letters for digits": (lambda v: re.sub("0", "O", re.sub("1", "l", v, count=2), count=2), NUMBERS),
    # markup
    "bold groups in Markdown": (around_groups("**", "**"), NUMBERS),
    "code groups in Markdown": (around_groups("`", "`"), NUMBERS),
    "bold groups in HTML": (around_groups("<b>", "</b>"), NUMBERS),
    "a tag inside": (middle(("<span class='x'>", "</span>")), ALL - {"PERSON", "IBAN_CODE"}),
    "a comment inside": (lambda v: v[:6] + "<!-- x -->" + v[6:], ALL - {"PERSON", "IBAN_CODE"}),
    "an at in bold": (lambda v: v.replace("@", "<b>@</b>"), frozenset({"EMAIL_ADDRESS"})),
    "an at in code": (lambda v: v.replace("@", "`@`"), frozenset({"EMAIL_ADDRESS"})),
    "colour inside a page": (lambda v: v.replace("@", "<span>@</span>"), frozenset({"EMAIL_ADDRESS"})),
}


def rows():
    """Yield (disguise, entity, carrier, value in disguise) for every pair that changes the value."""
    for name, (disguise, entities) in DISGUISES.items():
        for entity in sorted(entities):
            carrier, values = KINDS[entity]
            for value in values:
                hidden = disguise(value)
                if hidden != value:
                    yield name, entity, carrier, hidden
