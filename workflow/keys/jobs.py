"""The end of certificates, announced at sixty days, then at fifteen: people's, the platform's."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from procrastinate.contrib.django import app

from signatures import ending
from signatures.models import EnrolledKey
from workflow.engine.jobs import RETRY
from workflow.keys import acts

WARNED_AT = (15, 60)  # days before the end


@app.periodic(cron="37 6 * * *")
@app.task(name="workflow.warn_of_ending_keys", retry=RETRY)
def warn_of_ending_keys(timestamp: int) -> None:
    """Tell each owner once at each of the two terms; a day that was missed is made up for."""
    now = timezone.now()
    rows = EnrolledKey.objects.filter(
        owner__isnull=False, ended_at=None, confirmed_at__isnull=False, not_after__gt=now
    )
    for days in WARNED_AT:
        near = rows.filter(not_after__lte=now + dt.timedelta(days=days)).exclude(warned_days__lte=days)
        for key in near:
            acts.warn(key, days)
    for use, certificate in ending.last_seen():
        left = certificate.not_after - now
        for days in WARNED_AT:
            if dt.timedelta() < left <= dt.timedelta(days=days):
                acts.warn_platform(use, certificate, days)
