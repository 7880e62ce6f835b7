"""Means of proof before a signature: a second person gives a code by voice, their owner types it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from signatures import means
from signatures.errors import ConfirmationRefused
from signatures.models import ProofMeans
from stakeholders.models import Mandate, Organisation, User
from workflow.accounts import mails as accounts_mails
from workflow.record import journal
from workflow.record.refusals import Locked


def waiting_in(organisation: Organisation, reader: User) -> QuerySet[ProofMeans]:
    """Return the means that whoever administers the organisation may have confirmed, but the reader's own."""
    people = Mandate.objects.in_force().filter(
        office__organisation=organisation, limited_type__isnull=True, person__is_active=True
    )
    return means.waiting().filter(user__in=people.values("person")).exclude(user=reader)


def waiting_for_platform() -> QuerySet[ProofMeans]:
    """Return the means that the platform may have confirmed: of its administrators, and of organisations'.

    Nobody stands above them who could; the means of others are for who administers their organisation.
    """
    administering = Mandate.objects.in_force().filter(office__administers=True, limited_type__isnull=True)
    people = Q(is_superuser=True) | Q(pk__in=administering.values("person"))
    return means.waiting().filter(user__in=User.objects.filter(people, is_active=True).values("pk"))


@transaction.atomic
def give_code(actor: User, waiting: ProofMeans, *, mandate: Mandate | None) -> str:
    """Draw the code that confirms a means, for the actor to say; journaled, and the person is told."""
    try:
        code = means.give_code(waiting, actor)
    except ConfirmationRefused as error:
        raise Locked(str(error)) from error
    _record("proof_code_given", waiting, actor, mandate)
    return code


def confirm(actor: User, means_id: int, code: str) -> ProofMeans:
    """Have one's own means count, by the code that a second person gave; raises Locked."""
    try:
        found = means.confirm(actor, means_id, code)
    except ConfirmationRefused as error:
        raise Locked(str(error)) from error
    with transaction.atomic():
        _record("proof_confirmed", found, actor, None, confirmed_by=found.confirmed_by_id)
    return found


def _record(verb: str, about: ProofMeans, actor: User, mandate: Mandate | None, **facts: Any) -> None:
    person = User.objects.get(pk=about.user_id)
    told = {"person": person.pk, "means": about.pk, "name": str(about), **facts}
    journal.record(verb, contract=None, actor=actor, mandate=mandate, payload=told)
    accounts_mails.send(verb, person, actor, {"name": str(about)})
