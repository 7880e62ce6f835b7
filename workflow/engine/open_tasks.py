"""What is awaited now in a contract, since when and until when."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from viewflow.workflow.models import Process, Task

from contracts.models import Contract
from workflow.engine.nodes import WORKING_STATUSES


def days_since(moment: dt.datetime) -> int:
    """Return how many whole days a task has waited."""
    return (timezone.localdate() - timezone.localtime(moment).date()).days


def due_on(task: Task) -> dt.date | None:
    """Return the day by which a task is due."""
    return parse_date((task.data or {}).get("due_on") or "")


def tasks_for(process: Process, purpose: str) -> QuerySet[Task]:
    """Return the tasks of a process, over or not, whose step serves this purpose."""
    tasks: QuerySet[Task] = Task.objects.filter(
        process=process, flow_task__in=process.flow_class.steps_for(purpose)
    )
    return tasks


def open_tasks(contract: Contract) -> list[Task]:
    """Return what is awaited now, from people or from the system."""
    return list(
        Task.objects.filter(
            process__circuit__contract=contract,
            flow_task_type__in=["HUMAN", "JOB"],
            status__in=WORKING_STATUSES,
        )
        .select_related("owner")
        .order_by("pk")
    )
