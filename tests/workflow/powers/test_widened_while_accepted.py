"""An invitation is accepted at the moment when its office is widened: nobody gains the power unseen."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from stakeholders.invitations import Invitation
from stakeholders.models import Grant, Mandate, Role, User
from tests.cast import Cast
from tests.granted import asked, confirmed
from workflow.platform import corrections
from workflow.powers import appointments
from workflow.record.refusals import ActRefused

pytestmark = pytest.mark.race


def test_who_accepts_while_the_office_is_widened_waits_or_is_refused(cast: Cast) -> None:
    town, today = cast.organisation("org-ville"), timezone.localdate()
    office = town.offices.create(title="Chargé de mission", role=Role.CONTRIBUTOR)
    names = {"civility": "", "first_name": "Manon", "last_name": "T"}
    offered = appointments.invite(
        cast.dgs, town, office=office, email=cast.greffe.email, starts_on=today, ends_on=None, **names
    )
    assert isinstance(offered, Invitation)
    wanted = corrections.change_office(
        cast.admin, office, title=office.title, role=Role.HEAD, administers=False
    )
    assert isinstance(wanted, Grant)
    grant = asked(wanted)
    accepted = threading.Event()

    def accept() -> str:
        try:
            with transaction.atomic():
                appointments.accept_invitation(offered.pk, person=User.objects.get(pk=cast.greffe.pk))
                accepted.set()
                time.sleep(1.5)  # its last queries are slow
        except ActRefused:
            return "refused"
        finally:
            accepted.set()
            connection.close()
        return "accepted"

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(accept)
        assert accepted.wait(10)
        confirmed(grant, cast.maire)
        outcome = running.result()
    office.refresh_from_db()
    assert office.role == Role.HEAD
    mandate = Mandate.objects.filter(office=office, withdrawn_at=None).first()
    assert outcome == "refused" or (mandate is not None and not mandate.is_settled(timezone.now())), (
        "the new head signs and confirms at once, and nobody who confirmed knew of them"
    )
