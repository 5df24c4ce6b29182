"""Intervals: they hold the figure, shrink with more texts, and do not believe in perfection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.evaluate.intervals import Estimate, f_score, proportion, rate

pairs = st.integers(0, 20).flatmap(lambda y: st.tuples(st.integers(0, y), st.just(y)))
texts = st.lists(st.tuples(pairs, pairs), min_size=1, max_size=40)


def width(estimate: Estimate) -> float:
    return estimate.high - estimate.low


def held(estimate: Estimate | None, most: float = 1.0) -> bool:
    return estimate is None or 0 <= estimate.low <= estimate.value <= estimate.high <= most


@given(texts)
def test_every_interval_holds_its_figure_inside_the_possible(parts):
    assert held(proportion([one for one, _ in parts]))
    assert held(f_score(parts, 1))
    assert held(f_score(parts, 2))
    assert held(rate([(x, 100 * y + 1) for (x, y), _ in parts], per=1000), most=float("inf"))


@given(texts)
def test_four_times_the_same_texts_never_widen_an_interval(parts):
    more = parts * 4
    for few, many in (
        (proportion([a for a, _ in parts]), proportion([a for a, _ in more])),
        (f_score(parts, 2), f_score(more, 2)),
        (
            rate([(x, 10 * y + 5) for (x, y), _ in parts], per=1),
            rate([(x, 10 * y + 5) for (x, y), _ in more], per=1),
        ),
    ):
        if few is None:
            assert many is None
        elif len(parts) > 1:  # one text shows no variance at all
            assert width(many) <= width(few) + 1e-9
            assert many.value == pytest.approx(few.value)


def test_single_spans_in_single_texts_give_wilsons_interval():
    # Wilson for 8 of 10: 0.490 to 0.943. Ten texts of one span are nearly that; n - 1 widens it.
    got = proportion([(1, 1)] * 8 + [(0, 1)] * 2)
    assert got.value == 0.8
    assert (got.low, got.high) == (pytest.approx(0.476, abs=0.005), pytest.approx(0.947, abs=0.005))


def test_ten_spans_that_share_a_text_are_worth_less_than_ten_texts():
    alone = proportion([(1, 1)] * 50 + [(0, 1)] * 50)
    clustered = proportion([(10, 10)] * 5 + [(0, 10)] * 5)
    assert clustered.value == alone.value == 0.5
    assert width(clustered) > 2 * width(alone)


def test_all_found_in_twenty_texts_is_no_certainty():
    got = proportion([(5, 5)] * 20)
    assert (got.value, got.high) == (1.0, 1.0)
    assert got.low == pytest.approx(0.839, abs=0.001)  # Wilson, 20 of 20


def test_no_false_positive_in_a_thousand_characters_may_still_be_some():
    got = rate([(0, 500), (0, 500)], per=1000)
    assert (got.value, got.low) == (0, 0)
    assert got.high == pytest.approx(3.84, abs=0.01)


def test_texts_that_agree_to_the_last_count_every_unit():
    assert width(proportion([(1, 2)] * 50)) < width(proportion([(1, 2)] * 10))
    assert width(rate([(1, 100)] * 50, per=1000)) < width(rate([(1, 100)] * 10, per=1000))


def test_one_text_alone_says_little():
    got = proportion([(50, 100)])
    assert width(got) > 0.8
    assert rate([(50, 1000)], per=1000).high > 200


def test_nothing_to_measure_is_no_figure():
    assert proportion([]) is None
    assert proportion([(0, 0)]) is None
    assert rate([], per=1000) is None
    assert f_score([((0, 0), (1, 1))], 1) is None
    assert f_score([((0, 3), (0, 2))], 1).value == 0
