"""The search finds a value in every spelling in which it could slip through, and not where it is masked."""

from __future__ import annotations

import base64
import json

import pytest

from guardrail.demo.conversation import Planted
from guardrail.demo.search import found_in_bytes, found_in_json, found_in_text

NAME = Planted("name", "Johanna Brandt", parts=("Johanna", "Brandt"))
CARD = Planted("card", "5555 5555 5555 4444")
IBAN = Planted("IBAN", "NL91 ABNA 0417 1643 00")
ADDRESS = Planted("IP address", "198.51.100.23", whole=True)


@pytest.mark.parametrize(
    ("planted", "text"),
    [
        (NAME, "hello JOHANNA  BRANDT!"),
        (NAME, "Ms. Brandt"),
        (NAME, "johanna.brandt@"),
        (CARD, "5555555555554444"),
        (CARD, "5555-5555-5555-4444"),
        (CARD, "**** 5555 5555 ****"),
        (IBAN, "nl91abna0417164300"),
        (ADDRESS, "ip=198.51.100.23,"),
    ],
)
def test_other_spellings_and_parts_are_found(planted, text):
    assert found_in_text(planted, text)


@pytest.mark.parametrize(
    ("planted", "text"),
    [
        (NAME, "<PERSON_7Q9NXQV> and Johann Brand"),
        (CARD, "************4444"),
        (IBAN, "**************4300"),
        (ADDRESS, "198.51.100.0/24"),
        (ADDRESS, "198.51.100.0/24 order 3"),
    ],
)
def test_what_the_policy_leaves_is_not_the_value(planted, text):
    assert not found_in_text(planted, text)


def test_a_value_behind_escapes_of_json_is_found():
    escaped = "".join(f"\\u{ord(c):04x}" for c in "Johanna")
    body = b'{"messages":[{"content":"%s"}]}' % escaped.encode()
    assert not found_in_text(NAME, body.decode())
    assert found_in_json(NAME, body)


@pytest.mark.parametrize("where", [{"Brandt": 1}, ["x", {"a": ["Brandt"]}]])
def test_keys_and_nested_strings_are_searched(where):
    assert found_in_json(NAME, json.dumps(where).encode())
    assert not found_in_json(CARD, json.dumps(where).encode())


@pytest.mark.parametrize("lead", [b"", b"1", b"12"], ids=["no lead", "one byte", "two bytes"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_found_wherever_the_value_begins(lead, encode):
    assert found_in_bytes(NAME, b"\x00" + encode(lead + b"Johanna Brandt" + b"?>") + b"\x00")


@pytest.mark.parametrize(
    "form",
    [
        b"xx5555555555554444xx",
        "Brandt".encode("utf-16-le"),
        b"Brandt".hex().encode(),
        b"Brandt".hex().upper().encode(),
    ],
    ids=["plain", "utf-16", "hex", "HEX"],
)
def test_files_are_searched_in_every_encoding(form):
    planted = CARD if form.startswith(b"xx") else NAME
    assert found_in_bytes(planted, b"\xff\x00\x80" + form + b"\x00")


def test_random_bytes_hold_nothing():
    data = bytes(range(256)) * 50
    assert not any(found_in_bytes(one, data) for one in (NAME, CARD, IBAN, ADDRESS))
