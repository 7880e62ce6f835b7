"""The demonstration's keys, for whoever comes to an office that signs where people train.

A demonstration makes them for the people of its data. Where people train, those who come are not known
beforehand: the worker makes theirs as they get their office, or an act of the register.
"""

from __future__ import annotations

from django.conf import settings
from procrastinate.contrib.django import app

from signatures import keys
from signatures.demo import pki
from signatures.jobs import in_transaction
from stakeholders.kinds import Side
from stakeholders.models import Mandate, Organisation, Role, User
from workflow.engine.jobs import RETRY

SIGNING = (Role.HEAD, Role.DELEGATE)


def defer_key(mandate: Mandate) -> None:
    """Queue the making of a key for who holds this mandate, in the caller's transaction."""
    if settings.TRAINING:
        in_transaction(issue_specimen_key, "specimen-keys").defer(mandate_id=mandate.pk)


@app.task(name="workflow.issue_specimen_key", retry=RETRY)
def issue_specimen_key(*, mandate_id: int) -> None:
    """Make the key, unless the person has one."""
    found = Mandate.objects.select_related("person", "office__organisation").filter(pk=mandate_id).first()
    if settings.TRAINING and found is not None:
        issue(found.person, found.office.title, found.office.organisation)


def issue(person: User, title: str, organisation: Organisation) -> None:
    """Issue and enrol the person's demonstration key: P-256 on the State's side, RSA-3072 elsewhere."""
    pki.issue_person(
        person.get_username(),
        f"{person.first_name} {person.last_name}",
        organisation.name,
        title,
        algorithm="p256" if organisation.side == Side.STATE else "rsa3072",
    )
    keys.enrol_specimen(person)
