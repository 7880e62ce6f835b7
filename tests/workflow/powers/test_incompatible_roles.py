"""One person never holds the control of legality beside an office that negotiates, by whatever way."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from signatures import confirmations
from stakeholders.actions import appoint
from stakeholders.models import Grant, Mandate, Office, Role, User
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast
from tests.granted import asked, confirmed
from tests.snapshots import again
from tests.workflow.powers.test_invitations import administrator
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.platform import corrections
from workflow.powers import acts, appointments, together
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


@pytest.mark.race
def test_two_lists_of_the_same_people_in_another_order_wait_for_one_another(cast: Cast) -> None:
    """The journal is written in turn: whoever held it and waited for a person would have stopped both."""
    people = [newcomer(), User.objects.create_user("une-autre@pref-orme.example", last_name="Autre")]
    day = timezone.localdate()
    lists: list[list[int]] = []
    for code, order in (("org-ville", people), ("org-pref", people[::-1])):
        grants = []
        for n, person in enumerate(order):
            held = office(cast, Role.VALIDATOR, f"Validation {n}", code)
            grant = appointments.give_office(
                cast.admin,
                held.organisation,
                person=person,
                office=held,
                starts_on=day,
                ends_on=None,
                act="A-1",
            )
            assert isinstance(grant, Grant)
            grants.append(asked(grant).pk)
        lists.append(grants)
    confirming = (administrator(cast.organisation("org-ville")), cast.dircab)

    def confirm(by: User, keys: list[int], token: str) -> None:
        assert not any(done.refusal for done in together.do(by, acts.CONFIRM, keys, confirmation=token))

    for _turn in again(TIMES):
        racers = []
        for by, keys in zip(confirming, lists, strict=True):
            sha256 = together.fingerprint(list(Grant.objects.filter(pk__in=keys)), acts.CONFIRM)
            token = confirmations.confirm(by, PASSWORD, document_sha256=sha256)
            racers.append(partial(confirm, by, keys, token))
        assert at_once(*racers) == ["done", "done"]
        assert [person.mandates.count() for person in people] == [2, 2]
