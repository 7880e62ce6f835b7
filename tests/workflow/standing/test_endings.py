"""What ends within thirty days is said on the register's page, and mailed once to those concerned."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from stakeholders.models import Mandate, SigningAuthority
from tests.cast import Cast
from tests.owner import as_owner
from tests.stage import run_jobs
from workflow.standing import endings, handover
from workflow.standing.models import DailyPass

DAY = dt.timedelta(days=1)


def ends_in(cast: Cast, days: int) -> None:
    """Have the delegation of the director of the cabinet cover contracts, and end in so many days."""
    SigningAuthority.objects.filter(delegate__person=cast.dircab).update(
        ends_on=timezone.localdate() + days * DAY, covers_contract_signature=True
    )


def morning(days: int = 1) -> None:
    """A worker opens the day; the last one that was opened is so many days ago."""
    with as_owner():
        DailyPass.objects.all().delete()
    DailyPass.objects.create(day=timezone.localdate() - days * DAY)
    with transaction.atomic():
        handover.open_day(timezone.localdate())
    run_jobs()


def administrators(cast: Cast) -> set[str]:
    held = Mandate.objects.in_force().filter(
        office__organisation=cast.organisation("org-pref"), office__administers=True
    )
    return {mandate.person.email for mandate in held}


@pytest.mark.parametrize(("days", "warned"), [(0, True), (30, True), (31, False), (-1, False)])
def test_the_page_warns_thirty_days_before_an_end(cast: Cast, days: int, warned: bool) -> None:
    ends_in(cast, days)
    found = endings.ending_soon(cast.organisation("org-pref"))
    assert bool(found) is warned
    if found:
        assert found[0].days == days


def test_the_person_and_the_administrators_are_mailed_once(cast: Cast) -> None:
    ends_in(cast, 30)
    with translation.override("en"):  # the language of whoever turned the calendar is not theirs
        morning()
    assert {address for message in mail.outbox for address in message.to} == {
        cast.dircab.email,
        *administrators(cast),
    }
    assert len(administrators(cast)) >= 1
    message = next(m for m in mail.outbox if m.to == [cast.dircab.email])
    assert "Fin de l’habilitation à signer le" in message.subject
    assert str(cast.dircab) in message.subject
    assert "prend fin le" in message.body
    assert reverse("register", args=[cast.organisation("org-pref").pk]) in message.body
    with transaction.atomic():
        handover.open_day(timezone.localdate())
    run_jobs()
    assert len(mail.outbox) == len({m.to[0] for m in mail.outbox}), "a day is told once"


@pytest.mark.parametrize(
    ("left", "asleep", "told"), [(31, 1, False), (29, 1, False), (29, 2, True), (12, 30, True)]
)
def test_days_without_a_worker_are_made_up_for(cast: Cast, left: int, asleep: int, told: bool) -> None:
    ends_in(cast, left)
    morning(asleep)
    assert bool(mail.outbox) is told


def test_a_mandate_that_signs_is_warned_of_and_another_is_not(cast: Cast) -> None:
    last = timezone.localdate() + 30 * DAY
    Mandate.objects.filter(person__in=[cast.maire, cast.greffe]).update(ends_on=last)
    morning()
    assert cast.maire.email in {m.to[0] for m in mail.outbox}
    assert cast.greffe.email not in {m.to[0] for m in mail.outbox}
    assert cast.outsider.email not in {m.to[0] for m in mail.outbox}


def test_what_was_withdrawn_is_not_told(cast: Cast) -> None:
    ends_in(cast, 30)
    SigningAuthority.objects.update(withdrawn_at=timezone.now())
    morning()
    assert not mail.outbox
