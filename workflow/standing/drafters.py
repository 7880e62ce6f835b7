"""By which mandate somebody changes a draft."""

from __future__ import annotations

from contracts.models import Contract, Status
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import mandate_for, mandates_in_force
from workflow.engine.tasks import CONTRACT, OPEN, of_contract, taking, tasks
from workflow.standing.parties import mandate_to_pilot, taking_part
from workflow.standing.standings import standings_of


def mandate_to_draft(user: User, contract: Contract) -> Mandate | None:
    """Return the mandate by which the person may change the draft, or None.

    One of an independent organisation that takes part: it edits what it leads; or a pilot's;
    or that of whoever does a task of drafting in a pilot's place, an absence or a colleague
    letting them, for as long as it does.
    """
    if not hasattr(contract, "circuit"):
        return None
    own = [
        m
        for m in mandates_in_force(user)
        # a guest gives an opinion and writes nothing
        if m.covers(None) and _takes_part_independently(m.office.organisation, contract)
    ]
    entitled = (m for m in own if mandate_for(user, Power.REVIEW, m.office.organisation))
    return next(entitled, None) or mandate_to_pilot(user, contract) or _mandate_in_place(user, contract)


def _takes_part_independently(organisation: Organisation, contract: Contract) -> bool:
    """Whether it takes part and is independent of the prefect: it then edits what it leads itself."""
    return organisation.is_independent and any(
        row.organisation_id == organisation.pk for row in taking_part(contract)
    )


def _mandate_in_place(user: User, contract: Contract) -> Mandate | None:
    """Return the mandate by which the person does an open task of drafting in a pilot's place, if any."""
    mine = standings_of(user)
    if contract.status != Status.DRAFTING or not mine.may_act_in_place:
        return None
    drafting = tasks(of_contract(contract), OPEN, taking(Power.DRAFT))
    for task in drafting.select_related(CONTRACT).order_by("pk"):
        if (standing := mine.for_task(task)) is not None:
            return standing.mandate
    return None
