"""Values whose label stands once, at the head of their column."""

import pytest

from guardrail.detect import Detector
from guardrail.detect.columns import Columns
from guardrail.detect.headers import Headers
from guardrail.types import Passage

DETECTOR = Detector.load(names="none")


def cells(text):
    return [(text[start:end], name) for start, end, name in Headers(text).cells()]


def columns(text):
    return [(f.entity, text[f.start : f.end]) for f in Columns().recognize(text)]


def acted(text):
    return {(f.entity, text[f.start : f.end]) for f in DETECTOR.detect([Passage(text)])[0] if f.score >= 0.5}


def test_a_delimiter_in_quotes_belongs_to_its_cell():
    assert cells('name,addr,"x"\nAnn,"1 Road, Oslo",2\n') == [
        ("Ann", "name"),
        ("1 Road, Oslo", "addr"),
        ("2", "x"),
    ]
    assert cells('a,b\n"say ""x, y""",5\n')[1] == ("5", "b")


def test_one_line_with_other_cells_does_not_end_a_table():
    assert cells("a;b\n1;2\n1;2;3\n4;5\n") == [("1", "a"), ("2", "b"), ("4", "a"), ("5", "b")]
    assert cells("a;b\n1\n2\n4;5\n") == []


def test_columns_may_be_set_apart_by_spaces():
    text = "Name     Born on   Member no.\nAnn Lee  1984      998877\nBob                112233\n"
    assert cells(text)[:3] == [("Ann Lee", "Name"), ("1984", "Born on"), ("998877", "Member no.")]
    assert cells(text)[-1] == ("112233", "Member no.")
    assert cells("Done.  Next one!  Then\nx  y  z\n") == []


def test_the_columns_of_an_insert_name_its_values():
    text = "INSERT INTO t (name, `phone`) VALUES ('O''Hara, Ann', '02079460958'),\n(NULL, '2(3)');"
    assert cells(text) == [
        ("O''Hara, Ann", "name"),
        ("02079460958", "phone"),
        ("NULL", "name"),
        ("2(3)", "phone"),
    ]


def test_the_headings_of_html_name_what_stands_below_or_beside_them():
    text = "<tr><th>Name</th><th>PIN</th></tr><tr><td>Ann</td><td><b>2271</b></td><td>x</td></tr>"
    assert cells(text) == [("Ann", "Name"), ("2271", "PIN")]
    assert cells("<tr><th>Born:</th><td>1984</td><td></td></tr><td>x") == [("1984", "Born")]
    assert cells("<dl><dt>Login</dt><dd>ann77</dd></dl></table>") == [("ann77", "Login")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name,age\nAnn,34\nBob,n/a\n", [("AGE", "34")]),
        (
            "username;password;role\nann77;hunter2;x\nroot;changed;y\n",
            [("USERNAME", "ann77"), ("SECRET", "hunter2")],
        ),
        ("name\tdate of birth\nAnn\t19840203\nBob\t55\n", [("DATE_TIME", "19840203")]),
        ("| Card | CVV |\n|---|---|\n| 1 | 123 |\n", [("CARD_SECURITY_CODE", "123")]),
        ("stage, age of the wine\nfirst, 12\n", []),
        ("password,token\n" + "a1" * 200 + ",<your token>\n", []),
    ],
)
def test_only_the_name_of_the_column_tells(text, expected):
    assert columns(text) == expected


def test_numbers_in_tables_are_what_their_columns_are_called():
    text = "Name | Phone | Passport no.\nAnn Lee | 6761788676 | DK1548062\n"
    assert {("PHONE_NUMBER", "6761788676"), ("PASSPORT", "DK1548062")} <= acted(text)
    assert acted("order no.,sku,quantity\n88231445,5532100,2\n") == set()


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n" + '"1,2\n' * 100_000,
        "INSERT INTO t (aa) VALUES ('" + "'" * 300_000,
        "INSERT INTO t (aa) VALUES " + "('" * 200_000,
        "<td>" * 200_000 + "</table>",
        "a  b\n" + "1  2  " * 150_000,
    ],
    ids=["quotes", "strings", "brackets", "cells", "spaces"],
)
def test_long_texts_are_read_to_their_end(text):
    """A pattern that goes back over its own steps would not come to an end here."""
    assert all(cell.end <= len(text) for cell in Headers(text).cells())
