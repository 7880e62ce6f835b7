"""Who may change which part of a draft."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from contracts.models import Commitment, Contract, Part, Volet
from stakeholders.models import Organisation
from workflow.standing.parties import taking_part


@dataclass(frozen=True)
class DraftingRight:
    """For whom somebody changes a draft, and whether it is the State's pilot."""

    organisation: Organisation
    is_states: bool


def right_of(organisation: Organisation, contract: Contract) -> DraftingRight:
    """Return the right by which an organisation changes the draft of a contract."""
    states = {row.organisation_id for row in taking_part(contract) if row.part == Part.STATE_PILOT}
    return DraftingRight(organisation, organisation.pk in states)


def why_not_edit(right: DraftingRight, row: Commitment | Volet | None) -> str:
    """Return why this right may not change this part of the draft, or nothing.

    ``row`` is None for the contract's first pages. The prosecutor acts under the law alone
    (Constitution, art. 64; CPP, art. 39-1 for the local policy against crime): the
    prefecture neither edits nor assigns what the prosecution leads or contributes to. An
    independent organisation edits what it leads, and nothing else.
    """
    if right.organisation.is_independent:
        if isinstance(row, Commitment) and row.lead_id == right.organisation.pk:
            return ""
        return _("Vous ne pouvez modifier que les engagements dont votre organisation est responsable.")
    if row is None or not right.is_states:
        return ""
    if (owner := independent_owner(row)) is None:
        return ""
    return _(
        "Cette partie relève de « %(organisation)s », autorité indépendante du préfet : la préfecture "
        "ne peut ni la lui attribuer, ni la modifier. Demandez-lui de le faire, ou au pilote de la commune."
    ) % {"organisation": owner.name}


def independent_owner(row: Commitment | Volet) -> Organisation | None:
    """Return the organisation independent of the prefect to which this part belongs, if any."""
    return next((o for o in _concerned(row) if o.is_independent), None)


def _concerned(row: Commitment | Volet) -> list[Organisation]:
    """Return who leads this part, or contributes to it."""
    if isinstance(row, Commitment):
        return [row.lead, *row.contributors.all()]
    led = [volet_lead] if (volet_lead := row.lead) else []
    return [*led, *(commitment.lead for commitment in row.commitments.all())]
