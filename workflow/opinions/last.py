"""The last opinion of each organisation."""

from __future__ import annotations

from contracts.models import Contract
from stakeholders.reading import asked_once
from workflow.opinions.models import Opinion


@asked_once
def opinions_of(contract: Contract) -> list[Opinion]:
    """Return every opinion on the versions of a contract, from first to last."""
    rows = Opinion.objects.filter(version__contract=contract).select_related("organisation", "version")
    return list(rows.defer("version__content").order_by("at", "pk"))


def last_opinions(contract: Contract) -> list[Opinion]:
    """Return the last opinion of each organisation."""
    last: dict[int, Opinion] = {}
    for opinion in sorted(opinions_of(contract), key=lambda opinion: opinion.version.number):
        last[opinion.organisation_id] = opinion
    return list(last.values())
