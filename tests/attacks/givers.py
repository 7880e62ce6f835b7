"""Powers given, or asked for, as those who try to take them do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from contracts.models import Contract
from stakeholders.models import Grant, Mandate, Office, Organisation, User
from tests import plot
from tests.cast import Cast
from tests.granted import asked, proof
from tests.signatures import documents
from workflow.powers import acts as powers_acts
from workflow.powers import appointments
from workflow.standing.standings import standing_to_act

DAY = dt.timedelta(days=1)
TODAY = timezone.localdate


@pytest.fixture
def town(cast: Cast) -> Organisation:
    return cast.organisation("org-ville")


def held(person: User) -> Mandate:
    return person.mandates.select_related("office__organisation").get()


def act() -> SimpleUploadedFile:
    return SimpleUploadedFile("arrete.pdf", documents.build(), "application/pdf")


def vacate(person: User) -> Office:
    """Free an office, as after an election."""
    mandate = held(person)
    Mandate.objects.filter(pk=mandate.pk).update(withdrawn_at=timezone.now())
    return mandate.office


def can_sign(user: User, contract: Contract) -> bool:
    return standing_to_act(user, plot.task(contract, "sign")) is not None


def appointment(cast: Cast, office: Office, person: User, *, by: User | None = None, **facts: Any) -> Grant:
    made = appointments.give_office(
        by or cast.dgs,
        office.organisation,
        person=person,
        office=office,
        **{"starts_on": TODAY(), "ends_on": None, "act": "Délibération n° 1", **facts},
    )
    assert isinstance(made, Grant)
    return made


def mayor_asked(cast: Cast, person: User) -> Grant:
    return asked(appointment(cast, vacate(cast.maire), person))


def acts_token(person: User, grant: Grant) -> str:
    return proof(person, grant, powers_acts.CONFIRM)
