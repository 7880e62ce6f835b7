"""What every page shows of the person who reads it: offices, waiting tasks, last event."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from workflow.news import centre
from workflow.record import events
from workflow.standing.openers import opening
from workflow.standing.standings import Standings
from workflow.steering.listing import steering
from workflow.tasks import keyset, lists


def me(request: HttpRequest) -> dict[str, Any]:
    """Give the templates the reader's mandates and counters; nothing is read until it is shown."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    mine = getattr(request, "standings", None) or Standings(user)

    @cache
    def counted() -> list[int]:
        """Count what waits and what is new together, once."""
        waiting = lists.task_listing(user, standings=mine)
        return keyset.counts([waiting, centre.listing(user, mine, unread=True)])

    last_event = getattr(request, "last_event", None)
    return {
        "my_mandates": lambda: mine.mandates,
        "my_bodies": lambda: list(
            dict.fromkeys(m.office.organisation for m in mine.mandates if m.covers(None))
        ),
        "may_steer": lambda: bool(steering(mine.mandates)),
        "may_open": lambda: bool(opening(mine.mandates)),
        "waiting_count": lambda: counted()[0],
        "news_count": lambda: counted()[1],
        "last_event": events.last_identifier if last_event is None else last_event,
    }
