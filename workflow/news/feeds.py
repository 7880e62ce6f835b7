"""The private addresses by which a calendar follows what one has to do: made, renewed, withdrawn, read."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare

from contracts.models import Contract
from stakeholders.models import Organisation, User
from workflow.engine.tasks import Task, is_of_people, is_open, open_tasks, organisation_of
from workflow.news import calendars
from workflow.notices.mail import LANGUAGE
from workflow.notices.models import CalendarFeed
from workflow.standing.parties import mandate_to_pilot
from workflow.standing.standings import Standings
from workflow.tasks.access import contract_for
from workflow.tasks.lists import tasks_of


def renew(person: User, contract: Contract | None = None) -> str:
    """Make the address of a calendar and return it, in clear for the only time; one before it is void."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)  # two tabs, one after the other
        CalendarFeed.objects.filter(person=person, contract=contract).delete()
        feed = CalendarFeed.objects.create(person=person, contract=contract, key_hash=_hash(secret))
    return settings.PUBLIC_URL + reverse("calendar_feed", args=[f"{feed.pk}-{secret}"])


def withdraw(person: User, number: int) -> bool:
    """Have an address of one's own give nothing any more; whether there was one."""
    return bool(CalendarFeed.objects.filter(person=person, pk=number).delete()[0])


def feed_named(key: str) -> CalendarFeed | None:
    """Return what a key opens; nothing for a wrong one, nor once the account is closed."""
    number, _dash, secret = key.partition("-")
    known = number.isdecimal() and number.isascii() and len(number) <= 18
    rows = CalendarFeed.objects.select_related("person", "contract")
    feed = rows.filter(pk=int(number), person__is_active=True).first() if known else None
    right = constant_time_compare(_hash(secret), feed.key_hash if feed else _hash(""))
    return feed if right else None


def content_of(feed: CalendarFeed) -> str:
    """Return the calendar: what its owner has to do today, and nothing that they may not see.

    Of one contract, its pilots are shown what is awaited from everybody. Raises Http404 for one that its
    owner may not open any more.
    """
    person = feed.person
    with translation.override(LANGUAGE):
        contract = contract_for(person, feed.contract_id) if feed.contract_id else None
        tasks = tasks_of(person, contract, standings=Standings(person))
        others = _of_others(person, contract, tasks) if contract else {}
        found = [(task, contract or task.process.circuit.contract) for task in [*tasks, *others]]
        names = {task.pk: who for task, who in others.items()}
        return calendars.file(found, calendars.title_of(contract), others=names)


def _of_others(person: User, contract: Contract, own: list[Task]) -> dict[Task, str]:
    """Return what a pilot of the contract awaits from others, by who owes it."""
    if mandate_to_pilot(person, contract) is None:
        return {}
    awaited = [task for task in open_tasks(contract) if is_of_people(task) and is_open(task)]
    theirs = [task for task in awaited if task not in own]
    bodies = Organisation.objects.in_bulk([number for task in theirs if (number := organisation_of(task))])
    return {task: bodies[number].short_name for task in theirs if (number := organisation_of(task)) in bodies}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
