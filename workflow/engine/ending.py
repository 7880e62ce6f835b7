"""A circuit ended before its end: all that it still awaits is cancelled, and nothing opens any more."""

from __future__ import annotations

from django.utils import timezone
from viewflow.workflow import PROCESS
from viewflow.workflow.models import Process

from workflow.engine.tasks import CANCELLED, LEFT, of_process, tasks


def end_all(process: Process) -> None:
    """Cancel every task of a process whose lock is held: of people, of the system, its gates and its joins.

    What the worker does for one of them finds it cancelled when it comes back, and stops.
    """
    now = timezone.now()
    tasks(of_process(process.pk), LEFT).update(status=CANCELLED, finished=now)
    Process.objects.filter(pk=process.pk).update(status=PROCESS.CANCELED, finished=now)
