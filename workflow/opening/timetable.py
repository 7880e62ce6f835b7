"""The calendar of one contract: its rows read for :mod:`workflow.opening.schedule`."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from contracts.kinds import kind
from contracts.models import Contract
from stakeholders.models import Organisation
from workflow.opening.schedule import Schedule, Turn, schedule


def of(contract: Contract) -> Schedule:
    """Lay out the contract's steps from today, by its own days or those of its kind."""
    turns = [Turn(place.capacity, place.awaited_council) for place in contract.places]
    return schedule(
        start=timezone.localdate(),
        days={**kind(contract.kind).days, **contract.days},
        turns=turns,
        councils={o.pk: (o.name, session_of(contract, o.pk)) for o in councils(contract)},
        calendar=contract.calendar,
        with_diagnostic=contract.with_diagnostic,
    )


def councils(contract: Contract) -> list[Organisation]:
    """Return the organisations whose council somebody waits for before signing, in signing order."""
    places = [place for place in contract.places if place.needs_council_resolution]
    return list(dict.fromkeys(place.council or place.office.organisation for place in places))


def session_of(contract: Contract, organisation: int) -> dt.date | None:
    """Return the day on which a council is expected to sit, when somebody said it."""
    said = contract.council_dates.get(str(organisation))
    return dt.date.fromisoformat(said) if said else None
