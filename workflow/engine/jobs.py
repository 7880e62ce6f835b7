"""What every job of the circuit shares: taken, worked, closed; what goes on after it, or failed.

A job holds neither a lock nor a transaction while it works: it takes the task, works,
then closes the task in one short transaction. Killed in between, it is run again
(:mod:`workflow.engine.lost`) and finds what was already done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.utils.translation import gettext as _
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.tasks import Task as DeferredTask
from viewflow.workflow.models import Process

from contracts.models import Contract, ContractVersion
from contracts.printed import RenderError
from signatures import blobs
from signatures.jobs import WorkerDied, in_transaction, when_lost
from workflow.engine.tasks import SCHEDULED, Task, serving, tasks
from workflow.record import events, journal

log = structlog.get_logger(__name__)


ATTEMPTS = 5  # after 3, 9, 27 and 81 seconds: two minutes, then the pilots are told


RETRY = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=3)


PRINT = "print"  # the queue of what is printed


Work = Callable[[Contract, ContractVersion], Any]


class WorkFailed(Exception):
    """The work cannot be done and trying again will not help; the message is for the pilots."""


def defer(job: DeferredTask[..., Any, ...], task: Task) -> None:
    """Queue ``job`` for a flow task, in the caller's transaction."""
    defer_in_process(job, task.process_id, task_id=task.pk)


def defer_go_on(process_id: int, purpose: str) -> None:
    """Queue the closing of the job task that serves this purpose, in the caller's transaction."""
    defer_in_process(go_on, process_id, process_id=process_id, step=purpose)


def defer_failure(task: Task, message: str) -> None:
    """Queue the putting in error of a job task, in the caller's transaction."""
    defer_in_process(mark_failed, task.process_id, task_id=task.pk, message=message)


def defer_in_process(job: DeferredTask[..., Any, ...], process: int, /, **arguments: Any) -> None:
    """Queue on Django's own connection: in a worker, ``job.defer`` would use another and commit alone.

    One job at a time for each process.
    """
    in_transaction(job, f"process-{process}").defer(**arguments)


@app.task(name="workflow.go_on", retry=RETRY, pass_context=True)
def go_on(context: JobContext, *, process_id: int, step: str) -> None:
    """Close a job task of a process whose outside work has ended; harmless twice.

    ``step`` is its purpose, under the name that the queue has always kept.
    """
    task = scheduled(process_id, step)
    if task is None:
        return
    with failed_after_last_try(context, task), task.activation() as activation:
        if activation.start.can_proceed():
            activation.start()
            activation.execute()


@when_lost(go_on)
def go_on_lost(process_id: int, step: str) -> None:
    """Put the job task that awaits its end in error."""
    task_lost(scheduled(process_id, step))


def task_lost(task: Task | None) -> None:
    """Put a job task in error and tell the pilots: what it does killed every worker that took it."""
    if task is not None:
        give_up(task, unexpected(WorkerDied()))


@app.task(name="workflow.mark_failed", retry=RETRY)
def mark_failed(task_id: int, message: str) -> None:
    """Put a job task in error, so that a pilot can have it tried again; already journaled."""
    task = Task.objects.get(pk=task_id)
    with task.activation() as activation:
        if activation.error.can_proceed():
            activation.error(WorkFailed(message))


def scheduled(process_id: int, purpose: str) -> Task | None:
    """Return the job task of this purpose that waits for outside work in this process, if there is one."""
    return tasks(serving(Process.objects.get(pk=process_id), purpose), SCHEDULED).first()


@contextmanager
def failed_after_last_try(context: JobContext, task: Task | None) -> Iterator[None]:
    """Put the task in error and tell the pilots when the last try fails, whatever the reason.

    Else the page would say « en cours » for ever after a fault that nobody foresaw.
    """
    try:
        yield
    finally:  # nothing is swallowed: the queue logs it and keeps the job as failed
        error = sys.exception()
        if task is not None and isinstance(error, Exception) and context.job.attempts + 1 >= ATTEMPTS:
            give_up(task, unexpected(error))


def unexpected(error: Exception) -> str:
    """Return the sentence for a fault that nobody foresaw, or for a document that stays unreadable."""
    if isinstance(error, blobs.BlobError):
        return str(error)
    return _(
        "une erreur imprévue (%(kind)s). Relancez l’étape ; si elle échoue encore, prévenez "
        "l’administrateur de la plateforme, qui en trouvera le détail dans le journal technique."
    ) % {"kind": type(error).__name__}


def carry_out(
    task: Task | None, work: Work, finish: Callable[[Contract, ContractVersion, Any], None]
) -> None:
    """Take a flow task, do ``work`` with nothing held, then ``finish`` and close it in one transaction."""
    if task is None:
        return
    with task.activation() as activation:
        if not activation.start.can_proceed():
            return
        activation.start()
        contract = activation.process.contract
    version = contract.versions.order_by("-number")[0]
    try:
        result = work(contract, version)
    except (WorkFailed, RenderError, blobs.BlobCorrupt, blobs.BlobMissing) as error:
        give_up(task, str(error))
        return
    with task.activation() as activation:
        if activation.execute.can_proceed():
            finish(contract, version, result)
            activation.execute()


def give_up(task: Task, message: str) -> None:
    """Put the task in error and tell the pilots; the approvals that led to it stay."""
    with task.activation() as activation:
        if not activation.error.can_proceed():
            return
        activation.error(WorkFailed(message))
        contract = activation.process.contract
        facts = {"task": task.pk, "step": task.flow_task.name, "message": message}
        journal.record("job_failed", contract=contract, actor=None, payload=facts)
        events.publish("job_failed", contract, **facts)
