"""Fetch and authorise together: what a person may not see does not exist for them (404).

Every view starts here. Decisions about one object read guardian's rows through the
mandates in force (:mod:`stakeholders.permissions`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.http import Http404
from viewflow.workflow.models import Task

from contracts.models import Contract, ContractAccess, ContractVersion, Signatory, Status
from contracts.words import searched
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import mandate_for, mandates_in_force, visible
from workflow import rules
from workflow.keyset import Listing, Order
from workflow.nodes import OPEN_STATUSES

SHOWN_AT_MOST = 200
NEWEST_FIRST = Order(walked=("contract",), shown=("pk",), target="contract", descending=True)
MOST_URGENT_FIRST = Order(walked=("due", "pk"), shown=("due", "pk"), target="pk")
# By when a task is due; what has no date comes last. The index of workflow's migration 0004 holds it.
DUE = Coalesce(KT("data__due_on"), Value("9999-12-31"), output_field=TextField())
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


def is_pilot(user: Person, contract: Contract) -> bool:
    """Whether the person drafts this contract for one of its two sides."""
    if not hasattr(contract, "circuit"):
        return False
    return any(mandate_for(user, Power.DRAFT, organisation) for organisation in rules.pilots(contract))


def contract_listing(
    person: Person,
    *,
    ended: bool | None = None,
    sought: str = "",
    mandates: list[Mandate] | None = None,
) -> Listing[Contract]:
    """Return the list of the contracts that the person may see today, the newest first.

    ``ended`` keeps those that are over, or those that are not; ``sought``, those of which
    words begin with each word sought. The narrow table answers
    (:class:`contracts.models.ContractAccess`); guardian's rows decide about one contract.
    """
    held = mandates_in_force(person) if mandates is None else mandates
    found = ContractAccess.objects.all() if ended is None else ContractAccess.objects.filter(ended=ended)
    if sought:
        found = searched(found, sought)
    groups = sorted({m.office.organisation.group_id for m in held if Power.VIEW in m.office.powers})
    walks = [found.filter(group=group) for group in groups] or [found.none()]
    shown = Contract.objects.only("reference", "title", "territory", "status")
    return Listing(shown, walks, NEWEST_FIRST)


def task_listing(
    user: User, *, only: Q | None = None, mandates: list[Mandate] | None = None
) -> Listing[Task]:
    """Return the list of the open tasks that the person may do today, the most urgent first.

    ``only`` keeps some; it may speak of ``due``, the day as ISO 8601 writes it.
    """
    held = list(mandates_in_force(user)) if mandates is None else mandates
    asked = Task.objects.alias(due=DUE).filter(only or Q(), flow_task_type="HUMAN", status__in=OPEN_STATUSES)
    walks = [asked.filter(way) for way in ways_to_act(held)] or [asked.none()]
    shown = Task.objects.annotate(due=DUE).select_related("process__circuit__contract", "owner")
    unread = ("process__circuit__contract__preamble", "process__circuit__contract__words")
    return Listing(shown.defer(*unread), walks, MOST_URGENT_FIRST)


def tasks_of(user: User, contract: Contract | None = None) -> list[Task]:
    """Return the open tasks that the person may do today, at most SHOWN_AT_MOST, the most urgent first.

    Of one contract, or of all.
    """
    only = Q(process__circuit__contract=contract) if contract else None
    return task_listing(user, only=only).page(size=SHOWN_AT_MOST).rows


def ways_to_act(mandates: list[Mandate]) -> Iterator[Q]:
    """Yield each way by which tasks come to somebody who holds these mandates.

    This is :func:`rules.mandate_to_act` asked of all tasks at once; the act asks it again,
    of one. A signature belongs to one office; any other task to whoever holds the power in
    the organisation that owes it. Each way is one walk along an index: one organisation,
    one power.
    """
    owing = ContentType.objects.get_for_model(Organisation)
    seen = set()
    for mandate in mandates:
        office = mandate.office
        owed = Q(owner_permission_content_type=owing, owner_permission_obj_pk=str(office.organisation_id))
        yield owed & _signatures_of(office.pk)
        for power in sorted(office.powers - {Power.VIEW, Power.SIGN}):
            if (office.organisation_id, power) not in seen:
                seen.add((office.organisation_id, power))
                yield owed & Q(owner_permission=f"stakeholders.{power.value}")


def _signatures_of(office_id: int) -> Q:
    return Q(
        owner_permission=f"stakeholders.{Power.SIGN.value}",
        seed_content_type=ContentType.objects.get_for_model(Signatory),
        seed_object_id__in=Signatory.objects.filter(office=office_id).values("pk"),
    )
