"""The two sides of a contract, and by which mandate somebody acts for one of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from contracts.models import PILOTING, Contract, Part, Participation
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation
from stakeholders.permissions import Person, mandate_for
from stakeholders.prepared import MARKER, Prepared, of_some
from stakeholders.reading import asked_for_each, asked_once
from workflow.engine.tasks import Task, fills_a_place, has_seed, know_seed


def pilots(contract: Contract) -> list[Organisation]:
    """Return the pilots: the State's first, then those of the communes; one at least on each side.

    A contract of several communes has several: each drafts, each approves, and the first of the communes
    runs the circuit (:func:`pilot`).
    """
    rows = taking_part(contract)
    if not {row.part for row in rows}.issuperset(PILOTING):
        raise Participation.DoesNotExist
    return [row.organisation for part in PILOTING for row in rows if row.part == part]


def pilot(contract: Contract, part: Part) -> Organisation:
    """Return the organisation that pilots the contract on one side: the first, where communes are several."""
    found = next((row.organisation for row in taking_part(contract) if row.part == part), None)
    if found is None:
        raise Participation.DoesNotExist
    return found


@asked_for_each
def taking_part(contracts: list[Contract]) -> dict[Contract, list[Participation]]:
    """Return who takes part in each contract and as what, in the order in which they were entered."""
    found: dict[int, list[Participation]] = {}
    for row in of_some(_TAKING_PART, contracts):
        found.setdefault(row.contract_id, []).append(row)
    return {contract: found.get(contract.pk, []) for contract in contracts}


def _taking_part(*contracts: int) -> QuerySet[Participation]:
    rows = Participation.objects.filter(contract__in=contracts).select_related("organisation__group")
    return rows.order_by("pk")


_TAKING_PART = Prepared(_taking_part, MARKER)


def know_what_opened(tasks: Iterable[Task], contract: Contract) -> None:
    """Give tasks of one contract the rows that opened them, a place or who takes part: pages ask for both."""
    for task in tasks:
        if fills_a_place(task):
            know_seed(task, contract.places)
        elif has_seed(task):
            know_seed(task, [row.organisation for row in taking_part(contract)])


@asked_once
def mandate_to_pilot(person: Person, contract: Contract) -> Mandate | None:
    """Return the mandate by which the person pilots this contract for one of its two sides, or None."""
    if not hasattr(contract, "circuit"):
        return None
    held = (mandate_for(person, Power.DRAFT, organisation) for organisation in pilots(contract))
    return next((mandate for mandate in held if mandate is not None), None)
