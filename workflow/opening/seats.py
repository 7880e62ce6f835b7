"""The places on the signature page while they may still change: proposed, ordered, added, taken out.

``order`` is unique in a contract: places are moved out of the way, then numbered anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from contracts.kinds import kind
from contracts.models import Contract, Signatory
from stakeholders.models import Office
from workflow.opening.participants import taking_part
from workflow.opening.proposals import Seat, proposed_seats
from workflow.record.refusals import Invalid

AWAY = 10_000  # above any rank
AT_MOST = 40  # places; the fields are numbered with two digits


def proposed(contract: Contract) -> list[Seat]:
    """Return who the kind of contract proposes to sign, of those who take part."""
    organisations = [organisation for organisation, _part in taking_part(contract)]
    offices = Office.objects.filter(organisation__in=organisations).select_related("organisation")
    return proposed_seats(kind(contract.kind), organisations, offices.order_by("pk"))


def offices_to_add(contract: Contract) -> Any:
    """Return the offices of those who take part that have no place yet, and that may sign."""
    organisations = [organisation for organisation, _part in taking_part(contract)]
    rows = Office.objects.filter(organisation__in=organisations, role="head")
    rows = rows.exclude(pk__in=contract.signatories.values("office"))
    return rows.select_related("organisation").order_by("organisation__name", "title")


def propose(contract: Contract) -> None:
    """Put the proposed places in, in the place of whatever was there; in the caller's transaction."""
    contract.signatories.all().delete()
    for seat in proposed(contract):
        if seat.office is not None and contract.signatories.filter(office=seat.office).exists() is False:
            add_seat(contract, seat)


def add_seat(contract: Contract, seat: Seat) -> Signatory:
    """Add a place as the kind of contract proposes it; ``seat.office`` is one."""
    assert seat.office is not None  # noqa: S101 (the caller has looked)
    return add(
        contract,
        office=seat.office,
        capacity=seat.capacity,
        kind=seat.kind,
        required=seat.required,
        needs_council_resolution=seat.waits_for_council,
    )


def add(contract: Contract, *, office: Office, **facts: Any) -> Signatory:
    """Add a place, the last; raises Invalid for an office that has one, or when there is no room."""
    count = contract.signatories.count()
    if count >= AT_MOST:
        raise Invalid(_("Un contrat a au plus %(most)s signataires.") % {"most": AT_MOST})
    if contract.signatories.filter(office=office).exists():
        raise Invalid(_("Cette fonction a déjà sa place parmi les signataires."), "office")
    facts.setdefault("capacity", office.title)
    return Signatory.objects.create(contract=contract, office=office, order=count + 1, **facts)


def remove(contract: Contract, places: Sequence[int]) -> None:
    """Take places out and close the ranks."""
    contract.signatories.filter(pk__in=places).delete()
    number(contract, list(contract.signatories.order_by("order").values_list("pk", flat=True)))


def move(contract: Contract, place: int, by: int) -> None:
    """Move a place one rank up (-1) or down (1); nothing happens at the ends."""
    ranks = list(contract.signatories.order_by("order").values_list("pk", flat=True))
    if place not in ranks:
        return
    here = ranks.index(place)
    there = max(0, min(len(ranks) - 1, here + by))
    ranks.insert(there, ranks.pop(here))
    number(contract, ranks)


def number(contract: Contract, ranks: Sequence[int]) -> None:
    """Number the places from 1 in this order of their primary keys."""
    contract.signatories.update(order=F("order") + AWAY)
    for rank, place in enumerate(ranks, start=1):
        contract.signatories.filter(pk=place).update(order=rank)
