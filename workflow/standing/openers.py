"""By which mandates somebody opens contracts."""

from __future__ import annotations

from collections.abc import Iterable

from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation
from stakeholders.permissions import Person, mandate_for


def opening(mandates: Iterable[Mandate]) -> list[Mandate]:
    """Return those of a person's mandates by which they may open a contract, one an organisation.

    For what a page shows; :func:`mandate_to_open` decides.
    """
    found: dict[int, Mandate] = {}
    for mandate in mandates:
        if Power.OPEN in mandate.office.powers and mandate.covers(None):
            found.setdefault(mandate.office.organisation_id, mandate)
    return list(found.values())


def mandate_to_open(person: Person, organisation: Organisation) -> Mandate | None:
    """Return the mandate by which the person opens contracts for the organisation today, or None."""
    return mandate_for(person, Power.OPEN, organisation)
