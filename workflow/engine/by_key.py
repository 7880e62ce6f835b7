"""One row of the engine, by its key or its contract's."""

from __future__ import annotations

from django.db.models import Q
from viewflow.workflow.models import Process

from stakeholders.prepared import MARKER, Prepared
from workflow.engine.tasks import CONTRACT, Task, tasks


def process_of(contract_id: int) -> Process:
    """Return the process of a contract."""
    return Process.objects.get(circuit__contract=contract_id)


def process_numbered(process_id: int) -> Process:
    """Return a process by its key."""
    return Process.objects.get(pk=process_id)


def task_numbered(pk: int) -> Task | None:
    """Return a task by its key, with its process and its contract as they are now."""
    return next(iter(_TASK.rows(pk)), None)


_TASK: Prepared[Task] = Prepared(lambda pk: tasks(Q(pk=pk)).select_related(CONTRACT).order_by(), MARKER)
