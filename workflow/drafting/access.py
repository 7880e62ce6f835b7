"""Who opens the draft editor."""

from __future__ import annotations

from django.http import Http404

from contracts.models import Commitment, Contract, Status, Volet
from stakeholders.models import User
from workflow.drafting import rules
from workflow.standing.drafters import mandate_to_draft
from workflow.tasks.access import contract_for


def draft_for(user: User, contract_id: int) -> tuple[Contract, bool]:
    """Return the contract for its draft editor, and whether its text may change now.

    The pilots open the editor, the independent organisations that take part and, while the text is being
    written, whoever else takes part (Http404 for anybody else): what each may change, :mod:`rules` says.
    """
    contract = contract_for(user, contract_id)
    if right_for(user, contract) is None:
        raise Http404
    return contract, contract.status == Status.DRAFTING


def right_for(user: User, contract: Contract) -> rules.DraftingRight | None:
    """Return the right by which the person may change the draft of this contract, or None."""
    mandate = mandate_to_draft(user, contract)
    return rules.right_of(mandate.office.organisation, contract) if mandate else None


def own_or_404(user: User, contract: Contract, row: Commitment | Volet | None) -> None:
    """Raise Http404 where somebody who only takes part may not change this one: no page leads there.

    The pilots and the independent authorities are told why not, when they try (:func:`rules.why_not_edit`).
    """
    right = right_for(user, contract)
    if right is None:
        raise Http404
    told_why = right.edits_all or right.organisation.is_independent
    if not told_why and rules.why_not_edit(right, row):
        raise Http404
