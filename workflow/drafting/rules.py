"""Who may change which part of a draft."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from contracts.models import Commitment, Contract, Part, Volet
from stakeholders.models import Organisation
from workflow.standing.parties import taking_part


@dataclass(frozen=True)
class DraftingRight:
    """For whom somebody changes a draft: a pilot of either side, or an organisation that takes part."""

    organisation: Organisation
    is_states: bool
    edits_all: bool = False  # a pilot, but for what an independent authority leads


def right_of(organisation: Organisation, contract: Contract) -> DraftingRight:
    """Return the right by which an organisation changes the draft of a contract."""
    sides = {row.part for row in taking_part(contract) if row.organisation_id == organisation.pk}
    is_states = Part.STATE_PILOT in sides
    return DraftingRight(organisation, is_states, is_states or Part.CITY_PILOT in sides)


def why_not_edit(right: DraftingRight, row: Commitment | Volet | None) -> str:
    """Return why this right may not change this part of the draft, or nothing.

    ``row`` is None for the contract's first pages. Whoever leads a part, or contributes to a commitment,
    edits it; the pilots edit all. The prosecutor acts under the law alone (Constitution, art. 64; CPP,
    art. 39-1 for the local policy against crime): the prefecture neither edits nor assigns what the
    prosecution leads or contributes to, and a contributor does not edit what the prosecution leads. An
    independent organisation edits what it leads, and nothing else.
    """
    if not right.edits_all:
        return "" if row is not None and _is_theirs(right.organisation, row) else _not_theirs(right)
    if row is None or not right.is_states:
        return ""
    if (owner := independent_owner(row)) is None:
        return ""
    return _(
        "Cette partie relève de « %(organisation)s », autorité indépendante du préfet : la préfecture "
        "ne peut ni la lui attribuer, ni la modifier. Demandez-lui de le faire, ou au pilote de la commune."
    ) % {"organisation": owner.name}


def why_not_arrange(right: DraftingRight, row: Commitment | Volet) -> str:
    """Return why this right may not move or delete this part, or nothing: who contributes to it does not."""
    if right.edits_all or row.lead_id == right.organisation.pk:
        return why_not_edit(right, row)
    return _not_theirs(right)


def may_propose(right: DraftingRight, row: Commitment | Volet) -> bool:
    """Whether this right proposes a change of a part, which whoever may edit it then decides."""
    return bool(why_not_edit(right, row))


def _is_theirs(organisation: Organisation, row: Commitment | Volet) -> bool:
    if row.lead_id == organisation.pk:
        return True
    if isinstance(row, Volet) or organisation.is_independent or row.lead.is_independent:
        return False
    return any(one.pk == organisation.pk for one in row.contributors.all())


def _not_theirs(right: DraftingRight) -> str:
    if right.organisation.is_independent:
        return _("Vous ne pouvez modifier que les engagements dont votre organisation est responsable.")
    return _(
        "Vous ne pouvez modifier que ce dont votre organisation est responsable ou contributrice : "
        "proposez une modification, à qui en est responsable d’en décider."
    )


def independent_owner(row: Commitment | Volet) -> Organisation | None:
    """Return the organisation independent of the prefect to which this part belongs, if any."""
    return next((o for o in _concerned(row) if o.is_independent), None)


def _concerned(row: Commitment | Volet) -> list[Organisation]:
    """Return who leads this part, or contributes to it."""
    if isinstance(row, Commitment):
        return [row.lead, *row.contributors.all()]
    led = [volet_lead] if (volet_lead := row.lead) else []
    return [*led, *(commitment.lead for commitment in row.commitments.all())]
