"""Who takes care of a task, and what to do with a step of the system that failed."""

from __future__ import annotations

from stakeholders.models import User
from workflow.engine.tasks import Task, has_failed, is_new, is_of_the_system
from workflow.record.refusals import AlreadyDone
from workflow.standing.parties import mandate_to_pilot
from workflow.standing.standings import Standing
from workflow.tasks.act import Doing, doing, entitled


def take_task(user: User, task_id: int) -> None:
    """Say to the colleagues « je m’en occupe »; anybody entitled may still do it."""
    with doing(user, task_id) as act:
        if is_new(act.task):
            act.activation.assign(user)
        else:
            act.activation.reassign(user)
        act.tell("task_taken", step=act.task.flow_task.name, person=str(user))


def retry_job(user: User, task_id: int) -> None:
    """A pilot has a failed step of the system tried again."""
    task = Task.objects.get(pk=task_id)
    with task.activation() as activation:
        contract = activation.process.contract
        mandate = entitled(mandate_to_pilot(user, contract))
        if not (has_failed(task) and is_of_the_system(task)):
            raise AlreadyDone
        task.flow_task.retried(contract)
        Doing(activation, task, contract, user, Standing(mandate)).tell(
            "job_retried", step=task.flow_task.name
        )
        activation.revive()
