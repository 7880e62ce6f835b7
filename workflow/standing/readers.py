"""Who may read what a contract keeps from the public: its restricted annexes."""

from __future__ import annotations

from contracts.models import Contract, Part
from stakeholders.models import User
from stakeholders.permissions import mandates_in_force
from workflow.standing.parties import taking_part


def reads_restricted(user: User, contract: Contract) -> bool:
    """Whether the person may read the restricted annexes of a contract that they see.

    Those who act for a pilot, for an organisation that is asked for its opinion (a guest too: it answers on
    the whole text), or for one that signs. Who only looks on reads what is published, and the list.
    """
    held = {m.office.organisation_id for m in mandates_in_force(user) if m.covers(contract)}
    if held & {row.organisation_id for row in taking_part(contract) if row.part != Part.OBSERVER}:
        return True
    return bool(held & {place.office.organisation_id for place in contract.places})
