"""What is known of each open task of a contract: told, opened, reminded on, and what comes next.

Asked in one query for all the tasks of a contract; nothing is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, Max, Min, Model, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.prepared import MARKER, Prepared
from stakeholders.wording import day, weekday
from workflow.engine.tasks import (
    OF_PEOPLE,
    OPEN,
    Task,
    due_on,
    is_of_people,
    is_open,
    of_contract,
    opened_at,
    owner_of_outer,
    silence_counts,
    tasks,
    term_set_on,
)
from workflow.guests.models import GuestLink
from workflow.notices.models import Notice
from workflow.reminders.models import HIGHER, Reminder, Step
from workflow.reminders.timers import Timer, next_one, plan_of, timers


@dataclass(frozen=True)
class State:
    """Where one task stands: ``told`` is when somebody was told of it, by a notice or by a guest's link.

    ``next`` says what happens if nobody acts.
    """

    told: dt.datetime | None
    opened: dt.datetime | None
    reminded: dt.datetime | None
    by_hand: dt.datetime | None
    next: str

    def sentence(self) -> str:
        """Say it in a row: « prévenu le 1er décembre, relancé le 3 décembre, ouvert le 2 »."""
        found = []
        if self.reminded is not None:
            found.append(_("relancé le %(day)s") % {"day": _short(self.reminded)})
        if self.opened is not None:
            found.append(_("ouvert le %(day)s") % {"day": _short(self.opened)})
        elif self.told is not None:
            found.append(_("prévenu le %(day)s, pas encore ouvert") % {"day": _short(self.told)})
        else:
            found.append(_("personne n’a pu être prévenu"))
        return ", ".join(found)


def _short(moment: dt.datetime) -> str:
    """Write a day without its year where it is this one's."""
    said = day(moment)
    year = timezone.localdate().year
    return said.removesuffix(f" {year:04d}")


def states(contract: Contract, awaited: Iterable[Task]) -> dict[int, State]:
    """Return where each of these tasks of a contract stands, by its number: those that people owe."""
    waiting = [task for task in awaited if is_of_people(task) and is_open(task)]
    if not waiting:
        return {}
    known = {row.pk: row for row in _KNOWN.rows(contract.pk)}
    return {task.pk: _state(contract, task, known[task.pk]) for task in waiting if task.pk in known}


def _known(contract: int) -> QuerySet[Any]:
    links = GuestLink.objects.filter(contact__contract=contract, contact__removed_at=None)
    theirs = links.filter(contact__organisation=owner_of_outer(), sent_at__gte=OuterRef("created"))
    sent = Reminder.objects.filter(task=OuterRef("pk"), passed_over=False)
    to_them = sent.exclude(step__in=HIGHER)
    rows: QuerySet[Any] = tasks(of_contract(contract), OF_PEOPLE, OPEN).annotate(
        told=_of(Notice.objects.filter(task=OuterRef("pk")), "task", Min("at")),
        invited=_of(theirs, "contact__organisation", Min("sent_at")),
        reminded=_of(to_them, "task", Max("at")),
        by_hand=_of(sent.filter(step=Step.BY_HAND), "task", Max("at")),
    )
    return rows.only("pk")


_KNOWN: Prepared[Any] = Prepared(_known, MARKER)


def _of(rows: QuerySet[Model], by: str, value: Any) -> Subquery:
    return Subquery(
        rows.order_by().values(by).annotate(found=value).values("found"), output_field=DateTimeField()
    )


def _state(contract: Contract, task: Task, row: Any) -> State:
    told = [moment for moment in (row.told, row.invited) if moment is not None]
    return State(
        told=min(told, default=None),
        opened=opened_at(task),
        reminded=row.reminded,
        by_hand=row.by_hand,
        next=_next(contract, task),
    )


def _next(contract: Contract, task: Task) -> str:
    """Say what happens next if nobody acts: the silence that counts, the reminder to come."""
    term, today = due_on(task), timezone.localdate()
    if term is None:
        return ""
    said = []
    found = timers(term, plan_of(contract), contract.calendar)
    coming = next_one(found, since=term_set_on(task), today=today, done=())
    if silence_counts(task):
        closes = contract.calendar.after(max(term, today), 1)
        if coming is not None and coming.step == Step.BEFORE:
            said.append(_what(coming))
        said.append(_("sans réponse, comptée « sans avis » le %(day)s") % {"day": weekday(closes)})
    elif coming is not None:
        said.append(_what(coming))
    return _("Ensuite : %(what)s.") % {"what": " ; ".join(said)} if said else ""


def _what(timer: Timer) -> str:
    sentences = {
        Step.BEFORE: _("rappel le %(day)s"),
        Step.AFTER: _("rappel de retard le %(day)s"),
        Step.SUBSTITUTE: _("signalé à qui remplace d’ordinaire la personne attendue le %(day)s"),
        Step.HEAD: _("signalé à l’autorité de l’organisation le %(day)s"),
        Step.PILOTS: _("signalé aux pilotes le %(day)s"),
    }
    return sentences[Step(timer.step)] % {"day": weekday(timer.on)}
