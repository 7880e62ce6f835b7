"""Fetch and authorise together: what a person may not see does not exist for them (404).

Every view starts here. Decisions about one object read guardian's rows through the
mandates in force (:mod:`stakeholders.permissions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from contracts.models import Contract, ContractVersion
from stakeholders.models import Mandate, User
from stakeholders.permissions import Person, reach, visible, visible_to
from stakeholders.prepared import MARKER, Prepared
from workflow.engine.tasks import (
    CONTRACT,
    OF_PEOPLE,
    OF_THE_SYSTEM,
    Task,
    is_open,
    of_contract,
    place_of,
    tasks,
)
from workflow.standing.parties import know_what_opened, mandate_to_pilot
from workflow.standing.standings import Standing, standing_to_act, standings_of, why_not

VERSIONS = 32_767  # the last number that the column can hold


def contracts_of(person: Person) -> QuerySet[Contract]:
    """Return the contracts that the person may see today."""
    return visible(person, Contract.objects.all())


def contract_for(person: Person, contract_id: int) -> Contract:
    """Return the contract, or raise Http404 when the person may not see it."""
    groups, alone = reach(person, Contract)
    if groups and not alone and 0 < contract_id < MARKER:
        found = _contract_of(len(groups)).rows(contract_id, *groups)
    else:  # nobody's, or a guest's
        found = list(_whole(contracts_of(person)).filter(pk=contract_id)[:1])
    if not found:
        raise Http404
    return found[0]


def _whole(rows: QuerySet[Contract]) -> QuerySet[Contract]:
    """Read contracts with their opening, but for the letter’s text, which is long and of one page."""
    return rows.select_related("circuit__process", "opening").defer("opening__letter_text")


@cache
def _contract_of(number: int) -> Prepared[Contract]:
    """Return the query of one contract for whoever acts for so many organisations."""
    return Prepared(
        lambda contract, *groups: _whole(visible_to(groups, Contract.objects.all())).filter(pk=contract)[:1],
        *range(MARKER, MARKER + 1 + number),
    )


def version_for(person: Person, contract_id: int, number: int) -> ContractVersion:
    """Return a frozen version of a contract that the person may see."""
    contract = contract_for(person, contract_id)
    found = _VERSION.rows(contract.pk, number) if 0 < number <= VERSIONS else []
    if not found:
        raise Http404
    found[0].contract = contract
    return found[0]


_VERSION: Prepared[ContractVersion] = Prepared(
    lambda contract, number: ContractVersion.objects.filter(contract=contract, number=number).select_related(
        "frozen_by"
    )[:1],
    *(MARKER, VERSIONS),
)


@dataclass
class OpenTask:
    """A task as one person meets it: the contract, the task, and as what they may act."""

    contract: Contract
    task: Task
    standing: Standing

    @property
    def mandate(self) -> Mandate:
        """The mandate by which the person may act."""
        return self.standing.mandate

    @property
    def purpose(self) -> str:
        """What the task is for (:mod:`workflow.engine.purposes`)."""
        return str(self.task.flow_task.purpose)

    @property
    def is_open(self) -> bool:
        """Whether the act is still awaited."""
        return is_open(self.task)


def task_for(user: User, contract_id: int, task_id: int) -> OpenTask:
    """Return a human task of that contract; Http404 unless it is the person's to see.

    The task must belong to the contract named in the address, and the person must hold
    a mandate for it: one landlord never opens another's task. Raises PermissionDenied, with
    the rule that says no, for somebody whom the register names but who may not sign today.
    """
    groups, alone = reach(user, Contract)
    if groups and not alone and 0 < contract_id < MARKER and 0 < task_id < MARKER:
        found = _task_of(len(groups)).rows(contract_id, task_id, *groups)
    else:  # nobody's, or a guest's
        found = list(_task(contract_id, task_id, contracts_of(user)))
    if not found:
        raise Http404
    [task] = found
    contract: Contract = task.process.circuit.contract
    know_what_opened([task], contract)
    standing = standing_to_act(user, task)
    if standing is None:
        if _is_named_in_vain(user, task):
            raise PermissionDenied(why_not(user, task))
        raise Http404
    return OpenTask(contract, task, standing)


def _task(contract_id: int, task_id: int, among: QuerySet[Contract]) -> QuerySet[Task]:
    found = tasks(of_contract(contract_id), OF_PEOPLE).filter(**{f"{CONTRACT}__in": among})
    return found.filter(pk=task_id).select_related("owner", CONTRACT)[:1]


@cache
def _task_of(number: int) -> Prepared[Task]:
    """Return the query of one task for whoever acts for so many organisations."""
    return Prepared(
        lambda contract, task, *groups: _task(contract, task, visible_to(groups, Contract.objects.all())),
        *range(MARKER, MARKER + 2 + number),
    )


def _is_named_in_vain(user: User, task: Task) -> bool:
    """Whether some act of the register names the person for the signature that is awaited."""
    signatory = place_of(task)
    return signatory is not None and is_open(task) and standings_of(user).is_named_for(signatory)


def pilot_for(user: User, contract_id: int) -> Contract:
    """Return the contract for what its pilots alone may do (Http404 for anybody else)."""
    contract = contract_for(user, contract_id)
    if mandate_to_pilot(user, contract) is None:
        raise Http404
    return contract


def job_for(contract: Contract, task_id: int) -> Task:
    """Return a task of the system in this contract; Http404 when there is none such."""
    task = tasks(of_contract(contract), OF_THE_SYSTEM).filter(pk=task_id).first()
    if task is None:
        raise Http404
    return task
