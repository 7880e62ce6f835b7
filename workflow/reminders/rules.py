"""What a pilot may ask of a term, and why not: no writes."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import ENDED, Contract
from stakeholders.wording import day, moment, weekday
from workflow.engine.tasks import Task, due_on, is_of_people, is_open, open_tasks
from workflow.record.refusals import Invalid
from workflow.reminders.models import Reminder, Step

COOLDOWN = dt.timedelta(hours=48)
FURTHEST = dt.timedelta(days=366)  # from today: a term put off further is a slip of the year


def over() -> str:
    """Return the sentence that refuses anything about the terms of an ended contract."""
    return _("Ce contrat est terminé : plus personne n’y est attendu.")


def is_over(contract: Contract) -> bool:
    """Whether nobody is awaited any more."""
    return contract.status in ENDED


def is_late(task: Task, today: dt.date | None = None) -> bool:
    """Whether the last day of a task is over."""
    term = due_on(task)
    return term is not None and term < (today or timezone.localdate())


def awaited(contract: Contract) -> list[Task]:
    """Return the tasks that people owe now, the most urgent first."""
    found = [task for task in open_tasks(contract) if is_of_people(task) and is_open(task)]
    return sorted(found, key=lambda task: (due_on(task) or dt.date.max, task.pk))


def last_by_hand(task: Task) -> Reminder | None:
    """Return the last reminder that a pilot sent about a task, with its author."""
    rows = Reminder.objects.filter(task=task, step=Step.BY_HAND).select_related("author")
    return rows.order_by("-at").first()


def again_from(last: Reminder | None, now: dt.datetime | None = None) -> dt.datetime | None:
    """Return from when a task may be reminded of by hand again; None where it may be now."""
    then = last.at + COOLDOWN if last is not None else None
    return then if then is not None and then > (now or timezone.now()) else None


def too_soon(last: Reminder, then: dt.datetime) -> str:
    """Say that it was reminded of, by whom, and when it may be again."""
    words = {"at": moment(last.at), "who": last.author, "then": moment(then)}
    return _("Déjà relancé le %(at)s par %(who)s : de nouveau possible le %(then)s.") % words


def new_term(contract: Contract, task: Task, wanted: dt.date, today: dt.date) -> dt.date:
    """Return the last day that a task gets when it is put off: that day, or the next working one.

    Raises Invalid for a day that is over, that puts nothing off, or of another year than was meant.
    """
    if wanted < today:
        raise Invalid(
            _("Le %(day)s est passé : choisissez un jour à venir.") % {"day": weekday(wanted)}, "due_on"
        )
    if wanted > today + FURTHEST:
        raise Invalid(
            _("Le %(day)s est dans plus d’un an : vérifiez l’année.") % {"day": day(wanted)}, "due_on"
        )
    found, now = contract.calendar.next_working(wanted), due_on(task)
    if now is not None and found <= now:
        raise Invalid(
            _("L’échéance est déjà le %(day)s : choisissez un jour plus lointain.") % {"day": weekday(now)},
            "due_on",
        )
    return found
