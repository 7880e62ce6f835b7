"""Who wants to sign what is not theirs, by giving themselves, or a friend, the right to."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.canonical import content_of
from stakeholders.invitations import Invitation
from stakeholders.models import (
    Absence,
    Grant,
    GrantKind,
    Mandate,
    Office,
    Organisation,
    Role,
    SigningAuthority,
    User,
)
from stakeholders.proofs import Proof
from tests import plot
from tests.administrators import with_second_factor
from tests.attacks.givers import DAY, TODAY, act, acts_token, can_sign, held, mayor_asked, town, vacate
from tests.cast import Cast
from tests.granted import confirmed, prove, sent
from tests.workflow.sockets import logged_in
from workflow.powers import acts as powers_acts
from workflow.powers import appointments
from workflow.record.models import JournalEntry
from workflow.record.refusals import Invalid, Locked, NotAllowed

__all__ = ["town"]


def test_an_administrator_makes_himself_mayor_for_a_day(cast: Cast, town: Organisation) -> None:
    browser, office = logged_in(cast.dgs), held(cast.maire).office
    day = TODAY().isoformat()
    facts = {"person": cast.dgs.pk, "office": office.pk, "starts_on": day, "ends_on": day, "act": "A 1"}
    for _turn in ("held", "vacant"):
        answer = browser.post(reverse("mandate_add", args=[town.pk]), {**facts, "document": act()})
        assert answer.status_code == 422
        vacate(cast.maire) if office.holder() else None
    assert "soi-même" in answer.content.decode()
    with pytest.raises(Invalid):
        appointments.give_office(
            cast.dgs, town, person=cast.dgs, office=office, starts_on=TODAY(), ends_on=TODAY(), act="A 1"
        )
    assert not Grant.objects.exists()
    assert office.holder() is None


def test_an_administrator_invites_another_mailbox_of_his_own(cast: Cast, town: Organisation) -> None:
    office, facts = vacate(cast.maire), {"civility": "", "first_name": "X", "last_name": "Y"}
    local, _at, domain = cast.dgs.email.partition("@")
    for address in (cast.dgs.email.upper(), f"{local}+maire@{domain}"):
        with pytest.raises(Invalid):
            appointments.invite(
                cast.dgs, town, office=office, email=address, starts_on=TODAY(), ends_on=None, **facts
            )


def test_three_mayors_hold_one_office(cast: Cast, town: Organisation) -> None:
    office, browser = held(cast.maire).office, logged_in(cast.dgs)
    for ends_on in ("", TODAY().isoformat(), (TODAY() + 90 * DAY).isoformat()):
        facts = {"office": office.pk, "starts_on": TODAY().isoformat(), "ends_on": ends_on, "act": "A 1"}
        answer = browser.post(
            reverse("mandate_add", args=[town.pk]), {**facts, "person": cast.adjointe.pk, "document": act()}
        )
        assert answer.status_code == 422
        assert "a déjà un titulaire" in answer.content.decode()
        answer = browser.post(
            reverse("invitation_add", args=[town.pk]),
            {**facts, "email": "x@y.example", "first_name": "X", "last_name": "Y", "document": act()},
        )
        assert answer.status_code == 422
        with pytest.raises(IntegrityError), transaction.atomic():
            Mandate.objects.create(person=cast.adjointe, office=office, starts_on=TODAY(), ends_on=TODAY())
    assert not Grant.objects.exists()


def test_a_second_mayor_is_printed_on_the_cover(cast: Cast, town: Organisation) -> None:
    """An end date was enough to be the newest mandate, whose name the frozen version took."""
    office = held(cast.maire).office
    guest = User.objects.create_user("invite@ville.example", last_name="Intrus")
    Mandate.objects.create(
        person=guest, office=office, starts_on=TODAY(), ends_on=TODAY(), limited_to=cast.contract
    )
    printed = str(content_of(cast.contract))
    assert cast.maire.last_name in printed
    assert "Intrus" not in printed


def test_an_administrator_enters_a_delegation_to_himself(cast: Cast, town: Organisation) -> None:
    answer = enter(cast, logged_in(cast.dgs), delegate=held(cast.dgs).pk)
    assert answer.status_code == 422
    assert "soi-même" in answer.content.decode()
    assert not SigningAuthority.objects.filter(act="Arrêté inventé").exists()
    assert not Grant.objects.exists()


def enter(cast: Cast, browser: Client, **changes: Any) -> Any:
    facts = {
        "kind": "delegation_of_function",
        "office": held(cast.maire).office_id,
        "grantor": held(cast.maire).pk,
        "delegate": held(cast.pilote_ville).pk,
        "act": "Arrêté inventé",
        "published_in": "site internet",
        "published_on": TODAY().isoformat(),
        "starts_on": TODAY().isoformat(),
        "covers_contract_signature": "on",
        "document": act(),
        **changes,
    }
    return browser.post(reverse("authority_add", args=[cast.organisation("org-ville").pk]), facts)


@pytest.mark.parametrize("kind", ["delegation_of_function", "delegation_of_signature", "substitution"])
def test_an_administrator_invents_an_act_that_nobody_saw(cast: Cast, kind: str) -> None:
    answer = enter(cast, logged_in(cast.dgs), kind=kind, document="")
    assert answer.status_code == 422
    assert "Joignez l’acte en PDF" in answer.content.decode()
    assert not Grant.objects.exists()


def test_an_administrator_has_the_mayor_delegate_without_knowing(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.sign_next(contract)
    plot.record_resolution(contract)
    browser = logged_in(cast.dgs)
    grant = sent(browser, enter(cast, browser).headers["Location"])
    assert not SigningAuthority.objects.filter(act="Arrêté inventé").exists()
    assert not can_sign(cast.pilote_ville, contract)
    for person in (cast.dgs, cast.pilote_ville, cast.adjointe, cast.prefete, cast.dircab, cast.admin):
        with pytest.raises(NotAllowed):
            confirmed(grant, person)
    assert JournalEntry.objects.filter(contract=contract, verb="grant_requested").exists()
    confirmed(grant, cast.maire, immediately="Séance de signature demain")
    row = SigningAuthority.objects.get(act="Arrêté inventé")
    assert row.document_sha256 == grant.document_sha256
    assert can_sign(cast.pilote_ville, contract)


def test_a_delegate_signs_before_anybody_can_react(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.sign_next(contract)
    plot.record_resolution(contract)
    browser = logged_in(cast.dgs)
    grant = sent(browser, enter(cast, browser).headers["Location"])
    confirmed(grant, cast.maire)
    waiting = plot.task(contract, "sign")
    assert not can_sign(cast.pilote_ville, contract)
    answer = logged_in(cast.pilote_ville).get(reverse("task", args=[contract.pk, waiting.pk]))
    assert answer.status_code == 403
    assert "permettra de signer à compter du" in answer.content.decode()
    SigningAuthority.objects.filter(act="Arrêté inventé").update(may_sign_from=timezone.now())
    assert can_sign(cast.pilote_ville, contract)


def test_a_new_mayor_signs_before_anybody_can_react(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.sign_next(contract)
    plot.record_resolution(contract)
    grant = mayor_asked(cast, cast.adjointe)
    confirmed(grant, cast.prefete)
    assert held_as(cast.adjointe, Role.HEAD).may_sign_from is not None
    assert not can_sign(cast.adjointe, contract)
    Mandate.objects.filter(person=cast.adjointe).update(may_sign_from=timezone.now())
    assert can_sign(cast.adjointe, contract)


def held_as(person: User, role: Role) -> Mandate:
    return person.mandates.get(office__role=role, withdrawn_at=None)


def test_immediately_takes_a_reason(cast: Cast) -> None:
    grant = mayor_asked(cast, cast.adjointe)
    token = acts_token(cast.prefete, grant)
    with pytest.raises(Invalid):
        powers_acts.confirm_grant(cast.prefete, grant.pk, confirmation=token, immediately=True, reason="  ")
    confirmed(grant, cast.prefete, immediately="Le contrat se signe ce soir")
    grant.refresh_from_db()
    assert (grant.immediately, grant.reason) == (True, "Le contrat se signe ce soir")
    assert held_as(cast.adjointe, Role.HEAD).may_sign_from is None


def test_an_administrator_lends_the_mayor_s_approval_to_himself(cast: Cast, town: Organisation) -> None:
    browser, today = logged_in(cast.dgs), TODAY().isoformat()
    facts = {
        "mandate": held(cast.maire).pk,
        "starts_on": today,
        "ends_on": today,
        "powers": ["approve_for"],
    }
    address = reverse("absence_add", args=[town.pk])
    answer = browser.post(address, {**facts, "substitute": held(cast.dgs).pk})
    assert answer.status_code == 422
    assert "soi-même" in answer.content.decode()
    grant = sent(
        browser, browser.post(address, {**facts, "substitute": held(cast.greffe).pk}).headers["Location"]
    )
    assert not Absence.objects.filter(mandate=held(cast.maire)).exists()
    confirmed(grant, cast.maire)
    assert Absence.objects.get(mandate=held(cast.maire)).substitute == held(cast.greffe)


def test_the_platform_s_administrator_gives_a_power_alone(cast: Cast, town: Organisation) -> None:
    office, staff = vacate(cast.maire), with_second_factor(cast.admin)
    answer = staff.post(
        reverse("admin:stakeholders_mandate_add"),
        {"person": cast.adjointe.pk, "office": office.pk, "starts_on": TODAY().isoformat(), "act": "A"},
    )
    assert answer.status_code == 200
    assert "Une seconde personne confirme" in answer.content.decode()
    assert office.holder() is None
    facts = {"person": cast.adjointe.pk, "office": office.pk, "starts_on": TODAY().isoformat(), "act": "A"}
    answer = staff.post(reverse("mandate_add", args=[town.pk]), {**facts, "document": act()})
    grant = sent(staff, answer.headers["Location"])
    with pytest.raises(NotAllowed):
        confirmed(grant, cast.admin)
    confirmed(grant, cast.dgs)
    assert office.holder() == cast.adjointe


def test_an_office_is_made_stronger_under_its_holder(cast: Cast, town: Organisation) -> None:
    """By the administration, which alone changes offices: role, then administration."""
    pilot, staff = held(cast.pilote_ville), with_second_factor(cast.admin)
    address = reverse("admin:stakeholders_office_change", args=[pilot.office_id])
    for changes in ({"role": Role.HEAD}, {"role": Role.VALIDATOR}, {"role": Role.PILOT, "administers": "on"}):
        answer = staff.post(address, {"title": pilot.office.title, **changes})
        assert "/pouvoirs/" in answer.headers["Location"]
        pilot.office.refresh_from_db()
        assert (pilot.office.role, pilot.office.administers) == (Role.PILOT, False)
    grant = sent(staff, answer.headers["Location"])
    for person in (cast.admin, cast.pilote_ville):
        with pytest.raises(NotAllowed):
            confirmed(grant, person)
    confirmed(grant, cast.maire)
    pilot.office.refresh_from_db()
    assert pilot.office.administers
    moved = staff.post(address, {"title": "X", "role": Role.PILOT, "organisation": "1"})
    assert moved.status_code == 302
    pilot.office.refresh_from_db()
    assert pilot.office.organisation == town


def test_an_office_grows_between_an_invitation_and_its_acceptance(cast: Cast, town: Organisation) -> None:
    office = Office.objects.create(organisation=town, title="Mission", role=Role.CONTRIBUTOR)
    facts = {"email": cast.rtac.email, "civility": "", "first_name": "X", "last_name": "Y"}
    made = appointments.invite(cast.dgs, town, office=office, starts_on=TODAY(), ends_on=None, **facts)
    assert isinstance(made, Invitation)
    Office.objects.filter(pk=office.pk).update(role=Role.HEAD)
    with pytest.raises(Locked, match="a changé"):
        appointments.accept_invitation(made.pk, person=cast.rtac)
    assert office.holder() is None


def test_the_proof_is_lowered_to_sign_with_a_stolen_password(cast: Cast, town: Organisation) -> None:
    Organisation.objects.filter(pk=town.pk).update(signing_proof=Proof.CODE)
    browser = logged_in(cast.dgs)
    answer = browser.post(reverse("signing_proof", args=[town.pk]), {"signing_proof": Proof.PASSWORD})
    grant = Grant.objects.get(kind=GrantKind.PROOF)
    assert answer.headers["Location"] == reverse("grant", args=[grant.pk])
    town.refresh_from_db()
    assert town.signing_proof == Proof.CODE
    refused = prove(browser, grant, "ask")
    assert refused.status_code == 422, "the stronger proof is still asked of whoever would lower it"
    answer = with_second_factor(cast.admin).post(
        reverse("admin:stakeholders_organisation_change", args=[town.pk]),
        {"name": town.name, "short_name": town.short_name, "signing_proof": Proof.PASSWORD},
    )
    assert "/pouvoirs/" in answer.headers["Location"]
    town.refresh_from_db()
    assert town.signing_proof == Proof.CODE
