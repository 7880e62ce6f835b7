"""Fetch and authorise together: what a person may not see does not exist for them (404).

Every view starts here. Decisions about one object read guardian's rows through the
mandates in force (:mod:`stakeholders.permissions`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from viewflow.workflow.models import Task

from contracts.models import Contract, ContractVersion, Signatory, Status
from stakeholders.authority import NoBasis
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, Role, User
from stakeholders.permissions import administration_of, mandate_for, mandates_in_force, visible
from workflow import rules
from workflow.actions.doing import drafters_mandate
from workflow.errors import NotAllowed
from workflow.models import InternalNote
from workflow.nodes import OPEN_STATUSES
from workflow.standing import Standing, Standings, power_of, standing_to_act, why_not

Person = User | AnonymousUser
HANDOVER_SHOWN = dt.timedelta(days=60)


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
    """A task as one person meets it: the contract, the task, and as what they may act."""

    contract: Contract
    task: Task
    standing: Standing

    @property
    def mandate(self) -> Mandate:
        """The mandate by which the person may act."""
        return self.standing.mandate

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
    a mandate for it: one landlord never opens another's task. Raises PermissionDenied, with
    the rule that says no, for somebody whom the register names but who may not sign today.
    """
    contract = contract_for(user, contract_id)
    task = (
        Task.objects.select_related("owner", "process")
        .filter(pk=task_id, process__circuit__contract=contract, flow_task_type="HUMAN")
        .first()
    )
    standing = standing_to_act(user, task) if task else None
    if task is None or standing is None:
        if task is not None and isinstance(task.seed, Signatory) and task.status in OPEN_STATUSES:
            mine = Standings(user)
            if mine.is_named_for(task.seed):
                raise PermissionDenied(why_not(user, task))
        raise Http404
    return OpenTask(contract, task, standing)


def notes_of(met: OpenTask) -> QuerySet[InternalNote]:
    """Return the internal notes of the organisation that owes a task which its reader may do."""
    return InternalNote.objects.filter(contract=met.contract, organisation=met.task.owner_permission_obj)


def job_for(contract: Contract, task_id: int) -> Task:
    """Return a task of the system in this contract; Http404 when there is none such."""
    task = Task.objects.filter(pk=task_id, process__circuit__contract=contract, flow_task_type="JOB").first()
    if task is None:
        raise Http404
    return task


def draft_for(user: User, contract_id: int) -> tuple[Contract, bool]:
    """Return the contract for its draft editor, and whether its text may change now.

    Only the pilots open the editor, and the independent organisations that edit what they
    lead themselves (Http404 for anybody else).
    """
    contract = contract_for(user, contract_id)
    if pen_for(user, contract) is None:
        raise Http404
    return contract, contract.status == Status.DRAFTING


def pilot_for(user: User, contract_id: int) -> Contract:
    """Return the contract for what its pilots alone may do (Http404 for anybody else)."""
    contract = contract_for(user, contract_id)
    if not is_pilot(user, contract):
        raise Http404
    return contract


def pen_for(user: User, contract: Contract) -> rules.Pen | None:
    """Return the pen by which the person may change the draft of this contract, or None."""
    if not hasattr(contract, "circuit"):
        return None
    try:
        mandate = drafters_mandate(user, contract)
    except NotAllowed:
        return None
    return rules.pen_of(mandate.office.organisation, contract)


def administers(user: User, organisation: Organisation) -> bool:
    """Whether the person administers the organisation today."""
    return administration_of(user, organisation) is not None


def is_pilot(user: Person, contract: Contract) -> bool:
    """Whether the person drafts this contract for one of its two sides."""
    if not hasattr(contract, "circuit"):
        return False
    return any(mandate_for(user, Power.DRAFT, organisation) for organisation in rules.pilots(contract))


def organisation_for(user: User, organisation_id: int) -> tuple[Organisation, bool]:
    """Return an organisation to somebody who serves there today, and if they administer it (else 404)."""
    mandates = [
        m for m in mandates_in_force(user) if m.office.organisation_id == organisation_id and m.covers(None)
    ]
    if not mandates:
        raise Http404
    return mandates[0].office.organisation, any(m.office.administers for m in mandates)


def administered_by(user: User, organisation_id: int) -> Organisation:
    """Return an organisation to somebody who administers it today (Http404 for anybody else)."""
    organisation, administers = organisation_for(user, organisation_id)
    if not administers:
        raise Http404
    return organisation


def appointing_in(user: User, organisation_id: int) -> Organisation:
    """Return an organisation to who may ask for an office of it: its administrator, the platform's."""
    if user.acts_for_platform:
        return get_object_or_404(Organisation, pk=organisation_id)
    return administered_by(user, organisation_id)


def absentees_for(user: User, organisation: Organisation) -> QuerySet[Mandate]:
    """Return the mandates whose absence the person may declare: their own, or all as administrator."""
    today = timezone.localdate()
    rows = (
        Mandate.objects.filter(office__organisation=organisation, withdrawn_at=None)
        .exclude(ends_on__lt=today)
        .select_related("person", "office__organisation")
        .order_by("person__last_name", "pk")
    )
    if administration_of(user, organisation) is None:
        rows = rows.filter(person=user)
    return rows


def handovers_for(mandates: list[Mandate]) -> list[Mandate]:
    """Return the mandates whose note is for who holds these, and took the office over in two months."""
    recent = timezone.localdate() - HANDOVER_SHOWN
    mine = {m.office_id: m.person_id for m in mandates if m.starts_on >= recent}
    before = Mandate.objects.filter(office__in=mine).exclude(handover="")
    notes = before.exclude(person__in=mine.values()).select_related("person", "office").order_by("-ends_on")
    return [
        note
        for note in notes
        if note.ends_on is not None and timezone.localdate() - note.ends_on < HANDOVER_SHOWN
    ]


def held_apart(mandates: list[Mandate], contract: Contract, waiting: list[Task]) -> list[str]:
    """Return why the holder of these mandates finds no button where colleagues do: one sentence a rule.

    The control of legality judges what the others negotiate (CGCT L2131-6); the council's clerk
    alone records its resolution.
    """
    mandates = [mandate for mandate in mandates if mandate.covers(contract)]
    found = []
    if any(mandate.office.role == Role.LEGALITY for mandate in mandates):
        found.append(
            _(
                "Le contrôle de légalité se tient à part de la négociation : vous lisez ce contrat sans le "
                "rédiger, l’approuver ni le signer."
            )
        )
    councils = {
        int(task.owner_permission_obj_pk)
        for task in waiting
        if power_of(task) == Power.RECORD_RESOLUTION and task.owner_permission_obj_pk
    }
    here = [mandate for mandate in mandates if mandate.office.organisation_id in councils]
    if here and not any(Power.RECORD_RESOLUTION in mandate.office.powers for mandate in here):
        found.append(_("Seul le service des assemblées enregistre la délibération du conseil."))
    return found


def barred_tasks(mine: Standings, contract: Contract) -> list[tuple[Task, str]]:
    """Return the signatures of a contract for which the register names the person in vain, each with why."""
    waiting = Task.objects.filter(
        process__circuit__contract=contract,
        owner_permission=f"stakeholders.{Power.SIGN.value}",
        status__in=OPEN_STATUSES,
    ).prefetch_related("seed__contract")
    found = []
    for task in waiting:
        basis = mine.basis(task.seed)
        if isinstance(basis, NoBasis) and mine.is_named_for(task.seed):
            found.append((task, basis.message))
    return found
