"""Which organisations a page offers, and what they become: those around, those that are in, those sought."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from contracts.models import Contract, Part
from stakeholders.models import Organisation
from stakeholders.reading import asked_once
from stakeholders.text import one_line
from workflow.standing import parties

FOUND_AT_MOST = 20
MUNICIPALITY, INTERMUNICIPALITY = "municipality", "intermunicipality"


def around(contract: Contract) -> QuerySet[Organisation]:
    """Return the organisations that are in the contract, of its territory, or of its preparer's family."""
    preparer = contract.opening.organisation
    near = Q(participations__contract=contract) | Q(pk__in=provided(contract))
    near |= Q(parent=preparer) | Q(services=preparer)
    if preparer.territory:
        near |= Q(territory__iexact=preparer.territory)
    if contract.territory:
        near |= Q(territory__iexact=contract.territory)
    if preparer.parent_id:
        near |= Q(parent=preparer.parent_id)
    together = Contract.objects.filter(participations__organisation=preparer).exclude(pk=contract.pk)
    near |= Q(participations__contract__in=together)
    return Organisation.objects.filter(near).distinct().order_by("name", "pk")


def provided(contract: Contract) -> QuerySet[Any, Any]:
    """Return the organisations that were asked for and are known now, by primary key."""
    rows = contract.organisations_asked.exclude(organisation=None)
    return rows.values("organisation")


def sought(words: str) -> QuerySet[Organisation]:
    """Return the organisations whose name or territory holds these words; nothing for one letter."""
    if len(words.strip()) < 2:
        return Organisation.objects.none()
    found = Organisation.objects.filter(
        Q(name__icontains=words) | Q(short_name__icontains=words) | Q(territory__icontains=words)
    )
    return found.order_by("name", "pk")


def offered(contract: Contract, words: str, *kinds: str) -> list[Organisation]:
    """Return what a page offers, of these kinds or of all: those around first, then those sought."""
    near, found = around(contract), sought(words)
    if kinds:
        near, found = near.filter(kind__in=kinds), found.filter(kind__in=kinds)
    rows = [*near.select_related("group"), *found.select_related("group")[:FOUND_AT_MOST]]
    return list(dict.fromkeys(rows))


def commune_of(organisation: Organisation) -> str:
    """Return the commune that a municipality is of, as the perimeter names it."""
    return one_line(organisation.territory or organisation.name)


def municipalities(contract: Contract) -> list[Organisation]:
    """Return the municipalities of the perimeter, in the order in which they were entered."""
    return [organisation for organisation, part in taking_part(contract) if part == Part.CITY_PILOT]


@asked_once
def taking_part(contract: Contract) -> list[tuple[Organisation, Part]]:
    """Return who takes part and as what, in the order in which they were entered."""
    return [(row.organisation, Part(row.part)) for row in parties.taking_part(contract)]
