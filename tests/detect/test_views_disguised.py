"""Values in disguise are found, and what is found covers the disguise: a generated table."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from guardrail.types import Passage

SPEC = importlib.util.spec_from_file_location("disguise_table", Path(__file__).with_name("disguise_table.py"))
TABLE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(TABLE)
CERTAIN = 0.5
EDGES = "\u202a\u2066\u2069\u202c\u200e"  # direction marks around a value show nothing


@pytest.fixture(scope="module")
def missed(detector):
    """Return {disguise: [entity, ...]} of what is not found whole, and the number of rows."""
    rows = list(TABLE.rows())
    texts = [carrier.format(value) for _, _, carrier, value in rows]
    missed = {}
    for (name, entity, carrier, value), found in zip(
        rows, detector.detect([Passage(text) for text in texts]), strict=True
    ):
        start = carrier.index("{") + len(value) - len(value.lstrip(EDGES))
        end = carrier.index("{") + len(value.rstrip(EDGES))
        if not any(
            f.entity == entity and f.score >= CERTAIN and f.start <= start and f.end >= end for f in found
        ):
            missed.setdefault(name, []).append(entity)
    return missed, len(rows)


def test_the_table_is_as_wide_as_it_claims():
    rows = {(name, entity) for name, entity, _, _ in TABLE.rows()}
    complete = [
        name
        for name in TABLE.DISGUISES
        if {(name, e) for e in ("EMAIL_ADDRESS", "PHONE_NUMBER", "US_SSN", "CREDIT_CARD")} <= rows
    ]
    assert len(complete) >= 16
    assert len(TABLE.DISGUISES) >= 70


def test_disguised_values_are_found_whole(missed):
    failed, count = missed
    assert sum(map(len, failed.values())) <= 0.02 * count, failed


@pytest.mark.parametrize("name", TABLE.DISGUISES)
def test_no_disguise_hides_most_values(missed, name):
    assert len(missed[0].get(name, ())) <= 2


CLEAN = [
    "Rows: 9 1 0 4 1 1 and 1 1 0 1 1",
    "count: one two three four five six seven eight nine ten",
    "sizes 536,90,4399 and 212,555,0199 in pixels",
    "the product is 536*90*4399 here",
    "internationalization of a CamelCaseIdentifierNameOfSomeLength",
    "sha1 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
    "background %23fff; width 100%25 of &nbsp; the &lt;page&gt; &amp; more",
    "A B C D E F G are letters",
    "regex \\d+\\x41? and C:\\users\\temp",
    "version 4.11.1111 of package_111_1111",
]


@pytest.mark.parametrize("text", CLEAN)
def test_what_looks_like_a_disguise_by_chance_is_left_alone(detector, text):
    (found,) = detector.detect([Passage(text)])
    assert [(text[f.start : f.end], f.entity) for f in found if f.score >= CERTAIN] == []


def test_a_picture_is_passed_over(detector):
    import base64
    import random

    octets = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random.Random(7).randbytes(60_000)
    text = f'<img src="data:image/png;base64,{base64.b64encode(octets).decode()}">'
    (found,) = detector.detect([Passage(text)])
    assert [f for f in found if f.score >= CERTAIN] == []


@pytest.mark.parametrize("wrapped", [False, True], ids=["in one line", "in lines"])
def test_a_record_in_base64_is_found_as_each_kind_that_it_holds(detector, wrapped):
    import base64

    record = b"My name is Jennifer Garcia, my SSN is 536-90-4399 and my e-mail is jen.garcia@example.com."
    run = (base64.encodebytes(record) if wrapped else base64.b64encode(record)).decode().strip()
    text = f"attachment:\n{run}\nend"
    (found,) = detector.detect([Passage(text)])
    whole = {f.entity for f in found if f.score >= CERTAIN and text[f.start : f.end] == run}
    assert whole >= {"PERSON", "US_SSN", "EMAIL_ADDRESS"}
