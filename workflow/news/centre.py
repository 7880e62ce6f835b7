"""What one person is told: what still concerns them, what of it they have not read, how it is said.

A notice whose task is done, taken back or replaced says nothing any more, and neither does one of a
contract that the person may no longer open: nothing has to be put away by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract, ContractAccess
from stakeholders.kinds import Power
from stakeholders.models import User
from stakeholders.wording import day
from workflow.engine.tasks import OF_PEOPLE, OPEN, Task, due_on, silence_counts, tasks
from workflow.news.kinds import KINDS
from workflow.notices.models import Notice
from workflow.record.verbs import sentence_of
from workflow.standing.standings import Standings
from workflow.tasks.keyset import Listing, Order, counts
from workflow.tasks.lists import own_ways, ways_in_place

WATCHED = [kind.code for kind in KINDS.values() if kind.watched]
NEWEST_FIRST = Order(keys=("pk",), shown=("pk",), target="pk", descending=True)


def living(person: User, mine: Standings) -> QuerySet[Notice]:
    """Return the notices that still concern the person: of what they may open, and still have to do."""
    held = [m for m in mine.mandates if Power.VIEW in m.office.powers and m.covers(None)]
    groups = {mandate.office.organisation.group_id for mandate in held}
    seen = ContractAccess.objects.filter(group__in=groups).values("contract")
    mine_to_do = Q(pk__in=[])
    for way in [*own_ways(mine), *ways_in_place(mine)]:
        mine_to_do |= way
    owed = Exists(tasks(OF_PEOPLE, OPEN, mine_to_do).filter(pk=OuterRef("task")))
    found = Notice.objects.filter(person=person, contract__in=seen)
    watched = Q(kind__in=WATCHED) & Exists(tasks(OPEN).filter(pk=OuterRef("task")))
    return found.filter(Q(task=None) | owed | watched)


def listing(
    person: User, mine: Standings, *, unread: bool, contract: int | None = None, kind: str = ""
) -> Listing[Notice]:
    """Return the news of a person, the newest first; those of one contract, or of one kind."""

    def branches() -> list[QuerySet[Notice]]:
        found = living(person, mine)
        if unread:
            found = found.filter(read_at=None)
        if contract is not None:
            found = found.filter(contract=contract)
        return [found.filter(kind=kind) if kind else found]

    key = ("news", person.pk, unread, contract, kind, mine.ways)
    return Listing(_shown, branches, NEWEST_FIRST, key)


def _shown() -> QuerySet[Notice]:
    return Notice.objects.select_related("event", "contract", "task")


def unread(people: Mapping[int, Standings]) -> dict[int, int]:
    """Return how many news each of these people has not read, by person, in one query."""
    listings = [listing(mine.person, mine, unread=True) for mine in people.values()]
    return dict(zip(people, counts(listings), strict=True)) if listings else {}


def contracts_told(person: User, mine: Standings) -> list[Contract]:
    """Return the contracts of which the person has news, the newest first; a choice to filter by."""
    found = living(person, mine).values("contract")
    return list(Contract.objects.filter(pk__in=found).only("reference", "title").order_by("-pk")[:200])


def read(person: User, *numbers: int) -> int:
    """Take note that the person has read these of their notices; all of them where none is named."""
    found = Notice.objects.filter(person=person, read_at=None)
    if numbers:
        found = found.filter(pk__in=numbers)
    return found.update(read_at=timezone.now())


@dataclass(frozen=True)
class Said:
    """A notice in words: what, why in the words of whoever acted, by when, and where it leads.

    ``otherwise`` says what happens if nobody acts by then.
    """

    notice: Notice
    sentence: str
    reason: str
    due: str
    address: str
    otherwise: str = ""

    @property
    def is_unread(self) -> bool:
        """Whether it was not read yet."""
        return self.notice.read_at is None


def say(notice: Notice) -> Said:
    """Put a notice in words, in the active language."""
    event, task = notice.event, notice.task
    reason = str(event.payload.get("reason") or event.payload.get("word") or "")
    if task is None or not KINDS[notice.kind].of_task:
        sentence = sentence_of(event.kind, event.payload)
        return Said(notice, sentence, reason, "", reverse("contract", args=[notice.contract_id]))
    due = day(due_on(task))
    words = {"step": task.flow_task.task_title, "due": due, "giver": event.payload.get("giver", "")}
    if KINDS[notice.kind].says_event:
        sentence = sentence_of(event.kind, event.payload)
    elif notice.kind == "transferred":
        sentence = _("%(giver)s vous confie : %(step)s.") % words
    else:
        sentence = _("À faire : %(step)s.") % words
    address = reverse("task", args=[notice.contract_id, task.pk])
    return Said(notice, sentence, reason, due, address, silence(task))


def silence(task: Task) -> str:
    """Say what no answer by the last day will count as, where the rule is so; nothing elsewhere."""
    if not silence_counts(task):
        return ""
    return _("Sans réponse à cette échéance, votre organisation sera comptée « sans avis ».")


def by_contract(notices: list[Notice]) -> list[tuple[Contract, list[Said]]]:
    """Return news in words by contract, each contract where its newest news stands."""
    found: dict[int, tuple[Contract, list[Said]]] = {}
    for notice in notices:
        contract = notice.contract
        if contract is not None:
            found.setdefault(contract.pk, (contract, []))[1].append(say(notice))
    return list(found.values())
