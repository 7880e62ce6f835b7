"""What comes back to the pilots: refusals and requests for changes, told before any task is theirs."""

from __future__ import annotations

from contracts.models import Contract, Part, Status
from stakeholders.kinds import Power
from stakeholders.models import Mandate
from stakeholders.prepared import MARKER, Prepared
from workflow.engine import purposes
from workflow.engine.tasks import Task
from workflow.record.answers import Answers, answers

PILOTS = (Part.STATE_PILOT, Part.CITY_PILOT)
UNDER_WAY = (Status.DRAFTING, Status.IN_REVIEW, Status.APPROVAL)
LOOKED_AT = 200  # the newest contracts of an organisation: a list must not cost more as it grows


def returned_to(mandates: list[Mandate], tasks: list[Task]) -> list[tuple[Contract, Answers]]:
    """Return the contracts that come back to the holder of these mandates, the newest first, with why.

    Each of the ``tasks`` by which a draft is taken up again gets ``returned``, the same answers.
    """
    drafting = [task for task in tasks if task.flow_task.purpose in (purposes.DRAFT, purposes.FREEZE)]
    piloted = {contract.pk: contract for contract in _piloted(mandates)}
    redrafted = {task.pk: task.process.circuit.contract_id for task in drafting}
    found = answers({*piloted, *redrafted.values()})
    for task in drafting:
        task.returned = found[redrafted[task.pk]]
    return [(contract, found[key]) for key, contract in piloted.items() if found[key].returns]


def _piloted(mandates: list[Mandate]) -> list[Contract]:
    organisations = {
        mandate.office.organisation_id
        for mandate in mandates
        if Power.DRAFT in mandate.office.powers and mandate.covers(None)
    }
    if not organisations:
        return []
    return _PILOTED.rows(sorted(organisations))


_PILOTED: Prepared[Contract] = Prepared(
    lambda organisations: (
        Contract.objects.filter(
            status__in=UNDER_WAY,
            participations__part__in=PILOTS,
            participations__organisation__among=organisations,
        )
        .only("reference", "title", "status")
        .distinct()
        .order_by("-pk")[:LOOKED_AT]
    ),
    [MARKER],
)
