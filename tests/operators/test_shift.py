"""Dates move by a secret of their subject, stay as they are written, and never stay what they were."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail import days
from guardrail.operators import Tools
from guardrail.operators.shift import offset

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "operators_v1.json").read_text("utf-8"))[
    "shift"
]
FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%A, %d %B %Y", "%Y/%m/%d", "%d-%b-%Y", "%Y%m%d")
dates = st.dates(date(1911, 1, 1), date(2088, 12, 31))


@pytest.mark.parametrize("vector", VECTORS["offsets"])
def test_the_vectors_of_the_offset(vector):
    made = offset(bytes.fromhex(vector["key"]), most=vector["most"], weeks=vector["unit"] == "weeks")
    assert made == vector["offset"]


@pytest.mark.parametrize("vector", VECTORS["moved"], ids=lambda v: v["text"])
def test_the_vectors_of_dates_that_move(vector):
    day = days.read(vector["text"], vector["order"])
    assert day is not None
    assert day.moved(vector["by"]) == vector["new"]


@pytest.mark.parametrize("text", VECTORS["not_whole"])
def test_what_is_no_whole_date_is_not_read(text):
    assert days.read(text) is None


@pytest.mark.parametrize("vector", VECTORS["not_written"], ids=lambda v: v["text"])
def test_a_date_that_cannot_be_written_alike_is_redacted(run, vector):
    day = days.read(vector["text"])
    assert day is not None
    assert day.moved(vector["by"]) == ""
    assert day.moved(10**9) == ""


@pytest.mark.parametrize("text", [*VECTORS["not_whole"], "Ann Smith", "2024-03-15 or so"])
def test_what_is_no_whole_date_is_redacted_never_left(run, text):
    assert run(text, "DATE_TIME", "shift") == "[DATE_TIME]"


def test_one_number_is_the_day_where_the_policy_says_which(run):
    assert run("03/04/2024", "DATE_TIME", "shift") == "[DATE_TIME]"
    for order in ("dmy", "mdy"):
        assert days.read(run("03/04/2024", "DATE_TIME", "shift", order=order), order) is not None


@given(most=st.integers(7, 3650), secret=st.binary(min_size=1, max_size=8), weeks=st.booleans())
def test_an_offset_is_within_its_bound_and_never_nothing(most, secret, weeks):
    by = offset(secret, most=most, weeks=weeks)
    assert 0 < abs(by) <= most
    assert not weeks or by % 7 == 0


def test_every_offset_is_met_about_as_often():
    met = [offset(b"%d" % n, most=7) for n in range(2800)]
    assert set(met) == {*range(-7, 0), *range(1, 8)}
    assert all(120 < met.count(by) < 290 for by in set(met))


@given(one=dates, other=dates, form=st.sampled_from(FORMS), root=st.text(max_size=4))
def test_the_time_between_two_dates_of_a_subject_stays(one, other, form, root):
    from guardrail.operators.shift import shift
    from guardrail.types import Action, Decision, Finding

    tools = Tools(issue=lambda *_: "", key=lambda purpose: f"{root}/{purpose}".encode())
    decision = Decision(Finding(0, 1, "DATE_TIME", 1.0, ""), Action("shift"), "p", "r")
    texts = [day.strftime(form) for day in (one, other)]
    moved = [days.read(shift(text, decision, tools)) for text in texts]
    assert None not in moved
    assert moved[1].day - moved[0].day == other - one  # so it is a bijection, too
    assert moved[0].day != one


@given(day=dates, by=st.integers(-3650, 3650), form=st.sampled_from(FORMS))
def test_a_date_that_is_moved_and_moved_back_is_the_same_text(day, by, form):
    text = day.strftime(form)
    there = days.read(text).moved(by)
    assert days.read(there).day == day + timedelta(days=by)
    back = days.read(there).moved(-by)
    # Whether the day of "05 March" has a zero is not seen on "15 March".
    assert back == text or back == text.replace(f"{day:%d}", str(day.day), 1)


def test_each_subject_has_days_of_its_own(other_tools, run):
    made = {run("2024-03-15", "DATE_TIME", "shift", using=other_tools(str(root))) for root in range(20)}
    assert len(made) > 15


@given(st.text(alphabet="0123456789/.-: MarchApil,thTZ", max_size=40))
def test_any_text_is_a_date_or_none_and_is_found_as_it_is_read(text):
    day = days.read(text)
    found = list(days.find(text))
    if day is not None and found:
        assert any(one.day == day.day for one in found) or len(text) != found[0].end
    assert 0 <= days.begun(text) <= len(text)


@pytest.mark.parametrize(
    ("text", "open_from"),
    [
        ("Born 15. ", 5),
        ("am 15. März ", 0),
        ("in March ", 3),
        ("on Monday, ", 3),
        ("the 5th of ", 0),
        ("15 de mayo de ", 0),
        ("He said ", 8),
        ("marched ", 8),
        ("2024-03-15 ", 11),
    ],
)
def test_the_end_of_a_text_is_held_while_it_may_become_a_date(text, open_from):
    assert days.begun(text) == open_from
