"""Terms: the last day of one, and the working days of a territory.

A term that ends on a day when offices are closed goes to the next working day, as article 642 of the code
de procédure civile and the rule (EEC, Euratom) 1182/71 (article 3) have it. The holidays are those of
article L. 3133-1 of the code du travail, and for Alsace and Moselle those that article L. 3134-13 adds: 26
December everywhere, Good Friday only in the communes that have a Protestant temple or a mixed church, which
no list knows: the commune says. They come from the library holidays.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from django.db import models
from django.utils.translation import gettext_lazy as _
from holidays import country_holidays

SATURDAY = 5
GOOD_FRIDAY = "Vendredi saint"


class Zone(models.TextChoices):
    """Where the holidays are those of the whole of France, or more; the values are the library's own."""

    NATIONAL = "", _("Droit commun")
    MOSELLE = "57", _("Moselle (droit local)")
    ALSACE = "6AE", _("Alsace (droit local)")


@dataclass(frozen=True)
class Calendar:
    """The holidays of a territory; ``keeps_good_friday`` counts in Alsace and Moselle alone."""

    zone: str = Zone.NATIONAL.value
    keeps_good_friday: bool = False

    def is_working(self, day: dt.date) -> bool:
        """Whether offices are open that day."""
        return day.weekday() < SATURDAY and day not in self.holidays(day.year)

    def holidays(self, year: int) -> frozenset[dt.date]:
        """Return the public holidays of a year."""
        return _holidays(year, str(self.zone), self.keeps_good_friday)

    def next_working(self, day: dt.date) -> dt.date:
        """Return that day, or the first working day after it."""
        while not self.is_working(day):
            day += dt.timedelta(days=1)
        return day

    def last_working(self, day: dt.date) -> dt.date:
        """Return that day, or the last working day before it."""
        while not self.is_working(day):
            day -= dt.timedelta(days=1)
        return day

    def before(self, end: dt.date, days: int) -> dt.date:
        """Return the working day that has so many working days after it, until ``end`` included."""
        day = end
        for _each in range(days):
            day = self.last_working(day - dt.timedelta(days=1))
        return day

    def after(self, start: dt.date, days: int) -> dt.date:
        """Return the last of so many working days, counted from the day after ``start``."""
        day = start
        for _each in range(days):
            day = self.next_working(day + dt.timedelta(days=1))
        return day

    def between(self, start: dt.date, end: dt.date) -> int:
        """Count the working days after ``start`` and until ``end``, included."""
        days = ((start + dt.timedelta(days=n + 1)) for n in range((end - start).days))
        return sum(self.is_working(day) for day in days)


FRANCE = Calendar()


@lru_cache(maxsize=128)
def _holidays(year: int, zone: str, keeps_good_friday: bool) -> frozenset[dt.date]:
    found = country_holidays("FR", subdiv=zone or None, years=year, language="fr")
    return frozenset(day for day, name in found.items() if keeps_good_friday or name != GOOD_FRIDAY)


def holidays(year: int) -> frozenset[dt.date]:
    """Return the public holidays of a year in the whole of France."""
    return FRANCE.holidays(year)


def is_working(day: dt.date) -> bool:
    """Whether offices are open that day, in the whole of France."""
    return FRANCE.is_working(day)


def last_day(start: dt.date, days: int) -> dt.date:
    """Return the last day of a term of so many calendar days, counted from the day after ``start``."""
    return FRANCE.next_working(start + dt.timedelta(days=days))


def clear_days(day: dt.date, days: int) -> list[dt.date]:
    """Return the clear days that precede a session, in order: neither its own day nor that of the sending.

    They are days of the calendar: Sundays and holidays count, and none is added (CGCT, art. L. 2121-11 and
    L. 2121-12: the day on which the convocation is sent is the eve of the first one, at the latest).
    """
    return [day - dt.timedelta(days=n) for n in range(days, 0, -1)]
