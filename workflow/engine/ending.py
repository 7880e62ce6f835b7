"""A circuit ended before its end: all that it still awaits is cancelled, and nothing opens any more."""

from __future__ import annotations

from django.utils import timezone
from viewflow.workflow import PROCESS, STATUS
from viewflow.workflow.models import Process

from workflow.engine.tasks import of_process, tasks

OVER = (STATUS.DONE, STATUS.CANCELED)


def end_all(process: Process) -> None:
    """Cancel every task of a process whose lock is held: of people, of the system, its gates and its joins.

    What the worker does for one of them finds it cancelled when it comes back, and stops.
    """
    now = timezone.now()
    left = tasks(of_process(process.pk)).exclude(status__in=OVER)
    left.update(status=STATUS.CANCELED, finished=now)
    Process.objects.filter(pk=process.pk).update(status=PROCESS.CANCELED, finished=now)
