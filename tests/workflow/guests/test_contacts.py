"""Naming contacts: who may, for whom, which address; send again; remove."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from stakeholders.actions import appoint
from stakeholders.models import Mandate, Office, Role, User
from stakeholders.wording import day
from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import LINA, asked, code_for, kept_asked, mailbox, named
from tests.owner import as_owner
from workflow.guests import acts as guests_acts
from workflow.guests import contacts as guests_contacts
from workflow.guests import links as guests_links
from workflow.guests.contacts import SENT_AGAIN_AFTER
from workflow.guests.models import Contact, GuestLink
from workflow.record.models import JournalEntry
from workflow.record.refusals import Invalid, Locked, NotAllowed


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def administrator(cast: Cast, code: str) -> User:
    """Give an organisation an administrator of its own, who does nothing else."""
    person = User.objects.create_user(f"administration@{code}.example", first_name="Ada", last_name=code)
    office = Office.objects.create(
        organisation=cast.organisation(code), title="Administration", role=Role.CONTRIBUTOR, administers=True
    )
    appoint(person, office, starts_on=timezone.localdate(), actor=None)
    return person


def form(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "organisation": cast.organisation("org-oh").pk,
        "email": LINA,
        "first_name": "Lina",
        "last_name": "Aubrac",
        "quality": "Directrice de la proximité",
        **changes,
    }


def page(contract: Contract) -> str:
    return reverse("contacts", args=[contract.pk])


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


def test_a_pilot_names_a_partner_s_contact_by_the_page(cast: Cast, contract: Contract) -> None:
    answer = browser(cast.pilote_ville).post(page(contract), form(cast), follow=True)
    assert "Un lien lui sera envoyé quand" in answer.content.decode()
    contact = Contact.objects.get()
    assert (str(contact), contact.email, contact.added_by) == ("Lina Aubrac", LINA, cast.pilote_ville)
    entry = JournalEntry.objects.get(verb="contact_added")
    assert (entry.actor, entry.contract) == (cast.pilote_ville, contract)
    assert mailbox() == [], "nothing is asked yet"


def test_what_was_typed_stays_and_the_refusal_says_what_to_do(cast: Cast, contract: Contract) -> None:
    answer = browser(cast.pilote_ville).post(page(contract), form(cast, email="lina@ailleurs.example"))
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "n’est pas du domaine orme-habitat.example" in said
    assert 'value="lina@ailleurs.example"' in said
    assert 'value="Aubrac"' in said


def test_one_address_is_named_once(cast: Cast, contract: Contract) -> None:
    named(cast, contract)
    with pytest.raises(Invalid, match="déjà celle d’un contact"):
        named(cast, contract, email=LINA.upper())
    named(cast, contract, organisation="org-rtac", email="lina.aubrac@reseau-libellule.example")
    assert Contact.objects.count() == 2


def test_no_pilot_chooses_who_speaks_for_the_judicial_authority_or_the_state(cast: Cast) -> None:
    clairval = plot.opened(cast.contract)
    offered = {organisation.code for organisation in guests_links.naming(cast.pilote_prefecture, clairval)}
    assert offered == {"org-oh", "org-cl", "org-fv", "org-rtac", "org-rail"}
    for code in ("org-parquet", "org-ddpn", "org-ville"):
        with pytest.raises(NotAllowed):
            named(cast, clairval, organisation=code)
    answer = browser(cast.pilote_ville).post(
        page(clairval), form(cast, organisation=cast.organisation("org-parquet").pk)
    )
    assert answer.status_code == 422
    assert not Contact.objects.exists()


def test_no_pilot_answers_for_a_partner(cast: Cast, contract: Contract) -> None:
    cast.pilote_prefecture.email = "complice@orme-habitat.example"
    cast.pilote_prefecture.save()
    with pytest.raises(Invalid, match="pilote le contrat"):
        named(cast, contract, email="complice@orme-habitat.example")


def test_an_administrator_names_for_their_organisation_only_and_at_any_address(
    cast: Cast, contract: Contract
) -> None:
    ada = administrator(cast, "org-oh")
    named(cast, contract, by=ada, email="lina@filiale.example")
    with pytest.raises(NotAllowed):
        named(cast, contract, by=ada, organisation="org-rtac")
    hidden = named(cast, contract, organisation="org-rtac", email="iris.noel@reseau-libellule.example")
    said = browser(ada).get(page(contract)).content.decode()
    assert "lina@filiale.example" in said
    assert "iris.noel" not in said
    for name in ("contact_send", "contact_remove"):
        address = reverse(name, args=[contract.pk, hidden.pk])
        assert browser(ada).post(address).status_code == 404
    hidden.refresh_from_db()
    assert hidden.removed_at is None


def test_the_others_find_no_such_page(cast: Cast, contract: Contract) -> None:
    administrator(cast, "org-cl")
    for person in (cast.bailleur_cl, cast.prefete, cast.greffe, cast.outsider, cast.admin):
        assert browser(person).get(page(contract)).status_code == 404
    contact = named(cast, contract)
    for person in (cast.rtac, cast.outsider, User.objects.get(last_name="org-cl")):
        answer = browser(person).post(reverse("contact_remove", args=[contract.pk, contact.pk]))
        assert answer.status_code == 404


def test_a_contact_is_not_found_through_another_contract(cast: Cast, contract: Contract) -> None:
    contact = named(cast, contract)
    other = plot.opened(small_contract(cast, "CSI-00-2026-901"))
    address = reverse("contact_remove", args=[other.pk, contact.pk])
    assert browser(cast.pilote_ville).post(address).status_code == 404


def test_a_link_is_sent_again_but_not_at_once(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    again = reverse("contact_send", args=[contract.pk, link.contact_id])
    said = browser(cast.pilote_ville).post(again, follow=True).content.decode()
    assert "L’envoi d’un lien a déjà été demandé le" in said
    assert "Dernier envoi demandé le" in said
    assert len(mailbox()) == 1
    with as_owner():
        GuestLink.objects.update(sent_at=timezone.now() - SENT_AGAIN_AFTER - dt.timedelta(seconds=1))
    browser(cast.pilote_ville).post(again)
    assert len(mailbox()) == 2
    assert JournalEntry.objects.filter(verb="guest_link_sent", actor=cast.pilote_ville).count() == 1


def test_nothing_is_sent_when_nothing_is_asked(cast: Cast, contract: Contract) -> None:
    contact = named(cast, contract)
    with pytest.raises(Locked, match="Aucun avis n’est demandé"):
        guests_contacts.send_again(contact.pk)
    assert mailbox() == []


def test_removing_a_contact_ends_what_the_link_had_given(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    entry = guests_acts.enter(link.identifier, code_for(link))
    assert entry.person is not None
    address = reverse("contact_remove", args=[contract.pk, link.contact_id])
    assert browser(cast.pilote_ville).get(address).status_code == 200
    assert Contact.objects.kept().exists(), "asking is not doing"
    browser(cast.pilote_ville).post(address)
    assert not Contact.objects.kept().exists()
    assert not Mandate.objects.in_force().filter(person=entry.person).exists()
    assert browser(entry.person).get(reverse("contract", args=[contract.pk])).status_code == 404
    assert (
        "n’est plus désignée" in Client().get(reverse("guest_link", args=[link.identifier])).content.decode()
    )
    assert JournalEntry.objects.get(verb="contact_removed").actor == cast.pilote_ville
    assert named(cast, contract).pk != link.contact_id, "and may be named again"


def test_removing_a_contact_leaves_a_mandate_that_the_link_did_not_give(cast: Cast) -> None:
    contract, link = asked(cast, email=cast.bailleur_oh.email)
    guests_acts.enter(link.identifier, code_for(link))
    mandate = guests_links.naming(cast.pilote_ville, contract)[cast.organisation("org-oh")]
    guests_contacts.remove_contact(cast.pilote_ville, link.contact_id, mandate=mandate)
    assert cast.bailleur_oh.mandates.in_force().count() == 1


def test_the_page_says_what_became_of_a_link(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    pilot, sent = browser(cast.pilote_ville), day(link.sent_at).replace("\u00a0", " ")

    def said() -> str:
        return " ".join(html.unescape(pilot.get(page(contract)).content.decode()).split())

    assert f"lien envoyé le {sent}, pas encore ouvert" in said()
    guests_acts.ask_code(link.identifier)
    assert f"ouvert le {sent}, avis attendu" in said()
    assert "pas encore ouvert" not in said()
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-oh")))
    assert f"avis rendu le {sent}" in said()
    assert f"Rendu par {cast.bailleur_oh}" in said(), "it was a colleague's"
    assert "avis attendu" not in said()
