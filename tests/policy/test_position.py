"""An error points at the right line, whatever stands around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.policy.position import Position, Source

TEXT = """schema = 1
title = "a # b [c]"   # [rules]
list = [
  "x", # = 5
  "y",
]
inline = { a = 1,
}
[ defaults ]
min_score = 0.5
[[rules]]
id = "one"
[[rules]]
find = ["a",
        "b"]
[[scopes]]
[scopes.when]
role = "x"
[[scopes.rules]]
id = "two"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("schema",), 1),
        (("list",), 3),
        (("inline",), 7),
        (("inline", "a"), 7),
        (("defaults", "min_score"), 10),
        (("defaults", "gone"), 9),
        (("rules", 0, "id"), 12),
        (("rules", 1), 13),
        (("rules", 1, "find", 1), 14),
        (("scopes", 0, "when", "role"), 18),
        (("scopes", 0, "rules", 0, "id"), 20),
        (("gone",), 0),
    ],
)
def test_a_key_is_found_on_its_line(path, line):
    assert Source(TEXT).find(path).line == line


def test_a_word_is_found_behind_its_key():
    assert Source(TEXT).find(("rules", 1, "find", 1), "b") == Position(15, 10)
    assert Source(TEXT).find(("list",), "y") == Position(5, 4)


def test_a_word_is_not_found_behind_the_next_key():
    assert Source(TEXT).find(("schema",), "two") == Position(1)


def test_the_key_of_a_line_is_told_and_no_other():
    source = Source(TEXT)
    assert [source.key_at(line) for line in (1, 9, 11, 4, 0, 999)] == [
        "schema",
        "defaults",
        "rules",
        "",
        "",
        "",
    ]


def test_a_place_prints_as_a_person_says_it():
    assert [str(p) for p in (Position(), Position(3), Position(3, 4))] == ["", "line 3", "line 3, column 4"]


@given(st.text(alphabet="ab=[]{}\"'#\n.\\ ", max_size=200))
def test_no_text_breaks_the_search(text):
    source = Source(text)
    assert source.find(("a", 0, "b"), "a").line >= 0
