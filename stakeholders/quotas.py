"""How often one may have mail sent: by sender, by organisation, by the address that receives.

Counted in the database, so that it holds over restarts and over all processes. What a
transaction takes back is not counted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import NamedTuple

from django.db import connection, models, transaction
from django.utils import timezone

from stakeholders.security_events import Name, tell
from stakeholders.text import domain_of

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
FORGOTTEN_AFTER = 2 * DAY


class Quota(NamedTuple):
    """So many in an hour, so many in a day."""

    hour: int
    day: int


# who counts how many: each mail must fit in all the quotas of its purpose
QUOTAS: dict[str, dict[str, Quota]] = {
    "invitation": {"sender": Quota(30, 80), "organisation": Quota(60, 200), "recipient": Quota(3, 6)},
    "imported invitation": {
        "sender": Quota(300, 600),
        "organisation": Quota(60, 200),
        "recipient": Quota(3, 6),
    },
    "contact": {"sender": Quota(60, 200), "organisation": Quota(60, 200), "recipient": Quota(6, 12)},
    "guest link": {"sender": Quota(60, 200), "recipient": Quota(6, 12)},
    "guest code": {"link": Quota(5, 20), "recipient": Quota(10, 10)},
    "guest report": {"recipient": Quota(5, 10)},
    "account mail": {"recipient": Quota(10, 20)},
}


class Spending(models.Model):
    """One use of a quota; ``key`` hashes whose, so that the table lists no address."""

    key = models.CharField(max_length=64, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["key", "at"]), models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.at:%d/%m %H:%M}"


class QuotaSpent(Exception):
    """No more for the moment; ``until`` is when it may be tried again."""

    def __init__(self, until: dt.datetime) -> None:
        super().__init__(f"until {until.isoformat()}")
        self.until = until


def mailbox(email: str) -> str:
    """Return what one mailbox is counted under, however its address is written."""
    local = email.strip().lower().rpartition("@")[0].partition("+")[0]
    return f"{local}@{domain_of(email)}"


@transaction.atomic
def spend(purpose: str, **whose: object) -> None:
    """Count one more for everybody concerned, or raise QuotaSpent and count none.

    ``whose`` names them as QUOTAS does; a ``recipient`` is an address.
    """
    named = {
        role: mailbox(str(one)) if role == "recipient" else str(one)
        for role, one in whose.items()
        if one is not None
    }
    keys = {
        role: hashlib.sha256(f"{purpose}:{role}:{one}".encode()).hexdigest() for role, one in named.items()
    }
    with connection.cursor() as cursor:
        for key in sorted(keys.values()):  # two at once are counted one after the other
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    now = timezone.now()
    for role, key in keys.items():
        until = _free_at(key, QUOTAS[purpose][role], now)
        if until is not None:
            tell(Name.LIMIT_REACHED, limit=purpose, by=role)
            raise QuotaSpent(until)
    Spending.objects.filter(at__lt=now - FORGOTTEN_AFTER).delete()
    Spending.objects.bulk_create([Spending(key=key, at=now) for key in keys.values()])


def _hashed(purpose: str, role: str, one: str) -> str:
    return hashlib.sha256(f"{purpose}:{role}:{one}".encode()).hexdigest()


def _free_at(key: str, quota: Quota, now: dt.datetime) -> dt.datetime | None:
    """Return when one more fits in both windows, or nothing if it does now."""
    times = list(
        Spending.objects.filter(key=key, at__gt=now - DAY)
        .order_by("-at")
        .values_list("at", flat=True)[: quota.day]
    )
    waits = []
    for amount, window in ((quota.hour, HOUR), (quota.day, DAY)):
        if len(times) >= amount and times[amount - 1] > now - window:
            waits.append(times[amount - 1] + window)
    return max(waits, default=None)
