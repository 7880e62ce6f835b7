"""Fetch and authorise together: what a person may not see does not exist for them (404).

Every view starts here. Decisions about one object read guardian's rows through the
mandates in force (:mod:`stakeholders.permissions`).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404
from viewflow.workflow.models import Task

from contracts.models import Contract, ContractVersion, Status
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import administration_of, mandate_for, mandates_in_force, visible
from workflow import rules
from workflow.nodes import OPEN_STATUSES

Person = User | AnonymousUser


def contracts_of(person: Person) -> QuerySet[Contract]:
    """Return the contracts that the person may see today."""
    return visible(person, Contract.objects.all())


def contract_for(person: Person, contract_id: int) -> Contract:
    """Return the contract, or raise Http404 when the person may not see it."""
    contract = Contract.objects.filter(pk=contract_id).first()
    if contract is None or mandate_for(person, Power.VIEW, contract) is None:
        raise Http404
    return contract


def version_for(person: Person, contract_id: int, number: int) -> ContractVersion:
    """Return a frozen version of a contract that the person may see."""
    version = contract_for(person, contract_id).versions.filter(number=number).first()
    if version is None:
        raise Http404
    return version


@dataclass
class OpenTask:
    """A task as one person meets it: the contract, the task, and as what they may act, if at all."""

    contract: Contract
    task: Task
    mandate: Mandate | None

    @property
    def step(self) -> str:
        """The name of the step in the flow: draft, freeze, review, approve, council_resolution, sign."""
        return str(self.task.flow_task.name)

    @property
    def is_open(self) -> bool:
        """Whether the act is still awaited."""
        return self.task.status in OPEN_STATUSES


def task_for(user: User, contract_id: int, task_id: int) -> OpenTask:
    """Return a human task of that contract; Http404 unless it is the person's to see.

    The task must belong to the contract named in the address, and the person must hold
    a mandate for it: one landlord never opens another's task.
    """
    contract = contract_for(user, contract_id)
    task = (
        Task.objects.select_related("owner", "process")
        .filter(pk=task_id, process__circuit__contract=contract, flow_task_type="HUMAN")
        .first()
    )
    mandate = rules.mandate_to_act(user, task) if task else None
    if task is None or mandate is None:
        raise Http404
    return OpenTask(contract, task, mandate)


def job_for(contract: Contract, task_id: int) -> Task:
    """Return a task of the system in this contract; Http404 when there is none such."""
    task = Task.objects.filter(pk=task_id, process__circuit__contract=contract, flow_task_type="JOB").first()
    if task is None:
        raise Http404
    return task


def draft_for(user: User, contract_id: int) -> tuple[Contract, bool]:
    """Return the contract for its draft editor, and whether its text may change now.

    Only the pilots open the editor (Http404 for anybody else).
    """
    contract = contract_for(user, contract_id)
    if not is_pilot(user, contract):
        raise Http404
    return contract, contract.status == Status.DRAFTING


def organisation_for(user: User, organisation_id: int) -> Organisation:
    """Return an organisation that the person administers today; Http404 otherwise."""
    found = Organisation.objects.filter(pk=organisation_id).first()
    if found is None or not administers(user, found):
        raise Http404
    return found


def administers(user: User, organisation: Organisation) -> bool:
    """Whether the person administers the organisation today."""
    return administration_of(user, organisation) is not None


def is_pilot(user: Person, contract: Contract) -> bool:
    """Whether the person drafts this contract for one of its two sides."""
    if not hasattr(contract, "circuit"):
        return False
    return any(mandate_for(user, Power.DRAFT, organisation) for organisation in rules.pilots(contract))


def tasks_of(user: User) -> list[Task]:
    """Return the open tasks that the person may do today, the most urgent first."""
    mandates = list(mandates_in_force(user))
    organisations = {str(m.office.organisation_id) for m in mandates}
    candidates = (
        Task.objects.filter(
            flow_task_type="HUMAN",
            status__in=OPEN_STATUSES,
            owner_permission_content_type__app_label="stakeholders",
            owner_permission_obj_pk__in=organisations,
        )
        .select_related("process__circuit__contract", "owner")
        .prefetch_related("seed")
        .order_by("data__due_on", "pk")
    )
    return [task for task in candidates if _may_do(mandates, task)]


def _may_do(mandates: list[Mandate], task: Task) -> bool:
    """Answer :func:`rules.mandate_to_act` from mandates already read; the act asks again, fully."""
    codename = (task.owner_permission or "").rpartition(".")[2]
    if codename == Power.SIGN:
        return task.seed is not None and any(m.office_id == task.seed.office_id for m in mandates)
    return any(
        codename in m.office.powers and str(m.office.organisation_id) == task.owner_permission_obj_pk
        for m in mandates
    )
