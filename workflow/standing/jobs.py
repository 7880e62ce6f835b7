"""The worker's part of changes of standing: what follows from them, and the turn of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from signatures.jobs import IN_TRANSACTION, in_transaction, when_lost
from workflow.engine.jobs import RETRY
from workflow.standing import handover
from workflow.standing.handover import Change


def defer_follow(changes: Iterable[Change]) -> None:
    """Queue what follows from changes of standing, in the caller's transaction."""
    for change in sorted(changes, key=lambda c: (c.organisation, c.person)):
        in_transaction(follow_change, f"standing-{change.organisation}").defer(**change.as_arguments())


@app.task(name="workflow.follow_change", retry=RETRY)
def follow_change(*, person: int, organisation: int, since: str | None, office: int | None) -> None:
    """Give back what somebody may no longer do, and tell."""
    handover.follow(Change(person, organisation, dt.date.fromisoformat(since) if since else None, office))


@when_lost(follow_change)
def follow_later(**change: Any) -> None:
    """Try again in an hour what killed every worker that took it: nobody waits for it before a page.

    It stands among what failed, for the platform's administrators, whatever comes of it.
    """
    lock = f"standing-{change['organisation']}"
    IN_TRANSACTION.configure_task(
        follow_change.name, queue=follow_change.queue, lock=lock, schedule_in={"hours": 1}
    ).defer(**change)


@app.periodic(cron="1-59/10 * * * *")
@app.task(name="workflow.open_day", pass_context=False)
def open_day(timestamp: int) -> None:
    """Follow what the calendar changed, once a day, as soon as a worker is there."""
    with transaction.atomic():
        defer_follow(handover.open_day(timezone.localdate()))
