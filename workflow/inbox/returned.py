"""What comes back to the pilots: refusals and requests for changes, told before any task is theirs."""

from __future__ import annotations

from contracts.models import PILOTING, Contract, Participation, Status
from stakeholders.kinds import Power
from stakeholders.models import Mandate
from stakeholders.prepared import MARKER, Prepared, Written
from workflow.engine import purposes
from workflow.engine.tasks import Task
from workflow.record.answers import Answers, answers

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
    """Return the contracts under way that these mandates pilot, the newest first."""
    organisations = {
        mandate.office.organisation_id
        for mandate in mandates
        if Power.DRAFT in mandate.office.powers and mandate.covers(None)
    }
    rows = [row for organisation in sorted(organisations) for row in _PILOTED.rows(organisation)]
    found = {row.contract_id: row.contract for row in rows}
    return [found[key] for key in sorted(found, reverse=True)[:LOOKED_AT]]


# One organisation at a time: along its own index, whatever PostgreSQL thinks of the others'.
_PILOTED: Prepared[Participation] = Prepared(
    lambda organisation: (
        Participation.objects.filter(
            organisation=organisation,
            part__in=[Written(part) for part in PILOTING],
            contract__status__in=UNDER_WAY,
        )
        .select_related("contract")
        .only("contract__reference", "contract__title", "contract__status")
        .order_by("-contract_id")[:LOOKED_AT]
    ),
    MARKER,
)
