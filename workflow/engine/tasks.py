"""The questions about tasks: how the engine's rows are sought, and what one of them says.

What a contract awaits, by whom, until when. A condition is a ``Q``, and conditions compose:
``tasks(of_contract(contract), OPEN, owed_by(organisation.pk, Power.REVIEW))``. No other module
knows the engine's columns, its statuses or the way from a task to its contract.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    Func,
    JSONField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from viewflow.workflow import STATUS
from viewflow.workflow.models import Process
from viewflow.workflow.models import Task as Task  # the engine's row, for every other room

from contracts.models import Contract, Signatory
from stakeholders.kinds import Power
from stakeholders.models import Organisation, User
from stakeholders.prepared import MARKER, Prepared, Written
from stakeholders.reading import asked_once
from workflow.engine import purposes

# The way from a task to its contract, for ``select_related`` and ``defer``.
CONTRACT = "process__circuit__contract"
# What a row of the inbox shows, and who may do it: the other columns of fifty rows take the longest.
OF_A_ROW = (
    *("flow_task", "flow_task_type", "status", "data", "process", "owner"),
    *("seed_content_type", "seed_object_id"),
    *("owner_permission", "owner_permission_content_type", "owner_permission_obj_pk"),
    *("owner__civility", "owner__first_name", "owner__last_name", "owner__email"),
    *("process__flow_class", "process__circuit__process", CONTRACT),
    *(f"{CONTRACT}__{each}" for each in ("reference", "title", "kind", "communes", "status")),
)
# By when a task is due; what has no date comes last. The index of the inbox holds this expression.
DUE = Coalesce(
    Func(F("data"), template="(%(expressions)s ->> 'due_on')", output_field=TextField()),
    Written("9999-12-31"),
    output_field=TextField(),
)

_OPEN = (STATUS.NEW, STATUS.ASSIGNED, STATUS.STARTED)
_WORKING = (*_OPEN, STATUS.SCHEDULED, STATUS.ERROR)

# What the indexes of open tasks are for is written in the SQL, or no plan for any values could use them.
OF_PEOPLE = Q(flow_task_type=Written("HUMAN"))
OF_THE_SYSTEM = Q(flow_task_type="JOB")
OPEN = Q(status__in=[Written(status) for status in _OPEN])
LEFT = ~Q(status__in=(STATUS.DONE, STATUS.CANCELED))  # of people, of the system, gates and joins alike
CANCELLED = STATUS.CANCELED
WORKING = Q(status__in=_WORKING)  # open, or with the system, or failed there
SCHEDULED = Q(status=STATUS.SCHEDULED)
WITH_THE_SYSTEM = Q(status__in=[STATUS.SCHEDULED, STATUS.STARTED])
FAILED = Q(flow_task_type="JOB", status=STATUS.ERROR)


def tasks(*conditions: Q) -> QuerySet[Task]:
    """Return the tasks that meet every condition."""
    found: QuerySet[Task] = Task.objects.filter(*conditions)
    return found


def of_contract(contract: Contract | int | None) -> Q:
    """Those of one contract, given as a row or as its key."""
    return Q(**{CONTRACT: contract})


def joins_awaiting(process: Process, step: Any) -> list[Task]:
    """Return the joins of a step at which branches of a process are still awaited: one, or none."""
    return list(tasks(Q(process=process, flow_task=step, status__in=(STATUS.NEW, STATUS.STARTED))))


def started_join(process: Process, step: Any, token: Any, data: Any, seed: Any) -> Task:
    """Write a join of which the first branch has just arrived."""
    task = Task(process=process, flow_task=step, token=token, data=data or {}, seed=seed)
    task.status, task.started = STATUS.STARTED, timezone.now()
    task.save()
    return task


def of_process(process_id: int) -> Q:
    """Those of one process."""
    return Q(process=process_id)


def serving(process: Process, purpose: str) -> Q:
    """Those of one process, over or not, whose step serves this purpose."""
    return Q(process=process, flow_task__in=process.flow_class.steps_for(purpose))


def taking(power: Power) -> Q:
    """Those that take a power."""
    named = permission(power)
    # signatures are few among what an organisation owes, and each list seeks them apart: a plan must know it
    return Q(owner_permission=Written(named) if power == Power.SIGN else named)


def owed_by(organisation_id: int, power: Power | None = None) -> Q:
    """Those that an organisation owes; with ``power``, those that take it."""
    owed = Q(
        owner_permission_content_type=_kind(Organisation),
        owner_permission_obj_pk=str(organisation_id),
    )
    return owed & taking(power) if power else owed


def seeded_by(rows: QuerySet[Model]) -> Q:
    """Those that one of these rows opened: a signatory, an organisation."""
    # by each task's own row: where ways are alternatives, PostgreSQL would read all rows of the other side
    opened = Exists(rows.filter(pk=OuterRef("seed_object_id")))
    return Q(opened, seed_content_type=_kind(rows.model))


def opened_by_outer(model: type[Model]) -> Q:
    """Those that the row outside opened, within a subquery: a signatory."""
    return Q(seed_content_type=_kind(model), seed_object_id=OuterRef("pk"))


def _kind(model: type[Model]) -> Written:
    """Return the number of a model's content type, to stand in the SQL: how many are of it is known there."""
    return Written(ContentType.objects.get_for_model(model).pk)


def seeds() -> list[QuerySet[Any]]:
    """Return what a prefetch reads of the places that opened signatures."""
    return [Signatory.objects.select_related("contract", "office__organisation")]


def owner_of_outer() -> Cast:
    """Return, within a subquery of tasks, the key of the organisation that owes the task outside."""
    return Cast(OuterRef("owner_permission_obj_pk"), BigIntegerField())


def done_by(person: User, *, until: dt.datetime) -> Q:
    """Those that somebody did, until a moment."""
    return Q(status=STATUS.DONE, owner=person, finished__lte=until)


@asked_once
def open_tasks(contract: Contract) -> list[Task]:
    """Return what is awaited now, from people or from the system."""
    return _AWAITED.rows(contract.pk)


def _awaited(contract: int) -> QuerySet[Task]:
    found = tasks(of_contract(contract), OF_PEOPLE | OF_THE_SYSTEM, WORKING)
    return found.select_related("owner", CONTRACT).order_by("pk")


_AWAITED = Prepared(_awaited, MARKER)


@asked_once
def every_task(contract: Contract) -> list[Task]:
    """Return every task of a contract, over or not, from first to last."""
    return _EVERY.rows(contract.pk)


_EVERY: Prepared[Task] = Prepared(
    lambda contract: tasks(of_contract(contract)).select_related("owner").order_by("pk"), MARKER
)


def review_task(contract: Contract, organisation: Organisation) -> Task | None:
    """Return the open task by which the organisation is asked its opinion, if it is."""
    found = tasks(of_contract(contract), OPEN, owed_by(organisation.pk, Power.REVIEW)).order_by("-pk")
    return next((task for task in found if serves(task, purposes.REVIEW)), None)


def open_after(task: Task) -> QuerySet[Task]:
    """Return the open tasks of the same step and process that were opened after this one."""
    return tasks(OPEN).filter(process=task.process_id, flow_task=task.flow_task, pk__gt=task.pk)


def call_off(task: Task) -> None:
    """Have a task that closed a round, and that nobody did, be cancelled as the others of its round."""
    Task.objects.filter(pk=task.pk).update(status=CANCELLED, owner=None)


# --- what one task says --------------------------------------------------------------------


def permission(power: Power) -> str:
    """Return how the engine writes the power that a task takes."""
    return f"stakeholders.{Power(power).value}"


def power_of(task: Task) -> Power | None:
    """Return the power that a human task takes."""
    codename = (task.owner_permission or "").rpartition(".")[2]
    return Power(codename) if codename in set(Power) else None


def organisation_of(task: Task) -> int | None:
    """Return the key of the organisation that owes the task; None for a step of the system."""
    return int(task.owner_permission_obj_pk) if task.owner_permission_obj_pk else None


def fills_a_place(task: Task) -> bool:
    """Whether it is a signature: what opened it is a signatory's place."""
    return bool(task.seed_content_type_id == ContentType.objects.get_for_model(Signatory).pk)


def has_seed(task: Task) -> bool:
    """Whether some row opened it: a place, an organisation that is asked."""
    return task.seed_object_id is not None


def place_of(task: Task) -> Signatory | None:
    """Return the signatory whose place the task fills; None for any task but a signature."""
    return task.seed if fills_a_place(task) else None


def know_seed(task: Task, rows: Iterable[Model]) -> None:
    """Give a task the row that opened it, where it is among these: it is then not asked for."""
    row = next((row for row in rows if row.pk == task.seed_object_id), None)
    if row is not None and ContentType.objects.get_for_model(row).pk == task.seed_content_type_id:
        task.seed = row


def due_on(task: Task) -> dt.date | None:
    """Return the day by which a task is due."""
    return parse_date((task.data or {}).get("due_on") or "")


def opened_at(task: Task) -> dt.datetime | None:
    """Return when somebody who may do the task opened its page for the first time."""
    return parse_datetime((task.data or {}).get("opened_at") or "")


def note_opening(task: Task) -> None:
    """Keep that the task's page was opened, the first time; nothing is asked of the database the next times.

    One statement, so that what an act writes at the same moment stays.
    """
    if opened_at(task) is not None:
        return
    kept = Func(
        Coalesce("data", Value({}, JSONField())),
        Value(["opened_at"], ArrayField(TextField())),
        Value(timezone.now().isoformat(), JSONField()),
        function="jsonb_set",
        output_field=JSONField(),
    )
    Task.objects.filter(OPEN, pk=task.pk).exclude(data__has_key="opened_at").update(data=kept)


def term_set_on(task: Task) -> dt.date:
    """Return on which day the task was given its last day: when it opened, or when the pilots put it off."""
    put_off = parse_date((task.data or {}).get("extended_on") or "")
    return put_off or timezone.localtime(task.created).date()


def put_off_to(task: Task) -> dt.date | None:
    """Return the last day that the pilots gave the task for a reason, if they did."""
    return parse_date((task.data or {}).get("extended_to") or "")


def silence_counts(task: Task) -> bool:
    """Whether no answer by the last day counts as « sans avis »: it was said when the task opened."""
    return bool((task.data or {}).get("silence"))


def days_since(moment: dt.datetime) -> int:
    """Return how many whole days a task has waited."""
    return (timezone.localdate() - timezone.localtime(moment).date()).days


def serves(task: Task, purpose: str) -> bool:
    """Whether the step of a task serves this purpose."""
    return getattr(task.flow_task, "purpose", None) == purpose


def is_of_people(task: Task) -> bool:
    """Whether a person does it."""
    return bool(task.flow_task_type == "HUMAN")


def is_of_the_system(task: Task) -> bool:
    """Whether the worker does it."""
    return bool(task.flow_task_type == "JOB")


def is_open(task: Task) -> bool:
    """Whether a person's act is still awaited."""
    return task.status in _OPEN


def is_working(task: Task) -> bool:
    """Whether anything is still awaited, from a person or from the system."""
    return task.status in _WORKING


def is_new(task: Task) -> bool:
    """Whether it is open and nobody said that they take care of it."""
    return bool(task.status == STATUS.NEW)


def give_to(task: Task, person: User) -> None:
    """Have somebody hold an open task; what closes it in the same act writes the row, once."""
    task.owner, task.status = person, STATUS.ASSIGNED


def is_taken(task: Task) -> bool:
    """Whether somebody said that they take care of it."""
    return bool(task.status == STATUS.ASSIGNED)


def is_done(task: Task) -> bool:
    """Whether it was done."""
    return bool(task.status == STATUS.DONE)


def is_cancelled(task: Task) -> bool:
    """Whether it was taken away, its round being over."""
    return bool(task.status == STATUS.CANCELED)


def has_failed(task: Task) -> bool:
    """Whether it stands in error."""
    return bool(task.status == STATUS.ERROR)


def was_tried_again(task: Task) -> bool:
    """Whether another task took its place after it failed."""
    return bool(task.status == STATUS.REVIVED)
