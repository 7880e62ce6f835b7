"""The internal notes that somebody who may do a task reads beside it."""

from __future__ import annotations

from django.db.models import QuerySet

from workflow.engine.tasks import organisation_of
from workflow.opinions.note_models import InternalNote
from workflow.tasks.access import OpenTask


def notes_of(met: OpenTask) -> QuerySet[InternalNote]:
    """Return the internal notes of the organisation that owes a task which its reader may do."""
    return InternalNote.objects.filter(contract=met.contract, organisation=organisation_of(met.task))
