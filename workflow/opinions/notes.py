"""The internal notes that somebody who may do a task reads beside it."""

from __future__ import annotations

from stakeholders.prepared import MARKER, Prepared
from workflow.engine.tasks import organisation_of
from workflow.opinions.note_models import InternalNote
from workflow.tasks.access import OpenTask


def notes_of(met: OpenTask) -> list[InternalNote]:
    """Return the notes, with who wrote them, of the organisation that owes a task which its reader may do."""
    organisation = organisation_of(met.task)
    return _NOTES.rows(met.contract.pk, organisation) if organisation is not None else []


_NOTES: Prepared[InternalNote] = Prepared(
    lambda contract, organisation: InternalNote.objects.filter(
        contract=contract, organisation=organisation
    ).select_related("author", "mandate__office"),
    *(MARKER, MARKER + 1),
)
