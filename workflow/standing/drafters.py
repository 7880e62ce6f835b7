"""By which mandate somebody changes a draft."""

from __future__ import annotations

from django.db.models import Q

from contracts.models import PILOTING, Contract, Part, Status
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import mandate_for, mandates_in_force
from workflow.engine.tasks import CONTRACT, OPEN, of_contract, taking, tasks
from workflow.standing.parties import mandate_to_pilot, taking_part
from workflow.standing.standings import standings_of


def mandate_to_draft(user: User, contract: Contract) -> Mandate | None:
    """Return the mandate by which the person may open the draft, or None.

    A pilot's; or one of an independent organisation that takes part; or that of whoever does a task of
    drafting in a pilot's place, an absence or a colleague letting them, for as long as it does; or, while
    the text is being written, one of an organisation that takes part: it edits what it leads or contributes
    to, and proposes the rest. Who only looks on opens it where something of the draft is its own.
    What may be changed by it: :mod:`workflow.drafting.rules`.
    """
    if not hasattr(contract, "circuit"):
        return None
    if (piloting := mandate_to_pilot(user, contract)) is not None:
        return piloting
    parts = {row.organisation_id: row.part for row in taking_part(contract)}
    own = [
        m
        for m in mandates_in_force(user)
        # a guest gives an opinion and writes nothing
        if m.covers(None)
        # in a pilot's organisation only who drafts writes (mandate_to_pilot)
        and parts.get(m.office.organisation_id, Part.STATE_PILOT) not in PILOTING
        and mandate_for(user, Power.REVIEW, m.office.organisation)
    ]
    independent = (m for m in own if m.office.organisation.is_independent)
    found = next(independent, None) or _mandate_in_place(user, contract)
    if found is not None or contract.status != Status.DRAFTING:
        return found
    asked = (m for m in own if parts[m.office.organisation_id] != Part.OBSERVER)
    return next(asked, None) or next((m for m in own if has_its_own(m.office.organisation, contract)), None)


def has_its_own(organisation: Organisation, contract: Contract) -> bool:
    """Whether an organisation leads a volet, or leads or contributes to a commitment, of the draft."""
    of_commitments = Q(commitments__lead=organisation) | Q(commitments__contributors=organisation)
    return contract.volets.filter(Q(lead=organisation) | of_commitments).exists()


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
