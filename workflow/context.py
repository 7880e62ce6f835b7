"""What every page shows of the person who reads it: offices, waiting tasks, last event."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from stakeholders.permissions import mandates_in_force
from workflow import events, lists


def me(request: HttpRequest) -> dict[str, Any]:
    """Give the templates the reader's mandates and counters; nothing is read until it is shown."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    mandates = cache(lambda: list(mandates_in_force(user)))
    return {
        "my_mandates": mandates,
        "my_bodies": lambda: list(dict.fromkeys(m.office.organisation for m in mandates() if m.covers(None))),
        "waiting_count": cache(lambda: lists.task_listing(user).count()),
        "last_event": getattr(request, "last_event", None) or events.last_identifier,
    }
