"""Who wants to sign what is not theirs, by giving themselves, or a friend, the right to."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.canonical import content_of
from contracts.models import Contract
from stakeholders.actions import declare_absence, withdraw_mandate
from stakeholders.invitations import Invitation
from stakeholders.kinds import Power
from stakeholders.models import (
    Absence,
    Grant,
    GrantKind,
    GrantState,
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
from tests.cast import Cast
from tests.granted import asked, confirmed, proof, prove, sent
from tests.signatures import documents
from tests.workflow.sockets import logged_in
from workflow.powers import acts as powers_acts
from workflow.powers import appointments
from workflow.powers import pending as powers_pending
from workflow.record.models import JournalEntry
from workflow.record.refusals import ActRefused, Invalid, Locked, NotAllowed
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


def acts_token(person: User, grant: Grant) -> str:
    return proof(person, grant, powers_acts.CONFIRM)


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


def test_an_office_grows_between_the_demand_and_its_confirmation(cast: Cast, town: Organisation) -> None:
    office = Office.objects.create(organisation=town, title="Validation", role=Role.VALIDATOR)
    grant = asked(appointment(cast, office, cast.greffe))
    Office.objects.filter(pk=office.pk).update(role=Role.HEAD)
    with pytest.raises(Locked, match="a changé"):
        confirmed(grant, cast.maire)
    assert office.holder() is None


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
