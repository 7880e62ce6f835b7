"""What will be asked of somebody soon: the signature that waits for its turn or for the council."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.models import Contract, Signatory, Status
from stakeholders.kinds import Power
from stakeholders.models import Mandate
from workflow.engine.tasks import OPEN, seeded_by, seeds_of, taking, tasks
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
    offices = [m.office_id for m in mandates if Power.SIGN in m.office.powers and m.covers(None)]
    if not offices:
        return []
    theirs = Signatory.objects.filter(office__in=offices, contract__status=Status.SIGNING)
    asked = seeds_of(tasks(OPEN, taking(Power.SIGN), seeded_by(theirs)))
    rows = theirs.exclude(pk__in=asked).select_related("contract", "office").order_by("-contract__pk")
    signatories = list(rows[:TOLD_AT_MOST])
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
