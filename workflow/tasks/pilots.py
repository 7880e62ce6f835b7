"""Who pilots a contract, for one of its two sides."""

from __future__ import annotations

from django.http import Http404

from contracts.models import Contract
from stakeholders.kinds import Power
from stakeholders.models import Mandate, User
from stakeholders.permissions import mandate_for
from workflow.record.refusals import NotAllowed
from workflow.standing import parties
from workflow.tasks.access import Person, contract_for


def pilot_for(user: User, contract_id: int) -> Contract:
    """Return the contract for what its pilots alone may do (Http404 for anybody else)."""
    contract = contract_for(user, contract_id)
    if not is_pilot(user, contract):
        raise Http404
    return contract


def is_pilot(user: Person, contract: Contract) -> bool:
    """Whether the person drafts this contract for one of its two sides."""
    if not hasattr(contract, "circuit"):
        return False
    return any(mandate_for(user, Power.DRAFT, organisation) for organisation in parties.pilots(contract))


def pilots_mandate(user: User, contract: Contract) -> Mandate:
    """Return the mandate by which the person pilots this contract; raises NotAllowed."""
    held = (mandate_for(user, Power.DRAFT, organisation) for organisation in parties.pilots(contract))
    if (mandate := next((m for m in held if m is not None), None)) is None:
        raise NotAllowed
    return mandate
