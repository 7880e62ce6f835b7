"""The platform's administrator keeps the organisations and their offices; whoever else finds nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from stakeholders.invitations import Invitation
from stakeholders.models import Grant, GrantState, Mandate, Organisation, User
from stakeholders.permissions import establish_organisation
from tests import mailbox
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.platform import acts
from workflow.record.models import JournalEntry
from workflow.record.refusals import ActRefused, Invalid, NotAllowed

FACTS: dict[str, Any] = {
    "kind": "municipality",
    "name": "Commune de Valbrune",
    "article": "auto",
    "short_name": "Valbrune",
    "territory": "Valbrune",
    "communes": "61 001".replace(" ", ""),
    "siret": "732 829 320 00074",
    "email_domain": "valbrune.example",
}


@pytest.fixture
def staff(players: Cast) -> Client:
    return with_second_factor(players.admin)


def created(staff: Client, **facts: Any) -> Any:
    return staff.post(reverse("platform_organisation_add"), {**FACTS, **facts})


def test_an_organisation_is_created_with_the_rights_of_its_kind(players: Cast, staff: Client) -> None:
    answer = created(staff)
    made = Organisation.objects.get(siret="73282932000074")
    assert answer.headers["Location"] == reverse("platform_organisation", args=[made.pk])
    assert (made.code, made.communes, made.in_sentence) == (
        "valbrune-valbrune",
        ["61001"],
        "la commune de Valbrune",
    )
    assert made.group.name == "organisation:valbrune-valbrune"
    entry = JournalEntry.objects.latest("number")
    assert (entry.verb, entry.actor, entry.payload["organisation"]) == (
        "organisation_established",
        players.admin,
        made.pk,
    )
    page = staff.get(answer.headers["Location"]).content.decode()
    assert "« la commune de Valbrune », « les agents de la commune de Valbrune »" in " ".join(page.split())


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"siret": "73282932000075"}, "un de ses chiffres est faux"),
        ({"siret": "123"}, "a quatorze chiffres"),
        ({"communes": "61000000"}, "n’est pas le code INSEE"),
        ({"communes": "20004"}, "n’est pas le code INSEE"),
        ({"name": ""}, "obligatoire"),
        ({"name": "Val\u202ebrune"}, "inversion du sens"),
        ({"name": "V" * 201}, "au plus 200"),
        ({"kind": "club"}, "choix"),
        ({"email_domain": "gmail.com"}, "est à tout le monde"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(
    staff: Client, facts: dict[str, str], said: str
) -> None:
    before = Organisation.objects.count()
    answer = created(staff, **facts)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    kept = "short_name" if "name" in facts else "name"
    assert FACTS[kept] in page
    assert Organisation.objects.count() == before


def test_a_siret_is_of_one_organisation(staff: Client) -> None:
    created(staff)
    again = created(staff, name="Autre")
    assert again.status_code == 422
    assert "porte déjà ce SIRET" in again.content.decode()


def test_a_card_is_corrected_and_its_kind_stays(players: Cast, staff: Client) -> None:
    town = players.organisation("org-ville")
    address = reverse("platform_organisation_edit", args=[town.pk])
    form = staff.get(address).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    assert (
        staff.post(address, {**sent, "kind": "prefecture", "article": "la", "communes": "2a004"}).status_code
        == 302
    )
    town.refresh_from_db()
    assert (town.kind, town.article, town.communes) == ("municipality", "la", ["2A004"])
    entry = JournalEntry.objects.latest("number")
    assert (entry.verb, entry.payload["changed"]) == ("organisation_described", ["communes"])
    staff.post(address, {**sent, "article": "la", "communes": "2A004"})
    assert JournalEntry.objects.latest("number") == entry, "nothing changed, nothing is said"


def test_an_office_is_created_and_somebody_is_invited_to_it(players: Cast, staff: Client) -> None:
    town = players.organisation("org-ville")
    office = {"title": "Chargé de mission", "role": "contributor"}
    address = reverse("platform_office_add", args=[town.pk])
    assert staff.post(address, office).status_code == 302
    made = town.offices.get(title="Chargé de mission")
    again = staff.post(address, office)
    assert again.status_code == 422
    assert "existe déjà" in again.content.decode()
    page = staff.get(reverse("platform_organisation", args=[town.pk])).content.decode()
    link = f"{reverse('invitation_add', args=[town.pk])}?fonction={made.pk}"
    assert link in page
    assert f'<option value="{made.pk}" selected>' in staff.get(link).content.decode()
    sent = {
        "email": "nadia@ville.example",
        "first_name": "Nadia",
        "last_name": "N",
        "office": made.pk,
        "starts_on": timezone.localdate().isoformat(),
    }
    answer = staff.post(link, sent)
    assert answer.headers["Location"] == reverse("platform_organisation", args=[town.pk])
    assert mailbox.last()["subject"].endswith(f"Invitation {town.after_of}")
    offered = Invitation.objects.get(office=made)
    staff.post(reverse("invitation_cancel", args=[town.pk, offered.pk]))
    offered.refresh_from_db()
    assert offered.cancelled_at is not None


def test_an_office_of_power_is_only_asked_for(players: Cast, staff: Client) -> None:
    """The platform's administrator alone gives no power: ADR 0017."""
    made = acts.establish(players.admin, **{**FACTS, "communes": [], "siret": "", "article": ""})
    office = acts.add_office(
        players.admin, made, title="Administrateur", role="contributor", administers=True
    )
    sent = {
        "email": "premiere@valbrune.example",
        "first_name": "P",
        "last_name": "N",
        "office": office.pk,
        "starts_on": timezone.localdate().isoformat(),
    }
    staff.post(reverse("invitation_add", args=[made.pk]), sent)
    [asked] = Grant.objects.filter(office=office)
    assert asked.state == GrantState.DRAFTED
    assert not Invitation.objects.filter(office=office).exists()
    assert not Mandate.objects.filter(office=office).exists()
    assert "demande à envoyer" in staff.get(reverse("platform_organisation", args=[made.pk])).content.decode()


def test_organisations_are_found_by_any_of_their_names_and_numbers(staff: Client) -> None:
    created(staff, name="Préfecture de l’Éveil", territory="Île-Éloignée")
    for sought in ("prefecture eveil", "ÎLE", "732829", "61001", "l'éveil"):
        page = staff.get(reverse("platform"), {"q": sought}).content.decode()
        assert "Préfecture de l’Éveil" in page, sought
    assert "Aucune organisation" in staff.get(reverse("platform"), {"q": "eveil zzz"}).content.decode()
    assert staff.get(reverse("platform"), {"q": "a\0b", "page": "n’importe quoi"}).status_code == 200


def test_thousands_are_paged_at_the_same_cost(staff: Client) -> None:
    address = reverse("platform")
    with CaptureQueriesContext(
        connection,
    ) as few:
        staff.get(address)
    for number in range(120):
        establish_organisation(
            code=f"c{number}", name=f"Commune {number:03}", short_name="C", kind="municipality", territory="T"
        )
    with CaptureQueriesContext(connection) as many:
        page = staff.get(address)
    assert len(many) == len(few)
    seen = []
    while True:
        seen += [row.pk for row in page.context["page"].rows]
        if not (after := page.context["page"].after):
            break
        page = staff.get(address, {"page": after})
    assert len(seen) == len(set(seen)) == Organisation.objects.count()


def test_nobody_else_comes_in_nor_acts(players: Cast) -> None:
    for person in (players.dgs, players.prefete, players.outsider):
        assert logged_in(person).get(reverse("platform")).status_code == 404
        with pytest.raises(NotAllowed):
            acts.establish(person, **{**FACTS, "communes": [], "siret": ""})
        with pytest.raises(NotAllowed):
            acts.add_office(person, players.organisation("org-ville"), title="X", role="head")
        with pytest.raises(NotAllowed):
            acts.add_administrator(person, email="x@x.example", civility="", first_name="X", last_name="X")


def test_a_password_alone_leads_to_the_second_factor(players: Cast) -> None:
    browser = logged_in(players.admin)
    for name in ("platform", "platform_administrators", "platform_organisation_add"):
        assert browser.get(reverse(name)).headers["Location"] == reverse("mfa_index")


def test_a_second_administrator_is_let_in_by_the_mail_that_opens_their_account(
    players: Cast, staff: Client
) -> None:
    address = reverse("platform_administrators")
    sent = {
        "email": "Seconde@plateforme.example",
        "civility": "Mme",
        "first_name": "Sonia",
        "last_name": "Second",
    }
    assert staff.post(address, sent).status_code == 302
    second = User.objects.get(email="seconde@plateforme.example")
    assert (second.is_superuser, second.is_staff, second.has_usable_password()) == (True, True, False)
    verbs = list(JournalEntry.objects.order_by("-number").values_list("verb", flat=True)[:2])
    assert verbs == ["platform_rights_changed", "account_opened"]
    again = staff.post(address, sent)
    assert again.status_code == 422
    assert "administre déjà" in again.content.decode()
    assert "Sonia" in again.content.decode()
    page = staff.get(address).content.decode()
    assert "sans second facteur" in page


def test_an_old_proof_adds_nobody(players: Cast, staff: Client) -> None:
    session = staff.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    address = reverse("platform_administrators")
    assert "Confirmer qui je suis" in staff.get(address).content.decode()
    answer = staff.post(address, {"email": "x@x.example", "first_name": "X", "last_name": "Y"})
    assert answer.status_code == 422
    assert not User.objects.filter(email="x@x.example").exists()


def test_an_unlocked_account_of_a_colleague_is_not_opened_twice(players: Cast) -> None:
    """Somebody who has an account keeps it, and their password."""
    person, opened = acts.add_administrator(
        players.admin, email=players.dgs.email.upper(), civility="", first_name="X", last_name="X"
    )
    assert (person, opened) == (players.dgs, False)
    assert person.check_password(PASSWORD)
    User.objects.filter(pk=players.maire.pk).update(is_active=False)
    with pytest.raises(Invalid):
        acts.add_administrator(
            players.admin, email=players.maire.email, civility="", first_name="X", last_name="X"
        )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_who_create_the_same_organisation_create_one(cast: Cast) -> None:
    facts = {**FACTS, "siret": "73282932000074", "communes": [], "article": "la"}
    said: list[str] = []

    def create() -> None:
        try:
            acts.establish(cast.admin, **facts)
            said.append("made")
        except ActRefused:
            said.append("refused")

    at_once(create, create)
    assert sorted(said) == ["made", "refused"]
    assert Organisation.objects.filter(siret="73282932000074").count() == 1
