"""The mandate by which somebody changes a draft."""

from __future__ import annotations

from contracts.models import Contract, Status
from stakeholders.kinds import Power
from stakeholders.models import Mandate, User
from stakeholders.permissions import mandate_for, mandates_in_force
from workflow.drafting import rules
from workflow.engine.tasks import CONTRACT, OPEN, of_contract, taking, tasks
from workflow.record.refusals import NotAllowed
from workflow.standing.standings import Standings
from workflow.tasks.pilots import pilots_mandate


def drafters_mandate(user: User, contract: Contract) -> Mandate:
    """Return the mandate by which the person may change the draft; raises NotAllowed.

    A pilot's, or one of an independent organisation that takes part: it edits what it leads;
    or that of whom an absence or a colleague lends the drafting, for as long as it is lent.
    """
    own = [
        m
        for m in mandates_in_force(user)
        # a guest gives an opinion and writes nothing
        if m.covers(None) and rules.is_independent_participant(m.office.organisation, contract)
    ]
    entitled = next((m for m in own if mandate_for(user, Power.REVIEW, m.office.organisation)), None)
    if entitled is not None:
        return entitled
    try:
        return pilots_mandate(user, contract)
    except NotAllowed:
        if (lent := _lent_pen(user, contract)) is None:
            raise
        return lent


def _lent_pen(user: User, contract: Contract) -> Mandate | None:
    """Return the mandate by which the person does an open task of drafting in a pilot's place, if any."""
    mine = Standings(user)
    if contract.status != Status.DRAFTING or not mine.may_act_in_place:
        return None
    drafting = tasks(of_contract(contract), OPEN, taking(Power.DRAFT))
    for task in drafting.select_related(CONTRACT).order_by("pk"):
        if (standing := mine.for_task(task)) is not None:
            return standing.mandate
    return None
