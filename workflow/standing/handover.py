"""What follows when somebody may act no longer, or may from now on: nothing stays with who left.

An open task belongs to an organisation, and a signature to an office, so it never has to
be moved; what a person had taken or was passed on is given back, and those concerned are
told. Run by the worker after each change, and once a day for what the calendar changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from contracts.models import Signatory
from stakeholders.models import Absence, Mandate, SigningAuthority, User
from workflow.engine.tasks import CONTRACT, OF_PEOPLE, OPEN, Task, is_open, is_taken, owed_by, tasks
from workflow.record import events, journal
from workflow.standing import endings
from workflow.standing.models import DailyPass, Transfer
from workflow.standing.standings import Standings, why_not


@dataclass(frozen=True)
class Change:
    """Somebody's standing may have changed in an organisation.

    ``since`` is the day before which it is compared, when the calendar alone changed it;
    ``office`` the one for which they were named by an act that has just ended.
    """

    person: int
    organisation: int
    since: dt.date | None = None
    office: int | None = None

    def as_arguments(self) -> dict[str, Any]:
        """Return the change as a job's arguments."""
        since = self.since.isoformat() if self.since else None
        return {
            "person": self.person,
            "organisation": self.organisation,
            "since": since,
            "office": self.office,
        }


def follow(change: Change) -> None:
    """Take away what the person may no longer do, show what they may do now; each task in its transaction."""
    person = User.objects.get(pk=change.person)
    now = Standings(person)
    before = Standings(person, change.since) if change.since else None
    passed = set(
        Transfer.objects.filter(receiver__person=person, ended_at=None).values_list("task", flat=True)
    )
    for task in _open_tasks(change.organisation):
        standing, had = now.for_task(task), bool(before and before.for_task(task))
        if standing is not None:
            if before is not None and not had:
                _tell(task, "standing_gained", person, standing.quality)
            continue
        named = isinstance(task.seed, Signatory) and task.seed.office_id == change.office
        if had or named or task.owner_id == person.pk or task.pk in passed:
            _take_away(task, person)


def _open_tasks(organisation: int) -> Iterator[Task]:
    rows = tasks(OF_PEOPLE, OPEN, owed_by(organisation)).select_related(CONTRACT, "owner")
    yield from rows.prefetch_related("seed").order_by("pk")


def _take_away(found: Task, person: User) -> None:
    task = Task.objects.get(pk=found.pk)
    with task.activation() as activation:
        if not is_open(task):
            return
        if task.owner_id == person.pk and is_taken(task):
            activation.unassign()
        Transfer.objects.filter(task=task, receiver__person=person, ended_at=None).update(
            ended_at=timezone.now()
        )
        _tell(task, "standing_lost", person, why_not(person, task))


@transaction.atomic
def _tell(task: Task, verb: str, person: User, why: str) -> None:
    contract = task.process.circuit.contract
    facts = {
        "task": task.pk,
        "step": str(task.title),
        "person": str(person),
        "person_id": person.pk,
        "why": why,
    }
    journal.record(verb, contract=contract, actor=None, payload=facts)
    events.publish(verb, contract, **facts)


# --- what changes, and for whom ----------------------------------------------------------


def changes_of_mandate(mandate: Mandate, since: dt.date | None = None) -> set[Change]:
    """Return whom the beginning or the end of a mandate concerns: its person, and who acts in its place."""
    organisation = mandate.office.organisation_id
    named = SigningAuthority.objects.filter(office=mandate.office_id, withdrawn_at=None)
    office = None if since else mandate.office_id
    signing = set(named.values_list("delegate__person", flat=True))
    replacing = set(mandate.absences.values_list("substitute__person", flat=True))
    given = Transfer.objects.filter(giver=mandate, ended_at=None)
    entrusted = set(given.values_list("receiver__person", flat=True))
    return {Change(person, organisation, since) for person in {mandate.person_id, *replacing, *entrusted}} | {
        Change(person, organisation, since, office) for person in signing
    }


def changes_of_authority(authority: SigningAuthority, since: dt.date | None = None) -> set[Change]:
    """Return whom an act of the register concerns: the one it names."""
    office = authority.office_id if authority.withdrawn_at is not None else None
    organisation = authority.office.organisation_id
    return {Change(authority.delegate.person_id, organisation, since, office)}


def changes_of_absence(absence: Absence, since: dt.date | None = None) -> set[Change]:
    """Return whom an absence concerns: the substitute."""
    return {Change(absence.substitute.person_id, absence.substitute.office.organisation_id, since)}


def changes_between(last: dt.date, today: dt.date) -> set[Change]:
    """Return what the calendar changed after ``last`` and until ``today``: what began, what ended."""
    began = Q(starts_on__gt=last, starts_on__lte=today)
    ended = Q(ends_on__gte=last, ends_on__lt=today)
    live = Q(withdrawn_at=None)
    found: set[Change] = set()
    for mandate in Mandate.objects.filter(live, began | ended).select_related("office"):
        found |= changes_of_mandate(mandate, last)
    for authority in SigningAuthority.objects.filter(live, began | ended).select_related(
        "office", "delegate"
    ):
        found |= changes_of_authority(authority, last)
    for absence in Absence.objects.filter(live, began | ended).select_related("substitute__office"):
        found |= changes_of_absence(absence, last)
    return found


def open_day(today: dt.date) -> set[Change]:
    """Take note that the calendar has turned, and return what it changed; nothing when that day was opened.

    What ends in thirty days is mailed. Must run in a transaction: what is returned is queued in
    it. Two workers at once open a day once.
    """
    last = DailyPass.objects.order_by("-day").values_list("day", flat=True).first()
    if last is not None and last >= today:
        return set()
    try:
        with transaction.atomic():
            DailyPass.objects.create(day=today)
    except IntegrityError:
        return set()
    since = last or today - dt.timedelta(days=1)
    endings.warn(since, today)
    return changes_between(since, today)
