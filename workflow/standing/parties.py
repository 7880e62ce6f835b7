"""The two sides of a contract, and who may act for an organisation."""

from __future__ import annotations

from contracts.models import Contract, Part
from stakeholders.models import Mandate, Organisation, User
from workflow.engine.tasks import Task
from workflow.standing.standings import standing_to_act


def pilots(contract: Contract) -> list[Organisation]:
    """Return the two pilots: the State's first, then the city's."""
    return [pilot(contract, Part.STATE_PILOT), pilot(contract, Part.CITY_PILOT)]


def pilot(contract: Contract, part: Part) -> Organisation:
    """Return the organisation that pilots the contract on one side."""
    participation = contract.participations.select_related("organisation__group").get(part=part)
    return participation.organisation


def mandate_to_act(user: User, task: Task) -> Mandate | None:
    """Return the mandate by which the person may do this task today, or None."""
    standing = standing_to_act(user, task)
    return standing.mandate if standing else None
