"""One person never holds the control of legality beside an office that negotiates, by whatever way."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from stakeholders.actions import appoint
from stakeholders.models import Grant, Mandate, Office, Role, User
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.granted import asked, confirmed
from tests.snapshots import again
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.platform import corrections
from workflow.record.refusals import Invalid, Locked

NOT_TOGETHER = "ne peut être tenu par une personne qui rédige"


def office(cast: Cast, role: Role, title: str, organisation: str = "org-pref") -> Office:
    return Office.objects.create(organisation=cast.organisation(organisation), title=title, role=role)


def given(cast: Cast, person: User, held: Office) -> Mandate:
    return appoint(person, held, starts_on=timezone.localdate() - dt.timedelta(days=1), actor=cast.admin)


def newcomer() -> User:
    return User.objects.create_user("deux-fonctions@pref-orme.example", last_name="Deux")


def test_an_office_asked_to_grow_does_not_once_its_holder_has_the_control(cast: Cast) -> None:
    person, mission = newcomer(), office(cast, Role.CONTRIBUTOR, "Mission")
    given(cast, person, mission)
    grant = corrections.change_office(
        cast.admin, mission, title="Mission", role=Role.VALIDATOR, administers=False
    )
    assert isinstance(grant, Grant)
    asked(grant)
    control = given(cast, person, office(cast, Role.LEGALITY, "Légalité bis"))
    with pytest.raises(Locked, match=NOT_TOGETHER):
        confirmed(grant, cast.dircab)
    mission.refresh_from_db()
    assert mission.role == Role.CONTRIBUTOR
    with pytest.raises(Invalid, match=NOT_TOGETHER):
        corrections.change_office(cast.admin, mission, title="M", role=Role.REVIEWER, administers=False)
    Mandate.objects.filter(pk=control.pk).update(withdrawn_at=timezone.now())
    confirmed(grant, cast.dircab)
    mission.refresh_from_db()
    assert mission.role == Role.VALIDATOR


def test_the_technical_administration_changes_no_role_into_such_a_pair(cast: Cast) -> None:
    staff, person = with_second_factor(cast.admin), newcomer()
    mission = office(cast, Role.CONTRIBUTOR, "Mission")
    given(cast, person, mission)
    address = reverse("admin:stakeholders_office_change", args=[mission.pk])
    pilot = given(cast, person, office(cast, Role.PILOT, "Second pilote"))
    refused = staff.post(address, {"title": "Mission", "role": Role.LEGALITY})
    assert refused.status_code == 200
    assert NOT_TOGETHER in refused.content.decode()
    Mandate.objects.filter(pk=pilot.pk).update(withdrawn_at=timezone.now())
    assert staff.post(address, {"title": "Mission", "role": Role.LEGALITY}).status_code == 302
    mission.refresh_from_db()
    assert mission.role == Role.LEGALITY
    other = office(cast, Role.CONTRIBUTOR, "Autre mission")
    given(cast, person, other)
    address = reverse("admin:stakeholders_office_change", args=[other.pk])
    refused = staff.post(address, {"title": "Autre mission", "role": Role.VALIDATOR})
    assert NOT_TOGETHER in refused.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.race
def test_two_organisations_that_give_both_at_once_give_one(cast: Cast) -> None:
    person = newcomer()
    control = office(cast, Role.LEGALITY, "Légalité bis")
    piloting = office(cast, Role.PILOT, "Second pilote", "org-ville")

    def give(held: Office) -> None:
        try:
            given(cast, person, held)
        except ValidationError as error:
            raise Invalid(" ".join(error.messages)) from error

    for _turn in again(TIMES):
        ended = at_once(lambda: give(control), lambda: give(piloting))
        assert sorted(ended) == ["Invalid", "done"]
        assert person.mandates.count() == 1
