"""What a model makes of a token is proved and restored, or left and counted (docs/spec/tokens.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail import tokens
from guardrail.spelling import LONGEST_SPELLING, alive, bodies, read
from guardrail.vault.memory import TokenMap

KEY = b"k" * 32
HERE = "completion"
FILE = Path(__file__).parents[1] / "vectors" / "token_spellings_v1.json"
VECTORS = json.loads(FILE.read_text("utf-8"))


def a_map():
    """Return a map that issued the tokens of the vectors."""
    issued = TokenMap(bytes.fromhex(VECTORS["key"]), length=tokens.CONVERSATION)
    for row in VECTORS["issued"]:
        assert issued.issue(row["entity"], row["value"], restore=[HERE]) == row["token"]
    return issued


def ids(rows):
    return [row["what"] for row in rows]


@pytest.mark.parametrize("row", VECTORS["restored"], ids=ids(VECTORS["restored"]))
def test_what_is_proved_comes_back(row):
    issued = a_map()
    assert issued.restore(row["text"], destination=HERE) == row["restored"]
    assert all(place.value is not None for place in issued.find(row["text"], destination=HERE))


@pytest.mark.parametrize("row", VECTORS["left"], ids=ids(VECTORS["left"]))
def test_what_is_not_proved_stays_as_it_is_and_is_counted_where_it_reads_as_a_token(row):
    issued = a_map()
    assert issued.restore(row["text"], destination=HERE) == row["text"]
    assert [place.proof for place in issued.find(row["text"], destination=HERE)] == row["counted"]


@pytest.mark.parametrize("row", VECTORS["restored"], ids=ids(VECTORS["restored"]))
def test_every_spelling_that_is_restored_is_reserved_when_a_request_holds_it(row):
    planted = TokenMap(bytes.fromhex(VECTORS["key"]), length=tokens.CONVERSATION)
    planted.reserve(row["text"])
    for one in VECTORS["issued"]:
        planted.issue(one["entity"], one["value"], restore=[HERE])
    assert planted.restore(row["text"], destination=HERE) == row["text"]


@pytest.mark.parametrize("row", VECTORS["restored"], ids=ids(VECTORS["restored"]))
def test_no_prefix_of_a_spelling_is_cut_by_a_stream(row):
    """Every place that `read` finds is alive at each of its inner places, unless it is complete there."""
    text = row["text"]
    issued = a_map()
    for reading in read(text, issued):
        for at in range(reading.start + 1, reading.end):
            assert alive(text[:at]) <= reading.start, text[:at]


@settings(max_examples=200)
@given(st.text(alphabet="<>&lt;gt_\\u003ceE%AZ09 \n\u200bé人-", max_size=300))
def test_what_is_alive_lies_at_the_end_and_is_bounded(text):
    assert max(0, len(text) - LONGEST_SPELLING) <= alive(text) <= len(text)


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from([*(row["text"] for row in VECTORS["restored"]), "<", ">", "_", "A", "é", " ", "0"])
    )
)
def test_readings_are_disjoint_and_sorted(parts):
    text = "".join(parts)
    at = 0
    for reading in read(text, a_map()):
        assert at <= reading.start < reading.end <= len(text)
        at = reading.end


def test_where_two_tokens_have_one_body_a_translated_type_proves_nothing():
    class Twice:
        def named(self, inner):
            return inner in {"PERSON_7Q9NXQV", "NRP_7Q9NXQV"}

        def bodied(self, _body):
            return ""

    assert [one.inner for one in read("<PERSON_7Q9NXQV> <NRP_7Q9NXQV>", Twice())] == [
        "PERSON_7Q9NXQV",
        "NRP_7Q9NXQV",
    ]
    assert [one.proof for one in read("<NAME_7Q9NXQV>", Twice())] == ["broken"]


def test_a_map_that_holds_one_body_under_two_types_tells_neither():
    issued = a_map()
    issued._bodies["7Q9NXQV"] = ""
    assert issued.bodied("7Q9NXQV") == ""


HOSTILE = (
    "A_" * 100_000,
    "_" * 200_000,
    "<" * 200_000,
    "<A " * 60_000,
    "\\u003cA" * 30_000,
    "\\_A0000000" * 20_000,
    "&lt;A_1234567" * 15_000,
    "\u2039AAAAAAAAAAAAAAA_1234567 " * 8_000,
    "%3c" * 60_000,
    "<PERSON_A1234 " * 14_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_takes_time_in_proportion_to_its_length(text):
    issued = a_map()
    assert [one for one in read(text, issued) if one.proof == "issued"] == []
    assert len(set(bodies(text))) < 100
    assert alive(text) >= len(text) - LONGEST_SPELLING
