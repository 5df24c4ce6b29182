"""JSON that streams: its strings are read as they are meant, and all else keeps its characters."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent))

from desks import RUN, Reader, split, through

from guardrail.json_stream import JsonStream
from guardrail.stream import LONGEST_HOLD, weave
from guardrail.vault.memory import TokenMap
from guardrail.wire.document import JsonDocument
from guardrail.wire.protocol import GENERIC


def streamed(pieces, desk=None, **more):
    return through(pieces, JsonStream(desk or Reader(), quoted=True, **more))


def whole(text, desk=None):
    """Return what the path of whole bodies makes of the same arguments."""
    desk = desk or Reader()
    document = JsonDocument(text, GENERIC.response, lenient=True)
    changes = {}
    for at, leaf in enumerate(document.leaves):
        if leaf.kind == "structural":
            continue
        new = weave(leaf.text, start=0, end=len(leaf.text), desk=desk, decisions=desk.decide(leaf.text))
        if new != leaf.text:
            changes[at] = new
    return document.render(changes)


def meaning(text):
    """Return what a document says, and what the documents in its strings say."""

    def opened(value):
        if isinstance(value, dict):
            return {key: opened(one) for key, one in value.items()}
        if isinstance(value, list):
            return [opened(one) for one in value]
        if isinstance(value, str) and value.lstrip("\ufeff \t\n\r")[:1] in {"{", "["}:
            try:
                return ("document", opened(json.loads(value.removeprefix("\ufeff"))))
            except ValueError:
                return value
        return value

    return opened(json.loads(text))


def written(value, *, ascii_only, indent=None):
    return json.dumps(value, ensure_ascii=ascii_only, indent=indent)


WORDS = st.sampled_from(
    ['Ann "Smith', "x@y.example", "4111 1111", "hello ", "é", "😀", "\n", "\t", "\\", '"', "/", ". ", " ",
     "Main St. Paris", "<b>", "\u2028", "a" * 30, "\ud83d", "[", "{"]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=8).map("".join)
KEYS = st.one_of(st.sampled_from(["who", "note", "customer phone", "x@y.example", 'a"b']), TEXTS)
VALUES = st.recursive(
    st.one_of(
        TEXTS,
        st.none(),
        st.booleans(),
        st.integers(-5, 10**17),
        st.floats(allow_nan=False, allow_infinity=False),
        st.dictionaries(KEYS, TEXTS, max_size=3).map(json.dumps),  # a document in a string
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)
SIGNS = st.sampled_from([*'{}[]:,"', "4111", "1111", '{"a": ', "\\u00", "true"])
DOCUMENTS = st.one_of(st.dictionaries(KEYS, VALUES, max_size=4), st.lists(VALUES, max_size=4))


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 1]), st.data())
def test_arguments_become_what_the_whole_body_makes_of_them_however_they_are_cut(value, plain, indent, data):
    text = written(value, ascii_only=plain, indent=indent)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=30))
    out = streamed(split(text, cuts))
    assert meaning(out) == meaning(whole(text))
    assert out == streamed([text])


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS, st.booleans())
def test_what_holds_nothing_keeps_every_character(value, plain):
    class Blind(Reader):
        def decide(self, text, *, names=True):
            del text, names
            return []

    text = written(value, ascii_only=plain, indent=2)
    assert streamed(list(text), Blind()) == text
    assert streamed([text], Blind()) == text


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(WORDS, SIGNS), max_size=30).map("".join), st.booleans(), st.data())
def test_broken_json_gives_the_same_however_it_is_cut_and_lets_no_value_through(text, quoted, data):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=30))
    outs = [
        through(one, JsonStream(Reader(), quoted=quoted)) for one in (split(text, cuts), [text], list(text))
    ]
    assert outs[0] == outs[1] == outs[2]
    assert "x@y.example" not in outs[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"to":"j\\u0040example.org"}', '{"to":"[X]"}'),
        ('{"to":"\\u006a@example.org","n":1}', '{"to":"[X]","n":1}'),
        ('{"card":4111111111111111}', '{"card":"[X]"}'),
        ('{"card": 4.111111111111111e15 , "n": [1, 2]}', '{"card": "[X]" , "n": [1, 2]}'),
        ('{"x@y.example": true}', '{"[X]": true}'),
        ('{"a": "\\/ \\ud83d\\ude00 \\u00e9 é"}', '{"a": "\\/ \\ud83d\\ude00 \\u00e9 é"}'),
        ('{"in": "{\\"to\\": \\"j\\\\u0040example.org\\"}"}', '{"in": "{\\"to\\": \\"[X]\\"}"}'),
        ('{"a": "[1] x@y.example"}', '{"a": "[1] [X]"}'),
        ('{}{"a": "x\\u0040y.example"}', '{}{"a": "[X]"}'),
        ('"x\\u0040y.example"', '"[X]"'),
        ("just x@y.example", "just [X]"),
        ('{"a": "x@y.exa\\u', '{"a": "[X]\\u'),
        ('{"a": "x@y.example\n", "b": "4111 1111', '{"a": "[X]\n", "b": "[X]'),
        ("[4111 1111 and more]", "[[X] and more]"),
        ('{"a": 41111111', '{"a": [X]'),
        ('{"a": NaN, "b": -Infinity, "c": "x@y.example"}', '{"a": NaN, "b": -Infinity, "c": "[X]"}'),
        ('\ufeff {"a": "x@y.example"}', '\ufeff {"a": "[X]"}'),
    ],
)
def test_values_are_found_behind_escapes_in_keys_numbers_and_inner_documents(text, expected):
    for pieces in ([text], list(text)):
        assert streamed(pieces) == expected


@pytest.mark.parametrize(
    "text", ['{"":"\\u0040"}', '["4111"]', '["\\ud83d\\ude00', '{"a":x@y.z}', "[4111 1111"]
)
def test_every_partition_of_short_arguments_gives_the_same(text):
    expected = streamed([text])
    for bits in range(2 ** (len(text) - 1)):
        cuts = [at for at in range(1, len(text)) if bits >> (at - 1) & 1]
        assert streamed(split(text, cuts)) == expected


def test_a_restored_value_is_escaped_for_every_document_that_it_stands_in():
    tokens = TokenMap(bytes(32))
    value = 'Ann "the\nBoss" \\ Smith'
    token = tokens.issue("PERSON", value, restore=["completion"])
    inner = json.dumps({"who": token})
    text = json.dumps({"who": token, "in": inner})
    for pieces in ([text], list(text)):
        got = json.loads(streamed(pieces, Reader(tokens)))
        assert got["who"] == value
        assert json.loads(got["in"])["who"] == value


def test_an_answer_in_json_is_read_as_json_and_prose_as_prose():
    tokens = TokenMap(bytes(32))
    token = tokens.issue("PERSON", 'A "B"', restore=["completion"])
    for text, expected in [
        (f'{{"who": "{token}"}}', '{"who": "A \\"B\\""}'),
        (f"[{token}] said so", '[A "B"] said so'),
        (f"{{name}} is {token}", '{name} is A "B"'),
        (f'"{token}"', '"A "B""'),
    ]:
        assert through(list(text), JsonStream(Reader(tokens))) == expected


def test_a_value_is_sent_while_the_document_still_comes():
    stream = JsonStream(Reader(), quoted=True)
    assert stream.feed('{"body": "A first sentence of it. A') == '{"body": "A first sentence of it. '
    assert stream.held == 1


def test_keys_that_name_the_shape_are_counted_and_not_looked_at():
    desk = Reader()
    streamed(['{"who": {"x@y.example": 1}}'], desk)
    assert desk.keys == ["who"]


def test_too_deep_or_too_long_is_read_as_plain_text():
    deep = "[" * 300 + '"x@y.example"' + "]" * 300
    assert streamed([deep]) == deep.replace("x@y.example", "[X]")
    key = f'{{"{"k" * 5000} x@y.example": 1}}'
    assert "x@y" not in streamed([key])
    number = f'{{"n": {"1" * 5000}, "a": "x@y.example"}}'
    assert "x@y" not in streamed([number])


def test_a_long_run_inside_a_string_is_withheld_to_its_end():
    run = "eyJ" + "QUJD" * 3000
    text = json.dumps({"a": f"See {run} and x@y.example", "b": "fine"})
    for pieces in ([text], split(text, range(0, len(text), 7))):
        assert json.loads(streamed(pieces, Reader(more=[RUN]))) == {"a": "See [X] and [X]", "b": "fine"}


def test_a_large_piece_takes_time_in_proportion_and_holds_little():
    text = json.dumps([{"a": "word " * 40}] * 2000)
    stream = JsonStream(Reader(), quoted=True)
    assert stream.feed(text) + stream.finish() == text
    assert stream.held <= LONGEST_HOLD
