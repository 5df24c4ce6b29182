"""The plain form is sound: whatever it matches, the check of each field takes as well."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrail.ledger.header import _check_fields, parse_header
from guardrail.ledger.plain import read_plain

VECTORS = Path(__file__).parents[1] / "vectors"
GOLDEN = [json.loads((VECTORS / f"ledger_v{n}.json").read_text("utf-8")) for n in (1, 2)]
HEADERS = [case["header"] for case in GOLDEN[0]["entries"]] + [GOLDEN[1]["body"]["header"]]
NUMBERS = (b"0", b"9", b"1" * 9, b"9007199254740993", b"e1", b"-1", b"1.5")
MARKS = (b'"', b",", b"{}", b"{", b"}", b"-", b"/", b".", b" ", b":", b"[]")
WORDS = (b"a", b"A", b"null", b"true", b"\\u0041", b"\xc3\xa9", b'"x":1,', b'"ws":0', b"mask")
PIECES = st.sampled_from((*NUMBERS, *MARKS, *WORDS))


def test_most_headers_are_plain():
    plain = [read_plain(text.encode()) is not None for text in HEADERS]
    assert plain.count(True) >= 4


@pytest.mark.parametrize("text", [text for golden in GOLDEN for text in golden["refused_headers"]])
def test_no_golden_refused_header_gets_through(text):
    if read_plain(text.encode()):
        with pytest.raises(ValueError, match="canonical"):
            parse_header(text.encode())


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(HEADERS), st.data())
def test_what_is_plain_passes_the_check_of_each_field(text, data):
    header = text.encode()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(header)))
        cut = data.draw(st.integers(0, 12))
        header = header[:at] + data.draw(PIECES) + header[at + cut :]
    if read_plain(header):
        fields = orjson.loads(header)  # it is JSON
        _check_fields(fields)


@pytest.mark.parametrize(
    "change",
    [
        ('"ws":', '"ws":9007199254740993,"x":'),
        ('"ts":17', '"ts":99'),
        ('"ret":"', '"ret":"123456789'),
        ("PERSON", "P123456789"),
    ],
)
def test_what_leaves_a_bound_is_not_plain(change):
    changed = [text.replace(*change) for text in HEADERS if change[0] in text]
    assert changed
    assert not any(read_plain(text.encode()) for text in changed)
