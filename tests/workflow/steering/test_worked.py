"""Working days counted by the year are those counted day by day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stakeholders.terms import Calendar, Zone
from workflow.steering.worked import worked_days


@settings(max_examples=60, deadline=None)
@given(
    start=st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31)),
    days=st.integers(0, 900),
    zone=st.sampled_from([zone.value for zone in Zone]),
)
def test_as_the_calendar_counts_them(start: dt.date, days: int, zone: str) -> None:
    calendar, end = Calendar(zone), start + dt.timedelta(days=days)
    assert worked_days(calendar, start, end) == calendar.between(start, end)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (dt.date(2026, 4, 30), dt.date(2026, 5, 4), 1),  # 1 May, then a weekend
        (dt.date(2026, 4, 3), dt.date(2026, 4, 7), 1),  # Easter Monday
        (dt.date(2026, 5, 4), dt.date(2026, 4, 30), 0),
    ],
)
def test_over_holidays(start: dt.date, end: dt.date, days: int) -> None:
    assert worked_days(Calendar(), start, end) == days


def test_a_day_of_the_year_26_is_answered() -> None:
    assert worked_days(Calendar(), dt.date(26, 1, 1), dt.date(2026, 1, 1)) > 0
