"""A note that an organisation keeps for itself."""

from __future__ import annotations

from django.db import transaction

from stakeholders.models import User
from workflow.engine.tasks import CONTRACT, tasks
from workflow.opinions.note_models import InternalNote
from workflow.record import once
from workflow.record.refusals import NotAllowed
from workflow.standing.standings import standing_to_act


@transaction.atomic
def write_note(user: User, task_id: int, *, text: str) -> InternalNote:
    """Write a note for the organisation that owes the task; neither journaled nor published.

    Raises NotAllowed when the person holds no mandate for the task.
    """
    task = tasks().select_related(CONTRACT).get(pk=task_id)
    standing = standing_to_act(user, task)
    if standing is None:
        raise NotAllowed
    once.spend()
    return InternalNote.objects.create(
        contract=task.process.circuit.contract,
        organisation=task.owner_permission_obj,
        author=user,
        mandate=standing.mandate,
        text=text,
    )
