"""An organisation's administrator at a browser: invite, withdraw; and whoever is invited, by the link."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from stakeholders.models import User
from tests import mailbox
from tests.browser.actor import DESK, PHONE, Actor
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
CHOSEN = "trois petits chats de gouttière"


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_newcomer_is_invited_accepts_and_is_withdrawn(
    browser: Browser, cast: Cast, live_url: str, phone: bool
) -> None:
    town = cast.organisation("org-ville")
    town.offices.create(title="Chargée de mission", role="contributor")
    actor = Actor(browser, live_url, cast.dgs, phone=phone)
    page = actor.page
    page.locator("details.menu summary").click()
    page.get_by_role("link", name="Administrer").click()
    expect(page.get_by_text("Sans titulaire aujourd’hui")).to_contain_text("Chargée de mission")
    actor.is_accessible()
    page.get_by_role("link", name="Donner une fonction").click()
    actor.is_accessible()
    page.go_back()
    page.get_by_role("link", name="Inviter une personne").click()
    actor.is_accessible()
    page.get_by_label("Adresse électronique").fill("nadia@ville.example")
    page.get_by_label("Prénom").fill("Nadia")
    page.get_by_label("Nom", exact=True).fill("Nouvelle")
    page.get_by_label("Fonction").select_option(label="Chargée de mission, " + town.short_name)
    page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(page.get_by_text("L’invitation part à nadia@ville.example")).to_be_visible()
    expect(page.get_by_role("heading", name="Nadia Nouvelle")).to_be_visible()
    actor.is_accessible()

    body = mailbox.last()["body"]
    [path] = re.findall(r"/invitations/#\S+", body)
    context = browser.new_context(viewport=PHONE if phone else DESK, locale="fr-FR")
    guest = context.new_page()
    guest.goto(live_url + path)
    expect(guest.get_by_role("heading", name="Invitation")).to_be_visible()
    guest.get_by_label("Mot de passe").fill(CHOSEN)
    guest.get_by_label("Le même").fill("un autre, par mégarde")
    guest.get_by_role("button", name="Ouvrir mon compte").click()
    expect(guest.get_by_text("Les deux mots de passe diffèrent.")).to_be_visible()
    guest.get_by_label("Mot de passe").fill(CHOSEN)
    guest.get_by_label("Le même").fill(CHOSEN)
    guest.get_by_role("button", name="Ouvrir mon compte").click()
    expect(guest.get_by_text("Votre compte est ouvert")).to_be_visible()
    guest.fill("[name=login]", "nadia@ville.example")
    guest.fill("[name=password]", CHOSEN)
    guest.get_by_role("main").get_by_role("button", name="Se connecter", exact=True).click()
    expect(guest.get_by_role("heading", name="Mes tâches")).to_be_visible()
    expect(guest.locator("#live-state")).to_contain_text("en direct")

    page.goto(f"{live_url}{reverse('organisation', args=[town.pk])}")
    page.get_by_role("link", name="Retirer Nadia Nouvelle").click()
    actor.is_accessible()
    page.get_by_role("button", name="Retirer le mandat").click()
    expect(page.get_by_text("Le mandat de Nadia Nouvelle est retiré.")).to_be_visible()
    over = guest.locator("#live-state").get_by_text("session terminée")  # or, if that was first:
    expect(over.or_(guest.get_by_role("heading", name="Se connecter"))).to_be_visible()
    guest.goto(live_url)
    expect(guest.get_by_role("heading", name="Se connecter")).to_be_visible()
    assert User.objects.get(email="nadia@ville.example").is_active, "the account stays, without a right"
    context.close()
    actor.close()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_page_of_an_invitation_is_accessible(
    browser: Browser, cast: Cast, live_url: str, phone: bool
) -> None:
    town = cast.organisation("org-ville")
    office = town.offices.create(title="Chargée de mission", role="contributor")
    actor = Actor(browser, live_url, cast.dgs, phone=phone)
    page = actor.page
    for email, person in (("nadia@ville.example", None), (cast.rtac.email, cast.rtac)):
        page.goto(f"{live_url}{reverse('invitation_add', args=[town.pk])}")
        page.get_by_label("Adresse électronique").fill(email)
        page.get_by_label("Prénom").fill("Nadia")
        page.get_by_label("Nom", exact=True).fill("Nouvelle")
        page.get_by_label("Fonction").select_option(str(office.pk))
        page.get_by_role("button", name="Envoyer l’invitation").click()
        expect(page.get_by_text("L’invitation part à")).to_be_visible()
        body = mailbox.last()["body"]
        page.goto(live_url + re.findall(r"/invitations/#\S+", body)[0])
        words = "connectez-vous pour accepter" if person else "Vous êtes sur le compte de"
        expect(page.get_by_text(words)).to_be_visible()
        actor.is_accessible()
    actor.close()
