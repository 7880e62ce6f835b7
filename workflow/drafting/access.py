"""Who opens the draft editor."""

from __future__ import annotations

from django.http import Http404

from contracts.models import Contract, Status
from stakeholders.models import User
from workflow.drafting import rules
from workflow.standing.drafters import mandate_to_draft
from workflow.tasks.access import contract_for


def draft_for(user: User, contract_id: int) -> tuple[Contract, bool]:
    """Return the contract for its draft editor, and whether its text may change now.

    Only the pilots open the editor, and the independent organisations that edit what they
    lead themselves (Http404 for anybody else).
    """
    contract = contract_for(user, contract_id)
    if right_for(user, contract) is None:
        raise Http404
    return contract, contract.status == Status.DRAFTING


def right_for(user: User, contract: Contract) -> rules.DraftingRight | None:
    """Return the right by which the person may change the draft of this contract, or None."""
    mandate = mandate_to_draft(user, contract)
    return rules.right_of(mandate.office.organisation, contract) if mandate else None
