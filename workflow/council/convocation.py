"""When a council is convened at the latest for a session, day by day (CGCT, art. L. 2121-11 and L. 2121-12).

Five clear days, three in communes below 3,500 inhabitants: terms of the law, that nobody chooses. Pure.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from stakeholders.terms import Calendar, clear_days
from stakeholders.wording import weekday

CLEAR_DAYS, FEWER = 5, 3


@dataclass(frozen=True)
class Convocation:
    """The session, the last day on which it may be convened, and each day between, in words.

    ``send_by_where_fewer`` is that day in a commune below 3,500 inhabitants.
    """

    session: dt.date
    send_by: dt.date
    send_by_where_fewer: dt.date
    days: tuple[str, ...]
    is_over: bool


def convocation(session: dt.date, calendar: Calendar, today: dt.date) -> Convocation:
    """Return when the council is convened at the latest for this session."""
    found = clear_days(session, CLEAR_DAYS)
    one = dt.timedelta(days=1)
    return Convocation(
        session=session,
        send_by=found[0] - one,
        send_by_where_fewer=clear_days(session, FEWER)[0] - one,
        days=tuple(_said(day, rank, calendar) for rank, day in enumerate(found, start=1)),
        is_over=found[0] - one < today,
    )


def _said(day: dt.date, rank: int, calendar: Calendar) -> str:
    words = {"day": weekday(day), "rank": rank}
    if day in calendar.holidays(day.year):
        return _("%(day)s : jour franc n° %(rank)s (férié, il compte)") % words
    if not calendar.is_working(day):
        return _("%(day)s : jour franc n° %(rank)s (il compte)") % words
    return _("%(day)s : jour franc n° %(rank)s") % words
