"""The last day of a term: one that ends on a day when offices are closed goes to the next working day.

As article 642 of the code de procédure civile and the rule (EEC, Euratom) 1182/71 (article 3) have it; the
holidays are those of article L. 3133-1 of the code du travail, the same in the whole of France. Those that
a part of it adds (Alsace, Moselle, overseas) are not known here: a term may end on one of them.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from dateutil.easter import easter

# 1 January, 1 and 8 May, 14 July, 15 August, 1 and 11 November, 25 December
FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)  # days: Easter Monday, Ascension, Whit Monday
SATURDAY = 5


@lru_cache(maxsize=32)
def holidays(year: int) -> frozenset[dt.date]:
    """Return the public holidays of a year."""
    moving = {easter(year) + dt.timedelta(days=days) for days in AFTER_EASTER}
    return frozenset({*(dt.date(year, month, day) for month, day in FIXED), *moving})


def is_working(day: dt.date) -> bool:
    """Whether offices are open that day."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def last_day(start: dt.date, days: int) -> dt.date:
    """Return the last day of a term of so many days, counted from the day after ``start``."""
    day = start + dt.timedelta(days=days)
    while not is_working(day):
        day += dt.timedelta(days=1)
    return day
