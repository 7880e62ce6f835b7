"""The two sides of a contract, and by which mandate somebody acts for one of them."""

from __future__ import annotations

from contracts.models import Contract, Part, Participation
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation
from stakeholders.permissions import Person, mandate_for
from stakeholders.reading import asked_once


def pilots(contract: Contract) -> list[Organisation]:
    """Return the two pilots: the State's first, then the city's."""
    return [pilot(contract, Part.STATE_PILOT), pilot(contract, Part.CITY_PILOT)]


def pilot(contract: Contract, part: Part) -> Organisation:
    """Return the organisation that pilots the contract on one side."""
    found = next((row.organisation for row in taking_part(contract) if row.part == part), None)
    if found is None:
        raise Participation.DoesNotExist
    return found


@asked_once
def taking_part(contract: Contract) -> list[Participation]:
    """Return who takes part in the contract and as what, in the order in which they were entered."""
    return list(contract.participations.select_related("organisation__group").order_by("pk"))


@asked_once
def mandate_to_pilot(person: Person, contract: Contract) -> Mandate | None:
    """Return the mandate by which the person pilots this contract for one of its two sides, or None."""
    if not hasattr(contract, "circuit"):
        return None
    held = (mandate_for(person, Power.DRAFT, organisation) for organisation in pilots(contract))
    return next((mandate for mandate in held if mandate is not None), None)
