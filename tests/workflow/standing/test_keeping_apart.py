"""Who holds the control of legality negotiates in nobody’s place, whichever office names them (L2131-6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.actions import appoint, declare_absence, record_authority, withdraw_mandate
from stakeholders.authority import Basis, NoBasis, Rule
from stakeholders.kinds import Power
from stakeholders.models import Absence, AuthorityKind, Mandate, Office, Role, SigningAuthority, User
from tests import plot
from tests.cast import Cast, small_contract
from workflow.engine.tasks import Task
from workflow.inbox import baskets
from workflow.news import concerned
from workflow.platform import corrections
from workflow.powers import asking
from workflow.record.refusals import Invalid, NotAllowed
from workflow.standing.standings import Standings, standing_to_act
from workflow.tasks import transfers

DAY = dt.timedelta(days=1)
REFUSED = "Le contrôle de légalité ne peut ni rédiger"


def given(
    cast: Cast, person: User, role: Role, start: int = -1, title: str = "Chargée de mission"
) -> Mandate:
    """Give somebody one more office of the prefecture."""
    office, _new = Office.objects.get_or_create(
        organisation=cast.organisation("org-pref"), title=title, role=role
    )
    return appoint(person, office, starts_on=timezone.localdate() + start * DAY, actor=cast.admin)


def drafting(cast: Cast) -> Task:
    """The prefecture's own task of drafting, in a contract that has just opened."""
    return plot.task(plot.opened(small_contract(cast)), "draft", cast.organisation("org-pref"))


def away(cast: Cast, substitute: Mandate, *powers: Power, start: int = 0, end: int = 3) -> Absence:
    return Absence(
        mandate=cast.pilote_prefecture.mandates.get(),
        substitute=substitute,
        starts_on=timezone.localdate() + start * DAY,
        ends_on=timezone.localdate() + end * DAY,
        powers=[power.value for power in powers],
    )


def act_naming(cast: Cast, delegate: Mandate, **changes: Any) -> SigningAuthority:
    facts: dict[str, Any] = {
        "kind": AuthorityKind.DELEGATION_OF_SIGNATURE,
        "grantor": cast.prefete.mandates.get(),
        "published_in": "RAA n° 12",
        "published_on": timezone.localdate() - DAY,
        "covers_contract_signature": True,
    }
    return SigningAuthority(
        **facts | changes,
        office=cast.prefete.mandates.get().office,
        delegate=delegate,
        act="Arrêté n° 77",
        starts_on=timezone.localdate() - DAY,
    )


def test_no_other_office_of_theirs_receives_a_task_or_replaces_somebody_who_negotiates(cast: Cast) -> None:
    waiting, other = drafting(cast), given(cast, cast.legalite, Role.CONTRIBUTOR)
    for receiver in cast.legalite.mandates.all():
        with pytest.raises(Invalid, match=REFUSED):
            transfers.transfer_task(
                cast.pilote_prefecture, waiting.pk, receiver=receiver, reason="Elle connaît le dossier."
            )
        with pytest.raises(ValidationError, match=REFUSED):
            declare_absence(away(cast, receiver, Power.VIEW, Power.DRAFT), actor=cast.pilote_prefecture)
    assert declare_absence(away(cast, other, Power.VIEW), actor=cast.pilote_prefecture).pk
    withdraw_mandate(cast.legalite.mandates.get(office__role=Role.LEGALITY), actor=cast.admin)
    transfers.transfer_task(
        cast.pilote_prefecture, waiting.pk, receiver=other, reason="Elle ne tient plus le contrôle."
    )


def test_an_absence_is_refused_for_the_days_of_the_control_and_for_no_other(cast: Cast) -> None:
    newcomer = User.objects.create_user("deux-fonctions@pref-orme.example", last_name="Deux")
    other = given(cast, newcomer, Role.CONTRIBUTOR)
    given(cast, newcomer, Role.LEGALITY, start=5, title="Légalité bis")
    with pytest.raises(ValidationError, match=REFUSED):
        declare_absence(away(cast, other, Power.DRAFT, end=5), actor=cast.pilote_prefecture)
    assert declare_absence(away(cast, other, Power.DRAFT, end=4), actor=cast.pilote_prefecture).pk


def test_the_register_lets_them_represent_and_never_sign_a_contract(cast: Cast) -> None:
    other = given(cast, cast.legalite, Role.CONTRIBUTOR)
    for delegate in (other, cast.legalite.mandates.get(office__role=Role.LEGALITY)):
        with pytest.raises(ValidationError, match="ne signe aucun contrat à la place d’un autre"):
            record_authority(act_naming(cast, delegate), actor=cast.admin)
        with pytest.raises(Invalid) as refused:
            asking.record_act(
                cast.dircab,
                cast.organisation("org-pref"),
                act_naming(cast, delegate, document_sha256="0" * 64),
            )
        assert refused.value.field == "delegate"
    for changes in (
        {"covers_contract_signature": False},
        {"kind": AuthorityKind.REPRESENTATION_ONLY, "covers_contract_signature": False},
    ):
        assert record_authority(act_naming(cast, other, **changes), actor=cast.admin).pk


def test_whoever_is_given_the_control_later_holds_nothing_of_it_any_more(cast: Cast, client: Client) -> None:
    waiting = drafting(cast)
    newcomer = User.objects.create_user("deux-fonctions@pref-orme.example", last_name="Deux")
    other = given(cast, newcomer, Role.CONTRIBUTOR)
    contract = waiting.process.circuit.contract
    place = contract.signatories.get(office=cast.prefete.mandates.get().office)
    declare_absence(away(cast, other, Power.VIEW, Power.DRAFT), actor=cast.pilote_prefecture)
    transfers.transfer_task(cast.pilote_prefecture, waiting.pk, receiver=other, reason="Elle sait.")
    record_authority(act_naming(cast, other), actor=cast.admin)

    def may() -> tuple[bool, bool, bool, list[Task]]:
        return (
            standing_to_act(newcomer, waiting) is not None,
            newcomer in concerned.doers(waiting),
            isinstance(Standings(newcomer).basis(place), Basis),
            list(baskets.Baskets(newcomer)["delegues"].listing.page().rows),
        )

    assert may() == (True, True, True, [waiting])
    control = given(cast, newcomer, Role.LEGALITY, title="Légalité bis")
    assert may() == (False, False, False, [])
    refusal = Standings(newcomer).basis(place)
    assert isinstance(refusal, NoBasis)
    assert refusal.rule is Rule.APART
    assert "se tient à part de la négociation" in refusal.message
    with pytest.raises(NotAllowed):
        transfers.end_transfer(newcomer, waiting.pk)
    client.force_login(cast.dircab)
    page = client.get(reverse("register", args=[cast.organisation("org-pref").pk])).content.decode()
    assert "sans effet" in page
    assert "tient le contrôle de légalité" in page
    withdraw_mandate(control, actor=cast.admin)
    assert may()[0], "their substitute's powers come back with the end of the control"


def test_the_form_offers_nobody_who_would_be_refused(cast: Cast, client: Client) -> None:
    waiting = drafting(cast)
    given(cast, cast.legalite, Role.CONTRIBUTOR)
    newcomer = User.objects.create_user("demain@pref-orme.example", last_name="Demain")
    tomorrow = given(cast, newcomer, Role.CONTRIBUTOR, start=1, title="Chargé d’études")
    client.force_login(cast.pilote_prefecture)
    address = reverse("task_transfer", args=[waiting.process.circuit.contract_id, waiting.pk])
    offered = {row.person for row in client.get(address).context["form"].fields["receiver"].queryset}
    assert not offered & {cast.legalite, newcomer, cast.pilote_prefecture}
    assert cast.dircab in offered
    answer = client.post(address, {"receiver": tomorrow.pk, "reason": "Dès demain."})
    assert answer.status_code == 422
    assert "Dès demain." in answer.content.decode()
    assert "ne peut pas, ou ne peut plus, être choisie ici" in answer.content.decode()


def test_a_substitute_whose_office_is_no_clerks_any_more_records_no_resolution(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    town, person = cast.organisation("org-ville"), User.objects.create_user("second-greffe@clairval.example")
    office = Office.objects.create(organisation=town, title="Greffe adjoint", role=Role.CLERK)
    second = appoint(person, office, starts_on=timezone.localdate(), actor=cast.admin)
    waiting = plot.task(contract, "council_resolution")
    absence = away(cast, second, Power.VIEW, Power.RECORD_RESOLUTION)
    absence.mandate = cast.greffe.mandates.get()
    declare_absence(absence, actor=cast.greffe)
    assert standing_to_act(person, waiting)
    corrections.change_office(cast.admin, office, title="Mission", role=Role.CONTRIBUTOR, administers=False)
    assert standing_to_act(person, waiting) is None
    assert person not in concerned.doers(waiting)
    assert not baskets.Baskets(person)["delegues"].listing.page().rows
    assert standing_to_act(cast.greffe, waiting)


def test_the_refusal_stands_beside_who_is_to_be_changed_and_keeps_what_was_typed(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.pilote_prefecture)
    absence = away(cast, cast.legalite.mandates.get(), Power.DRAFT)
    sent = {
        "mandate": absence.mandate_id,
        "substitute": absence.substitute_id,
        "starts_on": absence.starts_on.isoformat(),
        "ends_on": str(absence.ends_on),
        "powers": absence.powers,
        "note": "Congés de fin d’année",
    }
    answer = client.post(reverse("absence_add", args=[cast.organisation("org-pref").pk]), sent)
    assert answer.status_code == 422
    [said] = answer.context["form"].errors["substitute"]
    assert said.startswith(REFUSED)
    assert "désignez une autre personne" in said
    assert "Congés de fin d’année" in answer.content.decode()
