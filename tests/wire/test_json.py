"""Every string, number and key of a document is seen, and every byte that does not change stays."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guardrail.errors import BodyError
from guardrail.wire.json import MAX_DEPTH, quote, read, write

documents = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**25), 10**25),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@st.composite
def spellings(draw):
    """Spell one value in one of JSON's many ways."""
    value = draw(documents)
    indent = draw(st.sampled_from([None, 0, 1, "\t"]))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\r\t: ")]))
    return json.dumps(value, ensure_ascii=draw(st.booleans()), indent=indent, separators=separators)


PIECES = '{}[]",:\\ \n\r\t0123456789-+.eEtruefalsn\u00a0\ufeff\x00\x1f\x7f/bu\ud800é'


@st.composite
def mutants(draw):
    """Change one to three characters of a document."""
    text = draw(spellings())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        piece = draw(st.sampled_from([*PIECES, "", "\\u", "\\ud83d", "NaN", "01", "//"]))
        text = text[:at] + piece + text[at + draw(st.integers(0, 2)) :]
    return text


def no_constant(name):
    raise ValueError(name)


def python_accepts(text):
    """Tell whether the standard library takes it, without NaN, Infinity and its limit on digits."""
    try:
        json.loads(text, parse_constant=no_constant, parse_int=str, parse_float=str)
    except ValueError:
        return False
    return True


def accepts(text):
    try:
        read(text)
    except BodyError:
        return False
    return True


def scalars(value, path=()):
    """Return (kind, path, text) of all that a parser sees, in the order of the document."""
    if isinstance(value, Pairs):
        for key, item in value:
            yield "key", (*path, key), key
            yield from scalars(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from scalars(item, (*path, at))
    elif isinstance(value, Digits):
        yield "number", path, str(value)
    elif isinstance(value, str):
        yield "string", path, value


class Pairs(list):
    __slots__ = ()


class Digits(str):
    __slots__ = ()


def parsed(text):
    return json.loads(text, object_pairs_hook=Pairs, parse_int=Digits, parse_float=Digits)


@settings(max_examples=150)
@given(spellings())
def test_what_is_read_is_what_a_parser_sees(text):
    found = [(slot.kind, slot.path, slot.text) for slot in read(text)]
    assert found == list(scalars(parsed(text)))


@settings(max_examples=250)
@given(mutants())
@example("")
@example(" ")
@example("\ufeff1")
@example("NaN")
@example("-Infinity")
@example("[1,]")
@example('{"a":1,}')
@example('{"a" 1}')
@example("{1:2}")
@example("[1 2]")
@example("1.e5")
@example("-")
@example("- 1")
@example("01")
@example(".5")
@example("+1")
@example("1 1")
@example("tru")
@example("True")
@example("nulll")
@example("'a'")
@example('"\n"')
@example('"\\x41"')
@example('"\\u12"')
@example('"\\u 123"')
@example('"\\u0x41"')
@example('"\\uD83D\\u"')
@example("[\u00a01]")
@example("[1]//")
@example("]")
@example("}")
@example("[}")
@example("{]")
@example('{"a"')
@example('{"a":')
@example('"')
@example("1e400")
@example("9" * 5000)
def test_exactly_the_documents_that_python_takes_are_taken(text):
    assert accepts(text) == python_accepts(text)


@settings(max_examples=150)
@given(mutants())
def test_a_mutant_that_is_read_shows_all_that_a_parser_sees(text):
    try:
        slots = read(text)
    except BodyError:
        return
    assert [(slot.kind, slot.path, slot.text) for slot in slots] == list(scalars(parsed(text)))
    assert write(text, {}) == text


@settings(max_examples=100)
@given(spellings())
def test_writing_without_changes_gives_every_byte_back(text):
    assert write(text, {}) == text
    slots = read(text)
    assert [text[slot.start : slot.end] for slot in slots if slot.kind == "number"] == [
        slot.text for slot in slots if slot.kind == "number"
    ]
    assert all(
        json.loads(text[slot.start : slot.end]) == slot.text for slot in slots if slot.kind != "number"
    )


@settings(max_examples=150)
@given(spellings(), st.data())
def test_a_changed_document_differs_only_where_it_was_changed(text, data):
    slots = read(text)
    chosen = data.draw(st.sets(st.sampled_from(range(len(slots))), max_size=5)) if slots else set()
    changes = {slots[at]: data.draw(st.text(max_size=6)) for at in sorted(chosen)}
    changed = write(text, changes)
    wanted = [changes.get(slot, slot.text) for slot in slots]
    again = read(changed)
    assert [slot.text for slot in again] == wanted
    assert list(scalars(parsed(changed))) == [(slot.kind, slot.path, slot.text) for slot in again]
    kinds = ["string" if slot in changes and slot.kind == "number" else slot.kind for slot in slots]
    assert [slot.kind for slot in again] == kinds
    between = [text[a.end : b.start] for a, b in zip([*slots], slots[1:], strict=False)]
    assert [changed[a.end : b.start] for a, b in zip([*again], again[1:], strict=False)] == between


@settings(max_examples=150)
@given(st.text(max_size=20))
def test_a_quoted_text_is_one_string_and_has_a_form_in_utf_8(text):
    quoted = quote(text)
    assert json.loads(quoted) == text
    assert quoted.encode("utf-8")


def test_letters_stay_as_they_are_where_utf_8_has_a_form_for_them():
    assert quote("José 😀") == '"José 😀"'
    assert quote("half \ud83d of é") == '"half \\ud83d of \\u00e9"'


def test_both_values_of_a_key_that_stands_twice_are_seen_and_changed():
    text = '{"to":"ann","to":"bob"}'
    slots = read(text)
    assert [slot.text for slot in slots] == ["to", "ann", "to", "bob"]
    assert write(text, {slots[1]: "A"}) == '{"to":"A","to":"bob"}'
    assert write(text, {slots[3]: "B"}) == '{"to":"ann","to":"B"}'


NUMBERS = [
    "9007199254740993",
    "123456789012345678901234567890",
    "1.10",
    "1E5",
    "-0",
    "0.1000e-07",
    "4111111111111111",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_keeps_its_digits(number):
    text = f'{{"n": {number} }}'
    slots = read(text)
    assert slots[1].text == number
    assert write(text, {slots[0]: "m"}) == f'{{"m": {number} }}'


def test_a_number_that_is_replaced_becomes_a_string():
    text = "[4111111111111111, 2]"
    assert write(text, {read(text)[0]: "<CARD>"}) == '["<CARD>", 2]'


def test_escapes_hide_nothing():
    (slot,) = read('"\\u006aane\\u0040example.com \\ud83d\\ude00"')
    assert slot.text == "jane@example.com 😀"


def test_lone_surrogates_are_read_and_written_back():
    text = '["\\ud83d","\\ude00x"]'
    slots = read(text)
    assert [slot.text for slot in slots] == ["\ud83d", "\ude00x"]
    assert write(text, {slots[0]: "\ud83dy"}) == '["\\ud83dy","\\ude00x"]'


@pytest.mark.parametrize("code", [*range(0x20)])
def test_a_control_character_in_a_string_is_no_json(code):
    assert not accepts(f'"{chr(code)}"')
    assert read(quote(chr(code)))[0].text == chr(code)


def test_the_deepest_document_is_read_and_one_level_more_is_refused():
    assert read("[" * MAX_DEPTH + "7" + "]" * MAX_DEPTH)[0].path == (0,) * MAX_DEPTH
    with pytest.raises(BodyError, match="deeper than 200") as caught:
        read("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert caught.value.status == 413


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', '{"a":[0,'])
def test_ten_thousand_levels_are_refused_without_using_the_stack(opening):
    with pytest.raises(BodyError) as caught:
        read(opening * 10_000)
    assert caught.value.status == 413
    with pytest.raises(BodyError) as caught:
        read(opening * 3000, max_depth=100_000)
    assert caught.value.status == 400


def test_broken_json_is_told_by_its_place_and_never_by_its_text():
    with pytest.raises(BodyError) as caught:
        read('{"name": "Zaphira Quillon", "mail": "zaphira\n"}')
    told = str(caught.value) + caught.value.advice + repr(caught.value.__cause__)
    assert caught.value.status == 400
    assert "Zaphira" not in told
    assert "zaphira" not in told
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_megabyte_completes_and_stays():
    chance = random.Random(3)
    rows = [
        {"id": number, "note": "x" * chance.randrange(60), "tags": ["é", None, 1.5, {"a": []}]}
        for number in range(12_000)
    ]
    text = json.dumps(rows)
    assert len(text) > 1_000_000
    slots = read(text)
    assert write(text, {}) == text
    changed = write(text, {slot: "y" for slot in slots if slot.kind == "string" and slot.path[-1] == "note"})
    assert all(row["note"] == "y" for row in json.loads(changed))


@pytest.mark.parametrize(
    "text", ['"' + "a" * 1_000_000, "[" + " " * 1_000_000, "[" + "1," * 50_000, "1" * 1_000_000]
)
def test_a_hostile_document_completes(text):
    assert accepts(text) == text.isdecimal()
