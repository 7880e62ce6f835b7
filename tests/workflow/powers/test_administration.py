"""An organisation's own administrator: invites, gives offices, withdraws; in their organisation alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.granting import gives_power
from stakeholders.invitations import Invitation
from stakeholders.models import Mandate, Organisation
from stakeholders.proofs import Proof
from tests.cast import Cast
from tests.workflow.powers.test_invitations import administrator, vacant
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.powers import appointments
from workflow.record.models import JournalEntry

TODAY = timezone.localdate  # Paris, as the application counts days


@pytest.fixture
def town(cast: Cast) -> Organisation:
    return cast.organisation("org-ville")


@pytest.fixture
def browser(town: Organisation) -> Client:
    return logged_in(administrator(town))


def test_the_page_says_who_does_what(cast: Cast, town: Organisation, browser: Client) -> None:
    vacant(town)
    page = browser.get(reverse("organisation", args=[town.pk])).content.decode()
    for mandate in Mandate.objects.in_force().filter(office__organisation=town):
        assert mandate.person.last_name in page
    assert "Chargée de mission" in page
    assert cast.prefete.last_name not in page
    assert f"Administrer {town.short_name}" in page


def test_an_office_is_given_to_somebody_known(cast: Cast, town: Organisation, browser: Client) -> None:
    office = vacant(town)
    facts = {"person": cast.greffe.pk, "office": office.pk, "starts_on": TODAY().isoformat(), "act": "A-1"}
    assert browser.post(reverse("mandate_add", args=[town.pk]), facts).status_code == 302
    assert office.holder() == cast.greffe
    given = JournalEntry.objects.latest("number")
    assert (given.verb, given.actor) == ("mandate_given", administrator(town))
    again = browser.post(reverse("mandate_add", args=[town.pk]), facts)
    assert again.status_code == 422
    assert "a déjà un titulaire" in again.content.decode()
    assert "A-1" in again.content.decode(), "what was typed is kept"


def test_only_ones_own_people_and_offices_can_be_named(
    cast: Cast, town: Organisation, browser: Client
) -> None:
    elsewhere = vacant(cast.organisation("org-pref"))
    day = TODAY().isoformat()
    for facts in (
        {"person": cast.prefete.pk, "office": vacant(town).pk, "starts_on": day},
        {"person": cast.greffe.pk, "office": elsewhere.pk, "starts_on": day},
    ):
        assert browser.post(reverse("mandate_add", args=[town.pk]), facts).status_code == 422
    invited = {"email": "x@y.example", "first_name": "X", "last_name": "Y", "starts_on": day}
    answer = browser.post(reverse("invitation_add", args=[town.pk]), {**invited, "office": elsewhere.pk})
    assert answer.status_code == 422
    assert not Invitation.objects.exists()
    assert not elsewhere.mandates.exists()


def test_another_organisation_is_nothing_to_them(cast: Cast, town: Organisation, browser: Client) -> None:
    other = cast.organisation("org-pref")
    mandate = cast.prefete.mandates.get()
    for name, arguments in (
        ("organisation", [other.pk]),
        ("invitation_add", [other.pk]),
        ("mandate_add", [other.pk]),
        ("mandate_withdraw", [other.pk, mandate.pk]),
        ("mandate_withdraw", [town.pk, mandate.pk]),
    ):
        assert browser.get(reverse(name, args=arguments)).status_code == 404, name
    assert browser.post(reverse("mandate_withdraw", args=[town.pk, mandate.pk])).status_code == 404
    assert browser.post(reverse("signing_proof", args=[other.pk])).status_code == 404
    mandate.refresh_from_db()
    assert mandate.withdrawn_at is None


def test_a_withdrawal_is_confirmed_then_done_at_once(cast: Cast, town: Organisation, browser: Client) -> None:
    mandate, clerk = cast.greffe.mandates.get(), Client()
    clerk.post(reverse("account_login"), {"login": cast.greffe.email, "password": "un mot de passe de test"})
    address = reverse("mandate_withdraw", args=[town.pk, mandate.pk])
    assert browser.get(address).status_code == 200
    mandate.refresh_from_db()
    assert mandate.withdrawn_at is None, "a GET changes nothing"
    assert clerk.get(reverse("inbox")).status_code == 200
    assert browser.post(address).status_code == 302
    assert clerk.get(reverse("inbox")).status_code == 302, "their session ended with their last office"
    again = browser.post(address)
    assert again.status_code == 409
    assert "déjà retiré" in again.content.decode()
    withdrawn = JournalEntry.objects.filter(verb="mandate_withdrawn").get()
    assert withdrawn.actor == administrator(town)


def test_the_last_administrator_stays_and_is_told_why(
    cast: Cast, town: Organisation, browser: Client
) -> None:
    last = Mandate.objects.get(person=administrator(town), office__administers=True)
    address = reverse("mandate_withdraw", args=[town.pk, last.pk])
    refused = browser.post(address)
    assert refused.status_code == 409
    assert "dernier mandat qui administre" in refused.content.decode()
    second = vacant(town, "Secrétariat", administers=True)
    second.mandates.create(person=cast.greffe, starts_on=TODAY())
    assert browser.post(address).headers["Location"] == reverse("inbox"), "no longer an administrator"
    assert browser.get(reverse("organisation", args=[town.pk])).status_code == 404


@pytest.mark.race
def test_two_administrators_who_withdraw_each_other_leave_one(cast: Cast, town: Organisation) -> None:
    for turn in range(10):
        first = Mandate.objects.in_force().get(office__organisation=town, office__administers=True)
        office = vacant(town, f"Secrétariat {turn}", administers=True)
        person = cast.greffe if first.person != cast.greffe else cast.dgs
        second = office.mandates.create(person=person, starts_on=TODAY())
        ended = at_once(
            lambda a=first, b=second: appointments.withdraw(a.person, town, b),  # type: ignore[misc]
            lambda a=first, b=second: appointments.withdraw(b.person, town, a),  # type: ignore[misc]
        )
        assert ended.count("done") == 1, ended
        left = Mandate.objects.in_force().filter(office__organisation=town, office__administers=True)
        assert left.count() == 1


def test_what_signing_asks_for_is_said_by_the_organisation(town: Organisation, browser: Client) -> None:
    address = reverse("signing_proof", args=[town.pk])
    assert browser.post(address, {"signing_proof": Proof.PASSKEY}).status_code == 302
    town.refresh_from_db()
    assert town.signing_proof == Proof.PASSKEY
    assert browser.post(address, {"signing_proof": "rien"}).status_code == 422
    assert JournalEntry.objects.latest("number").payload["proof"] == Proof.PASSKEY


def test_who_administers_no_more_cannot(cast: Cast, town: Organisation, browser: Client) -> None:
    who = administrator(town)
    Mandate.objects.filter(person=who).update(ends_on=TODAY() - dt.timedelta(days=1))
    assert browser.get(reverse("organisation", args=[town.pk])).status_code == 404
    assert browser.post(reverse("invitation_add", args=[town.pk])).status_code == 404


def test_nobody_but_the_holder_ends_the_mandate_of_an_authority(
    cast: Cast, town: Organisation, browser: Client
) -> None:
    mayor = cast.maire.mandates.get()
    listed = browser.get(reverse("organisation", args=[town.pk])).content.decode()
    assert "prend fin par élection, décret ou démission" in listed
    address = reverse("mandate_withdraw", args=[town.pk, mayor.pk])
    assert "Retirer le mandat" not in browser.get(address).content.decode()
    refused = browser.post(address)
    assert refused.status_code == 409
    assert "administration de la plateforme" in refused.content.decode()
    last_day = {"ends_on": TODAY().isoformat(), "handover": ""}
    handover = reverse("mandate_handover", args=[town.pk, mayor.pk])
    assert browser.post(handover, last_day).status_code == 422
    mayor.refresh_from_db()
    assert (mayor.withdrawn_at, mayor.ends_on) == (None, None)
    own = Client()
    own.force_login(cast.maire, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert own.post(handover, last_day).status_code == 302
    mayor.refresh_from_db()
    assert mayor.ends_on == TODAY()


def test_where_every_office_is_held_the_administrator_creates_one_that_gives_no_power(
    cast: Cast, town: Organisation, browser: Client
) -> None:
    held: dict[str, Any] = {
        "email": "adjointe@ville.example",
        "first_name": "A",
        "last_name": "B",
        "act": "Arrêté",
    }
    held |= {"office": cast.pilote_ville.mandates.get().office_id, "starts_on": TODAY().isoformat()}
    refused = browser.post(reverse("invitation_add", args=[town.pk]), held)
    assert refused.status_code == 422
    assert "créez d’abord une fonction" in refused.content.decode()
    address = reverse("office_add", args=[town.pk])
    for role in ("head", "delegate", "validator", "clerk", "legality", "nothing"):
        assert browser.post(address, {"title": "Second maire", "role": role}).status_code == 422, role
    taken = {"title": cast.maire.mandates.get().office.title, "role": "pilot"}
    assert browser.post(address, taken).status_code == 422
    assert not town.offices.filter(title="Second maire").exists()
    assert browser.post(address, {"title": "Chargée de mission", "role": "pilot"}).status_code == 302
    made = town.offices.get(title="Chargée de mission")
    assert not gives_power(made)
    entry = JournalEntry.objects.get(verb="office_added")
    assert (entry.actor, entry.payload["role"]) == (administrator(town), "pilot")
    invited = browser.post(reverse("invitation_add", args=[town.pk]), held | {"office": made.pk})
    assert invited.status_code == 302
