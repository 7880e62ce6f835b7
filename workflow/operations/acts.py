"""What the platform's administrator does about a job that failed."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from stakeholders.models import User
from workflow.engine import lost
from workflow.engine.tasks import Task, has_failed
from workflow.operations.failures import Failure, step_of
from workflow.record import events, journal
from workflow.record.refusals import AlreadyDone, NotAllowed


@transaction.atomic
def retry_failed(user: User, job_id: int) -> None:
    """Have a failed job tried again, or the step that it left in error; journaled.

    Raises NotAllowed, and AlreadyDone where somebody did it before or nothing is left to try.
    """
    if not user.acts_for_platform:
        raise NotAllowed
    job = ProcrastinateJob.objects.select_for_update().filter(pk=job_id, status="failed").first()
    if job is None or Failure(job, None).is_lost:
        raise AlreadyDone
    step = step_of(job)
    if step is False:
        raise AlreadyDone
    if isinstance(step, Task):
        _revive(user, step, job)
        lost.give_up(job.pk)
    else:
        lost.put_back(job.pk)
    journal.record(
        "failed_job_retried",
        contract=None,
        actor=user,
        payload={"job": job.pk, "name": job.task_name},
    )


def _revive(user: User, step: Task, job: ProcrastinateJob) -> None:
    """Open the step anew, as a pilot of the contract may: it queues a job of its own."""
    with step.activation() as activation:
        contract = activation.process.contract
        if not has_failed(activation.task):
            raise AlreadyDone
        step.flow_task.retried(contract)
        facts = {"step": step.flow_task.name, "job": job.pk}
        journal.record("job_retried", contract=contract, actor=user, payload=facts)
        events.publish("job_retried", contract, actor=user, step=step.flow_task.name)
        activation.revive()
