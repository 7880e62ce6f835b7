"""What an event tells, written for each person whom it concerns, in the transaction of the act."""

from __future__ import annotations

from django.utils import timezone

from workflow.news.kinds import TOLD
from workflow.news.rhythm import choice_of, mail_at
from workflow.notices.models import Notice
from workflow.record.models import Event


def write(event: Event) -> list[Notice]:
    """Write the notices of an event, one a person; its author knows already."""
    told = TOLD.get(event.kind)
    if told is None or event.contract_id is None:
        return []
    kind, now = told.kind_of(event), timezone.now()
    rows = []
    for person in sorted(told.whom(event), key=lambda person: person.pk):
        if person.pk == event.actor_id:
            continue
        at, grouped = mail_at(kind, choice_of(person), now)
        rows.append(
            Notice(
                person=person,
                kind=kind.code,
                event=event,
                contract_id=event.contract_id,
                task_id=event.payload.get("task") if kind.of_task else None,
                at=now,
                mail_at=at,
                grouped=grouped,
            )
        )
    return Notice.objects.bulk_create(rows, ignore_conflicts=True)
