"""A span of time, as people name it."""

import pytest

from guardrail.errors import ConfigError
from guardrail.evidence.span import Span, day, moment

DAY = 86_400_000_000
JULY = 1_782_864_000_000_000  # 2026-07-01T00:00:00Z in µs


def test_a_date_means_its_first_and_its_last_microsecond():
    span = Span.parse("2026-07-01", "2026-07-01")
    assert (span.since, span.until) == (JULY, JULY + DAY - 1)
    assert JULY in span
    assert JULY + DAY - 1 in span
    assert JULY - 1 not in span
    assert JULY + DAY not in span


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-07-01T00:00:00Z", JULY),
        ("2026-07-01t00:00:00z", JULY),
        ("2026-07-01 02:00:00+02:00", JULY),
        ("2026-07-01T00:00:00.000001Z", JULY + 1),
        ("2026-06-30T20:00:00.5-04:00", JULY + 500_000),
    ],
)
def test_a_time_is_read_with_its_zone(text, value):
    assert Span.parse(text, "2027-01-01").since == value
    assert Span.parse("2026-01-01", text).until == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-7-1",
        "20260701",
        "2026-W27-3",
        "2026-02-30",
        "2026-07-01T00:00:00",  # no zone
        "2026-07-01T25:00:00Z",
        "2026-07-01T00:00:00+99:00",
        "2026-07-01T00:00Z",
        "٢٠٢٦-07-01",
        "1969-12-31",
        "2026-07-01\n",
    ],
)
def test_what_is_no_date_and_no_time_with_a_zone_is_refused_without_repeating_it(text):
    with pytest.raises(ConfigError) as error:
        Span.parse(text, "2030-01-01")
    assert "--since" in error.value.message
    assert not text.strip() or text not in error.value.message


def test_an_end_before_the_beginning_is_refused():
    with pytest.raises(ConfigError, match="before --since"):
        Span.parse("2026-07-02", "2026-07-01")


def test_the_last_day_of_the_calendar_is_a_day():
    assert Span.parse("9999-12-31", "9999-12-31").days() == 1


def test_whole_days_are_told_as_dates_and_other_ends_to_the_second():
    assert Span.parse("2026-07-01", "2026-07-01").words() == "2026-07-01 UTC, both ends included"
    assert Span.parse("2026-07-01", "2026-07-03").words().startswith("2026-07-01 to 2026-07-03 UTC")
    assert (
        Span.parse("2026-07-01T01:00:00Z", "2026-07-03")
        .words()
        .startswith("2026-07-01 01:00:00 to 2026-07-03 23:59:59 UTC")
    )
    assert Span.parse("2026-07-01", "2026-07-03").days() == 3


def test_days_and_moments_are_utc():
    assert day(JULY - 1) == "2026-06-30"
    assert moment(JULY) == "2026-07-01 00:00:00"
