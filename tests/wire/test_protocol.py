"""A pattern names fields; the first kind that matches decides, and what none names is unknown."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.wire.protocol import GENERIC, FieldMap

MATCHES = [
    ("a", ("a",), True),
    ("a", ("b",), False),
    ("a", ("a", "b"), False),
    ("a", (), False),
    ("a.b", ("a",), False),
    ("a.*.b", ("a", 0, "b"), True),
    ("a.*.b", ("a", 17, "b"), True),
    ("a.*.b", ("a", "x", "b"), True),
    ("a.*.b", ("a", "b"), False),
    ("a.*", ("a",), False),
    ("*", ("a",), True),
    ("*", (3,), True),
    ("**", (), True),
    ("**", ("a", 0, "b"), True),
    ("a.**", ("a",), True),
    ("a.**", ("a", "b", 0), True),
    ("a.**", ("b",), False),
    ("**.a", ("a",), True),
    ("**.a", ("b", "a"), True),
    ("**.a", ("a", "b"), False),
    ("**.a.**", ("b", "a", "c"), True),
    ("**.a.**", ("b", "c"), False),
    ("a.**.b", ("a", "b"), True),
    ("a.**.b", ("a", "b", "b"), True),
    ("a.**.b", ("a", "c", "b", "d"), False),
    ("a.**.*.b", ("a", "b"), False),
    ("a.**.*.b", ("a", "x", "b"), True),
    ("a.**.**.b", ("a", "b"), True),
    ("a", ("A",), False),
    ("a.b", ("a.b",), False),
    ("a.0", ("a", "0"), True),
    ("a.0", ("a", 0), False),
]


@pytest.mark.parametrize(("pattern", "path", "matches"), MATCHES)
def test_a_pattern_matches_whole_paths(pattern, path, matches):
    assert FieldMap(text=(pattern,)).kind(path) == ("text" if matches else "unknown")


def slow_match(pattern, path):
    """Match by trying every way, the obvious and exponential one."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(slow_match(pattern[1:], path[at:]) for at in range(len(path) + 1))
    return bool(path) and pattern[0] in {"*", path[0]} and slow_match(pattern[1:], path[1:])


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["a", "b", "*", "**"]), min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=6),
)
def test_matching_agrees_with_the_obvious_way(pattern, path):
    matches = FieldMap(text=(".".join(pattern),)).kind(tuple(path)) == "text"
    assert matches == slow_match(pattern, path)


def test_the_first_kind_decides_in_one_order():
    kinds = ("structural", "binary", "delta", "identifier", "text")
    for one, other in itertools.combinations(kinds, 2):
        assert FieldMap(**{one: ("a",), other: ("**",)}).kind(("a",)) == one


def test_a_map_without_patterns_knows_nothing():
    assert FieldMap().kind(("a",)) == "unknown"


def test_a_pattern_of_many_steps_on_a_deep_path_completes():
    fields = FieldMap(text=(".".join(["**", "a"] * 20) + ".z",))
    assert fields.kind(("a",) * 200) == "unknown"


def test_without_a_protocol_every_string_of_a_body_is_text():
    for path in ((), ("model",), ("a", 0, "id")):
        assert GENERIC.request.kind(path) == "text"
        assert GENERIC.response.kind(path) == "text"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (("delta",), "delta"),
        (("delta", "text"), "delta"),
        (("delta", "thinking"), "delta"),
        (("choices", 0, "delta", "content"), "delta"),
        (("message", "content"), "delta"),
        (("content",), "delta"),
        (("text",), "delta"),
        (("token",), "delta"),
        (("error", "message"), "text"),
        (("id",), "text"),
    ],
)
def test_in_an_unknown_stream_the_usual_carriers_of_pieces_are_pieces(path, kind):
    assert GENERIC.event.kind(path) == kind
