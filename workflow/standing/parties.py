"""The two sides of a contract, and by which mandate somebody acts for one of them."""

from __future__ import annotations

from contracts.models import Contract, Part
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation
from stakeholders.permissions import Person, mandate_for


def pilots(contract: Contract) -> list[Organisation]:
    """Return the two pilots: the State's first, then the city's."""
    return [pilot(contract, Part.STATE_PILOT), pilot(contract, Part.CITY_PILOT)]


def pilot(contract: Contract, part: Part) -> Organisation:
    """Return the organisation that pilots the contract on one side."""
    participation = contract.participations.select_related("organisation__group").get(part=part)
    return participation.organisation


def mandate_to_pilot(person: Person, contract: Contract) -> Mandate | None:
    """Return the mandate by which the person pilots this contract for one of its two sides, or None."""
    if not hasattr(contract, "circuit"):
        return None
    held = (mandate_for(person, Power.DRAFT, organisation) for organisation in pilots(contract))
    return next((mandate for mandate in held if mandate is not None), None)
