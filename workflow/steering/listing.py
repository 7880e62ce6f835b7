"""The contracts that somebody steers: those their body pilots, and what a row says of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from contracts.models import PILOTING, Contract, ContractAccess, Participation
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation
from workflow.engine.tasks import CONTRACT, OF_PEOPLE, OPEN, due_on, organisation_of, tasks
from workflow.steering.filters import Chosen
from workflow.steering.worked import worked_days
from workflow.tasks.keyset import Listing
from workflow.tasks.lists import NEWEST_FIRST

TAKING = frozenset({Power.DRAFT, Power.SIGN})
BODIES_AT_MOST = 300  # offered by the filter; beyond, words are sought


def steering(mandates: Iterable[Mandate]) -> list[Mandate]:
    """Return the mandates by which somebody steers: they draft, sign or administer for a pilot."""
    return [
        mandate
        for mandate in mandates
        if mandate.covers(None)
        and Power.VIEW in mandate.office.powers
        and (mandate.office.administers or TAKING & set(mandate.office.powers))
        and Power.APPROVE in mandate.office.organisation.powers
    ]


def listing(mandates: Iterable[Mandate], chosen: Chosen, *, any_state: bool = False) -> Listing[Contract]:
    """Return the contracts that the bodies of these mandates pilot and may see today, the newest first."""
    bodies = {m.office.organisation_id: m.office.organisation.group_id for m in mandates}

    def branches() -> list[QuerySet[ContractAccess]]:
        found = [
            chosen.keep(ContractAccess.objects.filter(_piloted(body), group=group), any_state=any_state)
            for body, group in sorted(bodies.items())
        ]
        return found or [ContractAccess.objects.none()]

    return Listing(lambda: Contract.objects.defer("preamble", "words"), branches, NEWEST_FIRST)


def _piloted(body: int) -> Exists:
    return Exists(
        Participation.objects.filter(contract=OuterRef("contract"), organisation=body, part__in=PILOTING)
    )


def taking_part(mandates: Iterable[Mandate]) -> list[Organisation]:
    """Return the organisations that take part in what these mandates steer, by name."""
    bodies = {mandate.office.organisation_id for mandate in mandates}
    theirs = Participation.objects.filter(organisation__in=bodies, part__in=PILOTING).values("contract")
    found = Participation.objects.filter(contract__in=theirs).order_by().values("organisation").distinct()
    return list(Organisation.objects.filter(pk__in=found).only("name").order_by("name")[:BODIES_AT_MOST])


@dataclass(frozen=True)
class Awaited:
    """One act that is awaited: of whom, which, until when; ``late`` working days, 0 when it is on time."""

    who: str
    what: str
    due: dt.date | None
    late: int


@dataclass
class Row:
    """A contract, who is late in it (the latest first), and the next term of what is not."""

    contract: Contract
    late: list[Awaited] = field(default_factory=list)
    coming: list[Awaited] = field(default_factory=list)

    @property
    def next(self) -> Awaited | None:
        """What is due next; nothing where nothing has a term."""
        return min(
            (one for one in self.coming if one.due), key=lambda one: one.due or dt.date.max, default=None
        )


def rows(contracts: list[Contract]) -> list[Row]:
    """Return what a row says of each contract: two queries, however many there are."""
    found = {contract.pk: Row(contract) for contract in contracts}
    waiting = tasks(OPEN, OF_PEOPLE).filter(**{f"{CONTRACT}__in": list(found)})
    awaited = list(waiting.select_related("process__circuit").order_by("pk")) if found else []
    bodies = {body for task in awaited if (body := organisation_of(task)) is not None}
    names = dict(Organisation.objects.filter(pk__in=bodies).values_list("pk", "short_name")) if bodies else {}
    today = timezone.localdate()
    for task in awaited:
        row, due = found[task.process.circuit.contract_id], due_on(task)
        late = worked_days(row.contract.calendar, due, today) if due and due < today else 0
        who = names.get(organisation_of(task) or 0, "")
        one = Awaited(who, str(getattr(task.flow_task, "awaited", "")), due, late)
        # late since a day on which nobody works: not one working day, and late all the same
        (row.late if due and due < today else row.coming).append(one)
    for row in found.values():
        row.late.sort(key=lambda one: (one.due or today, one.who))
    return list(found.values())
