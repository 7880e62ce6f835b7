"""Links that expired, were used, speak of an older text, or reached the wrong person."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.invited import (
    LINA,
    a_minute_later,
    at,
    code_for,
    confirmed,
    expire,
    kept_asked,
    link_in,
    mailbox,
    text,
)
from workflow.guests import acts as guests_acts
from workflow.guests import contacts as guests_contacts
from workflow.guests import links as guests_links
from workflow.procedures import recall
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import Locked

Verb = JournalEntry.objects.filter


# --- links that expired, were used, or speak of an older text ----------------------------------


def test_an_expired_link_renews_itself_to_the_same_address_only(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    code = code_for(link)
    expire(link)
    assert "Ce lien a expiré" in text(Client().get(at(link)))
    with pytest.raises(Locked):
        guests_acts.enter(link.identifier, code)
    answer = Client().post(at(link, "guest_code_ask"))
    assert answer.status_code == 409
    renewed = Client().post(at(link, "guest_link_renew"), {"email": "voleur@ailleurs.example"}, follow=True)
    assert "l…@orme-habitat.example" in text(renewed)
    assert mailbox("voleur@ailleurs.example") == []
    newer = mailbox()[-1]
    assert link_in(newer) != at(link)
    assert "Votre avis est demandé" in text(Client().get(link_in(newer)))
    again = Client().post(at(link, "guest_link_renew"))
    assert again.status_code == 409
    assert "déjà été demandé" in text(again)
    assert len(mailbox()) == 3  # the first link, one code, one new link


def test_a_link_that_still_holds_is_not_renewed(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    assert Client().post(at(link, "guest_link_renew")).status_code == 409
    assert len(mailbox()) == 1


def test_a_used_link_shows_the_receipt_after_the_code_only(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    browser = confirmed(link)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    sha256 = plot.version(contract).content_sha256
    facts = {"value": "favourable_with_reservations", "reason": "Le calendrier.", "version_sha256": sha256}
    assert browser.post(reverse("task", args=[contract.pk, task.pk]), facts).status_code == 302
    stranger = Client()
    said = text(stranger.get(at(link)))
    assert "La réponse a été donnée" in said
    assert "Le calendrier." not in said
    assert stranger.get(at(link, "guest_receipt")).status_code == 404
    expire(link)  # a receipt is not an act: it does not expire
    a_minute_later(link)
    confirmed(link, stranger)
    for reader in (stranger, browser):
        receipt = text(reader.get(at(link, "guest_receipt")))
        for fact in ("Lina Aubrac", "irectrice de la proximité", "Favorable avec réserves", sha256):
            assert fact in receipt
    assert stranger.get(reverse("contract", args=[contract.pk])).status_code == 302, "a receipt, no session"
    assert Client().get(at(link, "guest_receipt")).status_code == 404


def test_an_answer_by_a_colleague_closes_the_link_and_makes_no_account(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-oh")))
    browser = confirmed(link)
    assert str(cast.bailleur_oh) in text(browser.get(at(link, "guest_receipt")))
    assert not User.objects.filter(email=LINA).exists()


def test_a_link_on_an_older_text_does_not_act_on_the_newer(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    code = code_for(link)
    recall.recall_version(cast.pilote_ville, contract.pk, reason="Une erreur.")
    assert "Dès qu’un avis vous sera demandé" in text(Client().get(at(link)))
    with pytest.raises(Locked, match="Aucun avis"):
        guests_acts.renew(link.identifier)
    plot.draft_and_freeze(contract)
    assert guests_links.state_of(guests_links.link_named(link.identifier)) == guests_links.State.SUPERSEDED
    with pytest.raises(Locked):
        guests_acts.enter(link.identifier, code)
    newer = guests_links.link_named(link_in(mailbox()[-1]).split("/")[2])
    assert newer.version == plot.version(contract) != link.version
    assert "Une nouvelle version est soumise" in text(Client().get(at(link)))
    confirmed(newer)
    assert User.objects.filter(email=LINA).exists()


# --- « ce n’est pas moi » -----------------------------------------------------------------------


def test_ce_n_est_pas_moi_revokes_tells_the_pilots_and_marks_the_contact(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    browser = confirmed(link)
    page = reverse("contract", args=[contract.pk])
    assert browser.get(page).status_code == 200
    assert UserSession.objects.filter(user__email=LINA).count() == 1, "one of the sessions that are seen"
    asking = Client().get(at(link, "guest_report"))
    assert asking.status_code == 200
    assert guests_links.state_of(link) == guests_links.State.OPEN, "asking is not doing"
    for _twice in range(2):
        Client().post(at(link, "guest_report"), {"reason": "Mme Aubrac est partie."})
    assert "/compte/login/" in browser.get(page)["Location"], "the session ended with the last right"
    assert not UserSession.objects.filter(user__email=LINA).exists()
    assert Verb(contract=contract, verb="guest_link_reported").count() == 1
    assert Event.objects.filter(contract=contract, kind="guest_link_reported").count() == 1
    assert "Ce lien ne vaut plus" in text(Client().get(at(link)))
    with pytest.raises(Locked):
        guests_acts.ask_code(link.identifier)
    pilot = Client()
    pilot.force_login(cast.pilote_ville, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "ne la concerne pas" in text(pilot.get(page))
    assert "Mme Aubrac est partie." in text(pilot.get(reverse("contacts", args=[contract.pk])))
    landlord = Client()
    landlord.force_login(cast.rtac, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name in ("contract", "journal"):
        assert "Mme Aubrac est partie." not in text(landlord.get(reverse(name, args=[contract.pk])))


def test_who_answered_that_it_is_not_them_is_mailed_nothing_more(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    guests_acts.report(link.identifier, reason="")
    with pytest.raises(Locked, match="ne reçoit plus rien"):
        guests_contacts.send_again(link.contact_id)
    plot.opine(
        contract, plot.task(contract, "review", cast.organisation("org-oh")), "changes_requested", "Non."
    )
    plot.opine(contract, plot.task(contract, "review"))
    plot.draft_and_freeze(contract)
    assert plot.task(contract, "review", cast.organisation("org-oh"))
    assert len(mailbox()) == 1


def test_a_contract_s_pages_never_show_a_guest_s_address_to_other_parties(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    confirmed(link)
    reader = Client()
    reader.force_login(cast.rtac, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name in ("contract", "journal"):
        assert LINA not in text(reader.get(reverse(name, args=[contract.pk])))
