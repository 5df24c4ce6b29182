"""A body is its leaves: every text in it, what it is, and the body with some replaced."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.errors import BodyError
from guardrail.wire.document import NESTED, FormDocument, JsonDocument, TextDocument, values_of, words
from guardrail.wire.protocol import GENERIC, FieldMap

GENERAL = GENERIC.request


def document(value, fields=GENERAL, **options):
    text = value if isinstance(value, str) else json.dumps(value)
    return JsonDocument(text, fields, **options)


def texts(doc):
    return [leaf.text for leaf in doc.leaves if not leaf.is_key]


def replaced(doc, old, new):
    return doc.render({at: new for at, leaf in enumerate(doc.leaves) if leaf.text == old})


def test_plain_text_is_one_leaf():
    doc = TextDocument("Ann was here")
    assert [(leaf.text, leaf.kind, leaf.names) for leaf in doc.leaves] == [("Ann was here", "text", True)]
    assert doc.render({}) == "Ann was here"
    assert doc.render({0: "X"}) == "X"


def test_a_form_is_its_names_and_values():
    doc = FormDocument("customerName=Ann+Smith&&x=%20", charset="utf-8")
    assert [(leaf.text, leaf.names, leaf.hint) for leaf in doc.leaves[:2]] == [
        ("customerName", False, ""),
        ("Ann Smith", True, "customer name"),
    ]
    assert doc.render({}) == "customerName=Ann+Smith&&x=%20"
    assert doc.render({1: "<P&1>"}) == "customerName=%3CP%261%3E&&x=%20"
    assert doc.render({4: "y"}) == "customerName=Ann+Smith&&y=+"
    assert values_of(doc.leaves)["x",] == " "


def test_a_form_that_is_not_of_its_charset_is_refused():
    with pytest.raises(BodyError):
        FormDocument("a=%ff", charset="utf-8")


def test_a_json_document_is_its_keys_strings_and_numbers_in_order():
    doc = document('{"name": "Ann", "n": [7, true, null], "x": {}}')
    assert [(leaf.text, leaf.path, leaf.is_key, leaf.names) for leaf in doc.leaves] == [
        ("name", ("name",), True, False),
        ("Ann", ("name",), False, True),
        ("n", ("n",), True, False),
        ("7", ("n", 0), False, False),
        ("x", ("x",), True, False),
    ]


def test_only_what_changes_is_written_anew():
    text = '{ "name" : "Ann\\u0020Smith",\t"n": [41111111111111111111, 1.50], "b": "\\/" }'
    doc = document(text)
    assert doc.render({}) == text
    assert replaced(doc, "Ann Smith", "<P>") == text.replace('"Ann\\u0020Smith"', '"<P>"')
    assert replaced(doc, "41111111111111111111", "<C>") == text.replace("41111111111111111111", '"<C>"')


def test_broken_json_is_refused():
    with pytest.raises(BodyError):
        document('{"a": ')


def test_the_arguments_of_a_tool_call_are_opened_and_closed_again():
    inner = json.dumps({"to": "jane@example.com", "note": 'say "hi" \\ é', "n": 5})
    doc = document({"arguments": inner})
    assert texts(doc) == ["jane@example.com", 'say "hi" \\ é', "5"]
    changed = replaced(doc, "jane@example.com", 'new "value"\n')
    assert json.loads(json.loads(changed)["arguments"]) == {
        "to": 'new "value"\n',
        "note": 'say "hi" \\ é',
        "n": 5,
    }
    assert doc.render({}) == json.dumps({"arguments": inner})


def test_escapes_inside_of_escapes_hide_nothing():
    doc = document('{"arguments": "{\\"to\\": \\"\\\\u006aane\\\\u0040example.com\\"}"}')
    assert texts(doc) == ["jane@example.com"]


@pytest.mark.parametrize("space", [" ", "\n", "\t \r\n"])
def test_white_space_before_a_nested_document_hides_nothing(space):
    doc = document({"arguments": space + '{"to": "\\u006aane"}' + space})
    assert texts(doc) == ["jane"]
    assert json.loads(replaced(doc, "jane", "X"))["arguments"] == space + '{"to": "X"}' + space


def nest(value, times):
    for _ in range(times):
        value = json.dumps({"in": value})
    return value


def test_documents_within_documents_are_opened_as_deep_as_promised():
    for times in range(1, NESTED + 1):
        doc = document({"a": nest('José \u2028 "x"', times)})
        assert texts(doc) == ['José \u2028 "x"']
        assert doc.leaves[-1].path == ("a", *["in"] * times)
        changed = replaced(doc, 'José \u2028 "x"', 'new "y"')
        assert changed == json.dumps({"a": nest('new "y"', times)})


def test_beyond_that_a_string_is_plain_text():
    inner = nest("x", NESTED + 1)
    doc = document({"a": inner})
    assert texts(doc) == [json.dumps({"in": "x"})]
    assert document({"a": '{"b": "c"}'}, nested=0).leaves[-1].text == '{"b": "c"}'


def test_two_changes_in_one_nested_document_and_one_outside_are_all_made():
    doc = document({"a": '["x", "y", 3]', "b": "x"})
    changed = doc.render({at: f"<{leaf.text}>" for at, leaf in enumerate(doc.leaves) if not leaf.is_key})
    assert json.loads(changed) == {"a": '["<x>", "<y>", "<3>"]', "b": "<x>"}


@pytest.mark.parametrize("text", ["{", "[1] see there", "{name}", "[", "{'a': 1}", "[1,]", "{}x", "[[[["])
def test_a_string_that_is_no_document_is_one_text(text):
    assert texts(document({"a": text})) == [text]


@pytest.mark.parametrize("text", ["{}", "[]", "[null]", ' {"a": true}'])
def test_a_nested_document_without_texts_has_no_leaf_but_its_keys(text):
    assert texts(document({"a": text})) == []


def test_a_nested_document_that_is_too_deep_is_one_text():
    deep = "[" * 500 + "1" + "]" * 500
    assert texts(document({"a": deep})) == [deep]


@pytest.mark.parametrize("kind", ["binary", "delta", "loose", "snapshot"])
def test_what_is_not_whole_text_is_never_opened(kind):
    doc = document({"a": '{"b": "c"}'}, FieldMap(**{kind: ("a",)}))
    assert [(leaf.text, leaf.kind) for leaf in doc.leaves if not leaf.is_key] == [('{"b": "c"}', kind)]


@pytest.mark.parametrize("fields", [FieldMap(text=("a",)), FieldMap()])
def test_inside_a_string_every_field_is_of_the_strings_kind(fields):
    doc = document({"a": '{"model": ["x", 1], "o@e.com": 2}'}, fields)
    kinds = {leaf.text: leaf.kind for leaf in doc.leaves}
    outer = fields.kind(("a",))
    assert kinds == {
        "a": "structural",
        "model": "structural",
        "x": outer,
        "1": outer,
        "o@e.com": "text",
        "2": outer,
    }


IDENTIFIERS = ["name", "customer_phone", "x-request-id", "$ref", "_id", "A1", "a1b2c3d4", "a" * 40, "line2"]


@pytest.mark.parametrize("key", IDENTIFIERS)
def test_a_key_that_is_an_identifier_is_shape(key):
    (leaf, _) = document({key: "v"}).leaves
    assert (leaf.kind, leaf.is_key) == ("structural", True)


VALUES = [
    "ann@example.com",
    "Ann Smith",
    "078-05-1120",
    "a12345",
    "A123-45-6789",
    "4111111111111111",
    "+1 555 0100",
    "10.0.0.1",
    "José",
    "Müller",
    "a" * 41,
    "",
    "a\n",
    "https://x.y",
]


@pytest.mark.parametrize("key", VALUES)
def test_a_key_that_may_be_a_value_is_text(key):
    doc = document({key: "v"})
    assert (doc.leaves[0].kind, doc.leaves[0].names) == ("text", False)
    assert json.loads(doc.render({0: "K"})) == {"K": "v"}


def test_a_key_of_a_structural_field_is_structural_if_it_is_a_name_or_a_small_number():
    fields = FieldMap(structural=("logit_bias.*",))
    for key, kind in {
        "5025612": "structural",
        "word": "structural",
        "50256123": "text",
        "a@b.example": "text",
    }.items():
        assert document({"logit_bias": {key: -100}}, fields).leaves[1].kind == kind


def test_the_hint_of_a_value_is_the_nearest_key():
    doc = document({"customerPhone": ["1", {"x": "2"}], "": "3"})
    assert [leaf.hint for leaf in doc.leaves if not leaf.is_key] == ["customer phone", "x", ""]
    (leaf,) = document("[5]").leaves
    assert leaf.hint == ""
    nested = document({"billing_address": '["x"]'})
    assert nested.leaves[-1].hint == "billing address"


HINTS = {
    "customerPhone": "customer phone",
    "customer_phone": "customer phone",
    "customer-phone": "customer phone",
    "CUSTOMER_PHONE": "customer phone",
    "SSNNumber": "ssn number",
    "userID": "user id",
    "iban2": "iban 2",
    "numéroTéléphone": "numéro téléphone",
    "電話番号": "電話番号",
    "": "",
    "...": "",
}


@pytest.mark.parametrize(("name", "hint"), HINTS.items(), ids=HINTS.keys())
def test_a_key_is_read_as_its_words(name, hint):
    assert words(name) == hint


def test_values_are_told_by_their_paths_without_keys():
    doc = document({"role": "tool", "n": 5, "a": '{"b": "c"}', "list": ["x"]})
    assert values_of(doc.leaves) == {
        ("role",): "tool",
        ("n",): "5",
        ("a", "b"): "c",
        ("list", 0): "x",
    }
    assert values_of(document('"bare"').leaves) == {}


json_values = st.recursive(
    st.one_of(st.text(max_size=6), st.integers(), st.booleans(), st.none()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        | inner.map(json.dumps)
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(json_values, st.data())
def test_any_document_with_any_change_stays_a_document_that_shows_the_change(value, data):
    text = json.dumps(value)
    doc = JsonDocument(text, GENERAL)
    assert doc.render({}) == text
    if not doc.leaves:
        return
    # A word: a text that is itself JSON would be opened when it is read again.
    changes = data.draw(
        st.dictionaries(st.integers(0, len(doc.leaves) - 1), st.text('w"\\é\n\ud800', min_size=1, max_size=4))
    )
    again = JsonDocument(doc.render(changes), GENERAL)
    assert [leaf.text for leaf in again.leaves] == [
        changes.get(at, leaf.text) for at, leaf in enumerate(doc.leaves)
    ]


SHAPES = [
    *(
        "call_abc123",
        "chatcmpl-AbC",
        "msg_01XF.d",
        "gpt-6-2026-08-06",
        "ft:gpt-6:acme::id",
        "models/gemini-x",
        "",
    ),
    *("auto", "#/$defs/User", "QW5u+/8=", "2026-11-22", "2026-11-22T10:00:00Z", "1.2.3", "123456", "image/*"),
    "0b6f9d2e-7a0c-4f0e-9a8b-1c2d3e4f5a6b",
]
WORDS = [
    "j@example.org",
    "Ann Smith",
    "+49301234567",
    "123-45-6789",
    "4111111111111111",
    "Jörg",
    "10.20.30.40",
]


@pytest.mark.parametrize("text", SHAPES)
def test_what_has_the_form_of_an_id_stays_structural(text):
    (leaf,) = (leaf for leaf in document({"a": text}, FieldMap(structural=("a",))).leaves if not leaf.is_key)
    assert leaf.kind == "structural"


@pytest.mark.parametrize("text", WORDS)
def test_a_structural_field_that_holds_words_or_somebodys_number_is_text(text):
    (leaf,) = (leaf for leaf in document({"a": text}, FieldMap(structural=("a",))).leaves if not leaf.is_key)
    assert (leaf.kind, leaf.names) == ("text", False)


def test_a_structural_field_that_holds_a_sentence_may_name_somebody():
    (leaf,) = (
        leaf
        for leaf in document({"a": "this is about Ann Smith"}, FieldMap(structural=("a",))).leaves
        if not leaf.is_key
    )
    assert (leaf.kind, leaf.names) == ("text", True)


def test_a_structural_field_that_holds_a_document_is_opened():
    doc = document({"a": '{"b": "j\\u0040example.org"}'}, FieldMap(structural=("a",)))
    assert "j@example.org" in [leaf.text for leaf in doc.leaves]
