"""The last opinion of each organisation."""

from __future__ import annotations

from contracts.models import Contract
from workflow.opinions.models import Opinion


def last_opinions(contract: Contract) -> list[Opinion]:
    """Return the last opinion of each organisation."""
    last: dict[int, Opinion] = {}
    opinions = Opinion.objects.filter(version__contract=contract).select_related("organisation", "version")
    for opinion in opinions.order_by("version__number"):
        last[opinion.organisation_id] = opinion
    return list(last.values())
