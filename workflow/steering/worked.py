"""Working days between two days, counted by the year: many intervals are counted at once."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from itertools import accumulate

from stakeholders.terms import Calendar

YEARS_AT_MOST = 100  # what spans more was no span of a contract


def worked_days(calendar: Calendar, start: dt.date, end: dt.date) -> int:
    """Count the working days after ``start`` and until ``end``, included; 0 for an end that comes before.

    As :meth:`stakeholders.terms.Calendar.between` does day by day.
    """
    if end <= start:
        return 0
    first, last = max(start.year, end.year - YEARS_AT_MOST), end.year
    whole = sum(_until(calendar, year)[-1] for year in range(first, last))
    before = _until(calendar, first)[start.timetuple().tm_yday - 1] if start.year == first else 0
    return whole + _until(calendar, last)[end.timetuple().tm_yday - 1] - before


@lru_cache(maxsize=256)
def _until(calendar: Calendar, year: int) -> tuple[int, ...]:
    """Return, for each day of a year, how many working days it and those before it hold."""
    day, days = dt.date(year, 1, 1), []
    while day.year == year:
        days.append(int(calendar.is_working(day)))
        if day == dt.date.max:
            break
        day += dt.timedelta(days=1)
    return tuple(accumulate(days))
