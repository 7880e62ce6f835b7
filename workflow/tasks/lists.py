"""What a person's lists hold: contracts they may see, tasks they may do, by pages.

Lists read the narrow table and the inbox's index (:mod:`workflow.tasks.keyset`); a decision about
one object is never taken here but in :mod:`workflow.tasks.access` and :mod:`workflow.standing.standings`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Q, QuerySet, prefetch_related_objects

from contracts.models import Contract, ContractAccess, Signatory
from contracts.words import searched
from stakeholders.kinds import Power
from stakeholders.models import Mandate, User
from stakeholders.permissions import Person, mandates_in_force
from workflow.engine.tasks import (
    CONTRACT,
    DUE,
    OF_A_ROW,
    OF_PEOPLE,
    OPEN,
    Task,
    due_on,
    fills_a_place,
    is_of_people,
    is_open,
    of_contract,
    open_tasks,
    owed_by,
    seeded_by,
    seeds,
    tasks,
)
from workflow.standing.parties import know_what_opened
from workflow.standing.standings import Standings
from workflow.tasks.keyset import Listing, Order, counts

SHOWN_AT_MOST = 200
NEWEST_FIRST = Order(keys=("contract",), shown=("pk",), target="contract", descending=True)
MOST_URGENT_FIRST = Order(keys=("due", "pk"), shown=("due", "pk"), target="pk")


def contract_listing(
    person: Person,
    *,
    ended: bool | None = None,
    sought: str = "",
    status: str = "",
    awaiting: Listing[Task] | None = None,
    late_on: dt.date | None = None,
    mandates: list[Mandate] | None = None,
) -> Listing[Contract]:
    """Return the list of the contracts that the person may see today, the newest first.

    ``ended`` keeps those that are over, or those that are not; ``sought``, those of which
    words begin with each word sought; ``status``, those that stand there; ``awaiting``, those of which a
    task is in that list; ``late_on``, those of which somebody is late that day. The narrow table answers
    (:class:`contracts.models.ContractAccess`); guardian's rows decide about one contract.
    """
    held = list(mandates_in_force(person)) if mandates is None else mandates
    held = [mandate for mandate in held if Power.VIEW in mandate.office.powers]
    groups = sorted({m.office.organisation.group_id for m in held if m.covers(None)})
    # a guest's mandate is for one contract
    contract_type = ContentType.objects.get_for_model(Contract).pk
    alone = [
        (m.office.organisation.group_id, m.limited_id) for m in held if m.limited_type_id == contract_type
    ]

    def branches() -> list[QuerySet[ContractAccess]]:
        found = ContractAccess.objects.all() if ended is None else ContractAccess.objects.filter(ended=ended)
        if sought:
            found = searched(found, sought)
        if status:
            found = found.filter(contract__status=status)
        if awaiting is not None:
            found = found.filter(contract__in=awaiting.values(CONTRACT))
        if late_on is not None:
            late = tasks(OF_PEOPLE, OPEN).alias(due=DUE).filter(late_by(late_on))
            found = found.filter(contract__in=late.order_by().values(CONTRACT))
        ways = [found.filter(group=group) for group in groups]
        ways += [found.filter(group=group, contract=limited) for group, limited in alone]
        return ways or [found.none()]

    sifted = sought or status or awaiting is not None or late_on is not None
    key = None if sifted else ("contracts", ended, tuple(groups), tuple(alone))
    return Listing(_shown_contracts, branches, NEWEST_FIRST, key)


def _shown_contracts() -> QuerySet[Contract]:
    return Contract.objects.only("reference", "title", "territory", "status")


def late_by(day: dt.date) -> Q:
    """Keep the tasks that were due before a day, of those whose ``due`` is known."""
    return Q(due__lt=day.isoformat())


def task_listing(
    user: User,
    *,
    only: Q | None = None,
    delegated: bool | None = None,
    signing: bool | None = None,
    standings: Standings | None = None,
) -> Listing[Task]:
    """Return the list of the open tasks that the person may do today, the most urgent first.

    ``only`` keeps some; it may speak of ``due``, the day as ISO 8601 writes it.
    ``delegated`` keeps what they may do in somebody else's place, or what is their own; ``signing``, of their
    own, the signatures, or all else.
    """
    mine = standings or Standings(user)

    def branches() -> list[QuerySet[Task]]:
        asked = tasks(OF_PEOPLE, OPEN).alias(due=DUE).filter(only or Q())
        ways = [*(own_ways(mine, signing=signing) if delegated is not True else ())]
        ways += [*(ways_in_place(mine) if delegated is not False else ())]
        return [asked.filter(way) for way in ways] or [asked.none()]

    return Listing(_shown_tasks, branches, MOST_URGENT_FIRST, ("tasks", only, delegated, signing, mine.ways))


def _shown_tasks() -> QuerySet[Task]:
    shown: QuerySet[Task] = tasks().annotate(due=DUE).select_related(CONTRACT, "owner")
    return shown.only(*OF_A_ROW)


def tasks_of(
    user: User, contract: Contract | None = None, *, standings: Standings | None = None
) -> list[Task]:
    """Return the open tasks that the person may do today, at most SHOWN_AT_MOST, the most urgent first.

    Of one contract, or of all; each has its ``standing``, as what the person may do it.
    """
    mine = standings or Standings(user)
    if contract is None:
        return with_standing(task_listing(user, standings=mine).page(size=SHOWN_AT_MOST).rows, mine)
    waiting = [task for task in open_tasks(contract) if is_of_people(task) and is_open(task)]
    know_what_opened([task for task in waiting if fills_a_place(task)], contract)
    waiting.sort(key=lambda task: (due_on(task) or dt.date.max, task.pk))
    return with_standing(waiting, mine)[:SHOWN_AT_MOST]


def waiting(people: Mapping[int, Standings]) -> dict[int, int]:
    """Return how many tasks wait for each of these people, by person, in one query."""
    listings = [task_listing(mine.person, standings=mine) for mine in people.values()]
    return dict(zip(people, counts(listings), strict=True)) if listings else {}


def with_standing(tasks: list[Task], mine: Standings) -> list[Task]:
    """Give each task its ``standing``; what the person may not do after all is left out."""
    found = []
    prefetch_related_objects([t for t in tasks if fills_a_place(t)], GenericPrefetch("seed", seeds()))
    for task in tasks:
        if (standing := mine.for_task(task)) is not None:
            task.standing = standing
            found.append(task)
    return found


def own_ways(mine: Standings, *, signing: bool | None = None) -> Iterator[Q]:
    """Yield each way by which tasks come to somebody by their own mandates; ``signing`` keeps some.

    A signature belongs to one office; any other task to whoever holds the power in the
    organisation that owes it. Each way is one branch, read along an index: one organisation, one power.
    """
    seen = set()
    for mandate in mine.mandates:
        office, within = mandate.office, _within(mandate)
        if signing is not False:
            yield owed_by(office.organisation_id, Power.SIGN) & _signatures_of(office.pk) & within
        for power in sorted(office.powers - {Power.VIEW, Power.SIGN}) if signing is not True else ():
            way = (office.organisation_id, power, mandate.limited_id)
            if way not in seen:
                seen.add(way)
                yield owed_by(office.organisation_id, power) & within


def ways_in_place(mine: Standings) -> Iterator[Q]:
    """Yield each way by which tasks come to somebody in another's place: act, absence, task passed on."""
    own = {(m.office.organisation_id, power) for m in mine.mandates for power in m.office.powers}
    for authority in mine.authorities_in_force():
        scope = Q()
        if authority.contract_kinds:
            scope &= Q(contract__kind__in=authority.contract_kinds)
        if authority.communes:
            scope &= Q(contract__communes__contained_by=authority.communes)
        organisation = authority.office.organisation_id
        yield owed_by(organisation, Power.SIGN) & _signatures_of(authority.office_id, scope)
    for absence in mine.absences_in_force():
        organisation = absence.mandate.office.organisation_id
        for power in sorted(set(absence.powers) & set(absence.mandate.office.powers)):
            if (organisation, power) not in own:
                yield owed_by(organisation, Power(power)) & _within(absence.mandate)
    if passed := mine.passed_on:
        powers = Q()
        for organisation, power in own:
            powers |= owed_by(organisation, power)
        yield Q(pk__in=passed) & ~powers if powers else Q(pk__in=passed)


def _within(mandate: Mandate) -> Q:
    """Keep a limited mandate to the contract that it is for."""
    return Q() if mandate.covers(None) else of_contract(mandate.limited_id)


def _signatures_of(office_id: int, scope: Q | None = None) -> Q:
    return seeded_by(Signatory.objects.filter(scope or Q(), office=office_id))
