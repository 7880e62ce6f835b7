"""A note that an organisation keeps for itself."""

from __future__ import annotations

from django.db import transaction
from viewflow.workflow.models import Task

from stakeholders.models import User
from workflow import rules
from workflow.errors import NotAllowed
from workflow.models import InternalNote


@transaction.atomic
def write_note(user: User, task_id: int, *, text: str) -> InternalNote:
    """Write a note for the organisation that owes the task; neither journaled nor published.

    Raises NotAllowed when the person holds no mandate for the task.
    """
    task = Task.objects.select_related("process__circuit__contract").get(pk=task_id)
    mandate = rules.mandate_to_act(user, task)
    if mandate is None:
        raise NotAllowed
    return InternalNote.objects.create(
        contract=task.process.circuit.contract,
        organisation=task.owner_permission_obj,
        author=user,
        mandate=mandate,
        text=text,
    )
