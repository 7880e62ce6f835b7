"""Whom an event concerns, by their standing on that day; never a list of addresses.

A guest, whose mandate is for one contract, is told by the mails of :mod:`workflow.guests`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache

from django.db.models import Q, QuerySet
from django.utils import timezone

from contracts.models import PILOTING, ContractAccess, Signatory
from stakeholders.authority import Basis
from stakeholders.incompatibilities import NEGOTIATING, keeping_apart, never_entrusted
from stakeholders.kinds import Power
from stakeholders.models import Absence, Mandate, Role, SigningAuthority, User
from stakeholders.prepared import A_DAY, MARKER, Prepared
from workflow.engine.by_key import task_numbered
from workflow.engine.tasks import Task, is_open, organisation_of, place_of, power_of
from workflow.notices.models import Notice
from workflow.record.models import Event
from workflow.standing.models import Transfer
from workflow.standing.standings import NO_TRANSFER, Standings

ASKING = ("task", "transferred")  # the kinds of news by which something is asked
SUBSTITUTE, HEAD, PILOTS = "substitute", "head", "pilots"  # to whom a late task is brought
REPLACED_SINCE = dt.timedelta(days=366)  # an absence that ended before says nothing of who replaces whom now


def _holders(*conditions: Q, power: Power) -> set[User]:
    """Return who holds a power by a mandate of these, with an open account and how they want to be mailed."""
    return _with_power(_held(timezone.localdate(), *conditions), power)


def _held(day: dt.date, *conditions: Q) -> QuerySet[Mandate]:
    held = Mandate.objects.in_force(day).filter(*conditions, limited_type=None, person__is_active=True)
    return held.select_related("office__organisation", "person__mail_choice")


def _with_power(held: Iterable[Mandate], power: Power) -> set[User]:
    return {mandate.person for mandate in held if power in mandate.office.powers}


def pilots(event: Event) -> set[User]:
    """Return who drafts for a pilot of the contract."""
    return _pilots(event.contract_id)


def _pilots(contract: int | None) -> set[User]:
    parts = Q(
        office__organisation__participations__contract=contract,
        office__organisation__participations__part__in=PILOTING,
    )
    return _holders(parts, power=Power.DRAFT)


def readers(event: Event) -> set[User]:
    """Return everybody who may read the contract today."""
    groups = ContractAccess.objects.filter(contract=event.contract).values("group")
    return _holders(Q(office__organisation__group__in=groups), power=Power.VIEW)


def asked(event: Event) -> set[User]:
    """Return the pilots, and whom anything was asked about the last version: what they were asked is void."""
    told = Notice.objects.filter(contract=event.contract, event__pk__lt=event.pk, kind__in=ASKING)
    frozen = Event.objects.filter(contract=event.contract, kind="version_frozen", pk__lt=event.pk)
    told = told.filter(event__pk__gt=frozen.order_by("-pk").values("pk")[:1])
    people = set(told.values_list("person", flat=True))
    return {person for person in readers(event) if person.pk in people} | pilots(event)


def task_of(event: Event) -> Task | None:
    """Return the task that an event speaks of, with its contract."""
    number = event.payload.get("task")
    return task_numbered(number) if number else None


def who_may_do(event: Event) -> set[User]:
    """Return who may do the task today: by their own office, or in somebody's place."""
    task = task_of(event)
    if task is None or not is_open(task):
        return set()
    return doers(task)


def doers(task: Task) -> set[User]:
    """Return who may do this task today, substitutes of the absent and delegates included."""
    place = place_of(task)
    return _signers(place) if place is not None else _doers(task)


def _doers(task: Task) -> set[User]:
    power, organisation = power_of(task), organisation_of(task)
    if power is None or organisation is None:
        return set()
    today = timezone.localdate()
    found = _with_power(_HELD_THERE.rows(organisation, today), power)
    for absence in _away(power).rows(organisation, today):
        entrusted = power in absence.mandate.office.powers and absence.mandate.runs_on(today)
        entrusted = entrusted and power not in never_entrusted(absence.substitute, keeps_apart=False)
        if entrusted and absence.substitute.runs_on(today):
            found.add(absence.substitute.person)
    return found


_MARKERS = (MARKER, A_DAY)
# asked each time that a task opens, as is the next
_HELD_THERE: Prepared[Mandate] = Prepared(
    lambda organisation, day: _held(day, Q(office__organisation=organisation)), *_MARKERS
)


@cache
def _away(power: Power) -> Prepared[Absence]:
    """The absences of an organisation on a day during which a colleague of the holder has the power."""

    def asked(organisation: int, day: dt.date) -> QuerySet[Absence]:
        away = Absence.objects.in_force(day).filter(
            mandate__office__organisation=organisation,
            substitute__office__organisation=organisation,
            substitute__limited_type=None,
            substitute__person__is_active=True,
            powers__contains=[power.value],
        )
        if power in NEGOTIATING:
            away = away.exclude(substitute__person__in=keeping_apart(day, day).values("person"))
        return away.select_related(
            "mandate__office__organisation", "substitute__person__mail_choice", "substitute__office"
        )

    return Prepared(asked, *_MARKERS)


def _signers(place: Signatory) -> set[User]:
    """Return whom the register lets fill a place of signature: its holder, delegates, an interim."""
    named = SigningAuthority.objects.filter(office=place.office, withdrawn_at=None)
    candidates = Q(office=place.office) | Q(person__in=named.values("delegate__person"))
    return {
        person
        for person in _holders(candidates, power=Power.VIEW)
        if isinstance(Standings(person).basis(place), Basis)
    }


def at_places(event: Event) -> set[User]:
    """Return who may sign at the places that the event names (``places``)."""
    rows = Signatory.objects.filter(contract=event.contract, pk__in=event.payload.get("places", []))
    return {person for place in rows.select_related("contract", "office") for person in _signers(place)}


def pilots_and_at_places(event: Event) -> set[User]:
    """Return the pilots, and who may sign at the places that the event names."""
    return pilots(event) | at_places(event)


def receiver(event: Event) -> set[User]:
    """Return to whom a task was just passed on."""
    passed = Transfer.objects.filter(task=event.payload["task"], ended_at=None)
    rows = passed.select_related("receiver__person__mail_choice")
    return {row.receiver.person for row in rows if power_of(row.task) not in NO_TRANSFER}


def who_can_reach(event: Event) -> set[User]:
    """Return who can do something for somebody who is not reached: the pilots, who administers their body."""
    person = event.payload.get("person_id")
    theirs = Mandate.objects.in_force().filter(person=person, limited_type=None)
    body = Q(office__organisation__in=theirs.values("office__organisation"))
    if person is None:  # a contact, whom an organisation named
        body = Q(office__organisation=event.payload["organisation_id"])
    found = pilots(event) | _holders(body, Q(office__administers=True), power=Power.VIEW)
    return {each for each in found if each.pk != person}


def newly(event: Event) -> set[User]:
    """Return the person who may do a task since the calendar turned, unless they were told of it."""
    told = Notice.objects.filter(task=event.payload.get("task")).values_list("person", flat=True)
    return {person for person in named(event) if person.pk not in set(told)}


def named(event: Event) -> set[User]:
    """Return the one person whom the event names as concerned (``person_id``)."""
    people = User.objects.filter(pk=event.payload.get("person_id"), is_active=True)
    return set(people.select_related("mail_choice"))


def above(task: Task, level: str) -> set[User]:
    """Return whom a late task is brought to: a substitute, the head of the organisation, or the pilots.

    Not whoever may do it: they were reminded.
    """
    if level == PILOTS:
        return _pilots(task.process.circuit.contract_id) - doers(task)
    replacing = _replacing(task) - doers(task)
    if level == SUBSTITUTE:
        return replacing
    heads = Q(office__organisation=organisation_of(task), office__role=Role.HEAD)
    return _holders(heads, power=Power.VIEW) - doers(task) - replacing  # a head who replaces was just told


def _replacing(task: Task) -> set[User]:
    """Return the colleagues who replace those who owe the task, when they say that they are away.

    By the absences that they declared for this power, the last of each: over for a year at most, or to come.
    Whoever replaces them today may do it, and is told with them. Nobody for a signature: who may sign in
    somebody's place is in the register, and is asked as they are.
    """
    power, organisation = power_of(task), organisation_of(task)
    if power is None or place_of(task) is not None:
        return set()
    today = timezone.localdate()
    away = Absence.objects.filter(
        mandate__in=_held(today, Q(office__organisation=organisation)),
        substitute__in=_held(today, Q(office__organisation=organisation)),
        powers__contains=[power.value],
        withdrawn_at=None,
        ends_on__gte=today - REPLACED_SINCE,
    ).select_related("mandate__office__organisation", "substitute__person__mail_choice")
    last = {absence.mandate_id: absence for absence in away.order_by("declared_at", "pk")}
    return {row.substitute.person for row in last.values() if power in row.mandate.office.powers}


def escalated(event: Event) -> set[User]:
    """Return whom the event brings a late task to (``level``)."""
    task = task_of(event)
    return above(task, event.payload["level"]) if task is not None and is_open(task) else set()


def of_the_term(event: Event) -> set[User]:
    """Return whom the term of a task concerns, done or not: who may have done it, and the pilots."""
    task = task_of(event)
    return pilots(event) | (doers(task) if task is not None else set())
