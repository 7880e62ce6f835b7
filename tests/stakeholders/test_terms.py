"""A term ends on a working day."""

from __future__ import annotations

import datetime as dt

import pytest

from stakeholders.terms import holidays, is_working, last_day


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-26", 21, "2026-12-17"),  # a Thursday
        ("2026-11-26", 30, "2026-12-28"),  # the 26th is a Saturday
        ("2026-12-04", 21, "2026-12-28"),  # Christmas, a Friday: after the week-end
        ("2026-12-11", 21, "2027-01-04"),  # New Year’s Day, a Friday
        ("2027-03-08", 21, "2027-03-30"),  # Easter Monday
        ("2027-04-15", 21, "2027-05-07"),  # Ascension, a Thursday
        ("2027-04-26", 21, "2027-05-18"),  # Whit Monday
        ("2028-04-10", 21, "2028-05-02"),  # 1 May, a Monday
        ("2026-11-25", 0, "2026-11-25"),
    ],
)
def test_a_term_that_ends_when_offices_are_closed_goes_to_the_next_working_day(
    start: str, days: int, end: str
) -> None:
    assert last_day(dt.date.fromisoformat(start), days) == dt.date.fromisoformat(end)


def test_a_year_has_eleven_holidays() -> None:
    # in 2008 Ascension was 1 May
    assert [len(holidays(year)) for year in (2026, 2027, 2008)] == [11, 11, 10]
    assert dt.date(2026, 4, 6) in holidays(2026)
    assert not is_working(dt.date(2026, 5, 25))
