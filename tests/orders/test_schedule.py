"""Answers: does a schedule keep its day through short months, leap years and changes of the clock?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.schedule import Schedule, local_hour

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def test_months_end_on_their_last_day_and_come_back_to_the_31st() -> None:
    dates = Schedule(date(2027, 10, 31), 1, "MONTH").from_day(date(2027, 10, 31))
    assert [str(day) for day in islice(dates, 7)] == [
        "2027-10-31", "2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "day", "first"),
    [
        (Schedule(date(2026, 1, 31), 1, "MONTH"), date(2026, 2, 28), date(2026, 2, 28)),
        (Schedule(date(2026, 1, 31), 1, "MONTH"), date(2026, 3, 1), date(2026, 3, 31)),
        (Schedule(date(2026, 1, 15), 3, "MONTH"), date(2026, 4, 16), date(2026, 7, 15)),
        (Schedule(date(2026, 3, 2), 2, "WEEK"), date(2026, 3, 3), date(2026, 3, 16)),
        (Schedule(date(2026, 3, 2), 10, "DAY"), date(2026, 3, 12), date(2026, 3, 12)),
        (Schedule(date(2026, 3, 2), 1, "DAY"), date(2026, 1, 1), date(2026, 3, 2)),
        (Schedule(date(2024, 2, 29), 12, "MONTH"), date(2024, 3, 1), date(2025, 2, 28)),
        (Schedule(date(2026, 3, 2), 1, "WEEK", date(2026, 3, 15)), date(2026, 3, 10), None),
    ],
)
def test_the_first_date_from_a_day_on(schedule: Schedule, day: date, first: date | None) -> None:
    assert schedule.first_from(day) == first


@given(DAYS, st.integers(1, 24), st.sampled_from(["DAY", "WEEK", "MONTH"]), DAYS)
def test_the_first_date_is_one_of_the_dates_and_none_lies_between(
    start: date, every: int, unit: str, day: date
) -> None:
    schedule = Schedule(start, every, unit)
    by_counting = next(found for found in map(schedule.on, range(10_000)) if found >= day)
    assert schedule.first_from(day) == by_counting
    assert schedule.on(0) == start


def test_the_hour_is_the_walls() -> None:
    """On 29 March 2026 London's clocks go from 1 to 2, on 25 October from 2 to 1."""
    assert local_hour(datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Europe/London") == (date(2026, 3, 29), 0)
    assert local_hour(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Europe/London") == (date(2026, 3, 29), 2)
    assert local_hour(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/London") == (date(2026, 10, 25), 1)
    assert local_hour(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/London") == (date(2026, 10, 25), 1)
    assert local_hour(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "Europe/London") == (date(2026, 7, 1), 0)
