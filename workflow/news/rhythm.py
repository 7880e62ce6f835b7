"""When a notice is mailed to somebody, by their choice: at once, with the others of the day, or never."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from stakeholders.models import User
from stakeholders.terms import FRANCE
from workflow.news.kinds import Kind
from workflow.notices.models import MailChoice, Rhythm

GATHERED = dt.timedelta(seconds=30)  # what one act brings about leaves in one mail


def choice_of(person: User) -> MailChoice:
    """Return how somebody wants to be mailed, as everybody is where they did not say."""
    found: MailChoice | None = getattr(person, "mail_choice", None)
    return found or MailChoice(person=person)


def mail_at(kind: Kind, choice: MailChoice, now: dt.datetime) -> tuple[dt.datetime | None, bool]:
    """Return when this is to be mailed (None for never), and whether it is gathered with other news."""
    rhythm = choice.rhythm
    if kind.at_once:
        return now + GATHERED, False
    if not kind.is_owed and (rhythm == Rhythm.OWED or kind.code in choice.unwanted):
        return None, False
    if rhythm == Rhythm.AT_ONCE or (kind.is_owed and rhythm in (Rhythm.USUAL, Rhythm.OWED)):
        return now + GATHERED, False
    if rhythm == Rhythm.WEEKLY and not kind.is_owed:
        return _next(choice.hour, now, choice.weekday), True
    return _next(choice.hour, now), True


def _next(hour: int, now: dt.datetime, weekday: int | None = None) -> dt.datetime:
    """Return the next time that this hour strikes on a working day; with ``weekday``, in the week's turn.

    The hour is that of the wall, summer and winter; a weekly day that is a holiday goes to the next
    working day.
    """
    today = timezone.localtime(now).date()
    for days in range(30):
        day = today + dt.timedelta(days=days)
        if weekday is None and not FRANCE.is_working(day):
            continue
        if weekday is not None and day.weekday() != weekday:
            continue
        struck = timezone.make_aware(dt.datetime.combine(FRANCE.next_working(day), dt.time(hour)))
        if struck > now:
            return struck
    raise AssertionError("a month without a working day")  # pragma: no cover
