"""The opinion that an organisation owes now."""

from __future__ import annotations

from viewflow.workflow.models import Task

from contracts.models import Contract
from stakeholders.kinds import Power
from stakeholders.models import Organisation
from workflow.engine.nodes import OPEN_STATUSES


def review_task(contract: Contract, organisation: Organisation) -> Task | None:
    """Return the open task by which the organisation is asked its opinion, if it is."""
    tasks = Task.objects.filter(
        process__circuit__contract=contract,
        status__in=OPEN_STATUSES,
        owner_permission=f"stakeholders.{Power.REVIEW.value}",
        owner_permission_obj_pk=str(organisation.pk),
    )
    return tasks.order_by("-pk").first()
