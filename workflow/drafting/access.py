"""Who opens the draft editor."""

from __future__ import annotations

from django.http import Http404

from contracts.models import Contract, Status
from stakeholders.models import User
from workflow.drafting import rules
from workflow.drafting.pens import drafters_mandate
from workflow.record.refusals import NotAllowed
from workflow.tasks.access import contract_for


def draft_for(user: User, contract_id: int) -> tuple[Contract, bool]:
    """Return the contract for its draft editor, and whether its text may change now.

    Only the pilots open the editor, and the independent organisations that edit what they
    lead themselves (Http404 for anybody else).
    """
    contract = contract_for(user, contract_id)
    if pen_for(user, contract) is None:
        raise Http404
    return contract, contract.status == Status.DRAFTING


def pen_for(user: User, contract: Contract) -> rules.Pen | None:
    """Return the pen by which the person may change the draft of this contract, or None."""
    if not hasattr(contract, "circuit"):
        return None
    try:
        mandate = drafters_mandate(user, contract)
    except NotAllowed:
        return None
    return rules.pen_of(mandate.office.organisation, contract)
