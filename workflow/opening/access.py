"""Who sees a contract in preparation: those who may open one for the organisation that prepares it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404

from contracts.models import Contract, Status
from stakeholders.models import Mandate, User
from stakeholders.permissions import mandates_in_force, visible
from workflow.standing.openers import mandate_to_open, opening


@dataclass(frozen=True)
class Preparing:
    """A contract in preparation as somebody meets it, and by which mandate."""

    contract: Contract
    mandate: Mandate


def prepared_by(user: User) -> QuerySet[Contract]:
    """Return the contracts that the person may go on preparing, the newest first."""
    own = [mandate.office.organisation_id for mandate in opening(mandates_in_force(user))]
    rows = Contract.objects.filter(status=Status.OPENING, opening__organisation__in=own)
    return rows.select_related("opening__organisation", "opening__author").order_by("-pk")


def earlier(user: User) -> QuerySet[Contract]:
    """Return the contracts that the person sees and may begin another from, the newest first."""
    rows = visible(user, Contract.objects.exclude(status=Status.OPENING))
    return rows.filter(volets__isnull=False).distinct().order_by("-pk")


def preparing(user: User, contract_id: int, *, even_after: bool = False) -> Preparing:
    """Return a contract in preparation with the mandate by which; Http404 for anybody else's.

    ``even_after``: also one that was opened or dropped meanwhile, so that the act says so.
    """
    found = Contract.objects.filter(pk=contract_id, opening__isnull=False)
    if not even_after:
        found = found.filter(status=Status.OPENING)
    contract = found.select_related("opening__organisation__group", "opening__author").first()
    mandate = mandate_to_open(user, contract.opening.organisation) if contract else None
    if contract is None or mandate is None:
        raise Http404
    return Preparing(contract, mandate)


def mandate_of(user: User, organisation_id: int) -> Mandate:
    """Return the mandate by which the person opens a contract for this organisation; Http404 without one."""
    offered = (m for m in opening(mandates_in_force(user)) if m.office.organisation_id == organisation_id)
    mandate = next(offered, None)
    if mandate is None or mandate_to_open(user, mandate.office.organisation) is None:
        raise Http404
    return mandate
