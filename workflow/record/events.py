"""Events: what people watching should see, told in the transaction that makes it true.

An event is a row; the database itself has ``NOTIFY`` carry its identifier to the relay of each server
process at commit (a trigger). Rows are written under the journal's order lock, so identifiers grow in the
order of commits and a client that asks for "what came after the last one" misses none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Max, Q
from django.utils import timezone

from contracts.models import Contract
from stakeholders.models import User
from stakeholders.reading import asked_once, told
from workflow.record import once
from workflow.record.journal import take_order_lock
from workflow.record.models import Event, JournalEntry
from workflow.record.signals import event_written
from workflow.record.verbs import checked

CHANNEL = "contreseing_event"


def publish(
    kind: str,
    contract: Contract | None,
    *,
    actor: User | None = None,
    recipient: User | None = None,
    **payload: Any,
) -> Event:
    """Tell that something happened; ``payload`` holds the words of the sentence to show.

    Raises VerbRefused for a verb of no row, or without the words of its sentence.
    """
    checked(kind, payload)
    take_order_lock()
    return _written(kind, contract, actor, recipient, payload)


def publish_with(entry: JournalEntry, contract: Contract, *, actor: User, **payload: Any) -> Event:
    """Tell what an entry has just journaled, in its transaction, which holds the order lock."""
    checked(entry.verb, payload)
    return _written(entry.verb, contract, actor, None, payload)


def _written(
    kind: str, contract: Contract | None, actor: User | None, recipient: User | None, payload: dict[str, Any]
) -> Event:
    event = Event.objects.create(
        kind=kind, contract=contract, actor=actor, recipient=recipient, payload=payload, at=timezone.now()
    )
    once.spend()
    event_written.send(Event, event=event)
    return event


def last_identifier() -> int:
    """Return the identifier of the newest event, 0 when there is none."""
    with connection.cursor() as cursor:  # on every page: Django takes longer to write it than to ask it
        cursor.execute(f"SELECT max(id) FROM {Event._meta.db_table}")  # noqa: S608 (our own table)
        [last] = cursor.fetchone() or (0,)
    return int(last or 0)


@asked_once
def last_about(contract: Contract, person: User) -> tuple[int, int]:
    """Return the identifiers of the newest event of this contract, and of that or one told to the person.

    0 where there is none.
    """
    events = Event._meta.db_table
    with connection.cursor() as cursor:  # as in last_identifier
        cursor.execute(
            f"SELECT MAX({events}.id) FILTER (WHERE {events}.contract_id = %s) AS contract, "  # noqa: S608 (ours)
            f"MAX({events}.id) AS either FROM {events} "
            f"WHERE ({events}.contract_id = %s OR {events}.recipient_id = %s)",
            [contract.pk, contract.pk, person.pk],
        )
        of_contract, either = cursor.fetchone() or (0, 0)
    return of_contract or 0, either or 0


def last_about_for(contract: Contract, people: Iterable[User]) -> None:
    """Ask once, for all of these people, what ``last_about`` asks for each; kept for the reading."""
    of_contract, asking = Q(contract=contract), list(people)
    rows = Event.objects.filter(of_contract | Q(recipient__in=asking)).order_by().values_list("recipient")
    newest = {
        recipient: (here or 0, last)
        for recipient, here, last in rows.annotate(here=Max("pk", filter=of_contract), last=Max("pk"))
    }
    shared = max((here for here, _last in newest.values()), default=0)
    for person in asking:
        _here, own = newest.get(person.pk, (0, 0))
        told(last_about, (shared, max(shared, own)), contract, person)
