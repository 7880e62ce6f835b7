"""Who wants to be the second person too, or to have another confirm what they should not."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from stakeholders.actions import declare_absence, withdraw_mandate
from stakeholders.kinds import Power
from stakeholders.models import (
    Absence,
    Grant,
    GrantState,
    Mandate,
    Office,
    Organisation,
    Role,
    User,
)
from tests import plot
from tests.attacks.givers import DAY, TODAY, acts_token, appointment, held, mayor_asked, town, vacate
from tests.cast import Cast
from tests.granted import asked, confirmed, proof
from tests.workflow.sockets import logged_in
from workflow.powers import acts as powers_acts
from workflow.powers import pending as powers_pending
from workflow.record.refusals import ActRefused, Locked, NotAllowed

__all__ = ["town"]


def test_whoever_asks_confirms_too(cast: Cast) -> None:
    grant = mayor_asked(cast, cast.adjointe)
    with pytest.raises(NotAllowed, match="seconde personne"):
        confirmed(grant, cast.dgs)
    browser = logged_in(cast.dgs)
    assert "seconde personne" in browser.get(reverse("grant", args=[grant.pk])).content.decode()
    browser.post(reverse("grant_confirm", args=[grant.pk]), {"confirmation": "x"})
    grant.refresh_from_db()
    assert grant.state == GrantState.REQUESTED
    with pytest.raises(IntegrityError), transaction.atomic():  # nor behind the application's back
        Grant.objects.filter(pk=grant.pk).update(
            state=GrantState.CONFIRMED, settled_by=cast.dgs, settled_at=timezone.now()
        )


def test_whom_it_is_for_confirms_by_their_other_office(cast: Cast, town: Organisation) -> None:
    """The deputy administers too: one person, two mandates."""
    second = Office.objects.create(
        organisation=town, title="Secrétariat", role=Role.CONTRIBUTOR, administers=True
    )
    Mandate.objects.create(person=cast.adjointe, office=second, starts_on=TODAY())
    grant = mayor_asked(cast, cast.adjointe)
    with pytest.raises(NotAllowed, match="vous est destiné"):
        confirmed(grant, cast.adjointe)


def test_two_friends_use_an_absence_or_a_delegation_to_confirm(cast: Cast, town: Organisation) -> None:
    """What lends tasks or signatures lends no voice about powers."""
    declare_absence(
        Absence(
            mandate=held(cast.maire),
            substitute=held(cast.pilote_ville),
            starts_on=TODAY(),
            ends_on=TODAY(),
            powers=[Power.APPROVE.value],
        ),
        actor=cast.maire,
    )
    office = Office.objects.create(organisation=town, title="Second adjoint", role=Role.DELEGATE)
    grant = asked(appointment(cast, office, cast.greffe))
    for friend in (cast.pilote_ville, cast.adjointe):  # the substitute; the deputy by delegation
        with pytest.raises(NotAllowed):
            confirmed(grant, friend)
    confirmed(grant, cast.maire)


def test_the_platform_s_administrator_opens_a_second_account_to_confirm(cast: Cast) -> None:
    parquet = cast.organisation("org-parquet")
    plot.opened(cast.contract)
    office = vacate(cast.procureure)
    grant = asked(appointment(cast, office, cast.vice_procureur, by=cast.admin))
    puppet = User.objects.create_superuser("second@plateforme.example", "x")
    User.objects.filter(pk=puppet.pk).update(password=cast.admin.password)
    puppet.refresh_from_db()
    with pytest.raises(NotAllowed, match="trop récent"):
        confirmed(grant, puppet)
    with pytest.raises(NotAllowed):  # the prosecutor is no prefect's
        confirmed(grant, cast.prefete)
    assert cast.maire in powers_pending.confirmers(grant)
    User.objects.filter(pk=puppet.pk).update(date_joined=timezone.now() - 3 * DAY)
    puppet.refresh_from_db()
    confirmed(grant, puppet)
    assert office.holder() == cast.vice_procureur
    assert parquet == office.organisation


def test_an_office_grows_between_the_demand_and_its_confirmation(cast: Cast, town: Organisation) -> None:
    office = Office.objects.create(organisation=town, title="Validation", role=Role.VALIDATOR)
    grant = asked(appointment(cast, office, cast.greffe))
    Office.objects.filter(pk=office.pk).update(role=Role.HEAD)
    with pytest.raises(Locked, match="a changé"):
        confirmed(grant, cast.maire)
    assert office.holder() is None


def test_who_left_still_confirms_or_still_asks(cast: Cast, town: Organisation) -> None:
    office = Office.objects.create(organisation=town, title="Second adjoint", role=Role.DELEGATE)
    grant = asked(appointment(cast, office, cast.greffe))
    withdraw_mandate(held(cast.maire), actor=None)
    with pytest.raises(NotAllowed):
        confirmed(grant, cast.maire)
    second = Office.objects.create(organisation=town, title="Secrétariat", role=Role.CLERK, administers=True)
    Mandate.objects.create(person=cast.pilote_ville, office=second, starts_on=TODAY())
    withdraw_mandate(held(cast.dgs), actor=None)
    with pytest.raises(Locked, match="n’en a plus le droit"):
        confirmed(grant, cast.pilote_ville)
    assert office.holder() is None


def test_a_power_too_new_confirms_another(cast: Cast, town: Organisation) -> None:
    """A makes B administrator with C's word, then B, minutes later, says yes to whatever A asks."""
    second = Office.objects.create(
        organisation=town, title="Secrétariat", role=Role.CONTRIBUTOR, administers=True
    )
    confirmed(asked(appointment(cast, second, cast.greffe)), cast.maire)
    third = Office.objects.create(organisation=town, title="Second adjoint", role=Role.DELEGATE)
    grant = asked(appointment(cast, third, cast.pilote_ville))
    with pytest.raises(NotAllowed, match="trop récent"):
        confirmed(grant, cast.greffe)
    office = Office.objects.create(organisation=town, title="Validation", role=Role.VALIDATOR)
    pending = asked(appointment(cast, office, cast.adjointe))
    with pytest.raises(NotAllowed):  # somebody whose own power is only asked
        confirmed(grant, cast.adjointe)
    assert pending.state == GrantState.REQUESTED


def test_an_old_or_stolen_proof_confirms(cast: Cast) -> None:
    grant, other = mayor_asked(cast, cast.adjointe), None
    token = acts_token(cast.prefete, grant)
    with pytest.raises(Locked, match="confirmation"):
        powers_acts.confirm_grant(cast.dircab, grant.pk, confirmation=token)
    office = Office.objects.create(
        organisation=cast.organisation("org-ville"), title="Second adjoint", role=Role.DELEGATE
    )
    other = asked(appointment(cast, office, cast.greffe))
    with pytest.raises(ActRefused):
        powers_acts.confirm_grant(cast.prefete, other.pk, confirmation=token)
    with pytest.raises(Locked):
        powers_acts.confirm_grant(cast.prefete, grant.pk, confirmation=asking_token(cast.prefete, grant))
    powers_acts.confirm_grant(cast.prefete, grant.pk, confirmation=token)


def asking_token(person: User, grant: Grant) -> str:
    return proof(person, grant, powers_acts.ASK)


def test_a_demand_waits_until_nobody_remembers_it(cast: Cast) -> None:
    grant = mayor_asked(cast, cast.adjointe)
    Grant.objects.filter(pk=grant.pk).update(expires_at=timezone.now())
    with pytest.raises(Locked, match="a expiré"):
        confirmed(grant, cast.prefete)
    assert "expiré" in logged_in(cast.dgs).get(reverse("grant", args=[grant.pk])).content.decode()


def test_a_withdrawn_or_refused_demand_is_confirmed(cast: Cast) -> None:
    grant = mayor_asked(cast, cast.adjointe)
    powers_acts.withdraw_grant(cast.dgs, grant.pk)
    with pytest.raises(Locked, match="retirée"):
        confirmed(grant, cast.prefete)
    again = asked(appointment(cast, grant.office, cast.adjointe))  # type: ignore[arg-type]
    powers_acts.refuse_grant(cast.prefete, again.pk, reason="Elle n’est pas élue")
    with pytest.raises(Locked, match="refusée"):
        confirmed(again, cast.dircab)
    assert held(cast.adjointe).office.role == Role.DELEGATE


def test_a_stranger_reads_who_is_to_be_given_what(cast: Cast) -> None:
    grant = mayor_asked(cast, cast.adjointe)
    for person in (cast.outsider, cast.commissaire, cast.vice_procureur):
        for name in ("grant", "grant_document"):
            assert logged_in(person).get(reverse(name, args=[grant.pk])).status_code == 404
    drafted = appointment(cast, grant.office, cast.greffe)  # type: ignore[arg-type]
    assert logged_in(cast.prefete).get(reverse("grant", args=[drafted.pk])).status_code == 404
