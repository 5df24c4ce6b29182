"""One value, one encoding: RFC 8785 on a restricted schema, and strict base64url and decimals."""

from __future__ import annotations

import base64
import json
import os
from enum import IntEnum
from pathlib import Path

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guardrail.canonical import MAX_DEPTH, b64u, canonical, parse_canonical, parse_int, unb64u

SHARED = Path(os.environ.get("GUARDRAIL_SHARED", Path(__file__).parents[3] / "shared"))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.text(st.characters(max_codepoint=127), max_size=8)
scalars = st.one_of(texts, st.integers(-(2**53) + 1, 2**53 - 1), st.booleans())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150)
@given(values)
@example("\x7f\u2028\u2029\x00\x1f\b\t\n\f\r\"\\/<>&'\U0001f600")
@example({"b": 1, "a": {"": "", "\x00": False}})
@example([-(2**53) + 1, 2**53 - 1, 0])
def test_the_encoding_is_that_of_an_independent_rfc_8785_library(value):
    assert canonical(value) == rfc8785.dumps(value)


@settings(max_examples=150)
@given(values)
def test_what_was_encoded_decodes_to_the_same_value_and_bytes(value):
    data = canonical(value)
    again = parse_canonical(data)
    assert again == value
    assert canonical(again) == data


@settings(max_examples=200)
@given(values, st.data())
def test_one_changed_byte_is_refused_or_another_value_in_its_one_spelling(value, data):
    encoded = bytearray(canonical(value))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] = data.draw(st.integers(0, 255))
    try:
        parsed = parse_canonical(bytes(encoded))
    except ValueError:
        return
    assert canonical(parsed) == bytes(encoded)


@settings(max_examples=100)
@given(values)
def test_every_other_spelling_of_the_same_value_is_refused(value):
    data = canonical(value)
    spellings = {
        b" " + data,
        data + b"\n",
        b"\xef\xbb\xbf" + data,
        json.dumps(value, indent=1).encode(),
        json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode(),
    } - {data}
    for spelling in spellings:
        with pytest.raises(ValueError):
            parse_canonical(spelling)


REFUSED_BYTES = {
    "white space inside": b'{"a": 1}',
    "keys out of order": b'{"b":1,"a":2}',
    "a key twice": b'{"a":1,"a":1}',
    "an escaped letter": b'"\\u0061"',
    "an escaped slash": b'"\\/"',
    "an escape in capitals": b'"\\u001F"',
    "a long escape of a short one": b'"\\u000a"',
    "minus zero": b"-0",
    "a float that is whole": b"1.0",
    "an exponent": b"1e3",
    "a float": b"0.5",
    "null": b"null",
    "null inside": b'{"a":null}',
    "a non-ASCII key": '{"é":1}'.encode(),
    "2^53": str(2**53).encode(),
    "-2^53": str(-(2**53)).encode(),
    "beyond 64 bits": b"123456789012345678901234567890",
    "a lone surrogate": b'"\\ud800"',
    "not UTF-8": b'"\xff"',
    "nothing": b"",
    "two values": b"1 2",
    "NaN": b"NaN",
    "single quotes": b"'a'",
    "a trailing comma": b"[1,]",
    "far too deep": b"[" * 100_000 + b"]" * 100_000,
    "one level too deep": b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
}


@pytest.mark.parametrize("data", REFUSED_BYTES.values(), ids=REFUSED_BYTES.keys())
def test_bytes_that_no_value_encodes_to_are_refused(data):
    with pytest.raises(ValueError):
        parse_canonical(data)


class Text(str):
    __slots__ = ()


class Number(IntEnum):
    ONE = 1


CYCLE: list[object] = []
CYCLE.append(CYCLE)

REFUSED_VALUES = {
    "a float": 1.5,
    "a whole float": 1.0,
    "not a number": float("nan"),
    "nothing": None,
    "nothing inside": {"a": [None]},
    "bytes": b"a",
    "a tuple": (1, 2),
    "a set": {1},
    "2^53": 2**53,
    "-2^53": -(2**53),
    "a lone surrogate": "\ud800",
    "a lone surrogate inside": ["\udfff"],
    "a non-ASCII key": {"é": 1},
    "a number as key": {1: 1},
    "a truth value as key": {True: 1},
    "a key of a class of its own": {Text("a"): 1},
    "a list that holds itself": CYCLE,
}


@pytest.mark.parametrize("value", REFUSED_VALUES.values(), ids=REFUSED_VALUES.keys())
def test_values_outside_the_schema_are_refused(value):
    with pytest.raises(ValueError):
        canonical(value)


def test_the_deepest_value_is_encoded_and_read():
    value: object = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert parse_canonical(canonical(value)) == value


def test_the_error_names_the_type_and_never_the_content():
    with pytest.raises(ValueError, match="canonical JSON has no bytes") as caught:
        canonical({"name": b"Zaphira Quillon"})
    assert "Zaphira" not in str(caught.value)


def test_subclasses_of_scalars_are_encoded_as_their_value():
    assert canonical({"a": Text("x"), "b": Number.ONE}) == b'{"a":"x","b":1}'


def test_published_vectors_of_the_restricted_schema_agree():
    path = SHARED / "vectors" / "jcs_rfc8785.json"
    if not path.exists():
        pytest.skip("the published vectors are not beside the checkout")
    tried = 0
    for vector in json.loads(path.read_text())["vectors"]:
        value = json.loads(base64.b64decode(vector["input_b64"]))
        try:
            encoded = canonical(value)
        except ValueError:
            continue
        tried += 1
        assert encoded == base64.b64decode(vector["output_b64"]), vector["name"]
    assert tried >= 1


@given(st.binary(max_size=64))
def test_base64url_goes_there_and_back(data):
    text = b64u(data)
    assert "=" not in text
    assert unb64u(text) == data
    assert base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) == data


@settings(max_examples=150)
@given(st.text("AQgwz-_+/= \n\t.é09", max_size=9))
def test_base64url_has_one_spelling(text):
    try:
        data = unb64u(text)
    except ValueError:
        return
    assert b64u(data) == text


@pytest.mark.parametrize("text", ["A", "AA==", "AB", "A A", "AA\n", "+/+/", "ÀÀ", "AAA=", "=", "AAAAA", "-"])
def test_lenient_base64_is_refused(text):
    with pytest.raises(ValueError):
        unb64u(text)


@given(st.integers(0, 10**19 - 1))
def test_decimals_go_there_and_back(number):
    assert parse_int(str(number).encode()) == number


LENIENT = [b"", b"00", b"01", b"+1", b"-1", b"1_0", b" 1", b"1 ", b"1\n", b"1.0", b"1e3", b"0x1", b"1" * 20]


@pytest.mark.parametrize("data", [*LENIENT, "１".encode(), "٣".encode()])
def test_spellings_that_python_takes_for_numbers_are_refused(data):
    with pytest.raises(ValueError):
        parse_int(data)
