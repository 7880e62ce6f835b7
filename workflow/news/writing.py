"""What an event tells, written for each person whom it concerns, in the transaction of the act."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from contracts.models import Contract
from stakeholders.models import User
from workflow.news.kinds import TASK, TOLD, Kind
from workflow.news.rhythm import choice_of, mail_at
from workflow.notices.models import Notice
from workflow.record.models import Event
from workflow.standing.standings import Standings
from workflow.tasks.lists import tasks_of

# What lets somebody do more than the day before: they are told of what was open already.
GAINING = ("rights_changed", "authority_recorded", "absence_declared")


def write(event: Event) -> list[Notice]:
    """Write the notices of an event, one a person; its author knows already."""
    if event.kind in GAINING and event.recipient is not None:
        return catch_up(event.recipient)
    told = TOLD.get(event.kind)
    if told is None or event.contract_id is None:
        return []
    kind, now = told.kind_of(event), timezone.now()
    people = sorted(told.whom(event), key=lambda person: person.pk)
    rows = [_notice(person, kind, event, now) for person in people if person.pk != event.actor_id]
    return Notice.objects.bulk_create(rows, ignore_conflicts=True)


def catch_up(person: User) -> list[Notice]:
    """Tell somebody of each open task that they may do and were not told of; once each."""
    waiting = {task.pk: task for task in tasks_of(person, standings=Standings(person))}
    known = Notice.objects.filter(person=person, task__in=waiting).values_list("task", flat=True)
    missing = waiting.keys() - set(known)
    if not missing:
        return []
    contracts = Contract.objects.filter(circuit__process__task__in=missing)
    opened = Event.objects.filter(kind="task_opened", contract__in=contracts, payload__task__in=list(missing))
    rows = [_notice(person, TASK, event, timezone.now()) for event in opened.order_by("pk")]
    return Notice.objects.bulk_create(rows, ignore_conflicts=True)


def _notice(person: User, kind: Kind, event: Event, now: dt.datetime) -> Notice:
    at, grouped = mail_at(kind, choice_of(person), now)
    return Notice(
        person=person,
        kind=kind.code,
        event=event,
        contract_id=event.contract_id,
        task_id=event.payload.get("task") if kind.of_task or kind.watched else None,
        at=now,
        mail_at=at,
        grouped=grouped,
    )
