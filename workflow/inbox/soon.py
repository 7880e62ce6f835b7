"""What will be asked of somebody soon: the signature that waits for its turn or for the council."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.db.models import Exists, QuerySet

from contracts.models import Contract, Signatory
from stakeholders.kinds import Power
from stakeholders.models import Mandate
from stakeholders.prepared import MARKER, Prepared
from workflow.engine.tasks import OPEN, opened_by_outer, taking, tasks
from workflow.signing.rules import ask_ahead, having_signed, next_signatory, why_not_sign

TOLD_AT_MOST = 5  # contracts: a few lines spare a call, more would be a list


@dataclass(frozen=True)
class Soon:
    """A signature to come: on which contract, in what capacity, what it waits for."""

    contract: Contract
    capacity: str
    why: str


def soon(mandates: list[Mandate]) -> list[Soon]:
    """Return the signatures that will be asked of the holder of these mandates, in contracts being signed."""
    signing = [m.office_id for m in mandates if Power.SIGN in m.office.powers and m.covers(None)]
    offices = list(dict.fromkeys(signing))
    if not offices:
        return []
    signatories = _awaiting(len(offices)).rows(*offices)
    if not signatories:  # as for most readers
        return []
    ask_ahead([signatory.contract for signatory in signatories])
    found = []
    for signatory in signatories:
        version = signatory.contract.latest_version
        if version is None or signatory.pk in having_signed(version):
            continue
        why = why_not_sign(signatory, version)
        if why and next_signatory(signatory.contract, version) is not None:
            found.append(Soon(signatory.contract, signatory.capacity, why))
    return found


@cache
def _awaiting(number: int) -> Prepared[Signatory]:
    """Return the query of so many offices' places, not asked yet, in contracts being signed."""

    def places(*offices: int) -> QuerySet[Signatory]:
        asked = tasks(OPEN, taking(Power.SIGN), opened_by_outer(Signatory))
        theirs = Signatory.objects.filter(~Exists(asked), office__in=offices, being_signed=True)
        newest = theirs.order_by("-contract_id").values("pk")[:TOLD_AT_MOST]
        # apart: most are asked already, and the contracts of those are not read
        return (
            Signatory.objects.filter(pk__in=newest)
            .select_related("contract", "office")
            .order_by("-contract_id")
        )

    return Prepared(places, *range(MARKER, MARKER + number))
