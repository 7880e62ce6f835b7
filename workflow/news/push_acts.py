"""Alerts on a person's devices: a device is added by them, and alerted of what is mailed at once."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from signatures.jobs import in_transaction
from stakeholders.models import Absence, User
from workflow.news import centre, push_jobs, push_services
from workflow.news.kinds import KINDS
from workflow.news.push_models import PushDevice
from workflow.news.rhythm import choice_of, mail_at
from workflow.notices.models import Notice
from workflow.record.models import JournalEntry
from workflow.standing.standings import Standings

DEVICES_AT_MOST = 5  # a person
DEVICES_A_TURN = 500  # the next minute takes the others


class TooMany(Exception):
    """A person has as many devices as may be."""


def has_acted(person: User) -> bool:
    """Whether somebody did anything in a contract yet: alerts are proposed to who has a use for them."""
    return JournalEntry.objects.filter(actor=person, contract__isnull=False).exists()


@transaction.atomic
def add(person: User, *, endpoint: str, p256dh: str, auth: str) -> PushDevice:
    """Alert a device from now on; a browser that somebody else used goes over to this person.

    Raises Refused for an address or keys that no push service of ours gives, TooMany.
    """
    service = push_services.checked(endpoint, p256dh, auth)
    User.objects.select_for_update().only("pk").get(pk=person.pk)
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    PushDevice.objects.filter(digest=digest).delete()
    if person.push_devices.count() >= DEVICES_AT_MOST:
        raise TooMany
    last = Notice.objects.filter(person=person).aggregate(last=Max("pk"))["last"] or 0
    device = PushDevice(person=person, digest=digest, service=service, told_until=last)
    device.seal(endpoint, p256dh, auth)
    device.save()
    return device


def alert_all(now: dt.datetime | None = None) -> int:
    """Queue an alert to each device whose person was told what is mailed at once; return how many."""
    at = now or timezone.now()
    due = PushDevice.objects.raw(
        "SELECT device.id FROM workflow_pushdevice device WHERE EXISTS (SELECT 1 FROM workflow_notice notice"
        " WHERE notice.person_id = device.person_id AND notice.id > device.told_until"
        " AND notice.read_at IS NULL) ORDER BY device.id LIMIT %s",
        [DEVICES_A_TURN],
    )
    return sum(_alert(device.pk, at) for device in due)


@transaction.atomic
def _alert(device_id: int, now: dt.datetime) -> int:
    """Queue one device's alert and note until where it is told: two workers at once alert it once."""
    locked = PushDevice.objects.select_for_update(skip_locked=True, of=("self",))
    device = locked.select_related("person__mail_choice").filter(pk=device_id).first()
    if device is None:
        return 0
    person = device.person
    told = Notice.objects.filter(person=person, pk__gt=device.told_until)
    last = told.aggregate(last=Max("pk"))["last"]
    if last is None:
        return 0
    PushDevice.objects.filter(pk=device.pk).update(told_until=last)
    if not person.is_active or Absence.objects.in_force().filter(mandate__person=person).exists():
        return 0
    wanted = [kind.code for kind in KINDS.values() if _is_at_once(person, kind.code, now)]
    alive = centre.living(person, Standings(person)).filter(pk__gt=device.told_until, pk__lte=last)
    found = list(alive.filter(read_at=None, kind__in=wanted).values_list("kind", flat=True))
    if not found:
        return 0
    tasks = sum(KINDS[kind].of_task for kind in found)
    in_transaction(push_jobs.push_to_device).defer(device_id=device.pk, tasks=tasks, news=len(found) - tasks)
    return 1


def _is_at_once(person: User, kind: str, now: dt.datetime) -> bool:
    at, grouped = mail_at(KINDS[kind], choice_of(person), now)
    return at is not None and not grouped
